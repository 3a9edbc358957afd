"""Products and sums of products whose bits depend on no number of threads, BLAS's included."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._kernels import kernels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    _F64 = NDArray[np.float64]

__all__ = ["combined", "cross_sum", "inverse_of", "outer_sum", "products"]

# LAPACK takes one thread for matrices of so many rows.
_SMALL = 64


def products(vectors: _F64, rows: NDArray[Any], n_threads: int) -> _F64:
    """Return the products of each vector with each row, (n_vectors, n_rows)."""
    of_rows = kernels.linear_utility(rows, np.ascontiguousarray(vectors), n_threads)
    return np.ascontiguousarray(of_rows.T)


def combined(weights: _F64, rows: NDArray[Any], n_threads: int) -> _F64:
    """Return sums of rows, with the weights in each row of `weights`."""
    return kernels.linear_pull_back(rows, np.ascontiguousarray(weights.T), n_threads)


def cross_sum(left: _F64, right: _F64, n_threads: int) -> _F64:
    """Return the sum over rows of the outer products of those of `left` and of `right`."""
    return kernels.cross_product(left, right, None, n_threads)


def outer_sum(scores: _F64, n_threads: int, counts: _F64 | None = None) -> _F64:
    """Return the sum over rows of their outer products, less that of an equal share of their sum.

    The scores of all units, less an equal share of their sum each, sum to nothing. Each row stands
    for as many units as `counts` says, by default for one.
    """
    counted = scores if counts is None else scores * counts[:, None]
    total = counted.sum(axis=0)
    outer = cross_sum(counted, scores, n_threads)
    outer -= total[:, None] * (total / (len(scores) if counts is None else counts.sum()))
    return outer


def inverse_of(matrix: _F64, n_threads: int) -> _F64:
    """Invert a positive definite matrix, half of it after the other by Schur's complement."""
    n = len(matrix)
    if n <= _SMALL:
        return np.linalg.inv(matrix).astype(np.float64, copy=False)
    first, last = slice(n // 2), slice(n // 2, n)
    of_first = inverse_of(matrix[first, first], n_threads)
    across = np.ascontiguousarray(matrix[last, first])
    share = products(across, of_first, n_threads)
    of_last = inverse_of(matrix[last, last] - products(share, across, n_threads), n_threads)
    inverse = np.empty_like(matrix)
    inverse[last, last] = of_last
    inverse[last, first] = -products(of_last, np.ascontiguousarray(share.T), n_threads)
    inverse[first, last] = inverse[last, first].T
    turned = np.ascontiguousarray(inverse[first, last])
    inverse[first, first] = of_first - products(turned, np.ascontiguousarray(share.T), n_threads)
    return inverse
