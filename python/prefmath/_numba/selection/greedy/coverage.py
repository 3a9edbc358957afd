"""Objectives that cover the pool: what a candidate adds, row by row of the pool.

`room` is what a row can still gain: under facility_location and k_medoids it holds how well the row
is covered already, under saturated_coverage how far it is from being covered enough. Gains never
rise, so that those of earlier steps (`stale`) are bounds and only the best are computed anew
(Minoux 1978). The terms of a gain are summed in blocks of 1,024 rows, each in eight lanes.
"""

from __future__ import annotations

import numpy as np

from prefmath._numba._njit import njit
from prefmath._numba.dot import dots_with

__all__ = [
    "best_bound",
    "best_coverage",
    "cover",
    "enough",
    "prepare_coverage",
    "refresh",
    "similarities",
    "total",
]

_SATURATED, _MEDOIDS = 5, 6
_BLOCK, _LANES = 1024, 8


@njit
def prepare_coverage(x, inverse_norm, method, k):
    """Return the room of each row before any candidate is chosen, and no bound on the gains."""
    n = len(x)
    # Before the first medoid every row is as far from one as can be.
    room = np.full(n, -1.0 if method == _MEDOIDS else 0.0)
    if method == _SATURATED:
        for i in range(n):
            room[i] = enough(x, inverse_norm, i, k)
    return room, np.full(n, np.inf)


@njit
def enough(x, inverse_norm, row, k):
    """Return when a row is covered enough: a share of its similarity to the whole pool."""
    similarity = np.empty(len(x))
    similarities(x, inverse_norm, row, similarity)
    for j in range(len(x)):
        similarity[j] = max(similarity[j], 0.0)
    return min(1.0, k / len(x)) * total(similarity)


@njit
def best_coverage(x, inverse_norm, method, bonus, weight, open_, room, stale):
    """Return the candidate that adds most, the lowest row of equals, and what it adds; or -1."""
    fresh = np.zeros(len(x), np.bool_)
    while True:
        best = best_bound(open_, stale)
        if best < 0 or fresh[best]:
            return best, stale[best] if best >= 0 else 0.0
        refresh(x, inverse_norm, method, bonus, weight, room, stale, best)
        fresh[best] = True


@njit
def best_bound(open_, stale):
    """Return the candidate of the highest bound, the lowest row of equals, or -1."""
    best, bound = -1, -np.inf
    for i in range(len(stale)):
        if open_[i] and stale[i] > bound:
            best, bound = i, stale[i]
    return best


@njit
def refresh(x, inverse_norm, method, bonus, weight, room, stale, row):
    """Compute what a candidate adds now."""
    similarity = np.empty(len(x))
    similarities(x, inverse_norm, row, similarity)
    for i in range(len(x)):
        similarity[i] = _term(method, similarity[i], room[i])
    stale[row] = bonus[row] + weight * total(similarity)


@njit
def cover(method, room, similarity):
    """Take in that a candidate was chosen."""
    for i in range(len(room)):
        if method == _SATURATED:
            room[i] -= _term(method, similarity[i], room[i])
        elif similarity[i] > room[i]:
            room[i] = similarity[i]


@njit
def _term(method, similarity, room):
    """Return what a row gains from a candidate of this similarity."""
    if method == _SATURATED:
        return min(max(similarity, 0.0), room)
    return max(similarity - room, 0.0)


@njit
def similarities(x, inverse_norm, chosen, out):
    """Write the similarity of every row with a chosen one."""
    if x.itemsize == 8:
        out[:] = x[chosen]
        return
    dots_with(x[chosen], x, out)
    for i in range(len(out)):
        out[i] *= inverse_norm[chosen] * inverse_norm[i]


@njit
def total(values):
    """Sum values in blocks, each in lanes of which the upper half is added onto the lower."""
    out = 0.0
    lanes = np.empty(_LANES)
    for first in range(0, len(values), _BLOCK):
        lanes[:] = 0.0
        for at in range(first, min(len(values), first + _BLOCK)):
            lanes[(at - first) % _LANES] += values[at]
        half = _LANES // 2
        while half > 0:
            for lane in range(half):
                lanes[lane] += lanes[lane + half]
            half //= 2
        out += lanes[0]
    return out
