"""The pools that random sets are drawn from, with their eigenvalues."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._threads import resolve_threads
from prefmath._validate import as_offsets, as_quality, as_whole_number
from prefmath.selection._directions import as_directions
from prefmath.selection._ensemble import RANK_TOLERANCE, Ensemble
from prefmath.selection._similarities import check_metric, refuse_indefinite
from prefmath.similarity._matrices import as_similarities, begins_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import ArrayLike, NDArray

__all__ = ["VALUES", "as_size", "checked", "ensembles"]

# Values held at a time: of the matrices of some pools, and of random numbers.
VALUES = 1 << 20


def checked(
    X: ArrayLike,
    offsets: ArrayLike | None,
    quality: ArrayLike | None,
    n_threads: int | None,
    metric: str = "cosine",
    gamma: float | None = None,
) -> tuple[
    NDArray[Any],
    NDArray[np.int64],
    NDArray[np.float64] | None,
    int,
]:
    """Return the arguments that say what is drawn from, and the number of threads.

    First come embeddings, or a vector of the similarities of every two rows of each pool.
    """
    check_metric(metric, "dpp", gamma)
    threads = resolve_threads(n_threads)
    x: NDArray[Any]
    if metric == "cosine":
        x = as_directions(X)
        cuts = np.array([0, len(x)]) if offsets is None else as_offsets(offsets, len(x))
    else:
        x, cuts, rounding = as_similarities(X, offsets, metric, gamma, threads)
        if metric == "precomputed":
            refuse_indefinite(x, cuts, rounding, in_pools=offsets is not None)
    return x, cuts, as_quality(quality, int(cuts[-1])), threads


def as_size(k: Any, cuts: NDArray[np.int64], *, in_pools: bool, allow_fewer: bool) -> int:
    """Return `k`, which no pool has fewer rows than unless fewer are allowed."""
    size = as_whole_number(k, "k", 0)
    sizes = np.diff(cuts)
    for pool in np.flatnonzero(sizes < size)[: 0 if allow_fewer else 1]:
        there = f"candidates of pool {pool}" if in_pools else "rows of X"
        raise ValueError(
            f"k={size} exceeds the {sizes[pool]} {there}; allow_fewer=True draws as many as there "
            "are"
        )
    return size


def ensembles(
    x: NDArray[Any],
    cuts: NDArray[np.int64],
    quality: NDArray[np.float64] | None,
    k: int | None,
    n_threads: int,
    *,
    in_pools: bool,
) -> Iterator[tuple[NDArray[np.int64], Ensemble]]:
    """Yield pools with their eigenvalues, those of one size together; threads share the pools.

    Pools of a rank below `k` are refused; None for no such limit.
    """
    sizes, d = np.diff(cuts), x.shape[1] if x.ndim == 2 else 0
    begins = begins_of(cuts) if x.ndim == 1 else None
    parts: list[NDArray[np.int64]] = []
    for n in np.unique(sizes[sizes > 0]):
        pools, at_once = np.flatnonzero(sizes == n), max(VALUES // int(n * (n + d)), 1)
        parts += [pools[first : first + at_once] for first in range(0, len(pools), at_once)]

    def decompose(pools: NDArray[np.int64]) -> Ensemble:
        n = int(sizes[pools[0]])
        if begins is None:
            return Ensemble(x, cuts[pools], n, quality)
        places = begins[pools][:, None] + np.arange(n * n)
        return Ensemble(x[places].reshape(-1, n, n), cuts[pools], n, quality)

    # Never on the calling thread, which hears Ctrl-C; a few at a time, since each holds matrices.
    executor = ThreadPoolExecutor(n_threads)
    try:
        for first in range(0, len(parts), n_threads):
            wave = parts[first : first + n_threads]
            for pools, ensemble in zip(wave, executor.map(decompose, wave), strict=True):
                _refuse_rank(ensemble, pools, k, in_pools=in_pools)
                yield pools, ensemble
    finally:
        executor.shutdown(wait=False, cancel_futures=True)


def _refuse_rank(
    ensemble: Ensemble, pools: NDArray[np.int64], k: int | None, *, in_pools: bool
) -> None:
    ranks = ensemble.ranks
    for at in np.flatnonzero(ranks < (k or 0))[:1]:
        where = f"pool {pools[at]}" if in_pools else "X"
        raise ValueError(
            f"k={k} exceeds the rank of {where}, {ranks[at]}: no more eigenvalues are above "
            f"{RANK_TOLERANCE:g} of the largest, so that any {k} rows are dependent; "
            "allow_fewer=True draws as many as differ"
        )
