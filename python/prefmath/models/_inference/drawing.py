"""Draws of a bootstrap: how often each unit was drawn, and what outcomes weigh then."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from prefmath._kernels import kernels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from prefmath.models._likelihood.data import Data

    _F64 = NDArray[np.float64]

__all__ = ["drawn_counts", "resamples_at_once", "weights_of_outcomes"]

# More units than NumPy draws.
_MOST_UNITS = 1 << 62
# So many units are drawn one by one: the binomial counts of a multinomial take ten times as long,
# and are kept where that is no time at all, so that a seed gives what it gave.
_MANY_UNITS = 4096
# Resamples whose outcomes are weighed together, and values of what is held for them meanwhile.
_AT_ONCE = 32
_VALUES_AT_ONCE = 1 << 22
_STRETCH = 512


def drawn_counts(base: _F64, rng: np.random.Generator) -> _F64:
    """Draw as many units as there are with replacement; return how often each was drawn.

    A row that stands for several of them is drawn so much more often. Where their sum is not
    whole, the nearest whole number is drawn, and scaled to the sum.
    """
    n_rows, total = len(base), float(base.sum())
    n_units = min(max(round(total), 1), _MOST_UNITS)
    if n_rows > _MANY_UNITS and (base == 1).all():
        return np.bincount(rng.integers(n_rows, size=n_rows), minlength=n_rows).astype(np.float64)
    counts = rng.multinomial(n_units, base / total).astype(np.float64)
    return counts * (total / n_units)


def resamples_at_once(n_units: int, n_outcomes: int) -> int:
    """Return of how many resamples outcomes are weighed together."""
    return max(1, min(_AT_ONCE, _VALUES_AT_ONCE // max(n_units, n_outcomes)))


def weights_of_outcomes(
    drawn: Sequence[_F64], data: Data, unit_offsets: NDArray[np.int64], n_threads: int
) -> list[_F64]:
    """Return what each distinct outcome weighs in some resamples: the judgements read once.

    `drawn` says how often each unit was drawn, of which ``unit_offsets`` has the judgements.
    """
    weights = kernels.outcome_weights(
        _side_by_side(drawn),
        data.outcome,
        data.weight,
        unit_offsets,
        data.observation.n_outcomes,
        None,
        n_threads,
    )
    return list(np.ascontiguousarray(weights.T))


def _side_by_side(vectors: Sequence[_F64]) -> _F64:
    """Return vectors as columns: a stretch of all at a time, which stays in the cache."""
    columns = np.empty((len(vectors[0]), len(vectors)))
    for first in range(0, len(columns), _STRETCH):
        stretch = slice(first, first + _STRETCH)
        columns[stretch] = np.array([vector[stretch] for vector in vectors]).T
    return columns
