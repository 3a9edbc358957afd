"""Information of free utilities from pairs, whose matrices are those of a graph of the items."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from prefmath._kernels import kernels
from prefmath.models._utility import ItemUtility

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.models._scores import Point

    _F64 = NDArray[np.float64]

__all__ = ["of_plain_pairs", "pair_information", "pair_outer"]


def of_plain_pairs(point: Point) -> bool:
    """Whether utilities are free and all outcomes are wins of pairs, or halves of them."""
    observation = point.observation
    plain = observation.kind == "pair" and observation.simple
    return plain and isinstance(point.utility, ItemUtility)


def pair_information(point: Point, weights: _F64) -> _F64:
    """Return the information of pairs of these weights, in time that does not grow with the items.

    Weights of outcomes and the result have a class a column and a matrix.
    """
    table = point.utility.table(point.params)
    winner, loser = point.observation.items[0::2], point.observation.items[1::2]
    small = np.exp(-np.abs(table[winner] - table[loser]))
    bend = weights * small / np.square(1 + small)
    return np.stack([_laplacian(point, column) for column in bend.T])


def pair_outer(point: Point) -> _F64:
    """Return the outer products of the slopes of judgements, summed, of one class."""
    observation = point.observation
    slopes, _ = kernels.residuals(
        point.utility.table(point.params), observation.described, observation.n_threads
    )
    squares = np.ones(point.n_units) if point.weight is None else np.square(point.weight)
    if point.outcome is not None:
        squares = np.bincount(point.outcome, squares, observation.n_outcomes)
    return _laplacian(point, squares * np.square(slopes[0::2, 0]))


def _laplacian(point: Point, weight: _F64) -> _F64:
    n = point.utility.n_coef
    winner, loser = point.observation.items[0::2].astype(np.int64), point.observation.items[1::2]
    games = np.bincount(winner * n + loser, weight, n * n).reshape(n, n)
    games = games + games.T
    laplacian: _F64 = np.diag(games.sum(axis=1)) - games
    return laplacian
