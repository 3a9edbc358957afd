"""Greedy DPP on many small pools, and on one."""

from __future__ import annotations

import numpy as np
from baselines import dpp
from data import corpus, pools
from work import Call, Floor, Work, scaled

import prefmath

N_POOLS, POOL, D, K = scaled(10_000), 16, 384, 4
SOME_POOLS = scaled(500)


def of_pools(x):
    """Candidates one after the other, and where each pool begins."""
    return np.ascontiguousarray(x.reshape(-1, D)), np.arange(0, len(x) * POOL + 1, POOL)


def select_batch(pools_and_offsets):
    x, offsets = pools_and_offsets
    result = prefmath.select_batch(x, offsets, K)
    return result.indices - offsets[:-1, None], result.gains


def pyversity_loop(x):
    from pyversity import diversify

    equal = np.ones(POOL, np.float32)
    chosen = [diversify(p, equal, K, strategy="dpp", diversity=1.0) for p in x[:SOME_POOLS]]
    gains = np.log([one.selection_scores for one in chosen])
    return np.array([one.indices for one in chosen]), gains


def same_choice(result, reference):
    """Equal rows in all pools but the few where float32 sees a tie; of fewer pools, the first."""
    (rows, gains), (expected, expected_gains) = result, reference
    equal = (rows == expected[: len(rows)]).all(axis=1)
    assert equal.mean() > 0.999
    np.testing.assert_allclose(gains[equal], expected_gains[: len(rows)][equal], atol=1e-4)


def same_value(result, reference):
    """Equal first rows, and an equal value: ties that float32 sees lead to other rows later."""
    np.testing.assert_array_equal(result[0][:5], reference[0][:5])
    np.testing.assert_allclose(result[1].sum(), reference[1].sum(), rtol=1e-4)


def one_pool(n, k):
    def select(x):
        result = prefmath.select(x, k)
        return result.indices, result.gains

    return Work(
        name=f"pool-{n}",
        title=f"greedy DPP, one pool of {n:,} × {D}, k = {k}",
        data=lambda: corpus(n, D),
        calls={"prefmath": Call(select), "NumPy": Call(lambda x: dpp.one_pool(x, k))},
        agree=same_value,
        baseline="NumPy",
        # Norms, then a row of similarities and of the factor for every choice but the last.
        floor=Floor(float64=n * (2 * D * k + k * k), bytes=n * D * 4),
    )


WORKS = (
    Work(
        name="pools",
        title=f"greedy DPP, {N_POOLS:,} pools of {POOL} × {D}, k = {K}",
        data=lambda: pools(N_POOLS, POOL, D),
        calls={
            "prefmath": Call(select_batch, of_pools),
            "NumPy, batched": Call(lambda x: dpp.batched(x, K)),
            "NumPy, batched by blocks": Call(lambda x: dpp.blocked(x, K)),
            "NumPy, loop": Call(lambda x: dpp.loop(x, K)),
            "pyversity, loop": Call(pyversity_loop, share=SOME_POOLS / N_POOLS, needs="pyversity"),
        },
        agree=same_choice,
        baseline="NumPy, batched",
        bars={"NumPy, batched": 0.35, "pyversity, loop": 1 / 15},
        floor=Floor(float64=N_POOLS * POOL * D * 2 * K, bytes=N_POOLS * POOL * D * 4),
    ),
    one_pool(scaled(1_000, 100), scaled(50, 5)),
    one_pool(scaled(20_000), scaled(200, 5)),
)


def bench_selection(work, who, timed):
    timed(work, who)
