"""Pairs of rows by their scores, without the matrix: above a threshold, connected, or the best.

One search shows pairs to a collector, which says what counts; scores rise as rows are more alike,
and distances are negated. Of many rows bounds say which pairs to score; those of a small pool all
are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._numba._njit import njit
from prefmath._numba._tasks import groups as runs_of_groups
from prefmath._numba._tasks import in_order
from prefmath._numba._tasks import rows as stretches

from .collectors import Above, Collector, Groups, Top
from .exact import SCORES, exact_scores
from .rows import refuse_zeros, squared_row_norms
from .screen import next_possible, screen

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    _F64 = NDArray[np.float64]
    _I32 = NDArray[np.int32]
    _I64 = NDArray[np.int64]
    _Report = Callable[[int, int], object] | None

__all__ = ["groups_above", "pairs_above", "top_pairs"]

# All pairs of a pool of up to so many rows are scored.
_MOST_SCORED = 96
_PAIRS_PER_TASK = 1 << 18

# Pairs that are scored before the next are asked whether they still count.
_TOGETHER = 1 << 14


def pairs_above(
    x: NDArray[Any],
    offsets: _I64 | None,
    threshold: float,
    metric: str,
    max_pairs: int,
    progress: _Report,
    n_threads: int,
) -> tuple[_I32, _F64]:
    """Find the rows i < j of x, of one pool if there are, whose score reaches the threshold.

    In order of i, then j. A distance is to be at most the threshold. More than `max_pairs` are
    refused.
    """
    found = Above(_rising(threshold, metric), max_pairs)
    _search(x, offsets, metric, found, progress, n_threads)
    i, j, score = found.all()
    order = np.lexsort((j, i))
    return _as_pairs(i[order], j[order], _rising(score[order], metric))


def groups_above(
    x: NDArray[Any],
    offsets: _I64 | None,
    threshold: float,
    metric: str,
    progress: _Report,
    n_threads: int,
) -> _I32:
    """Find the lowest row that such pairs connect each row with."""
    found = Groups(_rising(threshold, metric), len(x))
    _search(x, offsets, metric, found, progress, n_threads)
    return found.roots().astype(np.int32)


def top_pairs(
    x: NDArray[Any],
    offsets: _I64 | None,
    n: int,
    metric: str,
    progress: _Report,
    n_threads: int,
) -> tuple[_I32, _F64]:
    """Find the n best pairs, the best first, of equal ones that of the lowest rows."""
    found = Top(n)
    _search(x, offsets, metric, found, progress, n_threads)
    i, j, score = found.best
    return _as_pairs(i, j, _rising(score, metric))


def _rising(score: Any, metric: str) -> Any:
    return -score if metric == "sqeuclidean" else score


def _as_pairs(i: _I64, j: _I64, score: _F64) -> tuple[_I32, _F64]:
    return np.stack([i, j], axis=1).astype(np.int32), score + 0.0


def _search(
    x: NDArray[Any],
    offsets: _I64 | None,
    metric: str,
    found: Collector,
    progress: _Report,
    n_threads: int,
) -> None:
    """Show all pairs that may count to the collector."""
    norms = squared_row_norms(x, "X", n_threads)
    if metric == "cosine":
        refuse_zeros(x, "X", norms)
    if offsets is None:
        offsets = np.array([0, len(x)])
        large = np.zeros(1, np.int64)  # the only pool, whatever its size
    else:
        large = np.flatnonzero(np.diff(offsets) > _MOST_SCORED)
        _among_small(x, norms, offsets, metric, found, progress, n_threads)
    for pool in large:
        rows = slice(*offsets[pool : pool + 2])
        among = found.start(x[rows], norms[rows], metric, rows.start)
        part = x[rows] if len(among) == rows.stop - rows.start else x[rows][among]
        _among_many(part, rows.start + among, metric, found, progress, n_threads)


def _among_small(
    x: NDArray[Any],
    norms: _F64,
    offsets: _I64,
    metric: str,
    found: Collector,
    progress: _Report,
    n_threads: int,
) -> None:
    sizes = np.diff(offsets)
    n_pairs = np.where(sizes <= _MOST_SCORED, sizes * (sizes - 1) // 2, 0)
    starts = np.concatenate([[0], np.cumsum(n_pairs)])

    def run(first: int, last: int) -> None:
        i, j = np.empty((2, starts[last] - starts[first]), np.int64)
        _all_pairs(offsets, first, last, i, j)
        _score(x, norms, metric, i, j, None, found)

    tasks = runs_of_groups(starts, _PAIRS_PER_TASK)
    for done, _ in enumerate(in_order(run, tasks, n_threads), 1):
        if progress is not None:
            progress(done, len(tasks))


def _among_many(
    x: NDArray[Any],
    numbers: _I64,
    metric: str,
    found: Collector,
    progress: _Report,
    n_threads: int,
) -> None:
    bounds = screen(x, None, metric, n_threads)

    def run(first: int, last: int) -> None:
        for start in range(first, len(x), bounds.products.n_columns):
            columns = start, min(len(x), start + bounds.products.n_columns)
            block = bounds.bounds((first, last), columns)
            own = first - start  # row i is column own + i of the block
            floor = found.floor  # another thread may raise it meanwhile
            i, j = np.empty((2, _candidates(block, own, floor, _NONE, _NONE)), np.int64)
            _candidates(block, own, floor, i, j)
            _score(x, bounds.x_norms, metric, first + i, start + j, numbers, found)

    tasks = stretches(len(x), bounds.products.n_rows)
    for done, _ in enumerate(in_order(run, tasks, n_threads), 1):
        if progress is not None:
            progress(done, len(tasks))


def _score(
    x: NDArray[Any],
    norms: _F64,
    metric: str,
    i: _I64,
    j: _I64,
    numbers: _I64 | None,
    found: Collector,
) -> None:
    """Score candidates exactly, some at a time, and hand on those that count, by their numbers."""
    for first, last in stretches(len(i), _TOGETHER):
        left, right = i[first:last], j[first:last]
        names = (left, right) if numbers is None else (numbers[left], numbers[right])
        open_ = found.unsettled(*names)
        left, right = left[open_], right[open_]
        score = _rising(exact_scores(SCORES[metric], x, x, left, right, norms, norms), metric)
        count = score >= found.floor
        if count.any():
            found.take(names[0][open_][count], names[1][open_][count], score[count])


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


@njit
def _all_pairs(offsets, first, last, out_i, out_j):
    """Write the pairs of the rows of some small pools."""
    n = 0
    for pool in range(first, last):
        if offsets[pool + 1] - offsets[pool] > _MOST_SCORED:
            continue
        for i in range(offsets[pool], offsets[pool + 1]):
            for j in range(i + 1, offsets[pool + 1]):
                out_i[n], out_j[n] = i, j
                n += 1
