"""Products of matrices whose bits depend on no number of threads, BLAS's included."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._kernels import kernels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    _F64 = NDArray[np.float64]

__all__ = ["combined", "inverse_of", "products"]

# LAPACK takes one thread for matrices of so many rows.
_SMALL = 64


def products(vectors: _F64, rows: NDArray[Any], n_threads: int) -> _F64:
    """Return the products of each vector with each row, (n_vectors, n_rows)."""
    of_rows = kernels.linear_utility(rows, np.ascontiguousarray(vectors), n_threads)
    return np.ascontiguousarray(of_rows.T)


def combined(weights: _F64, rows: NDArray[Any], n_threads: int) -> _F64:
    """Return sums of rows, with the weights in each row of `weights`."""
    return kernels.linear_pull_back(rows, np.ascontiguousarray(weights.T), n_threads)


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
