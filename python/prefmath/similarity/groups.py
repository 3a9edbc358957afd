"""Groups of rows that are nearly the same, and which row of each to keep."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from prefmath._kernel_view import kernel_view
from prefmath._kernels import kernels
from prefmath._memory import advising
from prefmath._progress import reporting
from prefmath._threads import resolve_threads
from prefmath._validate import as_offsets

from ._metrics import SCORE, as_gamma, as_threshold, check_metric, strict_bound
from ._rows import as_rows, within_squares

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from prefmath._progress import Progress

__all__ = ["DuplicateGroups", "duplicate_groups"]

_ADVICE = "group the rows of each of several pools, with offsets"


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


def duplicate_groups(
    X: ArrayLike,
    threshold: float,
    *,
    metric: str = "cosine",
    gamma: float | None = None,
    offsets: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    progress: Progress = None,
    n_threads: int | None = None,
) -> DuplicateGroups:
    """Group rows that near duplicates connect, directly or through others.

    Parameters
    ----------
    X, threshold, metric, gamma, offsets, progress, n_threads
        As for `near_duplicates`; with `offsets` no group goes beyond a pool.
    weights : array_like of float, shape (n,), optional
        What makes a row worth keeping: each group is represented by its row of the highest weight,
        of equal ones the first. By default, as if all weights were equal, by its first row.

    Returns
    -------
    DuplicateGroups
        The same on every backend and for every number of threads. `representatives` are the rows to
        keep, one of each group, in the order of the groups; all other rows are to be dropped.

    Raises
    ------
    ValueError
        As `near_duplicates`, though for no number of pairs, and if a weight is not finite.
    TypeError
        If an argument is of the wrong type.
    MemoryError
        If the numbers of each row do not fit into memory.

    Notes
    -----
    Connected components: a row belongs to a group if it is a near duplicate, by the rules of
    `near_duplicates`, of any row of it. Two rows of a group may be less alike than the threshold.

    Pairs are united as they are found and never listed. Equal rows are one from the start, and rows
    that are connected already are not compared: many copies, or nearly copies, cost little. Needs,
    beside `X`, about 100 bytes a row and a few blocks a thread, and where more than one row in 16
    is equal to an earlier one, a copy of those that are not.

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

    Deduplication that keeps the first of each group and the order of the rows:

    >>> texts = np.array(["yes", "no", "yes!", "nope"])
    >>> first = prefmath.duplicate_groups(X, 0.9).representatives
    >>> texts[first]
    array(['yes', 'no'], dtype='<U4')

    Groups are numbered by their first rows, so that these come in order; with weights,
    ``np.sort(groups.representatives)`` does. What was dropped, and for which row:

    >>> dropped = np.delete(np.arange(len(X)), groups.representatives)
    >>> np.stack([dropped, groups.representatives[groups.labels[dropped]]])
    array([[0, 3],
           [2, 1]])
    """
    check_metric(metric)
    x = as_rows(X)
    width = as_gamma(gamma, metric, x.shape[1])
    limit, loose = as_threshold(threshold, metric, width)
    bound = strict_bound(limit, loose, metric, width)
    weight = None if weights is None else _as_weights(weights, len(x))
    pools = None if offsets is None else as_offsets(offsets, len(x))
    threads = resolve_threads(n_threads)
    score = SCORE[metric]
    with advising(_ADVICE), reporting(progress, "duplicate groups") as report:
        rows = within_squares(x) if score == "cosine" else x
        arguments = kernel_view(rows), pools, bound, score, report, threads
        return _as_groups(kernels.groups_above(*arguments), weight)


def _as_groups(lowest: NDArray[np.int32], weight: NDArray[np.float64] | None) -> DuplicateGroups:
    """Make groups of the lowest row of the group of each row."""
    n = len(lowest)
    is_first = lowest == np.arange(n)
    first = np.flatnonzero(is_first)
    labels = (np.cumsum(is_first) - 1)[lowest]
    sizes = np.bincount(labels, minlength=len(first))
    if weight is not None:
        best_first = np.lexsort((np.arange(n), -weight, labels))
        first = best_first[np.cumsum(sizes) - sizes]
    return DuplicateGroups(labels.astype(np.int64), first, sizes.astype(np.int64))


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
