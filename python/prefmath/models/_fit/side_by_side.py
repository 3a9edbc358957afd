"""Several pieces of work at once on threads: the kernels release the GIL, so that it pays."""

from __future__ import annotations

import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["side_by_side"]

_Task = TypeVar("_Task")
_Result = TypeVar("_Result")


class _StoppedError(Exception):
    """Ends work whose result nobody waits for any more."""


def side_by_side(
    work: Callable[[_Task, Callable[[], None]], _Result],
    tasks: Sequence[_Task],
    n_threads: int,
    report: Callable[[int, int], object] | None,
) -> list[_Result]:
    """Return ``work(task, check)`` of every task, in the order of the tasks.

    The work calls `check` now and then, which ends it after an interrupt or an error elsewhere; no
    task is begun after one. Progress is reported from the
    calling thread.
    """
    if n_threads == 1 or len(tasks) == 1:
        results: list[_Result] = []
        for task in tasks:
            results.append(work(task, lambda: None))
            if report is not None:
                report(len(results), len(tasks))
        return results
    stop = threading.Event()
    # Threads take the next task themselves, so that a million tasks wait in no queue.
    waiting = iter(enumerate(tasks))
    done: SimpleQueue[tuple[int, _Result | BaseException]] = SimpleQueue()
    lock = threading.Lock()

    def check() -> None:
        if stop.is_set():
            raise _StoppedError

    def take_tasks() -> None:
        while not stop.is_set():
            with lock:
                taken = next(waiting, None)
            if taken is None:
                return
            index, task = taken
            try:
                done.put((index, work(task, check)))
            except BaseException as error:  # noqa: BLE001  (raised where the results are awaited)
                done.put((index, error))
                stop.set()
                return

    found: dict[int, _Result] = {}
    threads = [
        threading.Thread(target=take_tasks, name=f"prefmath_{number}", daemon=True)
        for number in range(min(n_threads, len(tasks)))
    ]
    try:
        for thread in threads:
            thread.start()
        while len(found) < len(tasks):
            index, result = done.get()
            if isinstance(result, BaseException):
                raise result
            found[index] = result
            if report is not None:
                report(len(found), len(tasks))
    finally:
        stop.set()
        for thread in threads:
            if thread.ident is not None:
                thread.join()
    return [found[index] for index in range(len(tasks))]
