"""How far a long call has come: told to the caller's function, or shown as a bar."""

from __future__ import annotations

import importlib.util
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Progress", "part", "reporting"]

Progress: TypeAlias = "Callable[[int, int], object] | Literal[False] | None"
"""A function of what is done and of the total; nothing; or, where there is a terminal, a bar."""

# Seconds: shorter work needs no bar.
_PATIENCE = 2.0


@contextmanager
def reporting(progress: Progress, title: str) -> Iterator[Callable[[int, int], object] | None]:
    """Give what a kernel is to call, if anything; when the work is over, say that all is done.

    Parameters
    ----------
    progress : callable, False or None
        What the caller asked for; None is a bar on standard error if that is a terminal and rich is
        installed.
    title : str
        What stands before the bar.

    Yields
    ------
    callable or None
        To be called with the parts done and their number.

    Examples
    --------
    >>> with reporting(lambda done, total: print(done, total), "work") as report:
    ...     report(1, 2)
    1 2
    2 2
    """
    asked: Any = progress
    if not (asked is None or asked is False or callable(asked)):
        msg = f"progress must be a function of two numbers, False or None, not {asked!r}"
        raise TypeError(msg)
    bar = _Bar(title) if progress is None and _has_terminal() else None
    call = bar or progress
    if not call:
        yield None
        return
    last = (0, 0)

    def report(done: int, total: int) -> None:
        nonlocal last
        last = done, total
        call(done, total)

    try:
        yield report
        if last[0] < last[1]:
            report(last[1], last[1])
    finally:
        if bar is not None:
            bar.close()


def part(
    report: Callable[[int, int], object] | None, index: int, n_parts: int
) -> Callable[[int, int], object] | None:
    """Return what one of several equal parts of the work is to call."""
    if report is None or n_parts == 1:
        return report
    return lambda done, total: report(index * total + done, n_parts * total)


def _has_terminal() -> bool:
    # Where there is no console, as in pythonw, there is no standard error either.
    is_terminal = getattr(sys.stderr, "isatty", bool)()
    return is_terminal and importlib.util.find_spec("rich") is not None


class _Bar:
    """A bar that appears once the work has lasted a while, and goes when it is over."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._start = time.monotonic()
        self._shown: Any = None

    def __call__(self, done: int, total: int) -> None:
        if self._shown is None:
            if time.monotonic() - self._start < _PATIENCE:
                return
            self._shown = self._show()
        self._shown.update(self._shown.task_ids[0], completed=done, total=total)

    def _show(self) -> Any:
        from rich.console import Console
        from rich.progress import Progress as Bars

        bars = Bars(console=Console(stderr=True), transient=True)
        bars.add_task(self._title)
        bars.start()
        return bars

    def close(self) -> None:
        if self._shown is not None:
            self._shown.stop()
