"""The best choice from one small pool: the greedy one, a search for a better one, its order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._numba._njit import njit
from prefmath._numba.selection.greedy.coverage import similarities
from prefmath._numba.selection.greedy.many_pools import greedy_batch

from .branches import best_set
from .cliques import best_clique

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["best_choice", "similarities_of"]

_DPP, _MAX_SUM, _MAX_MIN, _FIRST_COVERAGE = 0, 2, 3, 4
_RANK_TOLERANCE = 1e-10


@njit
def similarities_of(x, inverse_norm, out):
    """Write the similarities of every two rows."""
    for i in range(len(x)):
        similarities(x, inverse_norm, i, out[i])


def best_choice(
    x: NDArray[np.float32] | NDArray[np.float64],
    similarity: NDArray[np.float64],
    code: int,
    terms: Any,
    k: int,
    rules: Any,
    first: int,
) -> tuple[NDArray[np.int64], NDArray[np.float64], bool]:
    """Return the best choice of `k` rows, what each adds, and whether it is the greedy one."""
    method, bonus, weight = terms
    n = len(x)
    if k == 0:
        return np.empty(0, np.int64), np.empty(0), True

    def greedy(of: Any, n_chosen: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        cuts, ks = np.array([0, n]), np.array([n_chosen])
        positions, gains = greedy_batch(x, cuts, method, bonus, weight, ks, of, 1)
        there = positions[0] >= 0
        return positions[0][there].astype(np.int64), gains[0][there]

    try:
        rows, gains = greedy(rules, k)
    except ValueError:
        _refuse_included(x, terms, rules, first)
        raise
    reward = np.zeros(n) if bonus is None else bonus
    eligible, include, _, group, least, most, max_similarity = rules
    quotas = (
        (np.zeros(n, np.int64), np.zeros(1, np.int64), np.full(1, n))
        if group is None
        else (group.astype(np.int64), least, np.minimum(most, n))
    )
    together = similarity <= max_similarity
    n_wanted = k
    if code == _DPP and len(rows) < k and weight != 0:
        n_wanted = min(k, _rank(similarity))
    pair = (reward[:, None] + reward) + weight * (1.0 - similarity)
    while n_wanted > 0:
        known = len(rows) == n_wanted and _is_kept(rows, *quotas)
        value = _value(code, gains) if known else -np.inf
        shared = together, eligible, include, quotas, n_wanted, value
        if code == _MAX_MIN:
            found, reached = best_clique(pair, *shared)
        else:
            table = pair if code == _MAX_SUM else similarity
            found, reached = best_set(table, code, (bonus is None, reward, weight), k, *shared)
        if known and not len(found):
            return rows, gains, True
        if len(found):
            of_set = np.zeros(n, np.bool_)
            of_set[found] = True
            among = (of_set, *rules[1:])
            best, gained = greedy(among, k if code >= _FIRST_COVERAGE else n_wanted)
            if len(best) < n_wanted:
                # As close to the span of others as rounding: the order of the search reaches all.
                among = (of_set, found, np.array([0, n_wanted]), *rules[3:])
                best, gained = greedy(among, n_wanted)
            if known and _value(code, gained) <= value + slack(reached):
                return rows, gains, True
            return best, gained, False
        n_wanted -= 1
    if not _is_kept(rows[:0], *quotas):
        msg = (
            f"no choice from rows {first} to {first + n - 1} of X keeps quota, include and "
            "max_similarity"
        )
        raise ValueError(msg)
    return rows[:0], gains[:0], len(rows) == 0


def _refuse_included(x: NDArray[Any], terms: Any, rules: Any, first: int) -> None:
    """Refuse an included row that adds nothing by its number in X."""
    method, bonus, weight = terms
    include = rules[1]
    for n in range(1, len(include) + 1):
        of = (*rules[:1], include[:n], np.array([0, n]), None, rules[4][:0], rules[5][:0], np.inf)
        try:
            greedy_batch(x, np.array([0, len(x)]), method, bonus, weight, np.array([n]), of, 1)
        except ValueError:
            row = first + include[n - 1]
            msg = f"include cannot hold row {row}: it adds nothing to those before it"
            raise ValueError(msg) from None


def slack(value: float) -> float:
    """Return by how much another value must be larger to be larger than by rounding."""
    return 1e-9 * (1.0 + abs(value)) if np.isfinite(value) else 0.0


def _value(code: int, gains: NDArray[np.float64]) -> float:
    if code != _MAX_MIN:
        return float(np.add.accumulate(gains)[-1]) if len(gains) else 0.0
    return float(gains[1:].min()) if len(gains) > 1 else 0.0


def _is_kept(
    rows: NDArray[np.int64],
    group: NDArray[np.int64],
    least: NDArray[np.int64],
    most: NDArray[np.int64],
) -> bool:
    counts = np.bincount(group[rows], minlength=len(least))
    return bool((counts >= least).all() and (counts <= most).all())


def _rank(similarity: NDArray[np.float64]) -> int:
    """Return how many rows differ: the greedy choice of dpp without rules and quality."""
    left = similarity.copy()
    for rank in range(len(left)):
        largest = int(np.argmax(np.diagonal(left)))
        pivot = left[largest, largest]
        if pivot <= _RANK_TOLERANCE:
            return rank
        column = left[largest].copy()
        left -= (column / pivot)[:, None] * column
    return len(left)
