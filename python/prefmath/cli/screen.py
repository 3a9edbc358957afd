"""What the commands print: tables and lines on stdout, progress on stderr."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def screen() -> Console:
    """Return the console of results; labels of the user's are never read as markup.

    Examples
    --------
    >>> screen().print("[bold] is a label")
    [bold] is a label
    """
    return Console(markup=False, highlight=False, emoji=False)


class Steps:
    """A progress bar over a known number of steps, with a line on what goes on.

    Parameters
    ----------
    progress : rich.progress.Progress
        Where the bar is drawn.
    total : int
        Number of steps.
    """

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress = progress
        self._task = progress.add_task("", total=total)
        self._done = 0

    def show(self, doing: str, done: int) -> None:
        """Say what goes on and how many steps are done; the bar never goes back.

        Parameters
        ----------
        doing : str
            A few words.
        done : int
            Steps that are done.
        """
        self._done = max(self._done, done)
        self._progress.update(self._task, description=doing, completed=self._done)

    def starts(self, what: str, n_starts: int, done: int) -> Callable[[int, int, float], None]:
        """Return what an estimator may tell of its starts, a step for each.

        Parameters
        ----------
        what : str
            What is fitted.
        n_starts : int
            Number of starts.
        done : int
            Steps that were done before.

        Returns
        -------
        callable
            A `progress` for `ChoiceMixture`.
        """

        def tell(start: int, iteration: int, value: float) -> None:
            doing = f"start {start + 1} of {n_starts}, iteration {iteration}: {value:,.1f}"
            self.show(what + doing, done + start)

        return tell


@contextmanager
def steps(total: int) -> Iterator[Steps]:
    """Show a progress bar while the block runs, where stderr is a terminal.

    Parameters
    ----------
    total : int
        Number of steps.

    Yields
    ------
    Steps
        What to tell the steps to.

    Examples
    --------
    >>> with steps(2) as bar:
    ...     bar.show("half way", 1)
    """
    console = Console(stderr=True, markup=False, highlight=False)
    columns = (
        BarColumn(bar_width=20),
        TimeElapsedColumn(),
        TextColumn("{task.description}", markup=False),
    )
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as progress:
        yield Steps(progress, total)
