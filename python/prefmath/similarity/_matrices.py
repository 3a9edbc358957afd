"""Matrices of similarities of each pool, given by the caller or computed, and checked.

They lie matrix after matrix in one float64 vector, as in a `GramBatch`. A distance d stands for the
similarity 1 - d.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._kernels import kernels
from prefmath._validate import as_matrix, as_offsets

from ._metrics import METRICS, as_gamma, is_distance
from ._metrics import check_metric as check_name
from ._rows import as_rows, refuse_unscored
from .grams import GramBatch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import ArrayLike, NDArray

__all__ = ["as_similarities", "begins_of", "check_metric", "matrix_of", "stacks"]

# The largest matrices that are computed: two gibibytes of float64.
_MOST_VALUES = 1 << 28

# Values of the matrices looked at at a time.
_VALUES = 1 << 20

# Sums and products of larger values may not be numbers.
_LARGEST_VALUE, _LARGEST = 1e70, 1e150


def check_metric(metric: Any, gamma: Any) -> None:
    """Refuse a metric that there is not, and a width where there is none."""
    check_name(metric, (*METRICS, "precomputed"))
    if gamma is not None and metric != "rbf":
        raise ValueError(f"gamma belongs to metric 'rbf', not to {metric!r}")


def as_similarities(
    X: Any, offsets: ArrayLike | None, metric: str, gamma: float | None, n_threads: int
) -> tuple[NDArray[np.float64], NDArray[np.int64], float]:
    """Return the matrices of all pools, where the pools lie, and how far values are rounded.

    The matrices may be the caller's own: they are not written to.
    """
    if metric == "precomputed":
        return _given(X, offsets)
    x = as_rows(X)
    cuts = np.array([0, len(x)], np.int64) if offsets is None else as_offsets(offsets, len(x))
    values = _computed(x, cuts, metric, as_gamma(gamma, metric, x.shape[1]), n_threads)
    return values, cuts, float(np.finfo(np.float64).eps)


def _given(
    X: Any, offsets: ArrayLike | None
) -> tuple[NDArray[np.float64], NDArray[np.int64], float]:
    if offsets is None:
        array = as_matrix(X, "X")
        if array.shape[0] != array.shape[1]:
            raise ValueError(
                "metric='precomputed' takes the similarities of every two rows, a square matrix, "
                f"not shape {array.shape}"
            )
        cuts = np.array([0, len(array)], np.int64)
    else:
        array, cuts = _of_pools(X, offsets)
    rounding = _rounding_of(array.dtype)
    values = np.ascontiguousarray(array, np.float64).reshape(-1)
    return _symmetric(values, cuts, rounding), cuts, rounding


def _of_pools(X: Any, offsets: ArrayLike) -> tuple[NDArray[Any], NDArray[np.int64]]:
    array = np.asarray(X.values if isinstance(X, GramBatch) else X)
    if array.ndim != 1 or array.dtype.kind not in "fiu":
        raise TypeError(
            "metric='precomputed' takes a GramBatch for many pools, or the values of their "
            f"matrices in one vector of numbers, not {array.dtype} of shape {array.shape}"
        )
    last = np.asarray(offsets).reshape(-1)[-1:]
    cuts = as_offsets(offsets, int(last[0]) if last.dtype.kind in "iu" and len(last) else 0)
    n_values = (np.diff(cuts).astype(np.float64) ** 2).sum()
    if n_values != len(array) or (isinstance(X, GramBatch) and not np.array_equal(X.offsets, cuts)):
        raise ValueError(
            f"offsets are for matrices of {n_values:,.0f} values, and X holds those of other "
            f"pools, {len(array):,}"
        )
    return array, cuts


def _rounding_of(dtype: np.dtype[Any]) -> float:
    if dtype.name == "bfloat16":
        return 2.0**-7
    return float(np.finfo(dtype if dtype.kind == "f" else np.float64).eps)


def _computed(
    x: NDArray[Any], cuts: NDArray[np.int64], metric: str, gamma: float, n_threads: int
) -> NDArray[np.float64]:
    begins = begins_of(cuts)
    if begins[-1] > _MOST_VALUES:
        raise ValueError(
            f"metric={metric!r} takes the similarities of every two rows, "
            f"{begins[-1] / 2**27:,.1f} GiB of {cuts[-1]:,} rows, and more than 2 GiB are not "
            "computed: metric='cosine' needs none, or give them as metric='precomputed'"
        )
    refuse_unscored(x, "X", zeros=metric == "angular")
    if x.dtype == np.float64:
        for row, column in np.argwhere(np.abs(x) > _LARGEST_VALUE)[:1]:
            raise ValueError(
                f"metric={metric!r} takes values of up to {_LARGEST_VALUE:g} in size: "
                f"X[{row}, {column}] is {x[row, column]:g}"
            )
    values = np.empty(begins[-1])
    for pool in np.flatnonzero(np.diff(cuts)):
        rows = x[cuts[pool] : cuts[pool + 1]].astype(np.float64)
        out = matrix_of(values, cuts, begins, int(pool))
        kernels.similarity_matrix(rows, None, metric, gamma, out, None, n_threads)
    if is_distance(metric):
        np.subtract(1, values, out=values)
    return values


def begins_of(cuts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return where the matrix of each pool begins, and where the last ends."""
    return np.concatenate([[0], np.cumsum(np.diff(cuts) ** 2)])


def matrix_of(
    values: NDArray[np.float64], cuts: NDArray[np.int64], begins: NDArray[np.int64], pool: int
) -> NDArray[np.float64]:
    """Return the matrix of a pool, a view."""
    n = int(cuts[pool + 1] - cuts[pool])
    return values[begins[pool] : begins[pool + 1]].reshape(n, n)


def stacks(
    values: NDArray[np.float64], cuts: NDArray[np.int64]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]]:
    """Yield pools of one size, where their matrices begin, and these; a view where it can be."""
    sizes, begins = np.diff(cuts), begins_of(cuts)
    for n in np.unique(sizes[sizes > 0]).tolist():
        pools = np.flatnonzero(sizes == n)
        step = max(_VALUES // n**2, 1)
        for first in range(0, len(pools), step):
            some = pools[first : first + step]
            if some[-1] - some[0] == len(some) - 1:  # one after the other: a view
                stack = values[begins[some[0]] : begins[some[-1] + 1]].reshape(-1, n, n)
            else:
                stack = values[begins[some, None] + np.arange(n * n)].reshape(-1, n, n)
            yield some, begins[some], stack


def _symmetric(
    values: NDArray[np.float64], cuts: NDArray[np.int64], rounding: float
) -> NDArray[np.float64]:
    """Return matrices that are finite and symmetric to the bit, or refuse them."""
    out = values
    for pools, begins, stack in stacks(values, cuts):
        n = stack.shape[1]
        small = np.abs(stack) < _LARGEST
        for at, i, j in () if small.all() else np.argwhere(~small)[:1]:
            first = cuts[pools[at]]
            raise ValueError(
                f"similarities must be finite, and below 1e150 in size: that of rows {first + i} "
                f"and {first + j} is {stack[at, i, j]}"
            )
        turned = stack.transpose(0, 2, 1)
        if not np.array_equal(stack, turned):
            largest = np.abs(stack).max(axis=(1, 2), keepdims=True)
            apart = np.abs(stack - turned) > np.sqrt(rounding) * largest
            for at, i, j in np.argwhere(apart)[:1]:
                first = cuts[pools[at]]
                raise ValueError(
                    f"similarities must be symmetric: that of rows {first + i} and {first + j} is "
                    f"{stack[at, i, j]:.7g}, and the other way round {stack[at, j, i]:.7g}"
                )
            out = values.copy() if out is values else out
            out[begins[:, None] + np.arange(n * n)] = (0.5 * (stack + turned)).reshape(-1, n * n)
        zeros = np.flatnonzero((np.diagonal(stack, axis1=1, axis2=2) == 0).all(axis=1))
        distances = (stack[zeros] >= 0).all(axis=(1, 2)) & (stack[zeros] > 0).any(axis=(1, 2))
        for at in zeros[distances][:1]:
            first = cuts[pools[at]]
            raise ValueError(
                "metric='precomputed' takes similarities, and these look like distances: row "
                f"{first} and those after it have 0 with themselves and more with others; give 1 "
                "minus the distances, or np.exp of minus them"
            )
    return out
