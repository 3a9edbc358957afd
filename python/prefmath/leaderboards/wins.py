"""Who won how often against whom, and what the scores say of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.choices import Choices

    _F64 = NDArray[np.float64]

__all__ = ["Wins", "wins_between"]


class Wins:
    """Tables of wins, (n_items, n_items): the row against the column, a tie half for each."""

    def __init__(self, won: _F64) -> None:
        self.won = won

    @property
    def battles(self) -> _F64:
        """Battles of each two."""
        total: _F64 = self.won + self.won.T
        return total

    @property
    def rate(self) -> _F64:
        """Share of the battles that the row won; nan where there was none."""
        with np.errstate(invalid="ignore", divide="ignore"):
            rate: _F64 = self.won / self.battles
        return rate

    @property
    def of_items(self) -> tuple[_F64, _F64]:
        """Battles of each item, and the share that it won."""
        votes: _F64 = self.battles.sum(axis=1)
        return votes, np.divide(
            self.won.sum(axis=1), votes, out=np.zeros_like(votes), where=votes > 0
        )


def wins_between(choices: Choices) -> Wins:
    """Count pairs by weight and count."""
    n = choices.n_items
    weight = choices.counted_weight
    weight = np.ones(len(choices)) if weight is None else weight
    tied = np.zeros(len(choices), bool) if choices.tied is None else choices.tied
    cells = choices.winner.astype(np.int64) * n + choices.loser
    won = np.zeros((n, n))
    won += np.bincount(cells, np.where(tied, weight / 2, weight), n * n).reshape(n, n)
    won += np.bincount(cells, np.where(tied, weight / 2, 0.0), n * n).reshape(n, n).T
    return Wins(won)
