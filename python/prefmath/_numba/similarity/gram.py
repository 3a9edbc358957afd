"""Gram and cosine matrices, tile by tile, through NumPy's products."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._numba._tasks import in_order
from prefmath._numba.dot import refuse_row, squared_norms

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

__all__ = ["cosine", "gram"]

_TILE = 256


def gram(x: NDArray[np.float32], n_threads: int) -> NDArray[np.float32]:
    """Dot products of all rows, exactly symmetric."""
    norms = _finite_norms(x)
    # By the Cauchy-Schwarz inequality no partial sum is larger than the largest squared norm.
    for row in np.flatnonzero(norms > np.finfo(np.float32).max):
        size = f"{np.sqrt(norms[row]):.3e}".replace("e+", "e")
        msg = f"float32 cannot hold the products: X[{row}] has norm {size}"
        raise ValueError(msg)
    return _symmetric_product(len(x), lambda first, last: x[first:last], n_threads)


def cosine(x: NDArray[np.float32], n_threads: int) -> NDArray[np.float32]:
    """Cosines of all rows, exactly symmetric, with ones on the diagonal."""
    norms = _finite_norms(x)
    for row in np.flatnonzero(norms == 0):
        refuse_row(x, int(row), 0)
    scale = (1 / np.sqrt(norms))[:, None]

    def panel(first: int, last: int) -> NDArray[np.float32]:
        return (x[first:last] * scale[first:last]).astype(np.float32)

    out = _symmetric_product(len(x), panel, n_threads)
    np.clip(out, -1, 1, out=out)
    np.fill_diagonal(out, 1)
    return out


def _finite_norms(x: NDArray[np.float32]) -> NDArray[np.float64]:
    norms = np.empty(len(x))
    squared_norms(x, norms)
    for row in np.flatnonzero(~np.isfinite(norms)):
        refuse_row(x, int(row), 0)
    return norms


def _symmetric_product(
    n: int, panel: Callable[[int, int], NDArray[np.float32]], n_threads: int
) -> NDArray[np.float32]:
    out = np.empty((n, n), np.float32)

    def fill(i: int, j: int) -> None:
        rows = slice(i * _TILE, min(n, (i + 1) * _TILE))
        columns = slice(j * _TILE, min(n, (j + 1) * _TILE))
        left = panel(rows.start, rows.stop)
        product: NDArray[Any] = left @ (left if i == j else panel(columns.start, columns.stop)).T
        if i == j:
            lower = np.tril(product)
            product = lower + np.tril(product, -1).T
        out[rows, columns] = product
        out[columns, rows] = product.T

    n_tiles = -(-n // _TILE)
    for _ in in_order(fill, [(i, j) for i in range(n_tiles) for j in range(i + 1)], n_threads):
        pass
    return out
