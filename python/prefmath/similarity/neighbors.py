"""The k most similar rows of every row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from prefmath._kernel_view import kernel_view
from prefmath._kernels import kernels
from prefmath._memory import advising
from prefmath._progress import part, reporting
from prefmath._threads import resolve_threads
from prefmath._validate import as_whole_number

from ._metrics import SCORE, as_gamma, check_metric, from_score
from ._rows import as_two_sets, refuse_unscored, result_dtype, within_squares

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    from prefmath._progress import Progress

__all__ = ["Neighbors", "nearest_neighbors"]


@dataclass(frozen=True, eq=False)
class Neighbors:
    """The k most similar rows of every row.

    Attributes
    ----------
    indices : ndarray of int64, shape (n, k)
        Their numbers, the most similar first.
    scores : ndarray of shape (n, k)
        How similar or distant they are: float64 if an argument was float64, else float32.
    """

    indices: NDArray[np.int64]
    scores: NDArray[Any]

    def __len__(self) -> int:
        return len(self.indices)

    def __repr__(self) -> str:
        n, k = self.indices.shape
        mean = f"; mean score of the first {self.scores[:, 0].mean(dtype=float):.4g}" if n else ""
        return f"Neighbors({k} of each of {n:,} rows{mean})"


def nearest_neighbors(
    X: ArrayLike,
    k: int,
    Y: ArrayLike | None = None,
    *,
    metric: str = "cosine",
    gamma: float | None = None,
    max_memory: int | None = None,
    progress: Progress = None,
    n_threads: int | None = None,
) -> Neighbors:
    """Find the `k` most similar rows of `Y` for each row of `X`, exactly.

    Parameters
    ----------
    X : array_like of shape (n, d)
        Embeddings, one row an item, of the types that `similarity_matrix` takes.
    k : int
        How many to find for each row.
    Y : array_like of shape (m, d), optional
        Where to look; by default among the other rows of `X`.
    metric : {"cosine", "dot", "euclidean", "sqeuclidean", "angular", "rbf"}
        As for `similarity_matrix`: the largest similarities, or the smallest distances.
    gamma : float, optional
        Of ``"rbf"``; by default 1 / d.
    max_memory : int, optional
        Bytes that may be used beside the arguments and the result; if it takes more, some rows at a
        time are compared with all, which takes about twice as long. By default as many as it takes:
        about 40 (k + 1) a row of `X`, 80 a row of either, and a few blocks a thread.
    progress, n_threads
        As for `similarity_matrix`.

    Returns
    -------
    Neighbors
        ``indices[i, 0]`` is the most similar row to ``X[i]``. Similarities are compared in float64;
        ties go to the lowest row. Every backend and every processor finds the same rows.

    Raises
    ------
    ValueError
        As `similarity_matrix`, if `k` exceeds the rows that there are to find, or if `max_memory`
        is too little.
    TypeError
        If an argument is of the wrong type.
    MemoryError
        If there is not so much memory.

    Notes
    -----
    The matrix is estimated in blocks, in float32 or fewer bits, and never kept. Estimates have a
    proven error, and every pair that by its estimate might be among the nearest is scored in
    float64: right to about d · 2⁻⁵³ before it is rounded to the type of the result. Distances come
    from differences, so that nothing cancels; angles come from cosines, which near 0 and half a
    turn leaves them right to 2e-8.

    Examples
    --------
    >>> import numpy as np, prefmath
    >>> X = np.array([[1, 0], [0.9, 0.1], [0, 1], [0.2, 0.9]], np.float32)
    >>> found = prefmath.nearest_neighbors(X, 1)
    >>> found.indices
    array([[1],
           [0],
           [3],
           [2]])
    >>> prefmath.nearest_neighbors(X[:1], 2, X, metric="euclidean").scores.round(3)
    array([[0.   , 0.141]], dtype=float32)
    """
    check_metric(metric)
    x, y = as_two_sets(X, Y)
    k = as_whole_number(k, "k", 1)
    width = as_gamma(gamma, metric, x.shape[1])
    threads = resolve_threads(n_threads)
    if y is None and k >= len(x):
        msg = f"k={k} exceeds the {max(len(x) - 1, 0)} other rows of X"
        raise ValueError(msg)
    if y is not None and k > len(y):
        msg = f"k={k} exceeds the {len(y)} rows of Y"
        raise ValueError(msg)
    at_once = _rows_at_once(x, y, k, max_memory, threads)
    if SCORE[metric] == "cosine":
        x, y = within_squares(x), None if y is None else within_squares(y)
    stripes = range(0, len(x), at_once)
    if len(stripes) > 1:
        refuse_unscored(x, "X", zeros=SCORE[metric] == "cosine")
    with advising(_ADVICE), reporting(progress, "nearest neighbours") as report:
        indices, values = np.empty((len(x), k), np.int64), np.empty((len(x), k), result_dtype(x))
        for at, first in enumerate(stripes):
            stripe = slice(first, first + at_once)
            search = k, SCORE[metric], part(report, at, len(stripes)), threads
            if y is None and len(stripes) > 1:
                indices[stripe], scores = _among_others(x, stripe, *search)
            else:
                indices[stripe], scores = _search(x[stripe], y, *search)
            with np.errstate(over="ignore"):
                values[stripe] = from_score(metric, scores, width)
    for row, place in np.argwhere(~np.isfinite(values)):
        pair = f"X[{row}] and {'X' if y is None else 'Y'}[{indices[row, place]}]"
        msg = f"{values.dtype} cannot hold metric {metric!r} of {pair}"
        raise ValueError(msg)
    return Neighbors(indices, values)


_ADVICE = "ask for fewer neighbours, or for some rows of X at a time"

_Found: TypeAlias = "tuple[NDArray[np.int32], NDArray[np.float64]]"


def _search(
    x: NDArray[Any],
    y: NDArray[Any] | None,
    k: int,
    score: str,
    report: Callable[[int, int], object] | None,
    n_threads: int,
) -> _Found:
    views = kernel_view(x), None if y is None else kernel_view(y)
    found: _Found = kernels.nearest_neighbors(*views, k, score, report, n_threads)
    return found


def _among_others(x: NDArray[Any], stripe: slice, k: int, *search: Any) -> _Found:
    """Search for some rows of `x` among all others: for one more, and drop the row itself."""
    indices, scores = _search(x[stripe], x, k + 1, *search)
    kept = indices != np.arange(len(x))[stripe, None]
    # Among many copies of a row it may not be its own neighbour: then the last one is dropped.
    kept[kept.all(axis=1), -1] = False
    return indices[kept].reshape(-1, k), scores[kept].reshape(-1, k)


# Fewer rows at a time than this would be too slow.
_FEWEST_ROWS = 256


def _rows_at_once(
    x: NDArray[Any], y: NDArray[Any] | None, k: int, max_memory: int | None, n_threads: int
) -> int:
    """Return how many rows may be searched for at a time."""
    n, n_others = len(x), len(x if y is None else y)
    if max_memory is None:
        return max(n, 1)
    limit = as_whole_number(max_memory, "max_memory", 0)
    # The best so far, and what the kernel returns; one neighbour more where rows are cut.
    a_row = 40 * (k + 1)
    fixed = n_threads * _block_bytes(x, n_others, k) + 80 * (n + n_others)
    n_rows = (limit - fixed) // a_row
    if n_rows < min(n, _FEWEST_ROWS):
        needed = fixed + min(n, _FEWEST_ROWS) * a_row
        msg = f"max_memory={limit} is too little: {needed} bytes are needed"
        raise ValueError(msg)
    return max(min(n, n_rows), 1)


def _block_bytes(x: NDArray[Any], n_others: int, k: int) -> int:
    """Bound what a thread keeps: a block of products, its factors, and its rows' candidates."""
    d, item = x.shape[1], 8 if x.dtype == np.float64 else 4
    longest = max(64, (1 << 21) // d)
    n_rows, n_columns = min(len(x), 512, longest), min(n_others, 4096, longest)
    factors = 2 * (n_rows + n_columns) * d
    return int(item * (n_rows * n_columns + factors) + 24 * n_rows * (2 * k + 64))
