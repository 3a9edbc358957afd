"""Kernels in the life of a process: a child made by fork computes, and Ctrl-C ends a long call."""

from __future__ import annotations

import multiprocessing
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from kernel_data import cosine, random_embeddings, random_judged

WAIT = 60
"""Seconds after which a process counts as stuck."""

needs_fork = pytest.mark.skipif(
    "fork" not in multiprocessing.get_all_start_methods(), reason="this system cannot fork"
)
needs_timer = pytest.mark.skipif(
    not hasattr(signal, "setitimer"), reason="this system has no interval timers"
)

# Python 3.12 and later warn of what is tested here.
forking = pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork.*:DeprecationWarning")


def results(kernels, n_threads):
    rng = np.random.default_rng(0)
    x = random_embeddings(rng, 3000, 9)
    j = random_judged(rng, 40, rng.integers(1, 9, size=20_000), 3, 11)
    return [
        *kernels.greedy(x, "dpp", None, 1.0, 9, None, n_threads),
        cosine(kernels, x[:700], n_threads),
        *kernels.linear_statistics(
            j.features,
            j.utility,
            j.offsets,
            j.items,
            j.chosen,
            None,
            j.weights,
            False,
            None,
            n_threads,
        ),
    ]


def send_results(kernels, n_threads, connection):
    for count in n_threads:
        connection.send([array.tobytes() for array in results(kernels, count)])


def from_a_child(kernels, n_threads):
    """Return what a forked child computes, with each number of threads."""
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    child = context.Process(target=send_results, args=(kernels, n_threads, theirs))
    child.start()
    try:
        found = []
        for count in n_threads:
            assert ours.poll(WAIT), f"the child is stuck on {count} threads"
            found.append(ours.recv())
        child.join(WAIT)
        assert child.exitcode == 0
        return found
    finally:
        child.kill()
        child.join()


@needs_fork
@forking
@pytest.mark.parametrize("before", [1, 2, 3])
def test_a_forked_child_computes_on_two_threads(kernels, before):
    expected = [array.tobytes() for array in results(kernels, before)]
    assert from_a_child(kernels, [2, 1, 3]) == [expected] * 3
    # Nor does the parent mind that it has forked.
    assert [array.tobytes() for array in results(kernels, 2)] == expected


def test_threads_of_the_caller_may_compute_at_once(kernels):
    expected = [array.tobytes() for array in results(kernels, 1)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda n_threads: results(kernels, n_threads), [2, 1, 3, 2, 4, 2]))
    assert [[array.tobytes() for array in one] for one in found] == [expected] * 6


def long_statistics(kernels, n_threads):
    n = 1_500_000
    j = random_judged(np.random.default_rng(0), 40, np.full(10, 2), 6, 200)
    items = np.tile(j.items, n // 10)
    offsets = np.arange(0, 2 * n + 1, 2, dtype=np.int64)
    chosen, weights = np.zeros(n, np.int32), np.ones((n, 6))
    kernels.linear_statistics(
        j.features, j.utility, offsets, items, chosen, None, weights, False, None, n_threads
    )


def long_selection_from_a_small_pool(kernels, n_threads):
    x = np.random.default_rng(0).standard_normal((1000, 8000), np.float32)
    kernels.greedy(x, "dpp", None, 1.0, 1000, None, n_threads)


def long_selection_in_short_steps(kernels, n_threads):
    x = np.random.default_rng(0).standard_normal((5000, 1500), np.float32)
    kernels.greedy(x, "dpp", None, 1.0, 1500, None, n_threads)


def many_rows():
    return np.random.default_rng(0).standard_normal((50_000, 250), np.float32)


def long_matrix(kernels, n_threads):
    x = many_rows()
    out = np.empty((5000, len(x)), np.float32)
    kernels.similarity_matrix(x[:5000], x, "angular", 0.0, out, None, n_threads)


def long_search_for_neighbors(kernels, n_threads):
    kernels.nearest_neighbors(many_rows(), None, 5, "sqeuclidean", None, n_threads)


def long_search_for_pairs(kernels, n_threads):
    kernels.pairs_above(many_rows(), None, 0.9, "cosine", 10**6, None, n_threads)


LONG_CALLS = [
    long_statistics,
    long_selection_from_a_small_pool,
    long_selection_in_short_steps,
    long_matrix,
    long_search_for_neighbors,
    long_search_for_pairs,
]


class StoppedByTimerError(Exception):
    """Raised by the signal handler of the test."""


@needs_timer
@pytest.mark.parametrize("n_threads", [1, 2])
@pytest.mark.parametrize("long_call", LONG_CALLS)
def test_signals_are_heard_during_a_call(kernels, long_call, n_threads):
    results(kernels, n_threads)  # compiled by now
    rings = 0

    def handler(*_):
        # A signal that is only heard when the call is over rings once, however often it was sent.
        nonlocal rings
        rings += 1
        if rings == 3:
            signal.setitimer(signal.ITIMER_REAL, 0)
            raise StoppedByTimerError

    before = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.1, 0.1)
    try:
        with pytest.raises(StoppedByTimerError):
            long_call(kernels, n_threads)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    expected = [array.tobytes() for array in results(kernels, 1)]
    assert [array.tobytes() for array in results(kernels, n_threads)] == expected


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT for one process on Windows")
def test_ctrl_c_ends_a_process(kernels):
    code = (
        "import importlib, signal, sys; sys.path.insert(0, sys.argv[1])\n"
        # A process in the background is started with SIGINT ignored.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from test_processes import long_statistics, results\n"
        "kernels = importlib.import_module(sys.argv[2])\n"
        "results(kernels, 2); print('ready', flush=True)\n"
        "long_statistics(kernels, 2); print('finished')"
    )
    arguments = [sys.executable, "-c", code, __file__.rpartition("/")[0], kernels.__name__]
    pipe = subprocess.PIPE
    with subprocess.Popen(arguments, stdout=pipe, stderr=pipe, text=True) as process:
        try:
            assert process.stdout.readline() == "ready\n", process.stderr.read()
            time.sleep(1)
            process.send_signal(signal.SIGINT)
            out, errors = process.communicate(timeout=WAIT)
        finally:
            process.kill()
    assert out == ""
    assert errors.rstrip().endswith("KeyboardInterrupt")
    assert process.returncode == -signal.SIGINT
