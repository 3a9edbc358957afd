"""Units of features: what a step of a coefficient is worth in utility."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._label_values import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    _F64 = NDArray[np.float64]

__all__ = ["units_of_columns"]

# Rows and numbers that are looked at: enough for a standard deviation to a few percent.
_ROWS = 4096
_NUMBERS = 1 << 20
_FEWEST_ROWS = 64
# Rows looked at a time where a column does not differ among those.
_BLOCK = 4096
# Squares of numbers beyond, added up and multiplied, leave float64.
_LARGEST, _SMALLEST = 1e140, 1e-140


def units_of_columns(features: NDArray[Any], names: Sequence[Any] | None = None) -> _F64:
    """Return the standard deviation of every column, in a sample; 1 for a constant column.

    Coefficients times these are the same whatever the units of the features are. They are not
    rounded to powers of two: a solver would then go other ways in other units. Errors tell the
    `names` of columns, where there are any.

    Raises
    ------
    ValueError
        If float64 cannot hold the squares of a column.
    """
    n, d = features.shape

    def called(column: Any) -> str:
        return str(column) if names is None else shown(names[column])

    if n == 0 or d == 0:
        return np.ones(d)
    for first in range(0, n if features.dtype == np.float64 else 0, _BLOCK):
        block = features[first : first + _BLOCK]
        if max(block.max(), -block.min()) > _LARGEST:
            row, column = np.argwhere(np.abs(block) > _LARGEST)[0]
            raise ValueError(
                f"features must lie below {_LARGEST:g} in size: features[{first + row}, {column}] "
                f"is {block[row, column]}: divide column {called(column)} by a constant"
            )
    wanted = min(n, max(_FEWEST_ROWS, min(_ROWS, _NUMBERS // d)))
    # Drawn at random, since rows are often in an order that repeats.
    rows = np.arange(n) if wanted == n else np.random.default_rng(0).integers(n, size=wanted)
    spread = features[rows].astype(np.float64).std(axis=0)
    for column in np.flatnonzero(spread == 0):
        values = features[:, column].astype(np.float64)
        # Squares of the smallest numbers are 0.
        spread[column] = values.std() or np.ptp(values)
    for column in np.flatnonzero((spread > 0) & (spread < _SMALLEST)):
        raise ValueError(
            f"features must differ by more than {_SMALLEST:g}: the standard deviation of column "
            f"{called(column)} is {spread[column]:.3g}: multiply it by a constant"
        )
    units: _F64 = np.where(spread > 0, spread, 1.0)
    return units
