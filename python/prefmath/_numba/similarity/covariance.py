"""The sum of the outer products of all rows, or of the unit vectors along them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._numba._tasks import in_order, rows
from prefmath._numba._widened import widen
from prefmath._numba.dot import squared_norms

from .pools import refuse

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["covariance"]

_ROWS = 1024
_TINY = np.finfo(np.float64).tiny


def covariance(
    x: NDArray[Any],
    unit: bool,  # noqa: FBT001 - as the compiled one
    n_threads: int,
) -> NDArray[np.float64]:
    """Sum x xᵀ over the rows x, or over x / |x|."""

    def run(first: int, last: int) -> NDArray[np.float64]:
        wide, norms = widen(x[first:last]), np.empty(last - first)
        squared_norms(wide, norms)
        for row in np.flatnonzero(~(norms < np.inf) | ((norms < _TINY) & unit)):
            refuse(x, first + int(row))
        scaled = wide * (1 / np.sqrt(norms) if unit else np.ones(last - first))[:, None]
        return scaled.T @ scaled

    out = np.zeros((x.shape[1], x.shape[1]))
    for part in in_order(run, rows(len(x), _ROWS), n_threads):
        out += part
    # BLAS need not give the same above the diagonal.
    return np.tril(out) + np.tril(out, -1).T
