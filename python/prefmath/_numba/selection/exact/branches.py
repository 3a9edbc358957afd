"""The search over all sets, depth first, over rows in ascending order.

Depth is the number of rows taken. What is known at a depth (`state`) is under dpp what is left of
each row beside the span of those taken, the diagonal of a Schur complement (Ko, Lee, Queyranne
1995), under max_sum the sum of its pairs with them, else what each row of the pool can still gain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._numba._njit import njit
from prefmath._numba.selection.greedy.state import log

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["best_set", "left_open"]

_DPP, _MAX_SUM, _SATURATED, _MEDOIDS = 0, 2, 5, 6
_RANK_TOLERANCE = 1e-10
# Branches between two returns to Python, where signals are heard.
_BRANCHES = 1 << 18


def best_set(
    table: NDArray[np.float64],
    code: int,
    terms: Any,
    asked: int,
    together: NDArray[np.bool_],
    eligible: NDArray[np.bool_],
    include: NDArray[np.int64],
    quotas: Any,
    k: int,
    value: float,
) -> tuple[NDArray[np.int64], float]:
    """Return the best set of `k` rows of a larger value, if there is one, and its value.

    `table` holds similarities, under max_sum the values of pairs.
    """
    plain, bonus, weight = terms
    n = len(table)
    state, factor, inverse = np.zeros((k + 1, n)), np.zeros((k, n)), np.zeros(k)
    share = np.zeros((k, n))
    if code == _DPP:
        state[:] = 1.0
    elif code == _MAX_SUM:
        _half_of_largest(table, eligible, share)
    elif code == _SATURATED:
        state[0] = min(1.0, asked / n) * np.maximum(table, 0).sum(axis=1)
    elif code == _MEDOIDS:
        state[0] = -1.0
    tree = code, plain, table, bonus, weight, state, factor, inverse, share
    values = np.zeros(k + 1)
    values[0] = -weight * n if code == _MEDOIDS else 0.0
    opened, tried = np.zeros((k + 1, n), np.bool_), np.zeros(k + 1, np.int64)
    gain, within = np.zeros((k + 1, n)), np.zeros((k + 1, n))
    chosen, best = np.zeros(k, np.int64), np.zeros(k, np.int64)
    levels = values, opened, tried, gain, within, chosen
    reached = np.array([value])
    depth, found = _start(tree, levels, together, eligible, include, quotas, k, best, reached)
    while depth >= 0:
        depth, more = _run(tree, levels, together, len(include), quotas, k, best, reached, depth)
        found = found or more
    return best if found else best[:0], float(reached[0])


@njit
def _start(  # noqa: PLR0911
    tree, levels, together, eligible, include, quotas, k, best, reached
):
    """Take what is included; return the depth, or -1 if that is all, and if it is better."""
    values, opened, _, gain, _, chosen = levels
    n_included = len(include)
    if n_included > k:
        return -1, False
    mine, most = eligible.copy(), np.empty(len(eligible))
    for depth in range(n_included):
        row = include[depth]
        for earlier in range(depth):
            if not together[row, chosen[earlier]]:
                return -1, False
        _look(tree, depth, 1, gain[depth], most)
        values[depth + 1] = values[depth] + gain[depth, row]
        if values[depth + 1] == -np.inf:
            return -1, False
        _take(tree, depth, row)
        chosen[depth] = row
        mine &= together[row]
    for depth in range(n_included):
        mine[include[depth]] = False
    kept = left_open(mine, chosen[:n_included], quotas, k - n_included)
    if n_included == k:
        if kept and values[k] > reached[0] + _slack(reached[0]):
            best[:], reached[0] = chosen, values[k]
            return -1, True
        return -1, False
    if n_included + 1 == k:
        return -1, _try_last(tree, levels, mine, k, best, reached)
    opened[n_included] = mine
    _open(tree, levels, n_included, k)
    return n_included, False


@njit
def _run(tree, levels, together, start, quotas, k, best, reached, depth):
    """Follow some branches; return the depth reached, or -1 at the end, and if one is better."""
    values, opened, tried, gain, within, chosen = levels
    n, found = opened.shape[1], False
    for _ in range(_BRANCHES):
        row = tried[depth]
        while row < n and not opened[depth, row]:
            row += 1
        if row == n:
            if depth == start:
                return -1, found
            depth -= 1
            continue
        tried[depth] = row + 1
        if values[depth] + within[depth, row] <= reached[0] + _slack(reached[0]):
            continue
        later, n_left = opened[depth] & together[row], k - depth - 1
        later[: row + 1] = False
        chosen[depth] = row
        left_open(later, chosen[: depth + 1], quotas, n_left)
        if later.sum() < n_left:
            continue
        values[depth + 1] = values[depth] + gain[depth, row]
        _take(tree, depth, row)
        if n_left == 1:
            found = _try_last(tree, levels, later, k, best, reached) or found
        else:
            depth += 1
            opened[depth] = later
            _open(tree, levels, depth, k)
    return depth, found


@njit
def left_open(open_, chosen, quotas, n_left):
    """Close rows that must not be among the `n_left` next; return whether quotas can be kept."""
    group, least, most = quotas
    counts = np.zeros(len(least), np.int64)
    there = np.zeros(len(least), np.int64)
    for row in chosen:
        counts[group[row]] += 1
    for row in range(len(open_)):
        if counts[group[row]] >= most[group[row]]:
            open_[row] = False
        elif open_[row]:
            there[group[row]] += 1
    owed = 0
    for code in range(len(least)):
        lack = max(least[code] - counts[code], 0)
        owed += lack
        if counts[code] > most[code] or there[code] < lack:
            open_[:] = False
            return False
    for row in range(len(open_)):
        if owed > n_left or (owed == n_left and counts[group[row]] >= least[group[row]]):
            open_[row] = False
    return owed <= n_left


@njit
def _try_last(tree, levels, open_, k, best, reached):
    """Complete a set with the row that adds most; return whether it is the best so far."""
    values, chosen = levels[0], levels[5]
    code, plain, _, _, weight, state, _, _, _ = tree
    gain, most = np.empty(len(open_)), np.empty(len(open_))
    in_order_of_state = code == _DPP and plain and weight > 0.0
    if in_order_of_state:
        gain[:] = state[k - 1]
    else:
        _look(tree, k - 1, 1, gain, most)
    row = -1
    for i in range(len(open_)):
        if open_[i] and gain[i] > -np.inf and (row < 0 or gain[i] > gain[row]):
            row = i
    if row < 0 or (in_order_of_state and gain[row] <= _RANK_TOLERANCE):
        return False
    value = values[k - 1] + (weight * log(gain[row]) if in_order_of_state else gain[row])
    if not value > reached[0] + _slack(reached[0]):
        return False
    best[:] = chosen
    best[k - 1], reached[0] = row, value
    return True


@njit
def _open(tree, levels, depth, k):
    """Open a branch: what its rows add, and what sets of each with later ones add at most."""
    _, opened, tried, gain, within, _ = levels
    n, n_left = opened.shape[1], k - depth
    tried[depth] = 0
    most = np.empty(n)
    _look(tree, depth, n_left, gain[depth], most)
    # The largest of later rows, ascending.
    top = np.full(n_left - 1, -np.inf)
    for row in range(n - 1, -1, -1):
        within[depth, row] = -np.inf
        if not opened[depth, row]:
            continue
        if most[row] == -np.inf:
            opened[depth, row] = False
            continue
        within[depth, row] = most[row] + top.sum()
        at = 0
        if most[row] > top[0]:
            while at + 1 < n_left - 1 and top[at + 1] < most[row]:
                top[at] = top[at + 1]
                at += 1
            top[at] = most[row]


@njit
def _take(tree, depth, row):
    """Take a row that is the next after `depth` others."""
    code, _, table, _, _, state, factor, inverse, _ = tree
    if code == _DPP:
        factor[depth] = table[row]
        for t in range(depth):
            scale = factor[t, row] * inverse[t]
            for i in range(len(table)):
                factor[depth, i] -= scale * factor[t, i]
        inverse[depth] = 1.0 / state[depth, row]
        for i in range(len(table)):
            off = factor[depth, i] * factor[depth, i] * inverse[depth]
            state[depth + 1, i] = state[depth, i] - off
    elif code == _MAX_SUM:
        state[depth + 1] = state[depth] + table[row]
    else:
        for i in range(len(table)):
            s, now = table[row, i], state[depth, i]
            state[depth + 1, i] = now - _fitting(s, now) if code == _SATURATED else max(s, now)


@njit
def _look(tree, depth, n_left, gain, most):
    """Write what each row would add, and what it adds at most as one of `n_left`."""
    code, _, table, bonus, weight, state, _, _, share = tree
    if code == _MAX_SUM:
        gain[:] = state[depth]
        most[:] = gain + share[n_left - 1]
        return
    if code == _DPP:
        for i in range(len(table)):
            left = state[depth, i]
            if weight == 0.0:
                gain[i] = bonus[i]
            elif left > _RANK_TOLERANCE:
                gain[i] = bonus[i] + weight * log(left)
            else:
                gain[i] = -np.inf
    else:
        gain[:] = 0.0
        for i in range(len(table)):
            room = state[depth, i]
            for j in range(len(table)):
                s = table[i, j]
                gain[j] += _fitting(s, room) if code == _SATURATED else max(s - room, 0.0)
        for j in range(len(table)):
            gain[j] = bonus[j] + weight * gain[j]
    most[:] = gain


@njit
def _fitting(similarity, room):
    """Return what fits of a similarity into the room of a row."""
    return min(max(similarity, 0.0), room)


@njit
def _half_of_largest(pair, eligible, share):
    """Write half the sum of the 0, 1, 2, … largest pairs of each row."""
    for row in range(len(pair)):
        others = eligible.copy()
        others[row] = False
        largest = np.sort(pair[row][others])[::-1]
        total = 0.0
        for t in range(1, min(len(share), len(largest) + 1)):
            total += largest[t - 1]
            share[t, row] = 0.5 * total


@njit
def _slack(value):
    return 1e-9 * (1.0 + abs(value)) if np.isfinite(value) else 0.0
