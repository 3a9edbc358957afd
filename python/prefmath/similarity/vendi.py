"""The Vendi score: how many different items a pool amounts to."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from prefmath._kernels import kernels
from prefmath._threads import resolve_threads

from ._rows import kernel_view, refuse_unscored, within_squares
from .figures import as_pools

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import ArrayLike, NDArray

__all__ = ["vendi_score"]

# Values of the matrices of a task.
_VALUES = 1 << 20

# Pools of so few rows go together through their similarities, even of fewer columns.
_FEW_ROWS = 32


@overload
def vendi_score(X: ArrayLike, offsets: None = None, *, n_threads: int | None = ...) -> float: ...
@overload
def vendi_score(
    X: ArrayLike, offsets: ArrayLike, *, n_threads: int | None = ...
) -> NDArray[np.float64]: ...
def vendi_score(
    X: ArrayLike, offsets: ArrayLike | None = None, *, n_threads: int | None = None
) -> float | NDArray[np.float64]:
    r"""Compute how many different items the rows amount to.

    The exponential of the entropy of the eigenvalues of `S` / n, `S` the cosine similarities:
    n for orthogonal rows, 1 for rows of one direction.

    Parameters
    ----------
    X, offsets, n_threads
        As for `mean_pairwise_similarity`, but a pool may have one row.

    Returns
    -------
    float, or ndarray of float64, shape (n_pools,) with `offsets`
        Between 1 and the number of rows. The matrices are summed, and their eigenvalues computed,
        in float64.

    Raises
    ------
    ValueError
        If `X` holds NaN, infinity or a row of zeros, if a pool has no row, or if `offsets` do not
        cut the rows into pools.
    TypeError
        If an argument is of the wrong type.

    Notes
    -----
    `S` has the eigenvalues, other than zero, of :math:`\sum_i u_i u_i^T`, u the rows scaled to unit
    length, so that the smaller of the two matrices will do: 8 min(n, d)² bytes and O(min(n, d)³)
    operations of LAPACK, on threads of its own, beside O(n d min(n, d)). Fewer rows than columns
    are copied into float64.

    References
    ----------
    Friedman, Dieng (2023), The Vendi score: a diversity evaluation metric for machine learning,
    definition 3.1.

    Examples
    --------
    >>> import numpy as np, prefmath
    >>> X = np.array([[1, 0, 0], [2, 0, 0], [0, 3, 0], [0, 1, 0]], np.float32)
    >>> round(prefmath.vendi_score(X), 6)
    2.0
    >>> prefmath.vendi_score(X, [0, 2, 4]).round(6)
    array([1., 1.])
    """
    x, cuts = as_pools(X, offsets, 1, "the Vendi score")
    x = within_squares(x)
    threads = resolve_threads(n_threads)
    if offsets is None:
        return _of_one(x, threads)
    # Names the first row without a direction by its number in X; of a single row there is no mean.
    if len(x) > 1:
        kernels.mean_cosine(kernel_view(x), np.array([0, len(x)], np.int64), threads)
    else:
        refuse_unscored(x, "X", zeros=True)
    sizes = np.diff(cuts)
    out = np.ones(len(sizes))
    most = max(x.shape[1], _FEW_ROWS)
    for pool in np.flatnonzero(sizes > most):
        out[pool] = _of_one(x[cuts[pool] : cuts[pool + 1]], threads)
    small = np.flatnonzero((sizes > 1) & (sizes <= most))
    weights = np.cumsum(sizes[small] * (sizes[small] + x.shape[1]))
    parts = np.split(small, np.flatnonzero(np.diff(weights // _VALUES)) + 1)

    def run(pools: NDArray[np.int64]) -> NDArray[np.float64]:
        return _of_small(x, cuts, pools)

    for pools, scores in zip(parts, _on_threads(run, parts, threads), strict=True):
        out[pools] = scores
    return out


def _on_threads(
    work: Callable[[NDArray[Any]], NDArray[np.float64]], parts: list[NDArray[Any]], n_threads: int
) -> Iterator[NDArray[np.float64]]:
    """Yield ``work(part)`` of each part; never on the calling thread, which hears Ctrl-C."""
    executor = ThreadPoolExecutor(n_threads)
    try:
        yield from executor.map(work, parts)
    finally:
        executor.shutdown(wait=False, cancel_futures=True)


def _of_one(x: NDArray[Any], n_threads: int) -> float:
    n, d = x.shape
    if n > d:
        matrix = kernels.covariance(kernel_view(x), unit=True, n_threads=n_threads)
    else:
        matrix = np.empty((n, n))
        wide = x.astype(np.float64)
        kernels.similarity_matrix(wide, None, "cosine", 1.0, matrix, None, n_threads)
    (eigenvalues,) = _on_threads(np.linalg.eigvalsh, [matrix], 1)
    return float(_perplexity(eigenvalues / n, n))


def _of_small(
    x: NDArray[Any], cuts: NDArray[np.int64], pools: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Compute the scores of pools of few rows, all of a size in one call."""
    sizes = cuts[pools + 1] - cuts[pools]
    offsets = np.concatenate([[0], np.cumsum(sizes)])
    rows = np.arange(offsets[-1]) + np.repeat(cuts[pools] - offsets[:-1], sizes)
    grams = kernels.gram_batch(x[rows].astype(np.float64), offsets, "cosine", 1)
    starts = np.cumsum(sizes**2) - sizes**2
    out = np.empty(len(pools))
    for size in np.unique(sizes):
        which = np.flatnonzero(sizes == size)
        stack = grams[starts[which, None] + np.arange(size**2)].reshape(-1, size, size)
        out[which] = _perplexity(np.linalg.eigvalsh(stack) / size, size)
    return out


def _perplexity(shares: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    """Return the exponential of the entropy; what rounding makes negative counts nothing."""
    shares = shares.clip(min=np.finfo(np.float64).tiny)
    scores: NDArray[np.float64] = np.exp(-(shares * np.log(shares)).sum(axis=-1))
    return scores.clip(1, n)
