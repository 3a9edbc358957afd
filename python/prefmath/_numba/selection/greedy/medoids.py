"""Swaps of medoids until none helps: eager FasterPAM (Schubert, Rousseeuw 2021, Algorithm 3).

A medoid stands in a slot. For each row: the slot of its nearest medoid (`near`), its similarity to
it (`first`) and to the second nearest (`second`); -1, the least there is, where there is none. The
sums are taken in the order of the rows.
"""

from __future__ import annotations

import numpy as np

from prefmath._numba._njit import njit

from .coverage import similarities, total

__all__ = ["finish_medoids", "improve_medoids", "start_medoids", "try_row"]

# A swap must gain more than this: less may be rounding.
_LEAST_GAIN = 1e-9


@njit
def improve_medoids(x, inverse_norm, bonus, weight, rules, chosen, gains):
    """Swap chosen rows for others, and write what each then adds in the order of the slots."""
    medoids = start_medoids(x, inverse_norm, chosen)
    row, n_idle = 0, 0
    while n_idle < len(x):
        swapped = try_row(x, inverse_norm, bonus, weight, rules, chosen, medoids, row)
        n_idle = 1 if swapped else n_idle + 1
        row = row + 1 if row + 1 < len(x) else 0
    finish_medoids(bonus, weight, chosen, medoids, gains)


@njit
def start_medoids(x, inverse_norm, chosen):
    """Return what is known of each row: with each medoid, and of the nearest two."""
    n, k = len(x), len(chosen)
    of_medoid = np.empty((k, n))
    taken = np.zeros(n, np.bool_)
    for slot in range(k):
        similarities(x, inverse_norm, chosen[slot], of_medoid[slot])
        taken[chosen[slot]] = True
    near, first, second = np.empty(n, np.int64), np.empty(n), np.empty(n)
    for i in range(n):
        near[i], first[i], second[i] = _two_nearest(of_medoid, i)
    return of_medoid, taken, near, first, second


@njit
def try_row(x, inverse_norm, bonus, weight, rules, chosen, medoids, row):
    """Put a row in the slot where it gains most, if it gains anything; return whether it did."""
    allowed, _, group, counts, _, _, _ = rules
    of_medoid, taken, near, first, second = medoids
    if not allowed[row] or taken[row]:
        return False
    similarity = np.empty(len(x))
    similarities(x, inverse_norm, row, similarity)
    loss = _removal_loss(near, first, second, len(chosen))
    slot, gain = _best_swap(
        row, similarity, near, first, second, loss, bonus, weight, chosen, rules
    )
    if not gain > _LEAST_GAIN:
        return False
    if len(group) > 0:
        counts[group[chosen[slot]]] -= 1
        counts[group[row]] += 1
    taken[chosen[slot]], taken[row] = False, True
    chosen[slot] = row
    of_medoid[slot] = similarity
    for i in range(len(x)):
        near[i], first[i], second[i] = _two_nearest(of_medoid, i)
    return True


@njit
def _two_nearest(of_medoid, i):
    """Return the nearest slot of a row, the lowest of equals, and its two largest similarities."""
    near, first, second = -1, -1.0, -1.0
    for slot in range(len(of_medoid)):
        similarity = max(of_medoid[slot, i], -1.0)
        if near < 0 or similarity > first:
            if near >= 0:
                second = first
            near, first = slot, similarity
        elif similarity > second:
            second = similarity
    return near, first, second


@njit
def _removal_loss(near, first, second, k):
    """Return by how much the value falls where a slot is emptied."""
    loss = np.zeros(k)
    for i in range(len(near)):
        loss[near[i]] += first[i] - second[i]
    return loss


@njit
def _best_swap(row, similarity, near, first, second, loss, bonus, weight, chosen, rules):
    """Return the slot that a row best takes, the lowest of equals, and what that gains."""
    _, n_fixed, group, counts, least, most, max_similarity = rules
    gain, of_slot = 0.0, -loss
    for i in range(len(similarity)):
        s = similarity[i]
        if s > first[i]:
            gain += s - first[i]
            of_slot[near[i]] += first[i] - second[i]
        elif s > second[i]:
            of_slot[near[i]] += s - second[i]
    n_close, close = 0, -1
    for slot in range(len(loss)):
        if similarity[chosen[slot]] > max_similarity:
            n_close, close = n_close + 1, slot
    best, best_gain = -1, -np.inf
    for slot in range(n_fixed, len(loss)):
        if n_close > 1 or (n_close == 1 and close != slot):
            continue
        if len(group) > 0 and group[row] != group[chosen[slot]]:
            gives, takes = group[chosen[slot]], group[row]
            if counts[gives] <= least[gives] or counts[takes] >= most[takes]:
                continue
        value = weight * (gain + of_slot[slot]) + (bonus[row] - bonus[chosen[slot]])
        if value > best_gain:
            best, best_gain = slot, value
    return best, best_gain


@njit
def finish_medoids(bonus, weight, chosen, medoids, gains):
    """Write what each medoid adds to those in the slots before."""
    of_medoid = medoids[0]
    n = of_medoid.shape[1]
    best, added = np.full(n, -1.0), np.empty(n)
    for slot in range(len(of_medoid)):
        for i in range(n):
            added[i] = max(of_medoid[slot, i] - best[i], 0.0)
            best[i] = max(of_medoid[slot, i], best[i])
        gains[slot] = bonus[chosen[slot]] + weight * total(added)
        if slot == 0:
            gains[slot] -= weight * n
