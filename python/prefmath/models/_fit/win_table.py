"""Wins in a table of all pairs of items: where items are few."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath.models._determined.connected import refuse_undetermined_table
from prefmath.models._fit.wins_newton import Derivatives

if TYPE_CHECKING:
    from numpy.typing import NDArray

    _F64 = NDArray[np.float64]

__all__ = ["WinTable"]

# exp of utilities further apart than this might overflow when it is added up and multiplied.
_WIDEST = 300.0


@dataclass(frozen=True, eq=False)
class WinTable:
    """How often the row won against the column, (n_items, n_items); half of each tie."""

    wins: _F64

    @cached_property
    def won(self) -> _F64:
        """How often each item won."""
        won: _F64 = self.wins.sum(axis=1)
        return won

    @cached_property
    def lost(self) -> _F64:
        """How often each item lost."""
        lost: _F64 = self.wins.sum(axis=0)
        return lost

    @cached_property
    def games(self) -> _F64:
        """How often two items met; every game stands there twice."""
        return self.wins + self.wins.T

    def refuse_undetermined(self, item_ids: NDArray[Any] | None) -> None:
        """Refuse wins after which some utilities have no finite estimate."""
        refuse_undetermined_table(self.wins, item_ids)

    def at(self, utility: _F64) -> _AtUtility:
        """Return the log-likelihood at utilities."""
        centered = utility - (utility.max() + utility.min()) / 2
        if not centered.max() < _WIDEST:
            return _AtUtility(self, centered, self.games, -np.inf)
        worth = np.exp(centered)
        sums = worth[:, None] + worth
        value = float(self.won @ centered) - float(np.vdot(self.games, np.log(sums))) / 2
        return _AtUtility(self, worth, sums, value)


@dataclass(frozen=True, eq=False)
class _AtUtility:
    """exp(u_i), exp(u_i) + exp(u_j), and the log-likelihood."""

    table: WinTable
    worth: _F64
    sums: _F64
    log_likelihood: float

    def derivatives(self) -> Derivatives:
        """Return how the log-likelihood changes there."""
        share = self.worth[:, None] / self.sums
        expected = self.table.games * share
        gradient = self.table.won - expected.sum(axis=1)
        edges = expected * share.T
        diagonal = edges.sum(axis=1)

        def product(direction: _F64) -> _F64:
            image: _F64 = diagonal * direction - np.einsum("ij,j", edges, direction)
            return image

        return Derivatives(gradient, diagonal, product)
