"""The best choice of all from each of many small pools, by branch and bound from the greedy choice.

A set is better only if its value exceeds that of the best so far by more than `slack`, and a branch
is cut only if no set in it can be better. So the outcome does not depend on how tight the bounds
are: among equals it is the greedy choice, else the first in lexicographic order.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._numba._tasks import groups, in_order
from prefmath._numba.dot import refuse_row
from prefmath._numba.selection.rules import CODES, as_arrays, begins, inverse_norms_of, pool_of

from .pool import best_choice, similarities_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["exact_batch"]

_ROWS_PER_TASK, _MOST_ROWS = 512, 64


def exact_batch(
    x: NDArray[np.float32] | NDArray[np.float64],
    offsets: NDArray[np.int64],
    method: str,
    bonus: NDArray[np.float64] | None,
    weight: float,
    ks: NDArray[np.int64],
    rules: Any,
    n_threads: int,
) -> tuple[NDArray[np.int32], NDArray[np.float64], NDArray[np.bool_]]:
    """Choose the best ``ks[p]`` positions in each pool p, and say whether greedy is as good."""
    if method == "mmr":
        msg = "the value under mmr depends on the order: there is no best set"
        raise ValueError(msg)
    for pool in np.flatnonzero(np.diff(offsets) > _MOST_ROWS)[:1]:
        msg = (
            f"pool {pool} has {offsets[pool + 1] - offsets[pool]} rows, more than the {_MOST_ROWS} "
            "of which all sets are searched"
        )
        raise ValueError(msg)
    n_pools, k = len(offsets) - 1, int(ks.max(initial=0))
    positions, gains = np.full((n_pools, k), -1, np.int32), np.zeros((n_pools, k))
    of_greedy = np.zeros(n_pools, np.bool_)
    arguments = method, bonus, weight, ks, as_arrays(n_pools, bonus, rules)
    run = partial(_task, x, offsets, begins(x, offsets), arguments, positions, gains, of_greedy)
    for _ in in_order(run, groups(offsets, _ROWS_PER_TASK), n_threads):
        pass
    return positions, gains, of_greedy


def _task(
    x: NDArray[np.float32] | NDArray[np.float64],
    offsets: NDArray[np.int64],
    of_matrices: NDArray[np.int64],
    arguments: Any,
    positions: NDArray[np.int32],
    gains: NDArray[np.float64],
    of_greedy: NDArray[np.bool_],
    begin: int,
    end: int,
) -> None:
    method, bonus, weight, ks, given = arguments
    _, eligible, include, include_offsets, group, least, most, max_similarity = given
    for pool in range(begin, end):
        first, last = offsets[pool], offsets[pool + 1]
        rows = slice(first, last)
        candidates, n = pool_of(x, first, last, of_matrices[pool]), int(last - first)
        inverse_norm = np.empty(n)
        bad = inverse_norms_of(candidates, inverse_norm)
        if bad >= 0:
            refuse_row(x, int(first + bad), 0)
        similarity = np.empty((n, n))
        similarities_of(candidates, inverse_norm, similarity)
        rules = (
            eligible[rows] if len(eligible) else np.ones(n, np.bool_),
            include[include_offsets[pool] : include_offsets[pool + 1]] - first,
            np.array([0, include_offsets[pool + 1] - include_offsets[pool]]),
            group[rows] if len(group) else None,
            least,
            most,
            max_similarity,
        )
        terms = method, None if bonus is None else bonus[rows], weight
        k = min(int(ks[pool]), n)
        chosen, gained, of_greedy[pool] = best_choice(
            candidates, similarity, CODES[method], terms, k, rules, int(first)
        )
        positions[pool, : len(chosen)], gains[pool, : len(chosen)] = chosen, gained
