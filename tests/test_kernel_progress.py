"""Kernels that say how far they have come, and stop when the one who is told raises."""

from __future__ import annotations

import time

import numpy as np
import pytest

METRIC = "angular", 0.0


@pytest.fixture
def call(kernels):
    """Run a kernel for at least half a second, whatever the machine and the backend."""
    x = np.random.default_rng(0).standard_normal((20_000, 40), dtype=np.float32)

    def run(progress, n_threads):
        n = 500
        while True:
            out = np.empty((n, n), np.float32)
            before = time.perf_counter()
            kernels.similarity_matrix(x[:n], None, *METRIC, out, progress, n_threads)
            if time.perf_counter() - before > 0.5 or n == len(x):
                return
            n = min(2 * n, len(x))

    return run


@pytest.mark.parametrize("n_threads", [1, 2])
def test_progress_is_told_in_order(call, n_threads):
    told = []
    call(lambda *numbers: told.append(numbers), n_threads)
    assert told
    assert all(0 <= done <= total for done, total in told)


@pytest.mark.parametrize("n_threads", [1, 2])
def test_an_exception_ends_the_kernel(call, n_threads):
    calls = []

    def progress(done, _):
        calls.append(done)
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match=r"^enough$"):
        call(progress, n_threads)
    assert len(calls) == 1
