"""The best choice of all from many small pools, beside the greedy choice and all sets in NumPy."""

from __future__ import annotations

from functools import partial

import numpy as np
from baselines import enumeration
from bench_objectives import of_pools
from data import pools
from work import Call, Floor, Work, scaled

import prefmath

N_POOLS, POOL, D, K = scaled(10_000), 16, 384, 4
SOME_POOLS = scaled(500)


def select(method, *, exact):
    def run(pools_and_offsets):
        x, offsets = pools_and_offsets
        return prefmath.select_batch(x, offsets, K, method=method, exact=exact)

    return run


def as_sets(x):
    """Return the sorted rows of each set in its pool, and the values."""
    rows = x.indices - np.arange(len(x))[:, None] * POOL
    return np.sort(rows, axis=1), x.values


def no_worse(result, reference, alike):
    """Equal values, and equal sets but for ties in float32; the greedy choice has no more."""
    (rows, values), (expected, best) = result, reference
    n = min(len(rows), len(expected))
    if (values[:n] < best[:n] - 1e-4).any():
        assert (values[:n] < best[:n] + 1e-4).all()
        return
    np.testing.assert_allclose(values[:n], best[:n], atol=1e-4)
    assert (rows[:n] == expected[:n]).all(axis=1).mean() > alike


def of_method(method):
    share = SOME_POOLS / N_POOLS
    return Work(
        name=f"exact-{method}",
        title=f"the best by {method}, {N_POOLS:,} pools of {POOL} × {D}, k = {K}",
        data=lambda: pools(N_POOLS, POOL, D),
        calls={
            "prefmath": Call(select(method, exact=True), of_pools, as_sets),
            "prefmath's greedy choice": Call(select(method, exact=False), of_pools, as_sets),
            "NumPy, all sets": Call(
                lambda x: enumeration.best_sets(x[:SOME_POOLS], K, method), share=share
            ),
        },
        # Many sets share the closest pair that is all of their value under max_min.
        agree=partial(no_worse, alike=0.95 if method == "max_min" else 0.99),
        baseline="NumPy, all sets",
        bars={"prefmath's greedy choice": 3.0},
        floor=Floor(float64=N_POOLS * POOL * (POOL - 1) * D, bytes=N_POOLS * POOL * D * 4),
        remark=lambda result: (
            ""
            if getattr(result, "greedy_optimal", None) is None
            else f"the greedy choice is the best in {result.greedy_optimal.mean():.0%}"
        ),
    )


WORKS = tuple(of_method(method) for method in ("dpp", "max_sum", "max_min"))


def bench_exact(work, who, timed):
    timed(work, who)
