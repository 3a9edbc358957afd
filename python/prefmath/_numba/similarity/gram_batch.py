"""The Gram matrix, or the matrix of cosines, of every pool."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._numba._njit import njit, njit_in_any_order
from prefmath._numba._tasks import groups, in_order
from prefmath._numba._widened import widen
from prefmath._numba.dot import LANES, dot, squared_norms

from .pools import refuse

if TYPE_CHECKING:
    from numpy.typing import NDArray

    _I64 = NDArray[np.int64]

__all__ = ["gram_batch"]

_ROWS = 2048
_TINY = np.finfo(np.float64).tiny

# Squared norms within which products of rows neither overflow nor lose digits at the lower end.
_SAFE = {"float32": (1e-24, 1e36), "float64": (1e-280, 1e300)}


def gram_batch(
    x: NDArray[Any], offsets: _I64, metric: str, n_threads: int
) -> NDArray[np.float32] | NDArray[np.float64]:
    """Compute the dot products or cosines of the rows of each pool, exactly symmetric."""
    ends = np.concatenate([[0], np.cumsum(np.diff(offsets) ** 2)])
    out = np.empty(ends[-1], np.float64 if x.dtype == np.float64 else np.float32)
    limits = *_SAFE[out.dtype.name], float(np.finfo(out.dtype).max)

    def run(first: int, last: int) -> None:
        start, stop = offsets[first], offsets[last]
        cuts, matrices = offsets[first : last + 1] - start, out[ends[first] : ends[last]]
        bad, norm = _grams(widen(x[start:stop]), cuts, metric == "cosine", limits, matrices)
        if np.isfinite(norm) and norm > limits[-1]:
            size = f"{np.sqrt(norm):.3e}".replace("e+", "e")
            msg = f"{out.dtype} cannot hold the products: X[{start + bad}] has norm {size}"
            raise ValueError(msg)
        if bad >= 0:
            refuse(x, start + bad)

    for _ in in_order(run, groups(offsets, _ROWS), n_threads):
        pass
    return out


@njit
def _grams(x, offsets, cosines, limits, out):
    """Write the matrices; return a row to be refused and its squared norm, or -1."""
    low, high, _ = limits
    end = 0
    for pool in range(len(offsets) - 1):
        rows = x[offsets[pool] : offsets[pool + 1]]
        n = len(rows)
        matrix = out[end : end + n * n].reshape(n, n)
        end += n * n
        _gram(rows, matrix)
        safe = True
        for i in range(n):
            safe &= matrix[i, i] <= high and (not cosines or matrix[i, i] >= low)
        if not safe:
            bad, norm = _one_by_one(rows, cosines, limits, matrix)
            if bad >= 0:
                return offsets[pool] + bad, norm
        elif cosines:
            _to_cosines(matrix)
    return -1, 0.0


@njit_in_any_order
def _gram(rows, out):
    n, d, zero = len(rows), rows.shape[1], rows.dtype.type(0)
    # Read one after the other, the rows come from memory fastest.
    for i in range(n):
        out[i, i] = zero
        for k in range(d):
            out[i, i] += rows[i, k] * rows[i, k]
    # Two rows with two others at a time; of an odd number the last twice.
    for i in range(0, n, 2):
        i1 = min(i + 1, n - 1)
        left, left1 = rows[i], rows[i1]
        for j in range(0, i + 1, 2):
            j1 = min(j + 1, n - 1)
            right, right1 = rows[j], rows[j1]
            s00 = s01 = s10 = s11 = zero
            for k in range(d):
                s00 += left[k] * right[k]
                s01 += left[k] * right1[k]
                s10 += left1[k] * right[k]
                s11 += left1[k] * right1[k]
            out[i1, j1] = out[j1, i1] = s11
            out[i1, j] = out[j, i1] = s10
            out[i, j1] = out[j1, i] = s01
            out[i, j] = out[j, i] = s00


@njit
def _to_cosines(matrix):
    n, one = len(matrix), matrix.dtype.type(1)
    scales = np.empty(n, matrix.dtype)
    for i in range(n):
        scales[i] = 1.0 / np.sqrt(np.float64(matrix[i, i]))
    for i in range(n):
        for j in range(n):
            # The same product either way round: symmetric.
            cosine = matrix[i, j] * (scales[i] * scales[j])
            matrix[i, j] = min(max(cosine, -one), one)
        matrix[i, i] = one


@njit
def _one_by_one(rows, cosines, limits, out):
    """Sum every product in float64: of rows far from unit length, or to be refused."""
    lanes, norms = np.empty(LANES), np.empty(len(rows))
    squared_norms(rows, norms)
    for i in range(len(rows)):
        if not norms[i] < np.inf or (cosines and norms[i] < _TINY):
            return i, norms[i]
    for i in range(len(rows)):
        if not cosines and norms[i] > limits[2]:
            return i, norms[i]
    for i in range(len(rows)):
        for j in range(i + 1):
            value = dot(rows[i], rows[j], lanes)
            if cosines:
                value = min(max(value / np.sqrt(norms[i] * norms[j]), -1.0), 1.0)
            out[i, j] = out[j, i] = value
    return -1, 0.0
