"""The Vendi score: how many different items a pool amounts to."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from prefmath._kernel_view import kernel_view
from prefmath._kernels import kernels
from prefmath._threads import resolve_threads
from prefmath._validate import as_number

from ._matrices import as_similarities, check_metric, stacks
from ._rows import refuse_unscored, within_squares
from .figures import as_pools

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import ArrayLike, NDArray

__all__ = ["vendi_score"]

# Values of the matrices of a task.
_VALUES = 1 << 20

# Pools of so few rows go together through their similarities, even of fewer columns.
_FEW_ROWS = 32

# Of float64, the type of all matrices.
_ROUNDING = float(np.finfo(np.float64).eps)


@overload
def vendi_score(
    X: ArrayLike,
    offsets: None = None,
    *,
    q: float = ...,
    metric: str = ...,
    gamma: float | None = ...,
    n_threads: int | None = ...,
) -> float: ...
@overload
def vendi_score(
    X: ArrayLike,
    offsets: ArrayLike,
    *,
    q: float = ...,
    metric: str = ...,
    gamma: float | None = ...,
    n_threads: int | None = ...,
) -> NDArray[np.float64]: ...
def vendi_score(
    X: ArrayLike,
    offsets: ArrayLike | None = None,
    *,
    q: float = 1.0,
    metric: str = "cosine",
    gamma: float | None = None,
    n_threads: int | None = None,
) -> float | NDArray[np.float64]:
    r"""Compute how many different items the rows amount to.

    The exponential of the entropy of the eigenvalues of `S` / n, `S` the similarities [1]_: n for
    orthogonal rows, 1 for rows of one direction.

    Parameters
    ----------
    X, offsets, n_threads
        As for `mean_pairwise_similarity`, but a pool may have one row.
    q : float
        The order of Rényi's entropy, from 0 to infinity: 1 is Shannon's, the limit; the smaller,
        the more rare items count [2]_. 0 counts the eigenvalues that are not zero, 2 is
        :math:`n^2 / \sum s_{ij}^2`, infinity n over the largest eigenvalue.
    metric : {"cosine", "angular", "rbf", "precomputed"}
        What `S` is: cosines; 1 minus the angle over π; :math:`\exp(-\gamma \|x - y\|^2)`. With
        ``"precomputed"`` `X` is `S` itself, symmetric with ones on its diagonal and no negative
        eigenvalue; for many pools a `GramBatch`, or the values of one. All but cosines take n²
        values of eight bytes, no more than 2 GiB of which are computed, and O(n³) operations.
    gamma : float, optional
        Of ``"rbf"``; by default 1 / d.

    Returns
    -------
    float, or ndarray of float64, shape (n_pools,) with `offsets`
        Between 1 and the number of rows. The matrices are summed, and their eigenvalues computed,
        in float64.

    Raises
    ------
    ValueError
        If `X` holds NaN, infinity or, for angles, a row of zeros, if a pool has no row, if
        `offsets` do not cut the rows into pools, if `q` is negative, or if given similarities are
        not as they must be.
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
    .. [1] Friedman, Dieng (2023), The Vendi score: a diversity evaluation metric for machine
       learning, definition 3.1.
    .. [2] Pasarkar, Dieng (2023), Cousins of the Vendi score: a family of similarity-based
       diversity metrics for science and machine learning, definition 3.1.

    Examples
    --------
    >>> import numpy as np, prefmath
    >>> X = np.array([[1, 0, 0], [2, 0, 0], [0, 3, 0], [0, 1, 0]], np.float32)
    >>> round(prefmath.vendi_score(X), 6)
    2.0
    >>> prefmath.vendi_score(X, [0, 2, 4]).round(6)
    array([1., 1.])
    """
    order = _as_order(q)
    check_metric(metric, gamma)
    if metric != "cosine":
        threads = resolve_threads(n_threads)
        scores = _of_matrices(X, offsets, metric, gamma, order, threads)
        return float(scores[0]) if offsets is None else scores
    x, cuts = as_pools(X, offsets, 1, "the Vendi score")
    x = within_squares(x)
    threads = resolve_threads(n_threads)
    if offsets is None:
        return _of_one(x, order, threads)
    # Names the first row without a direction by its number in X; of a single row there is no mean.
    if len(x) > 1:
        kernels.mean_cosine(kernel_view(x), np.array([0, len(x)], np.int64), threads)
    else:
        refuse_unscored(x, "X", zeros=True)
    sizes = np.diff(cuts)
    out = np.ones(len(sizes))
    most = max(x.shape[1], _FEW_ROWS)
    for pool in np.flatnonzero(sizes > most):
        out[pool] = _of_one(x[cuts[pool] : cuts[pool + 1]], order, threads)
    small = np.flatnonzero((sizes > 1) & (sizes <= most))
    weights = np.cumsum(sizes[small] * (sizes[small] + x.shape[1]))
    parts = np.split(small, np.flatnonzero(np.diff(weights // _VALUES)) + 1)

    def run(pools: NDArray[np.int64]) -> NDArray[np.float64]:
        return _of_small(x, cuts, pools, order)

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


def _of_one(x: NDArray[Any], order: float, n_threads: int) -> float:
    n, d = x.shape
    if n > d:
        matrix = kernels.covariance(kernel_view(x), unit=True, n_threads=n_threads)
    else:
        matrix = np.empty((n, n))
        wide = x.astype(np.float64)
        kernels.similarity_matrix(wide, None, "cosine", 1.0, matrix, None, n_threads)
    (score,) = _on_threads(lambda part: _score(part, n, order), [matrix], 1)
    return float(score)


def _of_small(
    x: NDArray[Any], cuts: NDArray[np.int64], pools: NDArray[np.int64], order: float
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
        out[which] = _score(stack, size, order)
    return out


def _score(matrices: NDArray[np.float64], n: int, order: float) -> NDArray[np.float64]:
    """Return the scores of pools of `n` rows, of matrices of the eigenvalues of S."""
    if order == 2:
        scores: NDArray[np.float64] = n**2 / np.square(matrices).sum(axis=(-2, -1))
        return scores.clip(1, n)
    return _of_eigenvalues(np.linalg.eigvalsh(matrices), n, order)


def _of_eigenvalues(
    eigenvalues: NDArray[Any], n: int, order: float, rounding: float = _ROUNDING
) -> NDArray[np.float64]:
    """Return the exponential of Rényi's entropy; what rounding leaves of zero counts nothing."""
    shares = eigenvalues / n
    largest = shares.max(axis=-1, keepdims=True)
    shares = np.where(shares > n * rounding * largest, shares, 0)
    logs = np.log(shares, where=shares > 0, out=np.zeros_like(shares))
    if order == np.inf:
        entropy = -np.log(largest[..., 0])
    elif order == 1:
        entropy = -(shares * logs).sum(axis=-1)
    elif order == 0:
        entropy = np.log((shares > 0).sum(axis=-1))
    elif order < 2:
        # Σ p^q is 1 + Σ p (p^(q-1) - 1), of which the sum keeps its digits near order 1.
        entropy = np.log1p((shares * np.expm1((order - 1) * logs)).sum(axis=-1)) / (1 - order)
    else:
        # Apart from the largest share, whose power might underflow.
        powers = np.power(shares / largest, order).sum(axis=-1)
        entropy = (order * np.log(largest[..., 0]) + np.log(powers)) / (1 - order)
    scores: NDArray[np.float64] = np.exp(entropy)
    return scores.clip(1, n)


def _as_order(q: float) -> float:
    order = as_number(q, "q")
    if not order >= 0:
        raise ValueError(f"q must be at least 0, not {q}")
    return order


def _of_matrices(
    X: ArrayLike,
    offsets: ArrayLike | None,
    metric: str,
    gamma: float | None,
    order: float,
    n_threads: int,
) -> NDArray[np.float64]:
    """Compute the scores from the similarities of every two rows."""
    if metric not in {"angular", "rbf", "precomputed"}:
        raise ValueError(
            "the Vendi score needs a similarity that is 1 of each row with itself, unlike "
            f"{metric!r}: take 'cosine', 'angular', 'rbf' or 'precomputed'"
        )
    values, cuts, rounding = as_similarities(X, offsets, metric, gamma, n_threads)
    for pool in np.flatnonzero(np.diff(cuts) == 0)[:1]:
        where = f"pool {pool} has none" if offsets is not None else "X has none"
        raise ValueError(f"the Vendi score needs a row, and {where}")
    out = np.empty(len(cuts) - 1)
    for pools, _, stack in stacks(values, cuts):
        n, slack = stack.shape[1], max(1e-6, 4 * rounding)
        diagonals = np.diagonal(stack, axis1=1, axis2=2)
        for at, row in np.argwhere(np.abs(diagonals - 1) > slack)[:1]:
            raise ValueError(
                "the Vendi score needs similarities that are 1 of each row with itself: that of "
                f"row {cuts[pools[at]] + row} is {diagonals[at, row]:.7g}"
            )
        if order == 2 and metric != "precomputed":
            out[pools] = _score(stack, n, order)
            continue
        (eigenvalues,) = _on_threads(np.linalg.eigvalsh, [stack], 1)
        for at in np.flatnonzero(eigenvalues[:, 0] < -slack * np.sqrt(n))[:1]:
            where = f" of pool {pools[at]}" if offsets is not None else ""
            raise ValueError(
                "the Vendi score needs similarities without negative eigenvalues, and the smallest"
                f"{where} is {eigenvalues[at, 0]:.4g}"
            )
        out[pools] = _of_eigenvalues(eigenvalues, n, order, rounding)
    return out
