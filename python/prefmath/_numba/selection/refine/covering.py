"""What a row gains in each slot under facility location and saturated coverage."""

from __future__ import annotations

import numpy as np

from prefmath._numba._njit import njit

from .best import may_swap

__all__ = ["cover_gains", "look"]

_SATURATED = 5


@njit
def look(code, of_slot):
    """Return the nearest slot of each row and how near it and the second are, or how near all."""
    k, n = of_slot.shape
    near, first, second = np.zeros(n, np.int64), np.zeros(n), np.zeros(n)
    for slot in range(k):
        for row in range(n):
            s = of_slot[slot, row]
            if code == _SATURATED:
                first[row] += max(s, 0.0)
            elif s > first[row]:
                second[row] = first[row]
                near[row], first[row] = slot, s
            elif s > second[row]:
                second[row] = s
    return near, first, second


@njit
def cover_gains(
    code, bonus, weight, rules, chosen, of_slot, covered, enough, similarity, candidate
):
    """Return the slot that a row best takes, the lowest of equals, and what that gains."""
    near, first, second = covered
    k, n = of_slot.shape
    gains, shared = np.zeros(k), 0.0
    if code == _SATURATED:
        for slot in range(k):
            for row in range(n):
                then = first[row] - max(of_slot[slot, row], 0.0) + max(similarity[row], 0.0)
                gains[slot] += min(then, enough[row]) - min(first[row], enough[row])
    else:
        for row in range(n):
            s = similarity[row]
            if s > first[row]:
                shared += s - first[row]
            else:
                gains[near[row]] += max(s, second[row]) - first[row]
    best, best_gain = 0, -np.inf
    for slot in range(k):
        gain = weight * (gains[slot] + shared) + (bonus[candidate] - bonus[chosen[slot]])
        if gain > best_gain and may_swap(rules, chosen, of_slot, candidate, slot):
            best, best_gain = slot, gain
    return best, best_gain
