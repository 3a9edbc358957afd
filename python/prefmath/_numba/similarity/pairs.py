"""All pairs of rows that are at least so similar, exactly, without the matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._numba._njit import njit
from prefmath._numba._tasks import in_order
from prefmath._numba._tasks import rows as stretches

from .exact import SCORES, exact_scores
from .screen import next_possible, screen

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    _F64 = NDArray[np.float64]
    _I32 = NDArray[np.int32]

__all__ = ["pairs_above"]


def pairs_above(
    x: NDArray[Any],
    threshold: float,
    metric: str,
    max_pairs: int,
    progress: Callable[[int, int], object] | None,
    n_threads: int,
) -> tuple[_I32, _F64]:
    """Find the rows i < j of x whose score reaches the threshold; a distance, is at most that.

    In order of i, then j. More than `max_pairs` are refused.
    """
    bounds = screen(x, None, metric, n_threads)
    distance = metric == "sqeuclidean"
    floor = -threshold if distance else threshold
    n_found: list[int] = []  # a block, by whichever thread

    def run(first: int, last: int) -> tuple[_I32, _F64]:
        pairs, scores = [np.empty((0, 2), np.int32)], [np.empty(0)]
        for start in range(first, len(x), bounds.products.n_columns):
            columns = start, min(len(x), start + bounds.products.n_columns)
            block = bounds.bounds((first, last), columns)
            own = first - start  # row i is column own + i of the block
            i, j = np.empty((2, _candidates(block, own, floor, _NONE, _NONE)), np.int64)
            _candidates(block, own, floor, i, j)
            i, j = first + i, start + j
            norms = bounds.x_norms, bounds.y_norms
            exact = exact_scores(SCORES[metric], x, x, i, j, *norms)
            above = exact <= threshold if distance else exact >= threshold
            n_found.append(int(above.sum()))
            if sum(n_found) > max_pairs:
                break
            pairs.append(np.stack([i[above], j[above]], axis=1).astype(np.int32))
            scores.append(exact[above])
        found = np.concatenate(pairs)
        by_row = np.argsort(found[:, 0], kind="stable")
        return found[by_row], np.concatenate(scores)[by_row]

    tasks = stretches(len(x), bounds.products.n_rows)
    found = []
    for part in in_order(run, tasks, n_threads):
        if sum(n_found) > max_pairs:
            msg = f"more than max_pairs={max_pairs} pairs are within the threshold"
            raise ValueError(msg)
        found.append(part)
        if progress is not None:
            progress(len(found), len(tasks))
    pairs, scores = zip(*found, strict=True) if found else ([], [])
    return (
        np.concatenate([np.empty((0, 2), np.int32), *pairs]),
        np.concatenate([np.empty(0), *scores]),
    )


_NONE = np.empty(0, np.int64)


@njit
def _candidates(block, own, floor, out_i, out_j):
    """Write the pairs above the diagonal that may reach the floor, or only count them."""
    n = 0
    for i in range(len(block.product)):
        j = next_possible(block, i, max(0, own + i + 1), floor)
        while j < block.product.shape[1]:
            if len(out_i) > 0:
                out_i[n], out_j[n] = i, j
            n += 1
            j = next_possible(block, i, j + 1, floor)
    return n
