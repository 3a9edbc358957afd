"""Figures of every pool: mean cosine, the closest pair, how far the selected leave the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._numba._njit import njit
from prefmath._numba._tasks import in_order
from prefmath._numba._widened import widen
from prefmath._numba.dot import LANES, dot, squared_distance, squared_norms

from .pools import parts, refuse, refuse_pools_without_pairs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    _F64 = NDArray[np.float64]
    _I32 = NDArray[np.int32]
    _I64 = NDArray[np.int64]

__all__ = ["closest_pairs", "coverage", "mean_cosine"]

_TINY = np.finfo(np.float64).tiny


def mean_cosine(x: NDArray[Any], offsets: _I64, n_threads: int) -> _F64:
    """Compute the mean cosine of all pairs: Σ_{i≠j} u_i·u_j = |Σ u_i|² - n for unit vectors u."""
    refuse_pools_without_pairs(offsets)
    out, tasks = np.empty(len(offsets) - 1), parts(offsets)

    def run(pools: tuple[int, int], rows: tuple[int, int]) -> _F64:
        sums = np.zeros((pools[1] - pools[0], x.shape[1]))
        cuts = np.clip(offsets[pools[0] : pools[1] + 1], *rows) - rows[0]
        bad = _unit_sums(widen(x[slice(*rows)]), cuts, sums)
        if bad >= 0:
            refuse(x, rows[0] + bad)
        return sums

    begun = np.zeros(x.shape[1])
    for (pools, rows), sums in zip(tasks, in_order(run, tasks, n_threads), strict=True):
        sums[0] += begun
        begun = np.zeros(x.shape[1])
        if rows[1] < offsets[pools[1]]:
            begun = sums[0]
        else:
            out[slice(*pools)] = np.einsum("pd,pd->p", sums, sums)
    n = np.diff(offsets)
    return np.clip((out - n) / (n * (n - 1)), -1, 1, out=out)


@njit
def _unit_sums(x, offsets, sums):
    """Add up the rows of each pool, each divided by its norm; return one without a norm, or -1."""
    norms = np.empty(len(x))
    squared_norms(x, norms)
    for pool in range(len(sums)):
        for i in range(offsets[pool], offsets[pool + 1]):
            if not (norms[i] >= _TINY and norms[i] < np.inf):
                return i
            scale = 1.0 / np.sqrt(norms[i])
            for j in range(x.shape[1]):
                sums[pool, j] += x[i, j] * scale
    return -1


def closest_pairs(x: NDArray[Any], offsets: _I64, metric: str, n_threads: int) -> tuple[_I32, _F64]:
    """Find the two rows of the largest cosine or smallest squared distance; ties to the first."""
    refuse_pools_without_pairs(offsets)
    n_pools, by_cosine = len(offsets) - 1, metric == "cosine"
    tasks = parts(offsets, np.diff(offsets))
    out, scores = np.empty((n_pools, 2), np.int32), np.full(n_pools, np.inf)

    def run(pools: tuple[int, int], rows: tuple[int, int]) -> tuple[_I64, _F64]:
        first, last = rows[0], offsets[pools[1]]
        pairs, best = np.empty((pools[1] - pools[0], 2), np.int64), np.empty(pools[1] - pools[0])
        cuts = offsets[pools[0] : pools[1] + 1] - first
        bad = _closest(widen(x[first:last]), cuts, rows[1] - first, by_cosine, pairs, best)
        if bad >= 0:
            refuse(x, first + bad)
        return pairs + first - offsets[slice(*pools), None], best

    for (pools, _), (pairs, best) in zip(tasks, in_order(run, tasks, n_threads), strict=True):
        # The parts of a pool come in order: of equal pairs the first stays.
        better = np.arange(*pools)[best < scores[slice(*pools)]]
        out[better], scores[better] = pairs[better - pools[0]], best[better - pools[0]]
    return out, -scores if by_cosine else scores


@njit
def _closest(x, offsets, n_first, by_cosine, pairs, best):
    """Write the best pair of each pool that begins with a first row; return a bad row, or -1."""
    lanes, norms = np.empty(LANES), np.empty(len(x))
    squared_norms(x, norms)
    for i in range(len(x)):
        if not norms[i] < np.inf or (by_cosine and norms[i] < _TINY):
            return i
    for pool in range(len(best)):
        best[pool] = np.inf
        start, stop = max(offsets[pool], 0), offsets[pool + 1]
        for i in range(start, min(stop, n_first)):
            for j in range(i + 1, stop):
                if by_cosine:
                    cosine = dot(x[i], x[j], lanes) / np.sqrt(norms[i] * norms[j])
                    score = -min(max(cosine, -1.0), 1.0)
                else:
                    score = squared_distance(x[i], x[j], lanes)
                if score < best[pool]:
                    best[pool], pairs[pool, 0], pairs[pool, 1] = score, i, j
    return -1


def coverage(
    x: NDArray[Any],
    offsets: _I64,
    selected: _I64,
    selected_offsets: _I64,
    metric: str,
    n_threads: int,
) -> _F64:
    """Compute the largest distance of a row to the nearest selected one: squared, or 1 - cosine."""
    _check_selected(offsets, selected, selected_offsets)
    out, by_cosine = np.zeros(len(offsets) - 1), metric == "cosine"
    tasks = parts(offsets, np.diff(selected_offsets))

    def run(pools: tuple[int, int], rows: tuple[int, int]) -> _F64:
        first, last = pools
        largest = np.zeros(last - first)
        cuts = np.clip(offsets[first : last + 1], *rows) - rows[0]
        chosen = selected[selected_offsets[first] : selected_offsets[last]]
        chosen_cuts = selected_offsets[first : last + 1] - selected_offsets[first]
        wide, others = widen(x[slice(*rows)]), widen(x[chosen])
        bad, other = _farthest(wide, cuts, others, chosen_cuts, by_cosine, largest)
        if bad >= 0:
            refuse(x, rows[0] + bad)
        if other >= 0:
            refuse(x, int(chosen[other]))
        return largest

    for (pools, _), largest in zip(tasks, in_order(run, tasks, n_threads), strict=True):
        out[slice(*pools)] = np.maximum(out[slice(*pools)], largest)
    return out


def _check_selected(offsets: _I64, selected: _I64, selected_offsets: _I64) -> None:
    n_pools, n_selections = len(offsets) - 1, len(selected_offsets) - 1
    if n_pools != n_selections:
        msg = f"selected_offsets must be as long as offsets: {n_selections} pools, not {n_pools}"
        raise ValueError(msg)
    sizes = np.diff(selected_offsets)
    for pool in np.flatnonzero(sizes == 0):
        msg = f"every pool needs a selected row: pool {pool} has none"
        raise ValueError(msg)
    pools = np.repeat(np.arange(n_pools), sizes)
    for at in np.flatnonzero((selected < offsets[pools]) | (selected >= offsets[pools + 1])):
        of_pool = f"selected[{at}]={selected[at]} is not of pool {pools[at]}"
        msg = f"selected rows must be of their pool: {of_pool}"
        raise ValueError(msg)


@njit
def _farthest(x, offsets, selected, selected_offsets, by_cosine, largest):
    """Write the largest distance of each pool; return a bad row, and a bad selected row, or -1."""
    lanes, norms, of_selected = np.empty(LANES), np.empty(len(x)), np.empty(len(selected))
    squared_norms(x, norms)
    squared_norms(selected, of_selected)
    for pool in range(len(largest)):
        for i in range(offsets[pool], offsets[pool + 1]):
            if not norms[i] < np.inf or (by_cosine and norms[i] < _TINY):
                return i, -1
        for j in range(selected_offsets[pool], selected_offsets[pool + 1]):
            if not of_selected[j] < np.inf or (by_cosine and of_selected[j] < _TINY):
                return -1, j
        for i in range(offsets[pool], offsets[pool + 1]):
            nearest = np.inf
            for j in range(selected_offsets[pool], selected_offsets[pool + 1]):
                if by_cosine:
                    cosine = dot(x[i], selected[j], lanes) / np.sqrt(norms[i] * of_selected[j])
                    nearest = min(nearest, 1.0 - min(max(cosine, -1.0), 1.0))
                else:
                    nearest = min(nearest, squared_distance(x[i], selected[j], lanes))
                # Nearer than the row that is worst off so far.
                if nearest <= largest[pool]:
                    break
            largest[pool] = max(largest[pool], nearest)
    return -1, -1
