"""Wins sorted by winner: where items are many, and few of their pairs have met."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._kernels import kernels
from prefmath.models._determined.connected import refuse_undetermined_rows
from prefmath.models._fit.wins_newton import Derivatives

if TYPE_CHECKING:
    from numpy.typing import NDArray

    _F64 = NDArray[np.float64]

__all__ = ["WinRows"]


@dataclass(frozen=True, eq=False)
class WinRows:
    """Item i won against ``loser[offsets[i]:offsets[i + 1]]``, each as often as its weight says."""

    offsets: NDArray[np.int64]
    loser: NDArray[np.int32]
    weight: _F64 | None
    won: _F64
    lost: _F64
    n_threads: int

    @classmethod
    def of_pairs(
        cls,
        winner: NDArray[Any],
        loser: NDArray[Any],
        tied: NDArray[np.bool_] | None,
        weight: _F64 | None,
        n_items: int,
        n_threads: int,
    ) -> WinRows:
        """Sort pairs, whose rows are int32 or int64; ties are half a win for each of the two.

        Raises
        ------
        ValueError
            If a row is not below `n_items`, or a pair is of one item twice.
        """
        sorted_ = kernels.wins_by_winner(winner, loser, tied, weight, n_items, n_threads)
        return cls(*sorted_, n_threads)

    def refuse_undetermined(self, item_ids: NDArray[Any] | None) -> None:
        """Refuse wins after which some utilities have no finite estimate."""
        refuse_undetermined_rows(self.offsets, self.loser, self.weight, item_ids)

    def at(self, utility: _F64) -> _AtUtility:
        """Return the log-likelihood at utilities."""
        if not np.isfinite(utility).all():
            return _AtUtility(self, -np.inf, utility, utility, utility)
        found = kernels.win_derivatives(
            utility, self.offsets, self.loser, self.weight, self.n_threads
        )
        return _AtUtility(self, *found)


@dataclass(frozen=True, eq=False)
class _AtUtility:
    """The log-likelihood, its gradient and diagonal, and the curvature of each win."""

    wins: WinRows
    log_likelihood: float
    gradient: _F64
    diagonal: _F64
    curvature: _F64

    def derivatives(self) -> Derivatives:
        """Return how the log-likelihood changes there."""
        wins = self.wins

        def product(direction: _F64) -> _F64:
            return kernels.win_product(
                direction, wins.offsets, wins.loser, self.curvature, wins.n_threads
            )

        return Derivatives(self.gradient, self.diagonal, product)
