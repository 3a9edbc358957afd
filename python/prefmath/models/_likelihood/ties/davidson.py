r"""Davidson's ties: a third alternative of utility :math:`\log \nu + (u_i + u_j) / 2`.

The parameter is log nu (Davidson 1970, equation 2.4).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from prefmath.models._likelihood.laplacian import laplacian
from prefmath.models._likelihood.ties.contest import Contest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    _F64 = NDArray[np.float64]
    _I32 = NDArray[np.int32]

__all__ = ["Davidson"]


class Davidson:
    """A tie is an outcome of its own, worth half of each of the two."""

    symbol = "nu"
    scale = "log nu"
    # A win is ahead of a loss and of a tie; a tie ahead of either win.
    contests = (
        Contest(of_ties=False, turned=False, factor=1.0, tie=0.0),
        Contest(of_ties=False, turned=False, factor=0.5, tie=-1.0),
        Contest(of_ties=True, turned=False, factor=0.5, tie=1.0),
        Contest(of_ties=True, turned=True, factor=0.5, tie=1.0),
    )
    curvature_is_information = True

    def natural(self, parameter: _F64) -> _F64:
        """Return nu."""
        return np.exp(parameter)

    def derivative(self, parameter: _F64) -> _F64:
        """Return the derivative of nu in its logarithm."""
        return np.exp(parameter)

    def term(self, parameter: float) -> float:
        """Return what contests multiply: the logarithm itself."""
        return parameter

    def probabilities(self, first: _F64, second: _F64, parameter: _F64) -> tuple[_F64, _F64]:
        """Probability of either of two, of utilities (n, n_columns)."""
        between = parameter + (first + second) / 2
        top = np.maximum(first, second)
        won, lost, tied = np.exp(first - top), np.exp(second - top), np.exp(between - top)
        total = won + lost + tied
        return won / total, lost / total

    def hessian(
        self, winner: _I32, loser: _I32, tie_row: int, table: _F64, weights: _F64
    ) -> _F64 | None:
        """Return the negative Hessian on the table, (n_columns, n_rows, n_rows).

        Where a tie is worth half of each item, that of the items is a Laplacian.
        """
        n_rows = len(table)
        first, second = table[winner], table[loser]
        between = table[tie_row] + (first + second) / 2
        top = np.maximum(np.maximum(first, second), between)
        tied, won = np.exp(between - top), np.exp(first - top)
        total = won + np.exp(second - top) + tied
        tied /= total
        share = won / total + tied / 2
        of_pairs = weights * (share * (1 - share) - tied / 4)
        cross, own = weights * tied * (0.5 - share), weights * tied * (1 - tied)
        hessian = np.stack([laplacian(winner, loser, column, n_rows) for column in of_pairs.T])
        for matrix, column in zip(hessian, cross.T, strict=True):
            by_item = np.bincount(winner, column, n_rows) - np.bincount(loser, column, n_rows)
            matrix[tie_row] = matrix[:, tie_row] = by_item
        hessian[:, tie_row, tie_row] = own.sum(axis=0)
        return hessian
