"""How the log-likelihood bends between any two rows of the utility table, written out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.models._observation import Observation

    _F64 = NDArray[np.float64]

__all__ = ["laplacian", "table_curvature"]


def table_curvature(observation: Observation, table: _F64, weights: _F64) -> _F64:
    """Return the negative Hessian of the weighted log-likelihood, (n_classes, n_rows, n_rows).

    A class a column of the table and of the weights of outcomes. Of plain pairs it is the Laplacian
    of a graph whose edges are the pairs: a pass over them. Otherwise it is a pass for every row.
    """
    n_rows, n_classes = table.shape
    if observation.kind == "pair" and observation.simple:
        winner, loser = observation.items[0::2], observation.items[1::2]
        small = np.exp(-np.abs(table[winner] - table[loser]))
        bend = weights * small / np.square(1 + small)
        return np.stack([laplacian(observation, column, n_rows) for column in bend.T])
    curvature = np.empty((n_classes, n_rows, n_rows))
    for row in range(n_rows):
        direction = np.zeros_like(table)
        direction[row] = 1
        curvature[:, row] = observation.curvature_product(table, weights, direction).T
    return curvature


def laplacian(observation: Observation, weight: _F64, n_rows: int) -> _F64:
    """Return the Laplacian of the graph whose edges are pairs, of these weights."""
    winner, loser = observation.items[0::2].astype(np.int64), observation.items[1::2]
    games = np.bincount(winner * n_rows + loser, weight, n_rows**2).reshape(n_rows, n_rows)
    games = games + games.T
    matrix: _F64 = np.diag(games.sum(axis=1)) - games
    return matrix
