"""By how much features differ within choice sets: the unit of the penalty on their coefficients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._kernel_view import kernel_view
from prefmath._kernels import kernels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.models._likelihood.data import Data

    _F64 = NDArray[np.float64]

__all__ = ["spread_within_sets"]

# Outcomes that a thread takes together.
_STRETCH = 32
# Deviations below so many units in the last place of the largest number are rounding.
_ROUNDING = 4
# Numbers, and rows at least, that tell how large these are.
_NUMBERS = 1 << 20
_FEWEST_ROWS = 64


def spread_within_sets(features: NDArray[Any], data: Data) -> _F64:
    """Return the root mean square deviation of each feature from the mean of its choice set, (d,).

    The mean is over the alternatives of a set, and over judgements, as often as they count, on
    sets of two alternatives and more. A feature that does not differ within sets says nothing of
    choices: of it, the deviation over all items, or its size, so that its unit still is its own.
    One pass over the features.
    """
    seen = data.observation
    weights = np.ascontiguousarray(data.outcome_weights(np.ones((data.n_rows, 1)))[:, 0])
    weights[np.diff(seen.offsets) < 2] = 0
    largest = weights.max(initial=0)
    if not 0 < largest < np.inf:
        weights, largest = np.ones(seen.n_outcomes), 1.0
    weights = weights / largest
    ends = np.append(np.arange(0, seen.n_outcomes, _STRETCH), seen.n_outcomes)
    squares, _, _ = kernels.linear_spread(
        kernel_view(features),
        seen.offsets,
        seen.items,
        None,
        weights,
        ends,
        np.ones((len(ends) - 1, 1)),
        data.n_threads,
    )
    spread: _F64 = np.sqrt(squares[0] / weights.sum())
    # Numbers of 16 bits are as they are: their last place may be all that is left of them.
    narrow = features.dtype.itemsize < 4
    rounding = 0.0 if narrow else _ROUNDING * float(np.finfo(features.dtype).eps)
    for column in np.flatnonzero(spread <= rounding * _sizes_of(features)):
        values = features[:, column].astype(np.float64)
        size = float(np.abs(values).max())
        # Divided by its size, so that no square leaves float64.
        deviation = float((values / size).std()) if size > 0 else 0.0
        spread[column] = size * deviation if deviation > rounding else size or 1.0
    return spread


def _sizes_of(features: NDArray[Any]) -> _F64:
    """Return the largest number of every column, in a sample."""
    n, d = features.shape
    wanted = min(n, max(_FEWEST_ROWS, _NUMBERS // max(d, 1)))
    some = features[np.arange(wanted) * n // max(wanted, 1)].astype(np.float64)
    sizes: _F64 = np.abs(some).max(axis=0, initial=0)
    return sizes
