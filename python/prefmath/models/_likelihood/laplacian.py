"""The Laplacian of a graph of items whose edges are pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    _F64 = NDArray[np.float64]
    _I32 = NDArray[np.int32]

__all__ = ["laplacian", "laplacians"]

# Of more edges and columns than this each column is a pass of its own, in less memory.
_AT_A_TIME = 1 << 18


def laplacian(winner: _I32, loser: _I32, weight: _F64, n_rows: int) -> _F64:
    """Return the Laplacian of the graph whose edges are pairs, of these weights."""
    cells = winner.astype(np.int64) * n_rows + loser
    games = np.bincount(cells, weight, n_rows**2).astype(np.float64).reshape(n_rows, n_rows)
    both = games + games.T
    matrix: _F64 = np.diag(both.sum(axis=1)) - both
    return matrix


def laplacians(winner: _I32, loser: _I32, weights: _F64, n_rows: int) -> _F64:
    """Return the Laplacian for each column of weights, (n_columns, n_rows, n_rows)."""
    n_columns = weights.shape[1]
    if weights.size > _AT_A_TIME:
        return np.stack([laplacian(winner, loser, column, n_rows) for column in weights.T])
    cells = winner.astype(np.int64) * n_rows + loser
    cells = (cells[:, None] + np.arange(n_columns) * n_rows**2).ravel()
    games: _F64 = np.bincount(cells, weights.ravel(), n_columns * n_rows**2).astype(np.float64)
    games = games.reshape(n_columns, n_rows, n_rows)
    matrices: _F64 = np.negative(games + games.transpose(0, 2, 1), order="C")
    rows = np.arange(n_rows)
    matrices[:, rows, rows] -= matrices.sum(axis=2)
    return matrices
