"""How the log-likelihood bends between any two rows of the utility table, written out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from prefmath._kernels import kernels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.models._likelihood.observation import Observation

    _F64 = NDArray[np.float64]

__all__ = ["laplacian", "table_curvature"]


def table_curvature(observation: Observation, table: _F64, weights: _F64) -> _F64:
    """Return the negative Hessian of the weighted log-likelihood, (n_classes, n_rows, n_rows).

    A class a column of the table and of the weights of outcomes. Of plain pairs it is the Laplacian
    of a graph whose edges are the pairs: a pass over them; of sets and rankings likewise, whose
    edges are all pairs in a set. With parameters of ties or positions it is a pass for every row.
    """
    n_rows, n_classes = table.shape
    if observation.kind == "pair" and observation.simple:
        winner, loser = observation.items[0::2], observation.items[1::2]
        small = np.exp(-np.abs(table[winner] - table[loser]))
        bend = weights * small / np.square(1 + small)
        return np.stack([laplacian(observation, column, n_rows) for column in bend.T])
    if observation.kind != "pair" and observation.extra is None:
        return kernels.table_curvature(table, observation.described, weights, observation.n_threads)
    if observation.ties == "davidson" and observation.extra is None:
        return _davidson(observation, table, weights)
    curvature = np.empty((n_classes, n_rows, n_rows))
    for row in range(n_rows):
        direction = np.zeros_like(table)
        direction[row] = 1
        curvature[:, row] = observation.curvature_product(table, weights, direction).T
    return curvature


def _davidson(observation: Observation, table: _F64, weights: _F64) -> _F64:
    """Return the curvature where a tie is worth half of each item, and the row of ties."""
    n_rows, tie_row = len(table), observation.tie_row
    winner, loser = observation.items[0::2], observation.items[1::2]
    first, second = table[winner], table[loser]
    between = table[tie_row] + (first + second) / 2
    top = np.maximum(np.maximum(first, second), between)
    tied, won = np.exp(between - top), np.exp(first - top)
    total = won + np.exp(second - top) + tied
    tied /= total
    share = won / total + tied / 2
    bend = weights * (share * (1 - share) - tied / 4)
    cross, own = weights * tied * (0.5 - share), weights * tied * (1 - tied)
    curvature = np.stack([laplacian(observation, column, n_rows) for column in bend.T])
    for matrix, column in zip(curvature, cross.T, strict=True):
        by_item = np.bincount(winner, column, n_rows) - np.bincount(loser, column, n_rows)
        matrix[tie_row] = matrix[:, tie_row] = by_item
    curvature[:, tie_row, tie_row] = own.sum(axis=0)
    return curvature


def laplacian(observation: Observation, weight: _F64, n_rows: int) -> _F64:
    """Return the Laplacian of the graph whose edges are pairs, of these weights."""
    winner, loser = observation.items[0::2].astype(np.int64), observation.items[1::2]
    games = np.bincount(winner * n_rows + loser, weight, n_rows**2).astype(np.float64)
    return _laplacian_of(games.reshape(n_rows, n_rows))


def _laplacian_of(edges: _F64) -> _F64:
    """Return the Laplacian of a graph, each of whose edges stands in one of two cells."""
    both = edges + edges.T
    matrix: _F64 = np.diag(both.sum(axis=1)) - both
    return matrix
