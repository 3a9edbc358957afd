"""Choose the candidates to show, so that they differ and are still good."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from prefmath._kernels import kernels
from prefmath._threads import resolve_threads
from prefmath._validate import as_embeddings, as_offsets, as_quality, as_whole_number

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["BatchSelection", "Selection", "select", "select_batch"]

_METHODS = ("dpp",)


@dataclass(frozen=True, eq=False)
class Selection:
    """The candidates chosen from one pool.

    Attributes
    ----------
    indices : ndarray of int64, shape (k,)
        Rows of `X` in the order in which they were chosen.
    gains : ndarray of float64, shape (k,)
        What each added to the objective when it was chosen; never rising.
    value : float
        The objective: their sum.
    """

    indices: NDArray[np.int64]
    gains: NDArray[np.float64]
    value: float

    def __len__(self) -> int:
        return len(self.indices)

    def __repr__(self) -> str:
        shown = ", ".join(str(index) for index in self.indices[:8])
        more = ", …" if len(self) > 8 else ""
        return f"Selection({len(self)} chosen: {shown}{more}; value {self.value:.4g})"


@dataclass(frozen=True, eq=False)
class BatchSelection:
    """The candidates chosen from each of many pools.

    Attributes
    ----------
    indices : ndarray of int64, shape (n_pools, k)
        Rows of `X` in the order in which they were chosen; -1 where a pool had no more.
    gains : ndarray of float64, shape (n_pools, k)
        What each added to the objective of its pool; 0 where `indices` is -1.
    values : ndarray of float64, shape (n_pools,)
        The objective of each pool: the sum of its gains.
    """

    indices: NDArray[np.int64]
    gains: NDArray[np.float64]
    values: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.indices)

    def __repr__(self) -> str:
        n_pools, k = self.indices.shape
        short = int((self.indices < 0).any(axis=1).sum())
        note = f"; {short:,} pools had fewer" if short else ""
        mean = f"; mean value {self.values.mean():.4g}" if n_pools else ""
        return f"BatchSelection({k} from each of {n_pools:,} pools{note}{mean})"


def select(
    X: ArrayLike,
    k: int,
    *,
    method: str = "dpp",
    quality: ArrayLike | None = None,
    allow_fewer: bool = False,
    n_threads: int | None = None,
) -> Selection:
    r"""Choose `k` rows of `X` that differ and are good.

    ``method="dpp"`` adds, one after the other, the candidate that most increases
    :math:`\log\det(\mathrm{diag}(q)\, S\, \mathrm{diag}(q))` over the chosen ones, `S` their cosine
    similarities and `q` their quality: the greedy mode of a determinantal point process, in which
    similar candidates repel each other. Every gain is the log of q² times the squared distance, on
    the unit sphere, from the span of those chosen before.

    Parameters
    ----------
    X : array_like of float32, shape (n, d)
        Embeddings, one row a candidate; their lengths do not matter. Other types of number are
        converted, which copies; a C-contiguous float32 array is not copied.
    k : int
        How many to choose.
    method : {"dpp"}
        The objective.
    quality : array_like of float64, shape (n,), optional
        How good each candidate is, at least 0; one of quality 0 is never chosen. By default all are
        equally good, the first gain is the same for all, and the first candidate is the first row.
    allow_fewer : bool
        Return fewer than `k` instead of an error where no further candidate adds anything: beyond
        their number, their dimension, or copies of each other.
    n_threads : int, optional
        By default ``PREFMATH_NUM_THREADS``, or else the cores that this process may use. The result
        is the same for every number.

    Returns
    -------
    Selection
        The rows in order of choice. Ties go to the lowest row. Every backend and every processor
        chooses the same rows.

    Raises
    ------
    ValueError
        If `X` has a row of zeros, NaN or infinity, if `k` exceeds the candidates that add anything,
        or if a quality is negative or not finite.
    TypeError
        If `X` or `k` is of the wrong type.

    Notes
    -----
    Needs O(n k d) operations and 8 n (k + 3) bytes beside `X`.

    References
    ----------
    Chen, Zhang, Zhou (2018), Fast greedy MAP inference for determinantal point process to improve
    recommendation diversity, Algorithm 1.

    Examples
    --------
    >>> import numpy as np, prefmath
    >>> X = np.array([[1, 0], [0.9, 0.1], [0, 1], [0.1, 0.9]], np.float32)
    >>> prefmath.select(X, 2)
    Selection(2 chosen: 0, 2; value 0)
    >>> prefmath.select(X, 2, quality=[1, 1, 1, 2]).indices
    array([3, 0])
    """
    _check_method(method)
    x = as_embeddings(X)
    k = as_whole_number(k, "k", 0)
    q = as_quality(quality, len(x))
    if k > len(x) and not allow_fewer:
        msg = f"k={k} exceeds the {len(x)} rows of X; allow_fewer=True returns what there is"
        raise ValueError(msg)
    rows, gains = kernels.greedy_dpp(x, q, min(k, len(x)), resolve_threads(n_threads))
    if len(rows) < k and not allow_fewer:
        raise ValueError(_too_few("X", len(rows), k))
    return Selection(rows.astype(np.int64), gains, float(gains.sum()))


def select_batch(
    X: ArrayLike,
    offsets: ArrayLike,
    k: int,
    *,
    method: str = "dpp",
    quality: ArrayLike | None = None,
    allow_fewer: bool = False,
    n_threads: int | None = None,
) -> BatchSelection:
    """Choose `k` rows from each of many pools, as `select` does from one.

    Parameters
    ----------
    X : array_like of float32, shape (n, d)
        Embeddings of the candidates of all pools, pool after pool. A C-contiguous float32 array is
        not copied.
    offsets : array_like of int, shape (n_pools + 1,)
        Pool p holds the rows ``offsets[p]:offsets[p + 1]``.
    k : int
        How many to choose from each pool.
    method, quality, allow_fewer, n_threads
        As for `select`.

    Returns
    -------
    BatchSelection
        ``result.indices[p]`` are rows of `X`, so that ``X[result.indices]`` are the chosen
        embeddings.

    Raises
    ------
    ValueError
        As `select`, and if `offsets` do not cut the rows of `X` into pools.
    TypeError
        If an argument is of the wrong type.

    Notes
    -----
    The threads share the pools. Needs 12 k bytes a pool beside `X` and the result.

    Examples
    --------
    >>> import numpy as np, prefmath
    >>> X = np.array([[1, 0], [0.9, 0.1], [0, 1], [0, 2], [3, 0]], np.float32)
    >>> result = prefmath.select_batch(X, [0, 3, 5], 2)
    >>> result
    BatchSelection(2 from each of 2 pools; mean value 0)
    >>> result.indices
    array([[0, 2],
           [3, 4]])
    """
    _check_method(method)
    x = as_embeddings(X)
    k = as_whole_number(k, "k", 0)
    cuts = as_offsets(offsets, len(x))
    q = as_quality(quality, len(x))
    sizes = np.diff(cuts)
    for pool in np.flatnonzero(sizes < k)[: 0 if allow_fewer else 1]:
        msg = (
            f"k={k} exceeds the {sizes[pool]} candidates of pool {pool}; allow_fewer=True returns "
            "what there is"
        )
        raise ValueError(msg)
    k_kernel = min(k, int(sizes.max(initial=0)))
    positions, gains = kernels.greedy_dpp_batch(x, cuts, q, k_kernel, resolve_threads(n_threads))
    if k_kernel < k:
        positions = np.pad(positions, ((0, 0), (0, k - k_kernel)), constant_values=-1)
        gains = np.pad(gains, ((0, 0), (0, k - k_kernel)))
    found = positions >= 0
    for pool in np.flatnonzero(~found.all(axis=1))[: 0 if allow_fewer else 1]:
        raise ValueError(_too_few(f"pool {pool}", int(found[pool].sum()), k))
    indices = np.where(found, positions + cuts[:-1, None], -1)
    return BatchSelection(indices, gains, gains.sum(axis=1))


def _check_method(method: str) -> None:
    if method not in _METHODS:
        msg = f"method must be {' or '.join(map(repr, _METHODS))}, not {method!r}"
        raise ValueError(msg)


def _too_few(where: str, n_found: int, k: int) -> str:
    return (
        f"only {n_found} candidates of {where} differ and have a positive quality, fewer than "
        f"k={k}; allow_fewer=True returns what there is"
    )
