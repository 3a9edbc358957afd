"""Dot products and distances of rows, summed in float64 in the order of the compiled kernels.

The product of two float32 numbers is exact in float64, and where one is rounded it is rounded
before it is added, so that both backends give the same bits. Element j is summed into lane j % 16;
then the lanes are added, the upper half onto the lower.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from ._njit import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "LANES",
    "dot",
    "dots_with",
    "refuse_row",
    "squared_distance",
    "squared_distances",
    "squared_norms",
]

LANES = 16


@njit
def dot(left, right, lanes):
    """Sum the products of two rows; `lanes` is scratch space for 16 sums."""
    n = len(left)
    whole = n - n % LANES
    for lane in range(LANES):
        lanes[lane] = 0.0
    for start in range(0, whole, LANES):
        for lane in range(LANES):
            lanes[lane] += np.float64(left[start + lane]) * np.float64(right[start + lane])
    for at in range(whole, n):
        lanes[at - whole] += np.float64(left[at]) * np.float64(right[at])
    return _sum(lanes)


@njit
def squared_distance(left, right, lanes):
    """Sum the squared differences: nothing cancels, however close the rows are."""
    n = len(left)
    whole = n - n % LANES
    for lane in range(LANES):
        lanes[lane] = 0.0
    for start in range(0, whole, LANES):
        for lane in range(LANES):
            difference = np.float64(left[start + lane]) - np.float64(right[start + lane])
            lanes[lane] += difference * difference
    for at in range(whole, n):
        difference = np.float64(left[at]) - np.float64(right[at])
        lanes[at - whole] += difference * difference
    return _sum(lanes)


@njit
def _sum(lanes):
    """Add the upper half of the lanes onto the lower until one is left."""
    half = LANES // 2
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
    lanes = np.empty(LANES)
    for i in range(len(rows)):
        out[i] = dot(row, rows[i], lanes)


@njit
def squared_norms(rows: NDArray[np.float32], out: NDArray[np.float64]) -> None:
    """Write the squared norm of each row."""
    lanes = np.empty(LANES)
    for i in range(len(rows)):
        out[i] = dot(rows[i], rows[i], lanes)


@njit
def squared_distances(rows, point, out):
    """Write the squared distance of each row from a point."""
    lanes = np.empty(LANES)
    for i in range(len(rows)):
        out[i] = squared_distance(rows[i], point, lanes)


def refuse_row(rows: NDArray[Any], row: int, first: int, name: str = "X") -> NoReturn:
    """Refuse a row that is all zeros or not finite; it is row `first + row` of the argument."""
    for column in np.flatnonzero(~np.isfinite(rows[row])):
        value = rows[row, column]
        msg = f"{name} must be finite: {name}[{first + row}, {column}] is {value}"
        raise ValueError(msg)
    msg = f"cosine similarity needs non-zero rows: {name}[{first + row}] is all zeros"
    raise ValueError(msg)
