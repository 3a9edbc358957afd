"""Rows that are equal, value for value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._numba._widened import widen

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["first_equal"]

_BLOCK = 1024


def first_equal(x: NDArray[Any]) -> NDArray[np.int64]:
    """Return for every row the first row that is equal to it; zero is zero with either sign."""
    first = np.empty(len(x), np.int64)
    rows: dict[bytes, int] = {}
    for start in range(0, len(x), _BLOCK):
        block = widen(x[start : start + _BLOCK]) + np.float32(0)
        for row, values in enumerate(block, start):
            first[row] = rows.setdefault(values.tobytes(), row)
    return first
