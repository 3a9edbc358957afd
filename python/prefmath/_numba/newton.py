"""Newton directions: one small positive definite system a class, in units of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ._njit import njit
from ._tasks import in_order
from .observation._checks import check_finite

if TYPE_CHECKING:
    from numpy.typing import NDArray

    _F64 = NDArray[np.float64]

__all__ = ["newton_direction"]

# The share of a diagonal entry that the others must leave unexplained; and the ridge that a system
# gets where they do not, grown until the factorisation succeeds or it outweighs all entries.
_RIDGE = 1e-13
_RIDGE_GROWTH = 100.0
_TRIES = 10

# Products between two looks at whether to stop.
_PRODUCTS = 1 << 26


def newton_direction(gradient: _F64, hessian: _F64, n_threads: int) -> NDArray[np.float64]:
    """Solve one positive semidefinite system a class, in units in which its diagonal is 1."""
    n_classes, d = gradient.shape
    if hessian.shape != (n_classes, d, d) or d == 0:
        raise ValueError(f"hessian must have shape ({n_classes}, {d}, {d})")
    check_finite("gradient", gradient)
    check_finite("hessian", hessian.reshape(n_classes, d * d))
    out = gradient.copy()
    tasks = [(k, k + 1) for k in range(n_classes)]
    for _ in in_order(lambda k, _: _solve(hessian[k], out[k]), tasks, n_threads):
        pass
    check_finite("direction", out)
    return out


def _solve(matrix: _F64, right: _F64) -> None:
    roots = np.sqrt(np.maximum(matrix.diagonal(), 0))
    # Nothing says where to go along a parameter without curvature: its row is left out.
    scales = np.divide(1, roots, out=np.zeros_like(roots), where=roots > 0)
    factor, ridge = np.empty_like(matrix), 0.0
    for attempt in range(_TRIES):
        _scaled(matrix, scales, 1 + ridge, factor)
        if _cholesky(factor):
            _substitute(factor, scales, right)
            return
        ridge = _RIDGE if attempt == 0 else ridge * _RIDGE_GROWTH
    right[:] = 0


def _cholesky(factor: _F64) -> bool:
    """Replace the lower triangle by its Cholesky factor; say if every pivot exceeds the ridge."""
    d = len(factor)
    step = max(1, _PRODUCTS // d**2)
    return all(_cholesky_rows(factor, i, min(d, i + step)) for i in range(0, d, step))


@njit
def _scaled(matrix, scales, diagonal, factor):
    for i in range(len(factor)):
        for j in range(i):
            factor[i, j] = matrix[i, j] * scales[i] * scales[j]
        factor[i, i] = diagonal


@njit
def _cholesky_rows(factor, first, last):
    for i in range(first, last):
        for j in range(i + 1):
            total = factor[i, j]
            for k in range(j):
                total -= factor[i, k] * factor[j, k]
            if j < i:
                factor[i, j] = total / factor[j, j]
            elif not total > _RIDGE:
                return False
            else:
                factor[i, i] = np.sqrt(total)
    return True


@njit
def _substitute(factor, scales, right):
    d = len(right)
    for i in range(d):
        right[i] *= scales[i]
        for j in range(i):
            right[i] -= factor[i, j] * right[j]
        right[i] /= factor[i, i]
    for i in range(d - 1, -1, -1):
        right[i] /= factor[i, i]
        for j in range(i):
            right[j] -= factor[i, j] * right[i]
    for i in range(d):
        right[i] *= scales[i]
