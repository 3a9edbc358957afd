"""How diverse a pool is, in one number, without the matrix of its similarities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

import numpy as np

from prefmath._kernel_view import kernel_view
from prefmath._kernels import kernels
from prefmath._threads import resolve_threads
from prefmath._validate import as_offsets

from ._metrics import SCORE, check_metric, from_score
from ._rows import as_rows, within_squares

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["as_pools", "coverage_radius", "mean_pairwise_similarity", "min_pairwise_distance"]

_DISTANCES = ("euclidean", "angular")


@overload
def mean_pairwise_similarity(
    X: ArrayLike, offsets: None = None, *, n_threads: int | None = ...
) -> float: ...
@overload
def mean_pairwise_similarity(
    X: ArrayLike, offsets: ArrayLike, *, n_threads: int | None = ...
) -> NDArray[np.float64]: ...
def mean_pairwise_similarity(
    X: ArrayLike, offsets: ArrayLike | None = None, *, n_threads: int | None = None
) -> float | NDArray[np.float64]:
    r"""Compute the mean cosine similarity of two different rows.

    With u the rows scaled to unit length, the mean over all pairs is
    :math:`(\|\sum_i u_i\|^2 - n) / (n (n - 1))`: O(n d) operations instead of O(n² d).

    Parameters
    ----------
    X : array_like of shape (n, d)
        Embeddings, one row an item, of the types that `similarity_matrix` takes.
    offsets : array_like of int, shape (n_pools + 1,), optional
        Pool p holds the rows ``offsets[p]:offsets[p + 1]``, at least two; by default all rows are
        one pool.
    n_threads : int, optional
        As for `similarity_matrix`.

    Returns
    -------
    float, or ndarray of float64, shape (n_pools,) with `offsets`
        Summed in float64 and right to about d · 2⁻⁵³.

    Raises
    ------
    ValueError
        If `X` holds NaN, infinity or a row of zeros, if a pool has fewer than two rows, or if
        `offsets` do not cut the rows into pools.
    TypeError
        If an argument is of the wrong type.

    Examples
    --------
    >>> import numpy as np, prefmath
    >>> X = np.array([[1, 0], [2, 0], [0, 3]], np.float32)
    >>> round(prefmath.mean_pairwise_similarity(X), 6)
    0.333333
    """
    x, cuts = as_pools(X, offsets, 2, "the mean over pairs")
    means = kernels.mean_cosine(kernel_view(within_squares(x)), cuts, resolve_threads(n_threads))
    return means if offsets is not None else float(means[0])


@overload
def min_pairwise_distance(
    X: ArrayLike, offsets: None = None, *, metric: str = ..., n_threads: int | None = ...
) -> float: ...
@overload
def min_pairwise_distance(
    X: ArrayLike, offsets: ArrayLike, *, metric: str = ..., n_threads: int | None = ...
) -> NDArray[np.float64]: ...
def min_pairwise_distance(
    X: ArrayLike,
    offsets: ArrayLike | None = None,
    *,
    metric: str = "euclidean",
    n_threads: int | None = None,
) -> float | NDArray[np.float64]:
    """Compute the distance between the two nearest of different rows.

    Parameters
    ----------
    X, offsets, n_threads
        As for `mean_pairwise_similarity`.
    metric : {"euclidean", "angular"}
        As for `similarity_matrix`.

    Returns
    -------
    float, or ndarray of float64, shape (n_pools,) with `offsets`
        Computed from differences in float64 (angles from cosines); 0 if two rows are the same.

    Raises
    ------
    ValueError
        As `mean_pairwise_similarity`; rows of zeros are refused for ``"angular"`` only.
    TypeError
        If an argument is of the wrong type.

    Notes
    -----
    One pool is searched as by `nearest_neighbors`, many are compared pair by pair.

    Examples
    --------
    >>> import numpy as np, prefmath
    >>> X = np.array([[0, 0], [3, 4], [3, 5]], np.float32)
    >>> prefmath.min_pairwise_distance(X)
    1.0
    """
    check_metric(metric, _DISTANCES)
    x, cuts = as_pools(X, offsets, 2, "a distance")
    threads, score = resolve_threads(n_threads), SCORE[metric]
    view = kernel_view(within_squares(x) if score == "cosine" else x)
    if offsets is not None:
        _, scores = kernels.closest_pairs(view, cuts, score, threads)
        return from_score(metric, scores, 1.0)
    _, scores = kernels.nearest_neighbors(view, None, 1, score, None, threads)
    return float(from_score(metric, scores, 1.0).min())


@overload
def coverage_radius(
    X: ArrayLike,
    selected: ArrayLike,
    offsets: None = None,
    *,
    metric: str = ...,
    n_threads: int | None = ...,
) -> float: ...
@overload
def coverage_radius(
    X: ArrayLike,
    selected: ArrayLike,
    offsets: ArrayLike,
    *,
    metric: str = ...,
    n_threads: int | None = ...,
) -> NDArray[np.float64]: ...
def coverage_radius(
    X: ArrayLike,
    selected: ArrayLike,
    offsets: ArrayLike | None = None,
    *,
    metric: str = "euclidean",
    n_threads: int | None = None,
) -> float | NDArray[np.float64]:
    """Compute how far the row that is worst off is from the nearest selected one.

    Parameters
    ----------
    X : array_like of shape (n, d)
        Embeddings, one row an item, of the types that `similarity_matrix` takes.
    selected : array_like of int
        Rows of `X`, in any order and shape, at least one in each pool. -1 stands for none, as in
        ``select_batch(...).indices``.
    offsets, n_threads
        As for `mean_pairwise_similarity`, but a pool may have one row.
    metric : {"euclidean", "angular"}
        As for `similarity_matrix`.

    Returns
    -------
    float, or ndarray of float64, shape (n_pools,) with `offsets`
        The largest, over the rows, of the distance to the nearest selected row of the same pool.

    Raises
    ------
    ValueError
        As `min_pairwise_distance`, if a pool has no row or no selected one, or if `selected` is not
        among the rows.
    TypeError
        If an argument is of the wrong type.

    Notes
    -----
    The selected rows are copied.

    Examples
    --------
    >>> import numpy as np, prefmath
    >>> X = np.array([[0, 0], [3, 4], [3, 5]], np.float32)
    >>> prefmath.coverage_radius(X, [1])
    5.0
    """
    check_metric(metric, _DISTANCES)
    x, cuts = as_pools(X, offsets, 1, "a distance")
    chosen = _as_selected(selected, len(x))
    chosen_cuts = np.searchsorted(chosen, cuts)
    for pool in np.flatnonzero(chosen_cuts[1:] == chosen_cuts[:-1]):
        where = "X" if offsets is None else f"pool {pool}"
        msg = f"selected must name a row of {where}"
        raise ValueError(msg)
    threads, score = resolve_threads(n_threads), SCORE[metric]
    view = kernel_view(within_squares(x) if score == "cosine" else x)
    if offsets is not None:
        worst = kernels.coverage(view, cuts, chosen, chosen_cuts, score, threads)
    else:
        _, scores = kernels.nearest_neighbors(view, view[chosen], 1, score, None, threads)
        worst = (1 - scores if score == "cosine" else scores).max(axis=0)
    radii = from_score(metric, 1 - worst if score == "cosine" else worst, 1.0)
    return radii if offsets is not None else float(radii[0])


def as_pools(
    X: ArrayLike, offsets: ArrayLike | None, least: int, what: str
) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Return the rows and where they are cut; every pool has so many rows at least."""
    x = as_rows(X)
    cuts = np.array([0, len(x)], np.int64) if offsets is None else as_offsets(offsets, len(x))
    sizes = np.diff(cuts)
    for pool in np.flatnonzero(sizes < least):
        where = "X" if offsets is None else f"pool {pool}"
        rows = f"{least} rows" if least > 1 else "a row"
        msg = f"{what} needs {rows}, but {where} has {sizes[pool] or 'none'}"
        raise ValueError(msg)
    return x, cuts


def _as_selected(selected: ArrayLike, n_rows: int) -> NDArray[np.int64]:
    """Return the selected rows in order."""
    array = np.asarray(selected)
    if array.dtype.kind not in "iu" and array.size:
        msg = f"selected must hold integers, not {array.dtype}"
        raise TypeError(msg)
    for row in array[(array < -1) | (array >= n_rows)]:
        msg = f"selected must be rows of X, below {n_rows}, not {row}"
        raise ValueError(msg)
    return np.sort(array[array >= 0], axis=None).astype(np.int64)
