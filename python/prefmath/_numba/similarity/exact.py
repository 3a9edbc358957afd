"""The score of one pair of rows, exact but for the rounding of float64 sums.

Products and differences are rounded before they are added, in the order of the lanes of `dot.py`,
so that the compiled kernels give the same bits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._numba._njit import njit
from prefmath._numba._tasks import rows
from prefmath._numba._widened import is_wide, widen
from prefmath._numba.dot import LANES, dot, squared_distance

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["SCORES", "exact_scores"]

SCORES = {"cosine": 0, "dot": 1, "sqeuclidean": 2}
"""What is compared; the compiled functions below know them by these numbers."""

_COSINE, _DOT = SCORES["cosine"], SCORES["dot"]

# Values of the rows that are scored at a time: narrow ones are widened, Ctrl-C is heard between.
_VALUES = 1 << 21


def exact_scores(
    score: int,
    x: NDArray[Any],
    y: NDArray[Any],
    i: NDArray[np.int64],
    j: NDArray[np.int64],
    x_norms: NDArray[np.float64],
    y_norms: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Compute the score of the rows ``x[i]`` and ``y[j]``, whose squared norms are given."""
    out = np.empty(len(i))
    for first, last in rows(len(i), max(64, _VALUES // x.shape[1])):
        part = slice(first, last)
        left, right = i[part], j[part]
        norms = x_norms[left], y_norms[right]
        if is_wide(x):
            _scores(score, x, y, left, right, *norms, out[part])
        else:
            own = np.arange(last - first)
            _scores(score, widen(x[left]), widen(y[right]), own, own, *norms, out[part])
    return out


@njit
def _scores(score, x, y, i, j, x_norms, y_norms, out):
    lanes = np.empty(LANES)
    for pair in range(len(i)):
        left, right = x[i[pair]], y[j[pair]]
        if score == _DOT:
            out[pair] = dot(left, right, lanes)
        elif score == _COSINE:
            # Of equal rows exactly one: the square root of a square is exact.
            cosine = dot(left, right, lanes) / np.sqrt(x_norms[pair] * y_norms[pair])
            out[pair] = min(max(cosine, -1.0), 1.0)
        else:
            out[pair] = squared_distance(left, right, lanes)
