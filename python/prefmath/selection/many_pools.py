"""Choose k candidates from each of many pools."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._kernels import kernels
from prefmath._threads import resolve_threads
from prefmath.selection._bounds import reaches, upper_bounds
from prefmath.selection._call import prepared, totals
from prefmath.selection._names import Names
from prefmath.selection._results import BatchSelection
from prefmath.selection._rules import Given
from prefmath.selection._search import check_search, refined

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike

__all__ = ["choose_from_pools", "select_batch"]


def select_batch(
    X: ArrayLike,
    offsets: ArrayLike,
    k: ArrayLike,
    *,
    method: str = "dpp",
    quality: ArrayLike | None = None,
    trade_off: float | None = None,
    include: ArrayLike | None = None,
    exclude: ArrayLike | None = None,
    groups: ArrayLike | None = None,
    quota: int | Mapping[Any, Any] | None = None,
    max_similarity: float | None = None,
    metric: str = "cosine",
    gamma: float | None = None,
    allow_fewer: bool = False,
    exact: bool = False,
    refine: bool = False,
    n_threads: int | None = None,
) -> BatchSelection:
    """Choose `k` rows from each of many pools, as `select` does from one.

    Parameters
    ----------
    X : array_like of float32, shape (n, d)
        Embeddings of the candidates of all pools, pool after pool. A C-contiguous float32 array is
        not copied.
    offsets : array_like of int, shape (n_pools + 1,)
        Pool p holds the rows ``offsets[p]:offsets[p + 1]``.
    k : int or array_like of int, shape (n_pools,)
        How many to choose from each pool.
    method, quality, trade_off, include, exclude, groups, quota, max_similarity
        As for `select`, and over the rows of all pools: row numbers and groups are those of `X`,
        while a quota holds within each pool.
    metric, gamma
        As for `select`. With ``"precomputed"`` `X` is a `GramBatch`, or the values of one: a matrix
        for each pool, row by row, pool after pool.
    allow_fewer, n_threads
        As for `select`.
    refine : bool
        Swap chosen rows for others until no swap helps, as for `select`.
    exact : bool
        Find the best choice from every pool, as `select` does from one; ``greedy_optimal`` of the
        result tells from which pools the greedy choice is as good.

    Returns
    -------
    BatchSelection
        ``result.indices[p]`` are rows of `X`, so that ``X[result.indices]`` are the chosen
        embeddings.

    Raises
    ------
    ValueError
        As `select`, and if `offsets` do not cut the rows of `X` into pools.
    TypeError
        If an argument is of the wrong type.

    Notes
    -----
    The threads share the pools.

    Examples
    --------
    >>> import numpy as np, prefmath
    >>> X = np.array([[1, 0], [0.9, 0.1], [0, 1], [0, 2], [3, 0]], np.float32)
    >>> result = prefmath.select_batch(X, [0, 3, 5], 2)
    >>> result
    BatchSelection(2 from each of 2 pools; mean value 0)
    >>> result.indices
    array([[0, 2],
           [3, 4]])
    >>> prefmath.select_batch(X, [0, 3, 5], 2, method="max_min", exact=True).greedy_optimal
    array([ True,  True])
    """
    return choose_from_pools(
        X,
        offsets,
        k,
        Given(include, exclude, groups, quota, max_similarity),
        Names(in_pools=True),
        method=method,
        quality=quality,
        trade_off=trade_off,
        metric=metric,
        gamma=gamma,
        allow_fewer=allow_fewer,
        exact=exact,
        refine=refine,
        n_threads=n_threads,
    )


def choose_from_pools(
    X: ArrayLike,
    offsets: ArrayLike,
    k: ArrayLike,
    given: Given,
    names: Names,
    *,
    method: str = "dpp",
    quality: ArrayLike | None = None,
    trade_off: float | None = None,
    metric: str = "cosine",
    gamma: float | None = None,
    allow_fewer: bool = False,
    exact: bool = False,
    refine: bool = False,
    n_threads: int | None = None,
) -> BatchSelection:
    """Choose as `select_batch` does; errors call rows and pools by the names given."""
    call = prepared(
        X,
        offsets,
        k,
        method,
        quality,
        trade_off,
        given,
        allow_fewer=allow_fewer,
        names=names,
        metric=metric,
        gamma=gamma,
        n_threads=n_threads,
    )
    cuts = call.cuts
    check_search(call, exact=exact, refine=refine)
    arguments = call.x, cuts, method, *call.terms, call.ks, call.rules.for_kernels()
    threads = resolve_threads(n_threads)
    of_greedy = None
    with names.given_to_kernels():
        if exact:
            positions, gains, of_greedy = kernels.exact_batch(*arguments, threads)
        else:
            positions, gains = kernels.greedy_batch(*arguments, threads)
        if refine:
            positions, gains = refined(call, positions, gains, threads)
    n_short = call.width - positions.shape[1]
    if n_short:
        positions = np.pad(positions, ((0, 0), (0, n_short)), constant_values=-1)
        gains = np.pad(gains, ((0, 0), (0, n_short)))
    found = positions >= 0
    n_found = found.sum(axis=1)
    for pool in np.flatnonzero(n_found < call.wanted)[: 0 if allow_fewer else 1]:
        call.refuse_fewer(int(pool), int(n_found[pool]), exact=exact)
    values = totals(method, gains, found)
    bounds = values
    if not exact:
        bounds = np.where(n_found == call.ks, upper_bounds(call, values), np.inf)
    indices = np.where(found, positions + cuts[:-1, None], -1)
    return BatchSelection(indices, gains, values, reaches(values, bounds), bounds, of_greedy)
