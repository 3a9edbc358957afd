"""The matrix of all similarities or distances of two sets of rows.

One product of rows that are scaled to unit length gives every metric but the dot product: no length
can overflow or underflow in it. Distances come from |x|² + |y|² - 2xy about a point amid the rows,
and where that cancels (below 1% of |x|² + |y|²) from the differences; angles near 0 and π from the
chord.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._numba._njit import njit
from prefmath._numba._tasks import in_order
from prefmath._numba._tasks import rows as stretches
from prefmath._numba.dot import LANES, squared_distance

from .products import Products
from .rows import (
    Rows,
    center_of,
    centered_norms,
    inverse_norms,
    product_dtype,
    refuse_longer,
    refuse_zeros,
    squared_row_norms,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

__all__ = ["similarity_matrix"]

_METRICS = {"dot": 0, "cosine": 1, "angular": 2, "sqeuclidean": 3, "euclidean": 4, "rbf": 5}
_DOT, _COSINE, _ANGULAR, _SQEUCLIDEAN, _EUCLIDEAN, _RBF = _METRICS.values()
_DIAGONAL = {"cosine": 1, "angular": 0, "sqeuclidean": 0, "euclidean": 0, "rbf": 1}

# As in the compiled kernels: a squared distance loses at most a factor of twenty.
_CANCELLED = 0.05
_NEARLY_PARALLEL = 0.99
_MIRRORED = 16
_NO_CENTER = np.empty(0)


def similarity_matrix(
    x: NDArray[Any],
    y: NDArray[Any] | None,
    metric: str,
    gamma: float,
    out: NDArray[Any],
    progress: Callable[[int, int], object] | None,
    n_threads: int,
) -> None:
    """Write the metric of every row of x with every row of y, or of x if there is no y."""
    left, left_norms, right, right_norms = _arguments(x, y, metric, out.dtype, n_threads)
    products = Products(left, right)
    out = np.asarray(out)  # of a memory map the plain array

    def run(i: tuple[int, int], j: tuple[int, int]) -> None:
        tile = products.tile(i, j)
        norms = left_norms[slice(*i)], right_norms[slice(*j)]
        scale = left.scale[slice(*i)], right.scale[slice(*j)]
        below = i[0] - j[0] if y is None else len(right.x)  # the entries below the diagonal
        _finish(_METRICS[metric], gamma, *tile, *norms, *scale, below)
        _write(tile.product, out[slice(*i), slice(*j)], below)
        if y is None:
            _mirror(tile.product, out[slice(*j), slice(*i)], below)

    tasks = [
        (i, j)
        for i in stretches(len(x), products.n_rows)
        for j in stretches(len(right.x) if y is not None else i[1], products.n_columns)
    ]
    for done, _ in enumerate(in_order(run, tasks, n_threads), 1):
        if progress is not None:
            progress(done, len(tasks))
    if y is None:
        np.fill_diagonal(out, left_norms if metric == "dot" else _DIAGONAL[metric])


def _arguments(
    x: NDArray[Any], y: NDArray[Any] | None, metric: str, dtype: np.dtype[Any], n_threads: int
) -> tuple[Rows, NDArray[np.float64], Rows, NDArray[np.float64]]:
    """Return rows, as they are multiplied, with their squared norms, of both arguments."""
    named = [("X", x)] if y is None else [("X", x), ("Y", y)]
    norms = [squared_row_norms(values, name, n_threads) for name, values in named]
    center, most = _NO_CENTER, float(np.finfo(dtype).max)
    if metric == "dot":
        # By the Cauchy-Schwarz inequality no partial sum is larger than the product of two norms.
        others = max(1.0, float(np.sqrt(norms[-1].max(initial=0))))
        longest = np.sqrt(most) if y is None else most / others
        refuse_longer(dtype, "products", "X", norms[0], longest)
    elif metric in {"cosine", "angular"}:
        for (name, values), own in zip(named, norms, strict=True):
            refuse_zeros(values, name, own)
    else:
        center = center_of(named[-1][1])
        norms = [centered_norms(values, center, name, n_threads) for name, values in named]
        longest = {"euclidean": most / 2, "sqeuclidean": np.sqrt(most) / 2}.get(metric, np.inf)
        for (name, _), own in zip(named, norms, strict=True):
            refuse_longer(dtype, "distances", name, own, longest)
    unit = metric != "dot"
    rows = [
        Rows(
            values,
            center,
            inverse_norms(own) if unit else np.ones(len(own)),
            product_dtype(values, unit=unit),
        )
        for (_, values), own in zip(named, norms, strict=True)
    ]
    return rows[0], norms[0], rows[-1], norms[-1]


@njit
def _finish(
    metric,
    gamma,
    product,
    left,
    right,
    left_norms,
    right_norms,
    left_scale,
    right_scale,
    below,
):
    """Turn the products of unit vectors into the metric."""
    one = product.dtype.type(1)
    lanes, squared = np.empty(LANES), np.empty(product.shape[1])
    right_lengths = np.sqrt(right_norms)
    for i in range(len(product)):
        n = max(0, min(product.shape[1], below + i + 1))
        if metric == _COSINE:
            for j in range(n):
                product[i, j] = min(max(product[i, j], -one), one)
            continue
        if metric == _ANGULAR:
            for j in range(n):
                scales = left_scale[i], right_scale[j]
                product[i, j] = _angle(product[i, j], left[i], right[j], scales) / np.pi
            continue
        if metric != _DOT:
            norm, twice_length = left_norms[i], 2.0 * np.sqrt(left_norms[i])
            for j in range(n):
                expanded = twice_length * right_lengths[j] * product[i, j]
                squared[j] = norm + right_norms[j] - expanded
            for j in range(n):
                if squared[j] < _CANCELLED * (norm + right_norms[j]):
                    squared[j] = squared_distance(left[i], right[j], lanes)
        if metric == _RBF:
            for j in range(n):
                product[i, j] = np.exp(-gamma * squared[j])
        elif metric == _EUCLIDEAN:
            for j in range(n):
                product[i, j] = np.sqrt(squared[j])
        elif metric == _SQEUCLIDEAN:
            for j in range(n):
                product[i, j] = squared[j]


@njit
def _angle(cosine, left, right, scales):
    """Compute the angle between two rows, near 0 and π from the chord of their unit vectors."""
    if abs(cosine) <= _NEARLY_PARALLEL:
        return np.arccos(cosine)
    sign = 1.0 if cosine > 0.0 else -1.0
    chord = 0.0
    for k in range(len(left)):
        difference = left[k] * scales[0] - sign * (right[k] * scales[1])
        chord += difference * difference
    angle = 2.0 * np.arcsin(min(1.0, 0.5 * np.sqrt(chord)))
    return angle if cosine > 0.0 else np.pi - angle


@njit
def _write(product, out, below):
    for i in range(len(product)):
        for j in range(min(product.shape[1], below + i + 1)):
            out[i, j] = product[i, j]


@njit
def _mirror(product, out, below):
    # Sixteen columns at a time: a cache line of each row, and as many rows of the output.
    for start in range(0, product.shape[1], _MIRRORED):
        for i in range(len(product)):
            for j in range(start, min(start + _MIRRORED, product.shape[1], below + i + 1)):
                out[j, i] = product[i, j]
