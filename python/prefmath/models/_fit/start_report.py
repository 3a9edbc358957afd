"""Where the starts of a fit ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["LocalOptimumWarning", "Starts"]

# Ends are alike if they differ by no more than this, in nats.
_ALIKE = 0.01
# Fewer starts than this do not tell whether a better optimum is left, and were asked for.
_TELLING = 5
# Ends that are printed.
_PRINTED = 5


class LocalOptimumWarning(UserWarning):
    """The best optimum was found but once, so that a better one may be left."""


@dataclass(frozen=True, eq=False, repr=False)
class Starts:
    """Where the starts of a fit ended.

    Attributes
    ----------
    objective : ndarray, shape (n_starts,)
        Penalised log-likelihood at the end of each start that ran to its end.
    moved : ndarray, shape (n_moves,)
        The same of moves from these ends: a class was given up and another split, or put where
        annotators were explained worst, and EM led on to an end from which no move had come.
    n_left : int
        Starts that were left before their end, since others were ahead: of large data nearly all.
    """

    objective: NDArray[np.float64]
    moved: NDArray[np.float64]
    n_left: int = 0

    @property
    def best(self) -> float:
        """The best of all ends."""
        return float(self._ends.max())

    @property
    def n_agree(self) -> int:
        """How many starts and moves ended at the best, to within 0.01 nats."""
        return int((self._ends >= self.best - _ALIKE).sum())

    @property
    def found_once(self) -> bool:
        """Whether of five starts or more, all to their end, and moves but one found the best."""
        return self.n_left == 0 and len(self.objective) >= _TELLING and self.n_agree == 1

    def once(self) -> str:
        """Say that the best was found but once, and what to do."""
        moves = f" and {len(self.moved)} moves from their ends" if len(self.moved) else ""
        return (
            f"of {len(self.objective)} starts{moves} one alone found the best optimum, so that a "
            "better one may be left: raise n_init, or take fewer classes"
        )

    @property
    def _ends(self) -> NDArray[np.float64]:
        return np.concatenate([self.objective, self.moved])

    def __repr__(self) -> str:
        """Tell what was done, and the ends, the best first."""
        ends, n_starts = self._ends, len(self.objective)
        told = [f"{n_starts + self.n_left} starts"]
        if self.n_left:
            told.append(f"of which {n_starts} ran to the end")
        if len(self.moved):
            told.append(f"and {len(self.moved)} moves from their ends")
        lines = [f"Starts({' '.join(told)})"]
        order = np.argsort(-ends, kind="stable")
        while len(order) and len(lines) <= _PRINTED:
            alike = ends[order] >= ends[order[0]] - _ALIKE
            by_start = int((order[alike] < n_starts).sum())
            by_move = int(alike.sum()) - by_start
            lines.append(f"{ends[order[0]]:,.3f}  starts {by_start}  moves {by_move}")
            order = order[~alike]
        if len(order):
            lines.append(f"and {len(order)} that ended lower")
        return "\n".join(lines)
