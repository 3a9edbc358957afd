"""Several pieces of work at once on threads: the kernels release the GIL, so that it pays."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
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

    The work calls `check` now and then, which ends it after an interrupt or an error elsewhere.
    Progress is reported from the calling thread.
    """
    results: list[_Result] = []

    def keep(result: _Result) -> None:
        results.append(result)
        if report is not None:
            report(len(results), len(tasks))

    if n_threads == 1 or len(tasks) == 1:
        for task in tasks:
            keep(work(task, lambda: None))
        return results
    stop = threading.Event()

    def check() -> None:
        if stop.is_set():
            raise _StoppedError

    with ThreadPoolExecutor(n_threads, thread_name_prefix="prefmath") as pool:
        futures = [pool.submit(work, task, check) for task in tasks]
        try:
            for future in futures:
                keep(future.result())
        except BaseException:
            stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return results
