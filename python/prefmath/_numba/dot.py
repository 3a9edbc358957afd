"""Dot products of float32 rows, summed in float64 in the order that the compiled kernels use.

The product of two float32 numbers is exact in float64, so that with the order of the sum fixed both
backends give the same bits. Element j is summed into lane j % 16; then the lanes are added, the
upper half onto the lower.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import numpy as np

from ._njit import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["dots_with", "refuse_row", "squared_norms"]

_LANES = 16


@njit
def dot(left, right, lanes):
    """Sum the products of two float32 rows; `lanes` is scratch space for 16 sums."""
    n = len(left)
    whole = n - n % _LANES
    for lane in range(_LANES):
        lanes[lane] = 0.0
    for start in range(0, whole, _LANES):
        for lane in range(_LANES):
            lanes[lane] += np.float64(left[start + lane]) * np.float64(right[start + lane])
    for at in range(whole, n):
        lanes[at - whole] += np.float64(left[at]) * np.float64(right[at])
    half = _LANES // 2
    while half > 0:
        for lane in range(half):
            lanes[lane] += lanes[lane + half]
        half //= 2
    return lanes[0]


@njit
def dots_with(
    row: NDArray[np.float32], rows: NDArray[np.float32], out: NDArray[np.float64]
) -> None:
    """Write the dot product of `row` with each of `rows`."""
    lanes = np.empty(_LANES)
    for i in range(len(rows)):
        out[i] = dot(row, rows[i], lanes)


@njit
def squared_norms(rows: NDArray[np.float32], out: NDArray[np.float64]) -> None:
    """Write the squared norm of each row."""
    lanes = np.empty(_LANES)
    for i in range(len(rows)):
        out[i] = dot(rows[i], rows[i], lanes)


def refuse_row(rows: NDArray[np.float32], row: int, first: int) -> NoReturn:
    """Refuse a row that is all zeros or not finite; it is row `first + row` of X."""
    for column in np.flatnonzero(~np.isfinite(rows[row])):
        msg = f"X must be finite: X[{first + row}, {column}] is {rows[row, column]}"
        raise ValueError(msg)
    msg = f"cosine similarity needs non-zero rows: X[{first + row}] is all zeros"
    raise ValueError(msg)
