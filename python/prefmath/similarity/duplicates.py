"""Pairs of rows that are nearly the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._kernel_view import kernel_view
from prefmath._kernels import kernels
from prefmath._memory import advising
from prefmath._progress import reporting
from prefmath._threads import resolve_threads
from prefmath._validate import as_offsets, as_whole_number

from ._metrics import SCORE, as_gamma, as_threshold, check_metric, from_score, is_distance
from ._rows import as_result, as_rows, within_squares

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from prefmath._progress import Progress

__all__ = ["DuplicatePairs", "near_duplicates"]

_MAX_PAIRS = 50_000_000

_ADVICE = "take a stricter threshold, or duplicate_groups, which does not list the pairs"


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


def near_duplicates(
    X: ArrayLike,
    threshold: float,
    *,
    metric: str = "cosine",
    gamma: float | None = None,
    offsets: ArrayLike | None = None,
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
        [0, 1], for distances at least 0. A pair on the threshold is found. Scores are compared in
        float64: a value of `similarity_matrix`, rounded to float32, may lie beyond the pair's own,
        and is given as a threshold less strict by 1e-6.
    metric : {"cosine", "dot", "euclidean", "sqeuclidean", "angular", "rbf"}
        As for `similarity_matrix`.
    gamma : float, optional
        Of ``"rbf"``; by default 1 / d.
    offsets : array_like of int, shape (n_pools + 1,), optional
        Pool p holds the rows ``offsets[p]:offsets[p + 1]``; only rows of one pool are compared. By
        default all rows are.
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
        As `similarity_matrix`, if no pair can have the threshold, if `offsets` do not cut the rows
        of `X` into pools, or if there are more than `max_pairs`.
    TypeError
        If an argument is of the wrong type.
    MemoryError
        If the pairs do not fit into memory.

    See Also
    --------
    duplicate_groups : Does not list the pairs, of which many copies make very many.
    top_pairs : The most similar pairs, without a threshold.

    Notes
    -----
    As `nearest_neighbors`: estimates of proven error tell which pairs may reach the threshold, and
    these are scored and compared in float64; angles, from cosines, are right to 2e-8. Needs, beside
    `X` and the pairs, a few blocks a thread and a few numbers a row. Small pools are shared among
    the threads, so that very many of them are no slower than their pairs.

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

    Within pools of two rows:

    >>> prefmath.near_duplicates(X, 0, offsets=[0, 2, 4]).pairs
    array([[0, 1],
           [2, 3]])
    """
    check_metric(metric)
    x = as_rows(X)
    width = as_gamma(gamma, metric, x.shape[1])
    limit, bound = as_threshold(threshold, metric, width)
    pools = None if offsets is None else as_offsets(offsets, len(x))
    most = _MAX_PAIRS if max_pairs is None else as_whole_number(max_pairs, "max_pairs", 0)
    threads = resolve_threads(n_threads)
    score = SCORE[metric]
    if score == "cosine":
        x = within_squares(x)
    with advising(_ADVICE), reporting(progress, "near duplicates") as report:
        arguments = kernel_view(x), pools, bound, score, most, report, threads
        pairs, scores = kernels.pairs_above(*arguments)
        return _as_found(x, pairs, scores, (metric, limit, width))


def _as_found(
    x: NDArray[Any],
    pairs: NDArray[np.int32],
    scores: NDArray[np.float64],
    given: tuple[str, float, float],
) -> DuplicatePairs:
    metric, limit, width = given
    values = from_score(metric, scores, width)
    if metric != SCORE[metric]:  # the kernel was asked for a little more than there is to find
        found = values <= limit if is_distance(metric) else values >= limit
        pairs, values = pairs[found], values[found]
    return DuplicatePairs(pairs.astype(np.int64), as_result(values, x, metric, pairs))
