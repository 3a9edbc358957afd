"""Percentiles, deviations and ranks over resamples, some of which have no finite estimate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath.models._inference.marks import NOT_DETERMINED, NOT_FINITE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    _F64 = NDArray[np.float64]
    _Bool = NDArray[np.bool_]

__all__ = ["deviation", "ends_of_ranks", "percentiles"]


def percentiles(params: _F64, determined: _Bool, ends: tuple[float, float]) -> _F64:
    """Return the lower and the upper end of each parameter, (2, n_components, p).

    Infinite values count as below or above all others, and where one is there the ends are values
    of resamples and not between two. Values that are neither finite nor infinite do not count; a
    parameter without values may be anything.
    """
    whole = determined.all(axis=0)
    found = np.empty((2, *params.shape[1:]))
    found[:, whole] = np.quantile(params[:, whole], ends, axis=0)
    for cell in zip(*np.nonzero(~whole), strict=True):
        here = (slice(None), *cell)
        values = np.sort(params[here][determined[here] | np.isinf(params[here])])
        if not len(values):
            found[here] = -np.inf, np.inf
            continue
        places = np.array(ends) * (len(values) - 1)
        low, high = int(np.floor(places[0])), int(np.ceil(places[1]))
        found[here] = values[low], values[high]
    return found


def deviation(params: _F64, determined: _Bool, marks: NDArray[Any]) -> _F64:
    """Return standard deviations over what is determined; infinite where too little is."""
    n = determined.sum(axis=0)
    finite = np.where(determined, params, 0)
    mean = finite.sum(axis=0) / np.maximum(n, 1)
    squares = np.square(np.where(determined, finite - mean, 0)).sum(axis=0)
    errors: _F64 = np.sqrt(squares / np.maximum(n - 1, 1))
    errors[(marks == NOT_DETERMINED) | (marks == NOT_FINITE) | (n < 2)] = np.inf
    return errors


def ends_of_ranks(utilities: _F64, missing: _Bool) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the best and the worst rank of each item along the last axis.

    Equals may stand either way, and what is missing anywhere.
    """
    n = utilities.shape[-1]
    shape = utilities.shape
    best, worst = np.empty((2, *shape), np.int64)
    for at in np.ndindex(shape[:-1]):
        there = ~missing[at]
        values = utilities[at]
        known = np.sort(values[there])
        # Missing ones may be behind this one, or before it.
        best[at] = 1 + len(known) - np.searchsorted(known, values, side="right")
        worst[at] = n - np.searchsorted(known, values, side="left")
        best[at][~there], worst[at][~there] = 1, n
    return best, worst
