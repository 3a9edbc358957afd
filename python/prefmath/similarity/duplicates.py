"""Pairs of rows that are nearly the same, and the groups that they form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._kernels import kernels
from prefmath._progress import reporting
from prefmath._threads import resolve_threads
from prefmath._validate import as_whole_number

from ._metrics import SCORE, as_gamma, as_threshold, check_metric, from_score, is_distance
from ._rows import as_rows, kernel_view, result_dtype, within_squares

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from prefmath._progress import Progress

__all__ = ["DuplicateGroups", "DuplicatePairs", "duplicate_groups", "near_duplicates"]

_MAX_PAIRS = 50_000_000


@dataclass(frozen=True, eq=False)
class DuplicatePairs:
    """Pairs of rows that are nearly the same.

    Attributes
    ----------
    pairs : ndarray of int64, shape (n_pairs, 2)
        Their numbers, the lower first, in order of the first, then of the second.
    scores : ndarray of shape (n_pairs,)
        How similar or distant they are: float64 if the argument was float64, else float32.
    """

    pairs: NDArray[np.int64]
    scores: NDArray[Any]

    def __len__(self) -> int:
        return len(self.pairs)

    def __repr__(self) -> str:
        n_rows = len(np.unique(self.pairs))
        return f"DuplicatePairs({len(self):,} pairs of {n_rows:,} rows)"


@dataclass(frozen=True, eq=False)
class DuplicateGroups:
    """Rows in groups of what is nearly the same.

    Attributes
    ----------
    labels : ndarray of int64, shape (n,)
        The group of each row; groups are numbered in the order of their first rows.
    representatives : ndarray of int64, shape (n_groups,)
        The row of the highest weight in each group, or else the first.
    sizes : ndarray of int64, shape (n_groups,)
        How many rows each group has; 1 for a row without duplicates.
    """

    labels: NDArray[np.int64]
    representatives: NDArray[np.int64]
    sizes: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.sizes)

    def __repr__(self) -> str:
        largest = f", the largest of {self.sizes.max():,}" if len(self) else ""
        return f"DuplicateGroups({len(self.labels):,} rows in {len(self):,} groups{largest})"


def near_duplicates(
    X: ArrayLike,
    threshold: float,
    *,
    metric: str = "cosine",
    gamma: float | None = None,
    max_pairs: int | None = None,
    progress: Progress = None,
    n_threads: int | None = None,
) -> DuplicatePairs:
    """Find all pairs of rows at least as similar as `threshold`, or at most as distant, exactly.

    Parameters
    ----------
    X : array_like of shape (n, d)
        Embeddings, one row an item, of the types that `similarity_matrix` takes.
    threshold : float
        For ``"cosine"`` within [-1, 1], for ``"rbf"`` within (0, 1], for ``"angular"`` within
        [0, 1], for distances at least 0. A pair on the threshold is found.
    metric : {"cosine", "dot", "euclidean", "sqeuclidean", "angular", "rbf"}
        As for `similarity_matrix`.
    gamma : float, optional
        Of ``"rbf"``; by default 1 / d.
    max_pairs : int, optional
        More are refused; by default 50 million. A pair needs up to 40 bytes.
    progress, n_threads
        As for `similarity_matrix`.

    Returns
    -------
    DuplicatePairs
        Every backend and every processor finds the same pairs.

    Raises
    ------
    ValueError
        As `similarity_matrix`, if no pair can have the threshold, or if there are more than
        `max_pairs`.
    TypeError
        If an argument is of the wrong type.

    Notes
    -----
    As `nearest_neighbors`: estimates of proven error tell which pairs may reach the threshold, and
    these are scored and compared in float64; angles, from cosines, are right to 2e-8. Needs, beside
    `X` and the pairs, a few blocks a thread and a few numbers a row.

    Examples
    --------
    >>> import numpy as np, prefmath
    >>> X = np.array([[1, 0], [0, 1], [2, 0], [0.1, 1]], np.float32)
    >>> found = prefmath.near_duplicates(X, 0.9)
    >>> found
    DuplicatePairs(2 pairs of 4 rows)
    >>> found.pairs
    array([[0, 2],
           [1, 3]])
    """
    check_metric(metric)
    x = as_rows(X)
    width = as_gamma(gamma, metric, x.shape[1])
    limit, bound = as_threshold(threshold, metric, width)
    most = _MAX_PAIRS if max_pairs is None else as_whole_number(max_pairs, "max_pairs", 0)
    threads = resolve_threads(n_threads)
    score = SCORE[metric]
    if score == "cosine":
        x = within_squares(x)
    with reporting(progress, "near duplicates") as report:
        arguments = kernel_view(x), bound, score, most, report, threads
        pairs, scores = kernels.pairs_above(*arguments)
    values = from_score(metric, scores, width)
    if metric != score:  # the kernel was asked for a little more than there is to find
        found = values <= limit if is_distance(metric) else values >= limit
        pairs, values = pairs[found], values[found]
    with np.errstate(over="ignore"):
        narrow = values.astype(result_dtype(x))
    for at in np.flatnonzero(~np.isfinite(narrow)):
        i, j = pairs[at]
        msg = f"{narrow.dtype} cannot hold metric {metric!r} of X[{i}] and X[{j}]"
        raise ValueError(msg)
    return DuplicatePairs(pairs.astype(np.int64), narrow)


def duplicate_groups(
    X: ArrayLike,
    threshold: float,
    *,
    metric: str = "cosine",
    gamma: float | None = None,
    weights: ArrayLike | None = None,
    max_pairs: int | None = None,
    progress: Progress = None,
    n_threads: int | None = None,
) -> DuplicateGroups:
    """Group rows that near duplicates connect, directly or through others.

    Parameters
    ----------
    X, threshold, metric, gamma, max_pairs, progress, n_threads
        As for `near_duplicates`.
    weights : array_like of float, shape (n,), optional
        What makes a row worth keeping: each group is represented by its row of the highest weight,
        of equal ones the first. By default by its first row.

    Returns
    -------
    DuplicateGroups
        ``X[result.representatives]`` are the rows to keep.

    Raises
    ------
    ValueError
        As `near_duplicates`, and if a weight is not finite.
    TypeError
        If an argument is of the wrong type.

    Notes
    -----
    Connected components: two rows of a group may be less alike than the threshold.

    Examples
    --------
    >>> import numpy as np, prefmath
    >>> X = np.array([[1, 0], [0, 1], [2, 0], [0.1, 1]], np.float32)
    >>> groups = prefmath.duplicate_groups(X, 0.9, weights=[1, 1, 2, 0])
    >>> groups
    DuplicateGroups(4 rows in 2 groups, the largest of 2)
    >>> groups.labels
    array([0, 1, 0, 1])
    >>> groups.representatives
    array([2, 1])
    """
    x = as_rows(X)
    weight = np.zeros(len(x)) if weights is None else _as_weights(weights, len(x))
    found = near_duplicates(
        x,
        threshold,
        metric=metric,
        gamma=gamma,
        max_pairs=max_pairs,
        progress=progress,
        n_threads=n_threads,
    )
    _, labels, sizes = np.unique(
        _first_connected(len(x), found.pairs), return_inverse=True, return_counts=True
    )
    best_first = np.lexsort((np.arange(len(x)), -weight, labels))
    starts = np.cumsum(sizes) - sizes
    return DuplicateGroups(labels.astype(np.int64), best_first[starts], sizes.astype(np.int64))


def _as_weights(weights: ArrayLike, n_rows: int) -> NDArray[np.float64]:
    array = np.asarray(weights)
    if array.dtype.kind not in "fiu":
        msg = f"weights must hold real numbers, not {array.dtype}"
        raise TypeError(msg)
    if array.shape != (n_rows,):
        msg = f"weights must have shape ({n_rows},), not {array.shape}"
        raise ValueError(msg)
    for row in np.flatnonzero(~np.isfinite(array)):
        msg = f"weights must be finite: weights[{row}]={array[row]}"
        raise ValueError(msg)
    return array.astype(np.float64)


def _first_connected(n: int, pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return, for each of n rows, the lowest row that pairs connect it with."""
    root = np.arange(n)
    i, j = pairs.T
    while len(i):
        low, high = np.minimum(root[i], root[j]), np.maximum(root[i], root[j])
        np.minimum.at(root, high, low)
        while not np.array_equal(root[root], root):
            root = root[root]
        apart = root[i] != root[j]
        i, j = i[apart], j[apart]
    return root
