"""The k most similar rows of every row, exactly, without the matrix.

A block of rows at a time meets all others. Who may still be among the k, by the bounds of
`screen.py`, is a candidate; candidates are scored exactly when the block has met everyone, or when
there are too many.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from prefmath._numba._njit import njit
from prefmath._numba._tasks import in_order
from prefmath._numba._tasks import rows as stretches

from .exact import SCORES, exact_scores
from .screen import lower, next_possible, screen, upper

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    _F64 = NDArray[np.float64]
    _I64 = NDArray[np.int64]

__all__ = ["nearest_neighbors"]


def nearest_neighbors(
    x: NDArray[Any],
    y: NDArray[Any] | None,
    k: int,
    metric: str,
    progress: Callable[[int, int], object] | None,
    n_threads: int,
) -> tuple[NDArray[np.int32], _F64]:
    """Find the k best rows of y for each row of x, or of the other rows of x if there is no y.

    Best first, ties to the lowest row.
    """
    bounds = screen(x, y, metric, n_threads)
    others = x if y is None else y
    indices, scores = np.empty((len(x), k), np.int32), np.empty((len(x), k))

    def score(i: int, j: _I64) -> _F64:
        norms = bounds.x_norms, bounds.y_norms
        exact = exact_scores(SCORES[metric], x, others, np.full(len(j), i), j, *norms)
        return -exact if metric == "sqeuclidean" else exact

    def run(first: int, last: int) -> None:
        found = _Candidates.of(last - first, 2 * k + 64)
        for columns in stretches(len(others), bounds.products.n_columns):
            block = bounds.bounds((first, last), columns)
            found.column[:] = 0
            # Of x and x the diagonal is left out.
            own = first - columns[0] if y is None else len(others)
            while _collect(block, columns[0], own, k, *found):
                crowded = found.column < columns[1] - columns[0]
                for i in np.flatnonzero(crowded).tolist():
                    _settle(found, i, k, partial(score, first + i))
        for i in range(last - first):
            _settle(found, i, k, partial(score, first + i))
        indices[first:last] = found.row[:, :k]
        scores[first:last] = found.high[:, :k]

    tasks = stretches(len(x), bounds.products.n_rows)
    for done, _ in enumerate(in_order(run, tasks, n_threads), 1):
        if progress is not None:
            progress(done, len(tasks))
    if metric == "sqeuclidean":
        np.negative(scores, out=scores)
    return indices, scores


class _Candidates(NamedTuple):
    """Who may be among the best of each row of a block; the first `size` places are taken."""

    row: _I64
    high: _F64
    """Bounds of the score, from above and below."""
    low: _F64
    size: _I64
    floor: _F64
    """What the score of the k-th best is not below."""
    column: _I64
    """Where in the current block to go on."""

    @classmethod
    def of(cls, n_rows: int, capacity: int) -> _Candidates:
        shape = n_rows, capacity
        return cls(
            np.empty(shape, np.int64),
            np.empty(shape),
            np.empty(shape),
            np.zeros(n_rows, np.int64),
            np.full(n_rows, -np.inf),
            np.zeros(n_rows, np.int64),
        )


@njit
def _collect(block, first, own, k, row, high, low, size, floor, column):
    """Add the candidates of a block; return whether some row has no room for another."""
    n_columns = block.product.shape[1]
    crowded = False
    for i in range(len(size)):
        j = next_possible(block, i, column[i], floor[i])
        while j < n_columns:
            if j != own + i:
                if size[i] == row.shape[1]:
                    size[i] = _keep_possible(row[i], high[i], low[i], k, floor, i)
                    # Room for so few that it would soon be full again.
                    if 4 * (row.shape[1] - size[i]) <= row.shape[1] - k:
                        crowded = True
                        break
                at = size[i]
                row[i, at] = first + j
                high[i, at], low[i, at] = upper(block, i, j), lower(block, i, j)
                size[i] = at + 1
            j = next_possible(block, i, j + 1, floor[i])
        column[i] = j
    return crowded


@njit
def _keep_possible(row, high, low, k, floor, i):
    """Drop those who cannot be among the k best; return how many are left."""
    floor[i] = max(floor[i], np.sort(low)[len(low) - k])
    kept = 0
    for at in range(len(row)):
        if high[at] >= floor[i]:
            row[kept], high[kept], low[kept] = row[at], high[at], low[at]
            kept += 1
    return kept


def _settle(found: _Candidates, i: int, k: int, score: Callable[[_I64], _F64]) -> None:
    """Score the candidates of a row and keep the k best, in order."""
    row, high, low = found.row[i], found.high[i], found.low[i]
    n = int(found.size[i])
    if n > k:
        n = _keep_possible(row[:n], high[:n], low[:n], k, found.floor, i)
    candidates = row[:n].copy()
    exact = score(candidates)
    best = np.lexsort((candidates, -exact))[:k]
    n = len(best)
    row[:n], high[:n], low[:n] = candidates[best], exact[best], exact[best]
    found.size[i] = n
