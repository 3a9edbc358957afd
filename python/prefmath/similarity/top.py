"""The most similar pairs of rows."""

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

from ._metrics import SCORE, as_gamma, check_metric, from_score
from ._rows import as_result, as_rows, within_squares

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from prefmath._progress import Progress

__all__ = ["TopPairs", "top_pairs"]


@dataclass(frozen=True, eq=False)
class TopPairs:
    """The most similar pairs of rows.

    Attributes
    ----------
    pairs : ndarray of int64, shape (n_pairs, 2)
        Their numbers, the lower first; the most similar pair first, of equally similar ones that of
        the lowest rows.
    scores : ndarray of shape (n_pairs,)
        How similar or distant they are: float64 if the argument was float64, else float32.
    """

    pairs: NDArray[np.int64]
    scores: NDArray[Any]

    def __len__(self) -> int:
        return len(self.pairs)

    def __repr__(self) -> str:
        scores = f", scores from {self.scores[0]:.4g} to {self.scores[-1]:.4g}" if len(self) else ""
        return f"TopPairs({len(self):,} pairs{scores})"


def top_pairs(
    X: ArrayLike,
    n: int,
    *,
    metric: str = "cosine",
    gamma: float | None = None,
    offsets: ArrayLike | None = None,
    progress: Progress = None,
    n_threads: int | None = None,
) -> TopPairs:
    """Find the `n` most similar pairs of rows, or the least distant ones, exactly.

    Parameters
    ----------
    X : array_like of shape (n_rows, d)
        Embeddings, one row an item, of the types that `similarity_matrix` takes.
    n : int
        How many pairs; all, where there are no more.
    metric, gamma
        As for `similarity_matrix`: the largest similarities, or the smallest distances.
    offsets : array_like of int, shape (n_pools + 1,), optional
        Pool p holds the rows ``offsets[p]:offsets[p + 1]``; only rows of one pool are compared.
    progress, n_threads
        As for `similarity_matrix`.

    Returns
    -------
    TopPairs
        Similarities are compared in float64; ties go to the lowest rows. Every backend, every
        processor and every number of threads finds the same pairs.

    Raises
    ------
    ValueError
        As `similarity_matrix`, and if `offsets` do not cut the rows of `X` into pools.
    TypeError
        If an argument is of the wrong type.
    MemoryError
        If so many pairs do not fit into memory.

    See Also
    --------
    near_duplicates : All pairs at least as similar as a threshold.

    Notes
    -----
    As `near_duplicates`, with a threshold that rises: once `n` pairs are known, only pairs that by
    their estimate might be better than the worst of them are scored. Needs, beside `X`, up to 60
    bytes a pair, a few blocks a thread and a few numbers a row.

    Examples
    --------
    >>> import numpy as np, prefmath
    >>> X = np.array([[1, 0], [0, 1], [2, 0], [0.1, 1]], np.float32)
    >>> found = prefmath.top_pairs(X, 2)
    >>> found
    TopPairs(2 pairs, scores from 1 to 0.995)
    >>> found.pairs
    array([[0, 2],
           [1, 3]])
    """
    check_metric(metric)
    x = as_rows(X)
    most = as_whole_number(n, "n", 1)
    width = as_gamma(gamma, metric, x.shape[1])
    pools = None if offsets is None else as_offsets(offsets, len(x))
    threads = resolve_threads(n_threads)
    score = SCORE[metric]
    with advising("ask for fewer pairs"), reporting(progress, "most similar pairs") as report:
        rows = within_squares(x) if score == "cosine" else x
        pairs, scores = kernels.top_pairs(kernel_view(rows), pools, most, score, report, threads)
        values = from_score(metric, scores, width)
        return TopPairs(pairs.astype(np.int64), as_result(values, x, metric, pairs))
