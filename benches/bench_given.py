"""Greedy choices from many small pools whose similarities are given."""

from __future__ import annotations

import numpy as np
from baselines import greedy
from data import pools
from work import Call, Floor, Work, scaled

import prefmath

N_POOLS, POOL, D, K = scaled(10_000), 16, 384, 4
OFFSETS = np.arange(0, N_POOLS * POOL + 1, POOL)


def matrices():
    """Return the cosines of every two rows of each pool."""
    x = pools(N_POOLS, POOL, D).reshape(-1, D).astype(np.float64)
    return prefmath.gram_batch(x, OFFSETS, metric="cosine")


def select(method):
    def run(grams):
        chosen = prefmath.select_batch(grams, OFFSETS, K, metric="precomputed", method=method)
        return chosen.indices - OFFSETS[:-1, None], chosen.gains

    return run


def same_choice(result, reference):
    np.testing.assert_array_equal(result[0], reference[0])
    np.testing.assert_allclose(result[1], reference[1], atol=1e-9)


def of(method):
    return Work(
        name=f"given-{method}",
        title=f"greedy {method} of given similarities, {N_POOLS:,} pools of {POOL}, k = {K}",
        data=matrices,
        calls={
            "prefmath": Call(select(method)),
            "NumPy, batched": Call(
                lambda stack: greedy.given_batched(stack, K, method), lambda grams: grams.stack()
            ),
        },
        agree=same_choice,
        baseline="NumPy, batched",
        # The checks of the matrices read them; of the rows chosen the kernel reads each once.
        floor=Floor(bytes=N_POOLS * POOL * (POOL + K) * 8),
    )


WORKS = (of("max_sum"), of("mmr"))


def bench_given(work, who, timed):
    timed(work, who)
