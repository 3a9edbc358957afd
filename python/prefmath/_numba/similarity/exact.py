"""The score of one pair of rows, exact but for the rounding of float64 sums.

Products and differences are rounded before they are added, in the order of the lanes of `dot.py`,
so that the compiled kernels give the same bits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._numba._njit import njit
from prefmath._numba._tasks import rows
from prefmath._numba.dot import LANES, dot, squared_distance

from .rows import is_wide, widen

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["SCORES", "exact_scores"]

SCORES = {"cosine": 0, "dot": 1, "sqeuclidean": 2}
"""What is compared; the compiled functions below know them by these numbers."""

_COSINE, _DOT = SCORES["cosine"], SCORES["dot"]

# Pairs of narrow rows that are widened at a time.
_PAIRS = 4096


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
    if is_wide(x):
        _scores(score, x, y, i, j, x_norms[i], y_norms[j], out)
        return out
    for first, last in rows(len(i), _PAIRS):
        part = slice(first, last)
        left, right = i[part], j[part]
        own = np.arange(last - first)
        wide = widen(x[left]), widen(y[right])
        _scores(score, *wide, own, own, x_norms[left], y_norms[right], out[part])
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
