"""Outer products of the slopes of pairs, which are those of a graph of the items."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from prefmath._kernels import kernels
from prefmath.choices.judgements import sides
from prefmath.models._likelihood.laplacian import laplacian
from prefmath.models._likelihood.utility.items import ItemUtility

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.models._inference.scores import Point

    _F64 = NDArray[np.float64]

__all__ = ["of_plain_pairs", "pair_outer"]


def of_plain_pairs(point: Point) -> bool:
    """Whether utilities are free and all outcomes are wins of pairs, or halves of them."""
    observation = point.observation
    plain = observation.kind == "pair" and observation.simple
    return plain and isinstance(point.utility, ItemUtility)


def pair_outer(point: Point) -> _F64:
    """Return the outer products of the slopes of judgements, summed, of one class."""
    observation = point.observation
    slopes, _ = kernels.residuals(
        point.utility.table(point.params), observation.described, observation.n_threads
    )
    squares = np.ones(point.n_units) if point.weight is None else np.square(point.weight)
    if point.outcome is not None:
        squares = np.bincount(point.outcome, squares, observation.n_outcomes)
    weight = squares * np.square(sides(slopes)[0][:, 0])
    return laplacian(observation.winner, observation.loser, weight, point.utility.n_coef)
