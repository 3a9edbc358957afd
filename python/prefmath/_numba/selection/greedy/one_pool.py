"""The greedy choice from one pool, which may be large: the threads share its candidates.

Step by step as in `many_pools`, with the loops over steps in Python, where signals are heard.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._numba._njit import njit
from prefmath._numba._tasks import in_order, rows
from prefmath._numba.dot import dots_with, refuse_row
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

from .coverage import best_bound, cover, enough, refresh, similarities
from .medoids import finish_medoids, start_medoids, try_row
from .state import best_candidate, gain_of, prepare_state, update_state

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["greedy"]

_BLOCK = 1024
_FIRST_COVERAGE, _SATURATED, _MEDOIDS = 4, 5, 6


def greedy(
    x: NDArray[np.float32] | NDArray[np.float64],
    method: str,
    bonus: NDArray[np.float64] | None,
    weight: float,
    k: int,
    rules: Any,
    n_threads: int,
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Choose up to `k` rows."""
    if x.ndim == 1:
        n_rows = math.isqrt(len(x))
        x = pool_of(x, 0, n_rows, begins(x, np.array([0, n_rows]))[0])
    given, eligible, must, _, group, least, most, max_similarity = as_arrays(1, bonus, rules)
    n, code = len(x), CODES[method]
    k = min(k, n)
    inverse_norm = np.empty(n)
    bad = inverse_norms_of(x, inverse_norm)
    if bad >= 0:
        refuse_row(x, bad, 0)
    reward = given if len(given) else np.zeros(n)
    allowed = eligible.copy() if len(eligible) else np.ones(n, np.bool_)
    mine, counts = allowed.copy(), np.zeros(len(least), np.int64)
    search: Any = _Cover if code >= _FIRST_COVERAGE else _Pairs
    state = search(x, inverse_norm, code, reward, weight, k, n_threads)
    chosen, gains, open_ = np.empty(k, np.int32), np.empty(k), np.empty(n, np.bool_)
    n_chosen = 0
    for step in range(k):
        open_candidates(allowed, open_, must, group, counts, least, most, step, k)
        best, gains[step] = state.best(open_, step, plain=bonus is None)
        if best < 0:
            if step < len(must):
                refuse_included(int(must[step]))
            break
        chosen[step], allowed[best], n_chosen = best, False, step + 1
        if len(group):
            counts[group[best]] += 1
        if step + 1 < k:
            state.take_in(best, step, allowed, max_similarity)
    chosen, gains = chosen[:n_chosen], gains[:n_chosen]
    if code == _MEDOIDS and n_chosen:
        of_rules = mine, len(must), group, counts, least, most, max_similarity
        _improve(x, inverse_norm, reward, weight, of_rules, chosen, gains)
    return chosen, gains


class _Pairs:
    """What is known of each candidate from its similarities to those chosen."""

    def __init__(
        self,
        x: NDArray[np.float32] | NDArray[np.float64],
        inverse_norm: NDArray[np.float64],
        method: int,
        bonus: NDArray[np.float64],
        weight: float,
        k: int,
        n_threads: int,
    ) -> None:
        self.x, self.inverse_norm = x, inverse_norm
        self.terms = method, bonus, weight
        self.state, self.factor = prepare_state(method, len(x), k)
        self.n_threads = n_threads

    def best(self, open_: NDArray[np.bool_], step: int, *, plain: bool) -> tuple[int, float]:
        best = best_candidate(*self.terms, open_, self.state, step, plain)
        return best, gain_of(*self.terms, self.state, step, best)

    def take_in(
        self, best: int, step: int, allowed: NDArray[np.bool_], max_similarity: float
    ) -> None:
        method, bonus, weight = self.terms
        of_chosen = bonus[best], self.state[best], self.factor[:, best].copy()

        def run(first: int, last: int) -> None:
            part = slice(first, last)
            _take_in(
                self.x[best],
                self.inverse_norm[best],
                self.x[part],
                first,
                self.inverse_norm[part],
                method,
                weight,
                self.state[part],
                self.factor[:, part],
                allowed[part],
                max_similarity,
                step,
                of_chosen,
            )

        for _ in in_order(run, rows(len(self.x), _BLOCK), self.n_threads):
            pass


@njit
def _take_in(
    row,
    row_inverse_norm,
    candidates,
    first,
    inverse_norm,
    method,
    weight,
    state,
    factor,
    allowed,
    max_similarity,
    step,
    of_chosen,
):
    similarity = np.empty(len(candidates))
    if candidates.itemsize == 8:
        similarity[:] = row[first : first + len(candidates)]
    else:
        dots_with(row, candidates, similarity)
        for i in range(len(candidates)):
            similarity[i] *= row_inverse_norm * inverse_norm[i]
    close_similar(allowed, similarity, max_similarity)
    update_state(method, weight, state, factor, similarity, step, of_chosen)


class _Cover:
    """How well each row is covered, and bounds on what each candidate adds."""

    def __init__(
        self,
        x: NDArray[np.float32] | NDArray[np.float64],
        inverse_norm: NDArray[np.float64],
        method: int,
        bonus: NDArray[np.float64],
        weight: float,
        k: int,
        n_threads: int,
    ) -> None:
        del n_threads
        self.x, self.inverse_norm = x, inverse_norm
        self.terms = method, bonus, weight
        self.room = np.full(len(x), -1.0 if method == _MEDOIDS else 0.0)
        if method == _SATURATED:
            self.room[:] = [enough(x, inverse_norm, row, k) for row in range(len(x))]
        self.stale = np.full(len(x), np.inf)

    def best(self, open_: NDArray[np.bool_], step: int, *, plain: bool) -> tuple[int, float]:
        del plain
        fresh = np.zeros(len(self.x), np.bool_)
        while True:
            best = best_bound(open_, self.stale)
            if best < 0:
                return -1, 0.0
            if fresh[best]:
                method, _, weight = self.terms
                of_nothing = weight * len(self.x) if method == _MEDOIDS and step == 0 else 0.0
                return best, self.stale[best] - of_nothing
            refresh(self.x, self.inverse_norm, *self.terms, self.room, self.stale, best)
            fresh[best] = True

    def take_in(
        self, best: int, step: int, allowed: NDArray[np.bool_], max_similarity: float
    ) -> None:
        del step
        similarity = np.empty(len(self.x))
        similarities(self.x, self.inverse_norm, best, similarity)
        close_similar(allowed, similarity, max_similarity)
        cover(self.terms[0], self.room, similarity)


def _improve(
    x: NDArray[np.float32] | NDArray[np.float64],
    inverse_norm: NDArray[np.float64],
    bonus: NDArray[np.float64],
    weight: float,
    rules: tuple[Any, ...],
    chosen: NDArray[np.int32],
    gains: NDArray[np.float64],
) -> None:
    medoids = start_medoids(x, inverse_norm, chosen)
    row, n_idle = 0, 0
    while n_idle < len(x):
        swapped = try_row(x, inverse_norm, bonus, weight, rules, chosen, medoids, row)
        n_idle = 1 if swapped else n_idle + 1
        row = row + 1 if row + 1 < len(x) else 0
    finish_medoids(bonus, weight, chosen, medoids, gains)
