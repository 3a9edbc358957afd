"""Tasks on threads: the order of results, progress, and that an interrupt ends the work at once."""

from __future__ import annotations

import os
import signal
import threading
import time

import pytest

from prefmath.models._fit.side_by_side import side_by_side


@pytest.mark.parametrize("n_threads", [1, 2, 7])
@pytest.mark.parametrize("n_tasks", [0, 1, 5, 300])
def test_results_stand_in_the_order_of_tasks(n_threads, n_tasks):
    told = []

    def work(task, check):
        check()
        time.sleep(1e-3 * (task % 3))
        return task**2

    found = side_by_side(work, range(n_tasks), n_threads, lambda *done: told.append(done))
    assert found == [task**2 for task in range(n_tasks)]
    assert told == [(done, n_tasks) for done in range(1, n_tasks + 1)]


@pytest.mark.parametrize("n_threads", [1, 2])
@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
@pytest.mark.parametrize("where", ["report", "work"])
def test_an_interrupt_ends_the_work(n_threads, error, where):
    started = []

    def work(task, check):
        started.append(task)
        if where == "work" and task == 3:
            raise error
        time.sleep(1e-4)
        check()

    def report(*_):
        if where == "report":
            raise error

    with pytest.raises(error):
        side_by_side(work, range(1000), n_threads, report)
    assert len(started) < 1000


def test_no_task_is_begun_before_there_is_a_thread_for_it():
    """A million tasks are no queue of a million."""
    taken = []

    class Tasks:
        def __len__(self):
            return 10**6

        def __iter__(self):
            for task in range(10**6):
                taken.append(task)
                yield task

    def work(task, check):
        if task == 20:
            raise RuntimeError
        check()

    with pytest.raises(RuntimeError):
        side_by_side(work, Tasks(), 4, None)
    assert len(taken) < 10_000


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_ctrl_c_while_tasks_begin_does_not_wait_for_all_of_them():
    started = []

    class Tasks:
        """The signal arrives while tasks are handed out."""

        def __len__(self):
            return 10**5

        def __iter__(self):
            for task in range(10**5):
                if task == 10:
                    signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
                yield task

    def work(task, check):
        started.append(task)
        time.sleep(1e-3)
        check()

    # A shell that starts the tests in the background has them ignore the signal.
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    there_before, before = set(threading.enumerate()), time.monotonic()
    try:
        with pytest.raises(KeyboardInterrupt):
            side_by_side(work, Tasks(), 2, None)
    finally:
        signal.signal(signal.SIGINT, handler)
    assert time.monotonic() - before < 10
    assert len(started) < 10**4
    assert set(threading.enumerate()) <= there_before
