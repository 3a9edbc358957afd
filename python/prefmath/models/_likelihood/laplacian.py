"""The Laplacian of a graph of items whose edges are pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    _F64 = NDArray[np.float64]
    _I32 = NDArray[np.int32]

__all__ = ["laplacian"]


def laplacian(winner: _I32, loser: _I32, weight: _F64, n_rows: int) -> _F64:
    """Return the Laplacian of the graph whose edges are pairs, of these weights."""
    cells = winner.astype(np.int64) * n_rows + loser
    games = np.bincount(cells, weight, n_rows**2).astype(np.float64).reshape(n_rows, n_rows)
    both = games + games.T
    matrix: _F64 = np.diag(both.sum(axis=1)) - both
    return matrix
