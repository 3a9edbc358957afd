"""Better sets from given ones, by swaps of a chosen row for another until none helps.

Sums over pairs, smallest pairs and log-determinants keep the similarities of all rows with those
chosen, and make the best swap of all; what covers looks at one row after the other and swaps where
it can.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._numba._tasks import groups, in_order
from prefmath._numba.dot import refuse_row
from prefmath._numba.selection.greedy.coverage import similarities
from prefmath._numba.selection.rules import CODES, as_arrays, begins, inverse_norms_of, pool_of

from .best import best_swap
from .covering import cover_gains, look
from .determinant import Inverse

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["refine_batch"]

_DPP, _MAX_SUM, _MAX_MIN, _SATURATED, _MEDOIDS = 0, 2, 3, 5, 6
_ROWS_PER_TASK, _SWAPS_PER_ROW = 512, 100


def refine_batch(
    x: NDArray[np.float32] | NDArray[np.float64],
    offsets: NDArray[np.int64],
    method: str,
    bonus: NDArray[np.float64] | None,
    weight: float,
    ks: NDArray[np.int64],
    rules: Any,
    positions: NDArray[np.int32],
    n_threads: int,
) -> NDArray[np.int32]:
    """Refine the sets of `positions` in each pool."""
    if method == "mmr":
        msg = "the value under mmr depends on the order: sets are not compared"
        raise ValueError(msg)
    given = as_arrays(len(offsets) - 1, bonus, rules)
    refined = positions.copy()
    run = partial(_task, x, offsets, begins(x, offsets), CODES[method], weight, ks, given, refined)
    for _ in in_order(run, groups(offsets, _ROWS_PER_TASK), n_threads):
        pass
    return refined


def _task(
    x: NDArray[np.float32] | NDArray[np.float64],
    offsets: NDArray[np.int64],
    of_matrices: NDArray[np.int64],
    code: int,
    weight: float,
    ks: NDArray[np.int64],
    given: Any,
    refined: NDArray[np.int32],
    begin: int,
    end: int,
) -> None:
    bonus, eligible, _, include_offsets, group, least, most, max_similarity = given
    for pool in range(begin, end):
        first, last = int(offsets[pool]), int(offsets[pool + 1])
        n, rows = last - first, slice(first, last)
        chosen = refined[pool][refined[pool] >= 0].astype(np.int64)
        if (chosen >= n).any():
            msg = f"positions must be rows of pool {pool}"
            raise ValueError(msg)
        n_fixed = int(include_offsets[pool + 1] - include_offsets[pool])
        if len(chosen) == n or len(chosen) <= n_fixed or code == _MEDOIDS:
            continue
        rules = (
            eligible[rows] if len(eligible) else np.ones(n, np.bool_),
            n_fixed,
            group[rows].astype(np.int64) if len(group) else np.zeros(n, np.int64),
            least if len(group) else np.zeros(1, np.int64),
            most if len(group) else np.full(1, n),
            max_similarity,
        )
        reward = bonus[rows] if len(bonus) else np.zeros(n)
        asked = min(int(ks[pool]), n)
        candidates = pool_of(x, first, last, of_matrices[pool])
        _refine(candidates, code, reward, weight, asked, rules, chosen, first)
        refined[pool, : len(chosen)] = chosen


def _refine(
    x: NDArray[np.float32] | NDArray[np.float64],
    code: int,
    bonus: NDArray[np.float64],
    weight: float,
    asked: int,
    rules: Any,
    chosen: NDArray[np.int64],
    first: int,
) -> None:
    n = len(x)
    inverse_norm = np.empty(n)
    bad = inverse_norms_of(x, inverse_norm)
    if bad >= 0:
        refuse_row(x, first + bad, 0)

    def of_row(row: int) -> NDArray[np.float64]:
        out = np.empty(n)
        similarities(x, inverse_norm, row, out)
        return out

    of_slot = np.array([of_row(row) for row in chosen])
    if code in (_DPP, _MAX_SUM, _MAX_MIN):
        _improve(of_row, code, bonus, weight, rules, chosen, of_slot)
    else:
        _improve_cover(of_row, code, bonus, weight, asked, rules, chosen, of_slot)


def _improve(
    of_row: Any,
    code: int,
    bonus: NDArray[np.float64],
    weight: float,
    rules: Any,
    chosen: NDArray[np.int64],
    of_slot: NDArray[np.float64],
) -> None:
    inverse = Inverse(bonus, weight, chosen, of_slot) if code == _DPP else None
    for _ in range(_SWAPS_PER_ROW * len(chosen)):
        known = inverse.known() if inverse is not None else None
        row, slot, gain, value = best_swap(code, bonus, weight, rules, chosen, of_slot, known)
        if gain <= 1e-9 * (1.0 + abs(value)) and inverse is not None and inverse.renew(chosen):
            known = inverse.known()
            row, slot, gain, value = best_swap(code, bonus, weight, rules, chosen, of_slot, known)
        if not gain > 1e-9 * (1.0 + abs(value)):
            return
        chosen[slot], of_slot[slot] = row, of_row(row)
        if inverse is not None:
            inverse.swap(chosen, slot)


def _improve_cover(
    of_row: Any,
    code: int,
    bonus: NDArray[np.float64],
    weight: float,
    asked: int,
    rules: Any,
    chosen: NDArray[np.int64],
    of_slot: NDArray[np.float64],
) -> None:
    n, k = of_slot.shape[1], len(chosen)
    enough = np.zeros(n)
    if code == _SATURATED:
        share = min(1.0, asked / n)
        for row in range(n):
            enough += share * np.maximum(of_row(row), 0.0)
    covered = look(code, of_slot)
    row, n_idle, n_swaps = 0, 0, 0
    while n_idle < n and n_swaps < _SWAPS_PER_ROW * k:
        if rules[0][row] and row not in chosen:
            similarity = of_row(row)
            slot, gain = cover_gains(
                code, bonus, weight, rules, chosen, of_slot, covered, enough, similarity, row
            )
            if gain > 1e-9 * (1.0 + weight * n):
                chosen[slot], of_slot[slot] = row, similarity
                covered = look(code, of_slot)
                n_idle, n_swaps = 0, n_swaps + 1
        n_idle += 1
        row = row + 1 if row + 1 < n else 0
