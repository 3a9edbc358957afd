"""Exact samples of k-DPPs: many of one small pool, one of each of many, a few of a large one."""

from __future__ import annotations

import contextlib
import io
import warnings

import numpy as np
from baselines import k_dpp
from data import corpus, flat, pools
from work import Call, Work, scaled

import prefmath
from prefmath.selection import inclusion_probabilities

N_SAMPLES, POOL, D, K = scaled(10_000), 16, 384, 4
N_POOLS, SOME_POOLS, SOME_SAMPLES = scaled(10_000), scaled(500), scaled(1_000)
LARGE, LARGE_K, LARGE_SAMPLES = scaled(20_000, 400), scaled(200, 5), 5


def of_one(k, n_samples):
    return lambda x: prefmath.sample_dpp(x, k, n_samples=n_samples, random_state=0)


def of_pools(pools_and_offsets):
    x, offsets = pools_and_offsets
    rows = prefmath.sample_dpp(x, K, offsets=offsets, random_state=0)[:, 0]
    return rows - offsets[:-1, None]


def dppy(x, k, n_samples):
    """DPPy's samples of one pool, by the dual where that is smaller."""
    from dppy.finite_dpps import FiniteDPP

    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        unit = x / np.linalg.norm(x.astype(np.float64), axis=1, keepdims=True)
        kernel = {"L": unit @ unit.T} if len(x) <= x.shape[1] else {"L_gram_factor": unit.T}
        process, state = FiniteDPP("likelihood", **kernel), np.random.RandomState(0)
        for _ in range(n_samples):
            process.sample_exact_k_dpp(size=k, random_state=state)
    return np.array(process.list_of_samples)


def dppy_loop(x):
    return np.concatenate([dppy(pool, K, 1) for pool in x[:SOME_POOLS]])


def as_included(probabilities):
    """Every row as often as it should: in half a dozen standard errors, all rows together."""

    def agree(items, _):
        n = len(probabilities())
        assert (np.diff(np.sort(items, axis=1), axis=1) > 0).all()
        share = np.bincount(items.ravel(), minlength=n) / len(items)
        variance = probabilities() * (1 - probabilities()) / len(items)
        deviation = ((share - probabilities()) ** 2 / variance).sum()
        assert abs(deviation - n) < 6 * np.sqrt(2 * n) + n

    return agree


WORKS = (
    Work(
        name="samples",
        title=f"{N_SAMPLES:,} exact k-DPP samples of {K} from one pool of {POOL} × {D}",
        data=lambda: pools(1, POOL, D)[0],
        calls={
            "prefmath": Call(of_one(K, N_SAMPLES)),
            "NumPy, batched": Call(lambda x: k_dpp.one_pool(x, K, N_SAMPLES)),
            "DPPy": Call(
                lambda x: dppy(x, K, SOME_SAMPLES), share=SOME_SAMPLES / N_SAMPLES, needs="dppy"
            ),
        },
        agree=as_included(lambda: inclusion_probabilities(pools(1, POOL, D)[0], K)),
        baseline="NumPy, batched",
        bars={"DPPy": 0.02},
    ),
    Work(
        name="samples-pools",
        title=f"one k-DPP sample of {K} from each of {N_POOLS:,} pools of {POOL} × {D}",
        data=lambda: pools(N_POOLS, POOL, D),
        calls={
            "prefmath": Call(of_pools, flat),
            "NumPy, batched": Call(lambda x: k_dpp.many_pools(x, K)),
            "DPPy, loop": Call(dppy_loop, share=SOME_POOLS / N_POOLS, needs="dppy"),
        },
        baseline="NumPy, batched",
    ),
    Work(
        name="samples-large",
        title=f"{LARGE_SAMPLES} k-DPP samples of {LARGE_K} from one pool of {LARGE:,} × {D}",
        data=lambda: corpus(LARGE, D),
        calls={
            "prefmath": Call(of_one(LARGE_K, LARGE_SAMPLES)),
            "NumPy": Call(lambda x: k_dpp.one_pool(x, LARGE_K, LARGE_SAMPLES)),
            "DPPy": Call(lambda x: dppy(x, LARGE_K, LARGE_SAMPLES), needs="dppy"),
        },
        baseline="NumPy",
    ),
)


def bench_samples(work, who, timed):
    timed(work, who)
