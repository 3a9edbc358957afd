"""Objectives whose gain follows from the similarities to those chosen.

What is kept of a candidate i (its state): under dpp its squared distance from the span of the
chosen (`d_i²` of Chen, Zhang, Zhou 2018, Algorithm 1; `c_i` is a column of `factor`), under mmr its
largest similarity to one of them, under max_sum and max_min the sum and the smallest of
``bonus_j + weight (1 - s_ij)`` over the chosen j.
"""

from __future__ import annotations

import math

import numpy as np

from prefmath._numba._njit import njit

__all__ = ["best_candidate", "gain_of", "log", "prepare_state", "update_state"]

_DPP, _MMR, _MAX_SUM, _MAX_MIN = 0, 1, 2, 3

# Squared, of a unit vector: what is closer to the span of the chosen ones adds nothing to them.
_RANK_TOLERANCE = 1e-10

# The upper bits of ln 2 and the rest, and the series of the C library's logarithm.
_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
_EVEN = (3.999999999940941908e-01, 2.222219843214978396e-01, 1.531383769920937332e-01)
_ODD = (
    6.666666666666735130e-01,
    2.857142874366239149e-01,
    1.818357216161805012e-01,
    1.479819860511658591e-01,
)


@njit
def prepare_state(method, n, k):
    """Return what is known of each candidate before any is chosen, and room for the factor."""
    state = np.zeros(n)
    if method == _DPP:
        state[:] = 1.0
    elif method == _MAX_MIN:
        state[:] = np.inf
    return state, np.empty((k if method == _DPP else 0, n))


@njit
def best_candidate(method, bonus, weight, open_, state, step, plain):
    """Return the candidate of the highest score, the lowest row of equals, or -1 if none is left.

    Without quality (`plain`) the logarithm, which rises with the state, is not taken to compare.
    """
    best, best_score = -1, -np.inf
    for i in range(len(state)):
        if open_[i]:
            if plain and method == _DPP and weight > 0.0 and state[i] > _RANK_TOLERANCE:
                score = state[i]
            else:
                score = _score(method, bonus[i], weight, state[i], step)
            if score > best_score:
                best, best_score = i, score
    return best


@njit
def gain_of(method, bonus, weight, state, step, i):
    """Return what the choice of candidate i adds to the objective."""
    if i < 0 or (step == 0 and method in (_MAX_SUM, _MAX_MIN)):
        return 0.0
    return _score(method, bonus[i], weight, state[i], step)


@njit
def _score(method, bonus, weight, state, step):
    if method == _DPP and weight > 0.0:
        return bonus + weight * log(state) if state > _RANK_TOLERANCE else -np.inf
    if method == _DPP or step == 0:
        return bonus
    if method == _MMR:
        return bonus - weight * state
    return (step * bonus if method == _MAX_SUM else bonus) + state


@njit
def update_state(method, weight, state, factor, similarity, step, chosen):
    """Take in that a candidate was chosen, from its similarity with every other.

    `chosen` are its bonus, its state and its column of the factor.
    """
    chosen_bonus, chosen_state, column = chosen
    n = len(state)
    if method == _DPP:
        # e_i = (s_ij - <c_j, c_i>) / d_j, appended to c_i, and d_i² -= e_i².
        for earlier in range(step):
            for i in range(n):
                similarity[i] -= column[earlier] * factor[earlier, i]
        scale = 1.0 / np.sqrt(chosen_state) if chosen_state > _RANK_TOLERANCE else 0.0
        for i in range(n):
            similarity[i] *= scale
            state[i] -= similarity[i] * similarity[i]
            factor[step, i] = similarity[i]
    elif method == _MMR:
        for i in range(n):
            if step == 0 or similarity[i] > state[i]:
                state[i] = similarity[i]
    else:
        for i in range(n):
            pair = chosen_bonus + weight * (1.0 - similarity[i])
            if method == _MAX_SUM:
                state[i] += pair
            elif pair < state[i]:
                state[i] = pair


@njit
def log(x):
    """Return the natural logarithm of a positive number, the same bits on every backend."""
    m, exponent = math.frexp(x)
    if m < 0.7071067811865476:
        m *= 2.0
        exponent -= 1
    f = m - 1.0
    s = f / (2.0 + f)
    z = s * s
    w = z * z
    even = w * (_EVEN[0] + w * (_EVEN[1] + w * _EVEN[2]))
    odd = z * (_ODD[0] + w * (_ODD[1] + w * (_ODD[2] + w * _ODD[3])))
    half = 0.5 * f * f
    low = s * (half + (odd + even)) + exponent * _LN2_LOW
    return exponent * _LN2_HIGH - ((half - low) - f)
