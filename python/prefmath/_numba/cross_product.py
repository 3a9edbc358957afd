"""Sums over rows: of their products with the rows of another matrix, or of the rows themselves."""

from __future__ import annotations

from operator import iadd
from typing import TYPE_CHECKING

import numpy as np

from ._blocks import pieces_of_rows, reduce
from ._njit import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    _F64 = NDArray[np.float64]

__all__ = ["cross_product"]

_ROWS = 512


def cross_product(
    left: _F64 | None, right: _F64, block_ends: NDArray[np.int64] | None, n_threads: int
) -> _F64:
    """Multiply the transpose of `left`, by default a column of ones, with `right`."""
    if left is None:
        left = np.ones((len(right), 1))
    if len(left) != len(right):
        raise ValueError(f"left has {len(left)} rows and right {len(right)}")
    shape = left.shape[1], right.shape[1]

    def run(first: int, last: int) -> _F64:
        out = np.zeros(shape)
        _cross_product(left, right, first, last, out)
        return out

    total = reduce(run, pieces_of_rows(block_ends, len(right), _ROWS), iadd, n_threads)
    return np.zeros(shape) if total is None else total


@njit
def _cross_product(left, right, first, last, out):
    for row in range(first, last):
        for i in range(out.shape[0]):
            scale = left[row, i]
            for j in range(out.shape[1]):
                out[i, j] += scale * right[row, j]
