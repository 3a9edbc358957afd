"""The swap that gains most, of equals that of the lowest row and slot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._numba._njit import njit
from prefmath._numba.selection.greedy.state import log

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["best_swap", "may_swap"]

_MAX_SUM = 2
_RANK_TOLERANCE = 1e-10


def best_swap(
    code: int,
    bonus: NDArray[np.float64],
    weight: float,
    rules: Any,
    chosen: NDArray[np.int64],
    of_slot: NDArray[np.float64],
    known: Any,
) -> tuple[int, int, float, float]:
    """Return the row, its slot, what the swap gains, and the value before it."""
    kernel: Any
    if known is not None:
        kernel = _of_determinant
        return kernel(bonus, weight, rules, chosen, of_slot, *known)  # type: ignore[no-any-return]
    if len(chosen) < 2:
        return 0, 0, -np.inf, 0.0
    kernel = _of_pairs
    return kernel(code, bonus, weight, rules, chosen, of_slot)  # type: ignore[no-any-return]


@njit
def may_swap(rules, chosen, of_slot, row, slot):
    """Return whether the rules let a row take a slot."""
    _, n_fixed, group, least, most, max_similarity = rules
    if slot < n_fixed:
        return False
    gives, takes = group[chosen[slot]], group[row]
    if gives != takes:
        n_gives, n_takes = 0, 0
        for other in chosen:
            n_gives += group[other] == gives
            n_takes += group[other] == takes
        if n_gives <= least[gives] or n_takes >= most[takes]:
            return False
    for other in range(len(chosen)):
        if other != slot and of_slot[other, row] > max_similarity:
            return False
    return True


@njit
def _is_free(rules, chosen, row):
    return rules[0][row] and not (chosen == row).any()


@njit
def _of_pairs(code, bonus, weight, rules, chosen, of_slot):
    k, n = of_slot.shape
    pair = np.empty((k, n))
    for slot in range(k):
        for i in range(n):
            blend = bonus[chosen[slot]] + bonus[i]
            pair[slot, i] = blend + weight * (1.0 - of_slot[slot, i])
    of_set, value = np.empty(k), 0.0
    if code == _MAX_SUM:
        for slot in range(k):
            of_set[slot] = 0.0
            for other in range(k):
                if other != slot:
                    of_set[slot] += pair[other, chosen[slot]]
            value += of_set[slot]
        value *= 0.5
    else:
        of_set[:] = np.inf
        value = np.inf
        for slot in range(k):
            near, first, second = _nearest(pair, chosen[slot], slot)
            value = min(value, first)
            for other in range(k):
                if other != slot:
                    of_set[other] = min(of_set[other], second if near == other else first)
    best_row, best_slot, best = 0, 0, -np.inf
    for row in range(n):
        if not _is_free(rules, chosen, row):
            continue
        near, first, second = _nearest(pair, row, -1)
        total = 0.0
        for slot in range(k):
            total += pair[slot, row]
        for slot in range(k):
            if code == _MAX_SUM:
                gain = (total - pair[slot, row]) - of_set[slot]
            else:
                gain = min(second if near == slot else first, of_set[slot]) - value
            if gain > best and may_swap(rules, chosen, of_slot, row, slot):
                best_row, best_slot, best = row, slot, gain
    return best_row, best_slot, best, value


@njit
def _nearest(pair, row, without):
    """Return the slot of the smallest pair, the lowest of equals, and the two smallest pairs."""
    near, first, second = -1, np.inf, np.inf
    for slot in range(len(pair)):
        if slot == without:
            continue
        if pair[slot, row] < first:
            near, second, first = slot, first, pair[slot, row]
        elif pair[slot, row] < second:
            second = pair[slot, row]
    return near, first, second


@njit
def _of_determinant(bonus, weight, rules, chosen, of_slot, inverse, y, left, value):
    k, n = of_slot.shape
    best_row, best_slot, best = 0, 0, -np.inf
    for row in range(n):
        if not _is_free(rules, chosen, row):
            continue
        for slot in range(k):
            without = inverse[slot, slot]
            ratio = without * left[row] + y[slot, row] * y[slot, row]
            gain = bonus[row] - bonus[chosen[slot]]
            if weight > 0.0:
                if ratio <= _RANK_TOLERANCE * without:
                    continue
                gain += weight * log(ratio)
            if gain > best and may_swap(rules, chosen, of_slot, row, slot):
                best_row, best_slot, best = row, slot, gain
    return best_row, best_slot, best, value
