"""The greedy choice from each pool: the best candidate that the rules allow, one after another.

The objectives differ in what they know of a candidate (its state), in its score, and in how the
state changes when another is chosen; these stand in `state` and `coverage`.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._numba._njit import njit
from prefmath._numba._tasks import groups, in_order
from prefmath._numba.dot import refuse_row
from prefmath._numba.selection.rules import (
    CODES,
    as_arrays,
    begins,
    close_similar,
    inverse_norms_of,
    open_candidates,
    pool_of,
    refuse_included,
)

from .coverage import best_coverage, cover, prepare_coverage, similarities
from .medoids import improve_medoids
from .state import best_candidate, gain_of, prepare_state, update_state

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["greedy_batch"]

_ROWS_PER_TASK = 2048
_FIRST_COVERAGE, _MEDOIDS = 4, 6


def greedy_batch(
    x: NDArray[np.float32] | NDArray[np.float64],
    offsets: NDArray[np.int64],
    method: str,
    bonus: NDArray[np.float64] | None,
    weight: float,
    ks: NDArray[np.int64],
    rules: Any,
    n_threads: int,
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Choose up to ``ks[p]`` positions in each pool p; the threads share the pools."""
    n_pools, k = len(offsets) - 1, int(ks.max(initial=0))
    positions, gains = np.full((n_pools, k), -1, np.int32), np.zeros((n_pools, k))
    arguments = as_arrays(n_pools, bonus, rules)
    arguments = CODES[method], arguments[0], weight, ks, *arguments[1:]
    run = partial(_task, x, offsets, begins(x, offsets), arguments, positions, gains)
    for row, why in in_order(run, groups(offsets, _ROWS_PER_TASK), n_threads):
        if why == 1:
            refuse_row(x, row, 0)
        if why == 2:
            refuse_included(row)
    return positions, gains


def _task(
    x: NDArray[np.float32] | NDArray[np.float64],
    offsets: NDArray[np.int64],
    of_matrices: NDArray[np.int64],
    arguments: Any,
    positions: NDArray[np.int32],
    gains: NDArray[np.float64],
    first: int,
    last: int,
) -> tuple[int, int]:
    kernel: Any = _pools
    row, why = kernel(x, offsets, of_matrices, *arguments, positions, gains, first, last)
    return int(row), int(why)


@njit
def _pools(
    x,
    offsets,
    of_matrices,
    method,
    bonus,
    weight,
    ks,
    eligible,
    include,
    include_offsets,
    group,
    least,
    most,
    max_similarity,
    positions,
    gains,
    first,
    last,
):
    """Choose from the pools first to last; return a row that is refused and why, or (-1, 0)."""
    longest = 0
    for pool in range(first, last):
        longest = max(longest, offsets[pool + 1] - offsets[pool])
    inverse_norms = np.empty(longest)
    counts = np.zeros(len(least), np.int64)
    for pool in range(first, last):
        start, stop = offsets[pool], offsets[pool + 1]
        candidates = pool_of(x, start, stop, of_matrices[pool])
        inverse_norm = inverse_norms[: stop - start]
        bad = inverse_norms_of(candidates, inverse_norm)
        if bad >= 0:
            return start + bad, 1
        counts[:] = 0
        k = min(ks[pool], stop - start)
        chosen, gained = positions[pool, :k], gains[pool, :k]
        must = include[include_offsets[pool] : include_offsets[pool + 1]] - start
        of_group = group[start:stop] if len(group) > 0 else group
        allowed = np.ones(stop - start, np.bool_)
        if len(eligible) > 0:
            allowed[:] = eligible[start:stop]
        rewards = np.zeros(stop - start)
        if len(bonus) > 0:
            rewards[:] = bonus[start:stop]
        bad = _pool(
            candidates,
            inverse_norm,
            method,
            rewards,
            weight,
            allowed,
            must,
            of_group,
            counts,
            least,
            most,
            max_similarity,
            len(bonus) == 0,
            chosen,
            gained,
        )
        if bad >= 0:
            return start + bad, 2
    return -1, 0


@njit
def _pool(
    x,
    inverse_norm,
    method,
    bonus,
    weight,
    allowed,
    must,
    group,
    counts,
    least,
    most,
    max_similarity,
    plain,
    chosen,
    gains,
):
    """Choose from one pool; return a row of `must` that is refused, or -1.

    `allowed` loses what is chosen or too like it; `counts` are those chosen of each group.
    """
    n, k = len(x), len(chosen)
    covers = method >= _FIRST_COVERAGE
    state, factor = prepare_state(method, n, k)
    room, stale = prepare_coverage(x, inverse_norm, method, k) if covers else (state, state)
    similarity = np.empty(n)
    open_ = np.empty(n, np.bool_)
    mine = allowed.copy()
    for step in range(k):
        open_candidates(allowed, open_, must, group, counts, least, most, step, k)
        if covers:
            best, gain = best_coverage(x, inverse_norm, method, bonus, weight, open_, room, stale)
            if method == _MEDOIDS and step == 0:
                gain -= weight * n
        else:
            best = best_candidate(method, bonus, weight, open_, state, step, plain)
            gain = gain_of(method, bonus, weight, state, step, best)
        if best < 0:
            if step < len(must):
                return must[step]
            break
        chosen[step], gains[step] = best, gain
        allowed[best] = False
        if len(group) > 0:
            counts[group[best]] += 1
        if step + 1 == k:
            break
        similarities(x, inverse_norm, best, similarity)
        close_similar(allowed, similarity, max_similarity)
        if covers:
            cover(method, room, similarity)
        else:
            of_chosen = bonus[best], state[best], factor[:, best].copy()
            update_state(method, weight, state, factor, similarity, step, of_chosen)
    n_chosen = 0
    while n_chosen < k and chosen[n_chosen] >= 0:
        n_chosen += 1
    if method == _MEDOIDS and n_chosen > 0:
        rules = mine, len(must), group, counts, least, most, max_similarity
        improve_medoids(x, inverse_norm, bonus, weight, rules, chosen[:n_chosen], gains)
    return -1
