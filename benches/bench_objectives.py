"""Greedy selection under all objectives but dpp: many small pools, one large, a training step."""

from __future__ import annotations

import numpy as np
from baselines import cover_peers, greedy, medoids
from data import corpus, pools
from work import Call, Floor, Work, scaled

import prefmath

N_POOLS, POOL, D, K = scaled(10_000), 16, 384, 4
SOME_POOLS = scaled(500)
STEP_GROUPS, STEP_D = 64, 768


def of_pools(x):
    """Candidates one after the other, and where each pool begins."""
    n_pools, n, d = x.shape
    return np.ascontiguousarray(x.reshape(-1, d)), np.arange(0, n_pools * n + 1, n)


def select_batch(method, k=K):
    def select(pools_and_offsets):
        x, offsets = pools_and_offsets
        result = prefmath.select_batch(x, offsets, k, method=method)
        return result.indices - offsets[:-1, None], result.gains

    return select


def pyversity_loop(strategy):
    def run(x):
        from pyversity import diversify

        equal = np.ones(POOL, np.float32)
        chosen = [
            diversify(p, equal, K, strategy=strategy, diversity=1.0).indices for p in x[:SOME_POOLS]
        ]
        return np.array(chosen), None

    return run


def fpsample_loop(x):
    """Of rows as they are: it spares itself their norms."""
    import fpsample

    chosen = [fpsample.fps_sampling(p, K, start_idx=0) for p in x[:SOME_POOLS]]
    return np.array(chosen, np.int64), None


def kmedoids_loop(x):
    import kmedoids

    chosen = []
    for p in x[:SOME_POOLS]:
        unit = p / np.sqrt(np.einsum("nd,nd->n", p, p))[:, None]
        found = kmedoids.fasterpam(1 - unit @ unit.T, K, init="build", random_state=0)
        chosen.append(found.medoids)
    return np.array(chosen, np.int64), None


def submodlib_loop(x):
    return np.array([cover_peers.submodlib(p, K)[0] for p in x[:SOME_POOLS]]), None


def same_choice(result, reference):
    """Equal rows in most pools, and much the same value in all: float32 sees ties, above all where
    two rows cover each other. A peer without gains is not compared.
    """
    (rows, gains), (expected, expected_gains) = result, reference
    if gains is None:
        return
    equal = (rows == expected[: len(rows)]).all(axis=1)
    assert equal.mean() > 0.8
    np.testing.assert_allclose(gains.sum(axis=1), expected_gains.sum(axis=1), atol=0.02)


def value_of_others(result, reference):
    """Much the same value on average: the order of the swaps decides in which optimum they end."""
    gains, expected = result[1], reference[1]
    if gains is not None:
        np.testing.assert_allclose(gains.sum(axis=1).mean(), expected.sum(axis=1).mean(), rtol=2e-3)


def same_value(result, reference):
    """Equal first rows, and an equal value: ties that float32 sees lead to other rows later."""
    np.testing.assert_array_equal(result[0][:5], reference[0][:5])
    np.testing.assert_allclose(result[1].sum(), reference[1].sum(), rtol=1e-3)


def of_many(method, algorithm, peers, agree=same_choice):
    """`peers` are the modules that they need and what they run."""
    title = f"{method}, {N_POOLS:,} pools of {POOL} × {D}, k = {K}"
    calls = {
        "prefmath": Call(select_batch(method), of_pools),
        "NumPy, batched": Call(lambda x: algorithm(x, K, method)),
        "NumPy, batched by blocks": Call(
            lambda x: greedy.batched_by_blocks(algorithm, x, K, method)
        ),
    }
    share = SOME_POOLS / N_POOLS
    calls |= {f"{name}, loop": Call(run, share=share, needs=name) for name, run in peers.items()}
    return Work(
        name=f"pools-{method}",
        title=title,
        data=lambda: pools(N_POOLS, POOL, D),
        calls=calls,
        agree=agree,
        baseline="NumPy, batched",
        bars={"NumPy, batched": 0.35} | {f"{name}, loop": 1 / 15 for name in peers},
        floor=Floor(bytes=N_POOLS * POOL * D * 4),
    )


def of_one(method, n, k, bar):
    def select(x):
        result = prefmath.select(x, k, method=method)
        return result.indices, result.gains

    return Work(
        name=f"pool-{method}",
        title=f"{method}, one pool of {n:,} × {D}, k = {k}",
        data=lambda: corpus(n, D),
        calls={
            "prefmath": Call(select),
            "NumPy": Call(lambda x: greedy.pairwise_one_pool(x, k, method)),
        },
        agree=same_value,
        baseline="NumPy",
        bars={"NumPy": bar},
        floor=Floor(bytes=n * D * 4),
    )


WORKS = (
    of_many("mmr", greedy.pairwise_batched, {"pyversity": pyversity_loop("mmr")}),
    of_many("max_sum", greedy.pairwise_batched, {"pyversity": pyversity_loop("msd")}),
    of_many("max_min", greedy.pairwise_batched, {"fpsample": fpsample_loop}),
    of_many(
        "facility_location",
        greedy.coverage_batched,
        {"submodlib": submodlib_loop, "kmedoids": kmedoids_loop},
    ),
    of_many("saturated_coverage", greedy.coverage_batched, {}),
    of_many("k_medoids", medoids.batched, {"kmedoids": kmedoids_loop}, value_of_others),
    of_one("mmr", scaled(20_000), scaled(200, 5), 0.4),
    of_one("max_min", scaled(20_000), scaled(200, 5), 0.4),
    of_one("max_sum", scaled(20_000), scaled(200, 5), 0.7),
    Work(
        name="training-step",
        title=f"max_min, {STEP_GROUPS} groups of {POOL} × {STEP_D}, k = {K}: a training step",
        data=lambda: pools(STEP_GROUPS, POOL, STEP_D),
        calls={
            "prefmath": Call(select_batch("max_min"), of_pools),
            "NumPy, batched": Call(lambda x: greedy.pairwise_batched(x, K, "max_min")),
        },
        agree=same_choice,
        baseline="NumPy, batched",
        floor=Floor(bytes=STEP_GROUPS * POOL * STEP_D * 4),
    ),
)


def bench_objectives(work, who, timed):
    timed(work, who)
