"""What one pool and many have in common: arguments checked, results made."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import comb
from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._threads import resolve_threads
from prefmath._validate import as_offsets, as_quality, as_whole_number
from prefmath.selection._directions import as_directions
from prefmath.selection._names import Names
from prefmath.selection._objectives import Terms, check_method, terms
from prefmath.selection._rules import Given, Rules, rules_of
from prefmath.selection._similarities import check_metric, fitted
from prefmath.selection.values import units
from prefmath.similarity._matrices import begins_of, matrix_of

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["MOST_ROWS", "SEARCHED_ROWS", "Call", "as_counts", "can_search", "prepared", "totals"]

# Pools of which all sets are searched, and what larger ones may have.
SEARCHED_ROWS, MOST_ROWS, SEARCHED_SETS = 32, 64, 1_000_000


@dataclass(frozen=True)
class Call:
    """A checked call: what is chosen from, how many of each pool, by which objective and rules.

    `x` are embeddings, or a vector of the similarities of every two rows of each pool.

    `ks` are what can be asked for, no more than the rules leave of a pool; the result has `width`
    columns.
    """

    x: NDArray[Any]
    cuts: NDArray[np.int64]
    wanted: NDArray[np.int64]
    ks: NDArray[np.int64]
    method: str
    quality: NDArray[np.float64] | None
    terms: Terms
    rules: Rules
    width: int
    names: Names

    def refuse_fewer(self, pool: int, n_found: int, *, exact: bool) -> None:
        """Refuse a pool that gives fewer than were wanted."""
        wanted, size = int(self.wanted[pool]), int(self.cuts[pool + 1] - self.cuts[pool])
        where, held = self.names.pool(pool), self.rules.for_kernels() is not None
        must = "keep the rules"
        if self.method == "dpp":
            must = "differ and have a positive quality" + (f" and {must}" if held else "")
        if not held or exact:
            raise ValueError(
                f"only {n_found} candidates of {where} {must}{' together' if held else ''}, fewer "
                f"than k={wanted}; allow_fewer=True returns what there is"
            )
        advice = ["allow_fewer=True returns these"]
        if self.rules.max_similarity < np.inf:
            advice.insert(0, "a higher max_similarity lets more in")
        if self.method != "mmr" and can_search(size, min(wanted, size)):
            advice.insert(0, "exact=True finds a set of as many if there is one")
        raise ValueError(
            f"the greedy choice found only {n_found} candidates of {where} that {must}, fewer than "
            f"k={wanted}: {', '.join(advice)}"
        )


def can_search(n: int, k: int) -> bool:
    """Whether all sets of `k` of `n` rows are searched in good time."""
    return n <= SEARCHED_ROWS or (n <= MOST_ROWS and comb(n, k) <= SEARCHED_SETS)


def as_counts(k: Any, n_pools: int) -> NDArray[np.int64]:
    """Return `k` for each pool, from one number for all or one for each."""
    if np.ndim(k) == 0:
        return np.full(n_pools, as_whole_number(k, "k", 0), np.int64)
    array = np.asarray(k)
    if array.dtype.kind not in "iu":
        raise TypeError(f"k must be a whole number, or one for each pool, not {array.dtype}")
    if array.shape != (n_pools,):
        raise ValueError(f"k must have shape ({n_pools},), one for each pool, not {array.shape}")
    for pool in np.flatnonzero(array < 0)[:1]:
        raise ValueError(f"k must be at least 0: k[{pool}]={array[pool]}")
    return array.astype(np.int64)


def prepared(
    X: ArrayLike,
    offsets: ArrayLike | None,
    k: Any,
    method: str,
    quality: ArrayLike | None,
    trade_off: float | None,
    given: Given,
    *,
    allow_fewer: bool,
    names: Names | None = None,
    metric: str = "cosine",
    gamma: float | None = None,
    n_threads: int | None = None,
) -> Call:
    """Check the arguments of a call; without `offsets` all of X is one pool."""
    check_method(method)
    check_metric(metric, method, gamma)
    one_pool, similarities = offsets is None, None
    names = Names(in_pools=not one_pool) if names is None else names
    x: NDArray[Any]
    if metric == "cosine":
        x = as_directions(X)
        cuts = np.array([0, len(x)], np.int64) if offsets is None else as_offsets(offsets, len(x))
    else:
        with names.given_to_kernels():
            threads = resolve_threads(n_threads)
            similarities = fitted(X, offsets, metric, gamma, method, threads)
        x, cuts = similarities.values, similarities.cuts
    wanted = as_counts(as_whole_number(k, "k", 0) if one_pool else k, len(cuts) - 1)
    q = as_quality(quality, int(cuts[-1]), negative=method != "dpp")
    sizes = np.diff(cuts)
    for pool in np.flatnonzero(sizes < wanted)[: 0 if allow_fewer else 1]:
        there = f"{'candidates' if names.in_pools else 'rows'} of {names.pool(pool)}"
        raise ValueError(
            f"k={wanted[pool]} exceeds the {sizes[pool]} {there}; allow_fewer=True returns what "
            "there is"
        )
    if similarities is None:
        rules = rules_of(given, cuts, wanted, x.shape[1], names)
    else:
        rules = rules_of(replace(given, max_similarity=None), cuts, wanted, 0, names)
        rules = replace(rules, max_similarity=similarities.limit(given.max_similarity))
    _refuse_similar(x, cuts, rules, given, names)
    for pool in np.flatnonzero(rules.available < wanted)[: 0 if allow_fewer else 1]:
        raise ValueError(
            f"k={wanted[pool]} exceeds the {rules.available[pool]} candidates of "
            f"{names.pool(pool)} that the rules allow; allow_fewer=True returns what there is"
        )
    ks = np.minimum(wanted, rules.available)
    width = int(wanted.max(initial=0)) if np.ndim(k) else int(k)
    of_terms = terms(method, q, trade_off, cuts, ks)
    of_terms = of_terms if similarities is None else similarities.terms(of_terms)
    return Call(x, cuts, wanted, ks, method, q, of_terms, rules, width, names)


def _refuse_similar(
    x: NDArray[Any], cuts: NDArray[np.int64], rules: Rules, given: Given, names: Names
) -> None:
    """Refuse rows to include of which two are more similar than any chosen two may be."""
    if rules.max_similarity == np.inf:
        return
    for pool in np.flatnonzero(np.diff(rules.include_offsets) > 1):
        rows = rules.include[slice(*rules.include_offsets[pool : pool + 2])]
        if x.ndim == 1:
            within = rows - cuts[pool]
            between = matrix_of(x, cuts, begins_of(cuts), int(pool))[np.ix_(within, within)]
        else:
            with names.given_to_kernels():
                unit = units(x, rows)
            between = np.minimum(unit @ unit.T, 1)
        close = between > rules.max_similarity
        for i, j in np.argwhere(np.triu(close, 1))[:1]:
            raise ValueError(
                f"include has {names.row(rows[i])} and {names.row(rows[j])}, whose similarity is "
                f"{between[i, j]:.7g}, more than max_similarity={given.max_similarity}"
            )


def totals(method: str, gains: NDArray[np.float64], found: NDArray[Any]) -> NDArray[np.float64]:
    """Return the value of each pool from the gains, of which `found` says which there are."""
    if method != "max_min":
        total: NDArray[np.float64] = gains.sum(axis=1)
        return total
    pairs = np.where(found, gains, np.inf)[:, 1:].min(axis=1, initial=np.inf)
    return np.where(np.isfinite(pairs), pairs, 0.0)
