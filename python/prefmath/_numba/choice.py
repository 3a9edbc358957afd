"""Utilities linear in features, and log-likelihood, gradient and curvature over a utility table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ._njit import njit
from ._tasks import groups, in_order, rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    _F64 = NDArray[np.float64]
    _I32 = NDArray[np.int32]
    _I64 = NDArray[np.int64]
    _Bool = NDArray[np.bool_]

__all__ = [
    "choose_one_gradient",
    "choose_one_log_likelihood",
    "curvature_product",
    "linear_utility",
    "pair_gradient",
    "pair_log_likelihood",
    "set_tasks",
]

_ITEMS_PER_TASK = 16384
_NO_TIES = np.empty(0, np.bool_)


def set_tasks(offsets: _I64) -> list[tuple[int, int]]:
    """Cut choice sets into the work of a thread at a time."""
    return groups(offsets, _ITEMS_PER_TASK)


def linear_utility(
    features: NDArray[np.float32] | _F64, coef: _F64, n_threads: int
) -> NDArray[np.float64]:
    """Multiply features with coefficients, summed in float64."""
    out = np.empty((len(features), len(coef)))
    tasks = rows(len(features), _ITEMS_PER_TASK)

    def run(first: int, last: int) -> None:
        _linear_utility(features, coef, first, last, out)

    for _ in in_order(run, tasks, n_threads):
        pass
    return out


@njit
def _linear_utility(features, coef, first, last, out):
    for item in range(first, last):
        for k in range(len(coef)):
            total = 0.0
            for j in range(features.shape[1]):
                total += features[item, j] * coef[k, j]
            out[item, k] = total


def choose_one_log_likelihood(
    utility: _F64, offsets: _I64, items: _I32, chosen: _I32, n_threads: int
) -> NDArray[np.float64]:
    """Compute u_chosen - log sum exp(u) of each set under each class."""
    out = np.empty((len(chosen), utility.shape[1]))

    def run(first: int, last: int) -> None:
        _choose_one_log_likelihood(utility, offsets, items, chosen, first, last, out)

    for _ in in_order(run, set_tasks(offsets), n_threads):
        pass
    return out


@njit
def _choose_one_log_likelihood(utility, offsets, items, chosen, first, last, out):
    for s in range(first, last):
        members = items[offsets[s] : offsets[s + 1]]
        for k in range(utility.shape[1]):
            out[s, k] = utility[members[chosen[s]], k] - _log_sum(utility, members, k)


@njit
def _log_sum(utility, members, k):
    peak = -np.inf
    for item in members:
        peak = max(peak, utility[item, k])
    total = 0.0
    for item in members:
        total += np.exp(utility[item, k] - peak)
    return peak + np.log(total)


def choose_one_gradient(
    utility: _F64, offsets: _I64, items: _I32, chosen: _I32, weights: _F64, n_threads: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Scatter w (1{chosen} - p) and w p (1 - p) to the table."""
    tasks = set_tasks(offsets)
    gradient, curvature = np.zeros_like(utility), np.zeros_like(utility)

    def run(first: int, last: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        shape = offsets[last] - offsets[first], utility.shape[1]
        p, second = np.empty(shape), np.empty(shape)
        probabilities(utility, offsets, items, first, last, p)
        _choose_one_derivatives(offsets, chosen, weights, first, last, p, second)
        return p, second

    for (first, last), (one, two) in zip(tasks, in_order(run, tasks, n_threads), strict=True):
        members = items[offsets[first] : offsets[last]]
        _scatter(gradient, members, one)
        _scatter(curvature, members, two)
    return gradient, curvature


@njit
def probabilities(utility, offsets, items, first, last, out):
    """Write the choice probabilities of the items of a run of sets."""
    base = offsets[first]
    for s in range(first, last):
        members = items[offsets[s] : offsets[s + 1]]
        for k in range(utility.shape[1]):
            log_sum = _log_sum(utility, members, k)
            for at in range(len(members)):
                out[offsets[s] - base + at, k] = np.exp(utility[members[at], k] - log_sum)


@njit
def _choose_one_derivatives(offsets, chosen, weights, first, last, p, second):
    base = offsets[first]
    for s in range(first, last):
        start = offsets[s] - base
        for at in range(offsets[s + 1] - offsets[s]):
            target = 1.0 if at == chosen[s] else 0.0
            for k in range(p.shape[1]):
                probability = p[start + at, k]
                second[start + at, k] = weights[s, k] * probability * (1.0 - probability)
                p[start + at, k] = weights[s, k] * (target - probability)


@njit
def _scatter(table, members, values):
    for at in range(len(members)):
        for k in range(table.shape[1]):
            table[members[at], k] += values[at, k]


def curvature_product(
    utility: _F64, offsets: _I64, items: _I32, weights: _F64, direction: _F64, n_threads: int
) -> NDArray[np.float64]:
    """Multiply the negative Hessian, w (diag(p) - p pᵀ) a set, with a direction on the table."""
    tasks = set_tasks(offsets)
    out = np.zeros_like(utility)

    def run(first: int, last: int) -> NDArray[np.float64]:
        p = np.empty((offsets[last] - offsets[first], utility.shape[1]))
        probabilities(utility, offsets, items, first, last, p)
        _curvature_product(offsets, items, weights, direction, first, last, p)
        return p

    for (first, last), values in zip(tasks, in_order(run, tasks, n_threads), strict=True):
        _scatter(out, items[offsets[first] : offsets[last]], values)
    return out


@njit
def _curvature_product(offsets, items, weights, direction, first, last, p):
    base = offsets[first]
    for s in range(first, last):
        start = offsets[s] - base
        members = items[offsets[s] : offsets[s + 1]]
        for k in range(p.shape[1]):
            mean = 0.0
            for at in range(len(members)):
                mean += p[start + at, k] * direction[members[at], k]
            for at in range(len(members)):
                p[start + at, k] *= weights[s, k] * (direction[members[at], k] - mean)


def pair_log_likelihood(
    utility: _F64, pairs: _I32, tied: _Bool | None, n_threads: int
) -> NDArray[np.float64]:
    """Compute log sigmoid of the margin of each pair; a tie is half a win for each side."""
    n = len(pairs) // 2
    ties = _NO_TIES if tied is None else tied
    out = np.empty((n, utility.shape[1]))

    def run(first: int, last: int) -> None:
        _pair_log_likelihood(utility, pairs, ties, first, last, out)

    for _ in in_order(run, rows(n, _ITEMS_PER_TASK), n_threads):
        pass
    return out


@njit
def _pair_log_likelihood(utility, pairs, tied, first, last, out):
    for pair in range(first, last):
        for k in range(utility.shape[1]):
            margin = utility[pairs[2 * pair], k] - utility[pairs[2 * pair + 1], k]
            lost = max(-margin, 0.0)
            if len(tied) > 0 and tied[pair]:
                lost = abs(margin) / 2
            out[pair, k] = -(lost + np.log1p(np.exp(-abs(margin))))


def pair_gradient(
    utility: _F64, pairs: _I32, tied: _Bool | None, weights: _F64, n_threads: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Scatter w (y - p) to the first item, its opposite to the second, and w p (1 - p) to both."""
    tasks = rows(len(pairs) // 2, _ITEMS_PER_TASK)
    ties = _NO_TIES if tied is None else tied
    gradient, curvature = np.zeros_like(utility), np.zeros_like(utility)

    def run(first: int, last: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        shape = 2 * (last - first), utility.shape[1]
        one, two = np.empty(shape), np.empty(shape)
        _pair_derivatives(utility, pairs, ties, weights, first, last, one, two)
        return one, two

    for (first, last), (one, two) in zip(tasks, in_order(run, tasks, n_threads), strict=True):
        _scatter(gradient, pairs[2 * first : 2 * last], one)
        _scatter(curvature, pairs[2 * first : 2 * last], two)
    return gradient, curvature


@njit
def _pair_derivatives(utility, pairs, tied, weights, first, last, one, two):
    for pair in range(first, last):
        target = 0.5 if len(tied) > 0 and tied[pair] else 1.0
        at = 2 * (pair - first)
        for k in range(utility.shape[1]):
            margin = utility[pairs[2 * pair], k] - utility[pairs[2 * pair + 1], k]
            small = np.exp(-abs(margin))
            less, more = small / (1.0 + small), 1.0 / (1.0 + small)
            slope = weights[pair, k] * (target - (less if margin < 0 else more))
            one[at, k], one[at + 1, k] = slope, -slope
            two[at, k] = two[at + 1, k] = weights[pair, k] * less * more
