"""Selection under every objective: each step against brute force, and what theory promises."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel_data import embeddings, many_pools, qualities
from prefmath import select, select_batch
from prefmath.selection import set_value
from prefmath.selection._objectives import METHODS, terms

GREEDY = [method for method in METHODS if method != "k_medoids"]
COVERS = ["facility_location", "saturated_coverage"]


def cosines(x):
    unit = x / np.linalg.norm(x.astype(np.float64), axis=1, keepdims=True)
    return unit @ unit.T


def value(s, chosen, k, method, quality, share):
    """Return the objective by its definition, from all similarities."""
    chosen = list(chosen)
    n, q = len(s), np.zeros(len(s)) if quality is None else quality
    of_quality, of_diversity = (0, 1) if quality is None else (1 - share, share)
    inner = s[np.ix_(chosen, chosen)]
    pairs = list(itertools.combinations(range(len(chosen)), 2))
    if method in {"max_sum", "max_min"}:
        blended = [
            of_quality * (q[chosen[i]] + q[chosen[j]]) / 2 + of_diversity * (1 - inner[i, j])
            for i, j in pairs
        ]
        return (sum if method == "max_sum" else min)(blended) if blended else 0.0
    positive = np.maximum(s[:, chosen], 0)
    if method == "dpp":
        with np.errstate(divide="ignore"):
            quality_term = 2 * np.log(q[chosen]).sum() if of_quality else 0.0
        diversity = np.linalg.slogdet(inner)[1]
    elif method == "mmr":
        quality_term = q[chosen].sum()
        diversity = -sum(inner[i, :i].max() for i in range(1, len(chosen)))
    elif method == "saturated_coverage":
        quality_term = n * q[chosen].sum()
        enough = min(1, k / n) * np.maximum(s, 0).sum(axis=1)
        diversity = np.minimum(positive.sum(axis=1), enough).sum()
    else:
        quality_term = n / k * q[chosen].sum()
        diversity = (positive if method == "facility_location" else s[:, chosen]).max(axis=1).sum()
    return of_quality * quality_term + of_diversity * diversity if of_quality else diversity


@st.composite
def small_pools(draw):
    x = draw(embeddings(max_n=9, max_d=12))
    return x, draw(qualities(len(x))), draw(st.integers(1, len(x)))


@pytest.mark.parametrize("method", GREEDY)
@given(pool=small_pools(), share=st.sampled_from([0.2, 0.5, 0.8]))
@settings(max_examples=40)
def test_every_step_is_the_best_by_brute_force(method, pool, share):
    x, quality, k = pool
    if method == "dpp" and quality is not None:
        quality = quality + 0.1
    s = cosines(x)
    given_share = None if quality is None else share
    found = select(x, k, method=method, quality=quality, trade_off=given_share, allow_fewer=True)
    scale = len(x) * 10
    for step, row in enumerate(found.indices.tolist()):
        before = found.indices[:step].tolist()
        rest = [other for other in range(len(x)) if other not in before]
        # The first choice of a dispersion is the best by quality: a set of one has no pair.
        if step == 0 and method in {"max_sum", "max_min", "mmr"}:
            assert row == (0 if quality is None else int(np.argmax(quality)))
            continue
        with np.errstate(divide="ignore"):
            added = {other: value(s, [*before, other], k, method, quality, share) for other in rest}
        if method == "max_min":  # what counts is the nearest of those before
            added = {
                other: min(value(s, [one, other], k, method, quality, share) for one in before)
                for other in rest
            }
        best = max(added.values())
        if np.isfinite(best) and best > -15:
            assert added[row] >= best - 1e-9 * scale


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("share", [None, 0, 0.3, 1])
@pytest.mark.parametrize("with_quality", [False, True])
def test_the_value_is_that_of_the_set(method, share, with_quality):
    if not with_quality and share not in {None, 1}:
        return
    rng = np.random.default_rng(3)
    x = (rng.standard_normal((40, 12)) + 0.3).astype(np.float32)
    quality = rng.uniform(0.1, 1, 40) if with_quality else None
    found = select(x, 5, method=method, quality=quality, trade_off=share)
    of_set = set_value(x, found.indices, method, quality=quality, trade_off=share)
    assert found.value == pytest.approx(of_set, abs=1e-9)
    if method == "max_min":
        assert found.value == pytest.approx(found.gains[1:].min())
    else:
        assert found.value == pytest.approx(found.gains.sum())
    if share is not None and with_quality:
        expected = value(cosines(x), found.indices, 5, method, quality, share)
        assert of_set == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("method", COVERS)
@given(pool=small_pools())
@settings(max_examples=30)
def test_what_covers_is_submodular_and_within_its_bound(method, pool):
    x, _, k = pool
    found = select(x, k, method=method)
    assert (np.diff(found.gains) <= 1e-9).all()
    sets = itertools.combinations(range(len(x)), k)
    best = max(value(cosines(x), chosen, k, method, None, 1) for chosen in sets)
    assert found.value >= (1 - 1 / np.e) * best - 1e-9
    assert found.upper_bound >= best - 1e-9


@given(pool=small_pools())
@settings(max_examples=30)
def test_the_farthest_point_is_within_a_factor_of_two(pool):
    x, _, k = pool
    found = select(x, k, method="max_min")
    s = cosines(x)
    best = max(
        value(s, chosen, k, "max_min", None, 1)
        for chosen in itertools.combinations(range(len(x)), k)
    )
    assert np.sqrt(2 * max(best, 0)) <= 2 * np.sqrt(2 * max(found.value, 0)) + 1e-6
    assert found.upper_bound >= best - 1e-9


@pytest.mark.parametrize("method", METHODS)
@given(pools=many_pools())
@settings(max_examples=20)
def test_many_pools_are_as_each_alone(method, pools):
    x, offsets, quality, k = pools
    found = select_batch(x, offsets, k, method=method, quality=quality, allow_fewer=True)
    for pool, indices in enumerate(found.indices):
        rows = slice(offsets[pool], offsets[pool + 1])
        of_pool = None if quality is None else quality[rows]
        alone = select(x[rows], k, method=method, quality=of_pool, allow_fewer=True)
        assert indices[: len(alone)].tolist() == (alone.indices + rows.start).tolist()
        assert (indices[len(alone) :] == -1).all()
        assert found.values[pool] == pytest.approx(alone.value)


def test_counts_may_differ_from_pool_to_pool():
    x = np.random.default_rng(0).standard_normal((12, 5)).astype(np.float32)
    found = select_batch(x, [0, 4, 12], [1, 3], method="mmr")
    assert found.indices.shape == (2, 3)
    assert found.indices[0, 1:].tolist() == [-1, -1]
    assert found.indices[1].tolist() == (select(x[4:], 3, method="mmr").indices + 4).tolist()


@pytest.mark.parametrize("method", METHODS)
def test_quality_alone_and_diversity_alone(method):
    rng = np.random.default_rng(1)
    x, quality = rng.standard_normal((20, 8)).astype(np.float32), rng.uniform(0.1, 1, 20)
    found = select(x, 5, method=method, quality=quality, trade_off=0)
    assert set(found.indices) == set(np.argsort(-quality)[:5])
    alone = select(x, 5, method=method, quality=quality, trade_off=1)
    assert alone.indices.tolist() == select(x, 5, method=method).indices.tolist()


@pytest.mark.parametrize("method", METHODS)
def test_degenerate_pools(method):
    x = np.random.default_rng(2).standard_normal((5, 3)).astype(np.float32)
    assert len(select(x, 0, method=method)) == 0
    copies = np.repeat(x[:1], 6, axis=0)
    found = select(copies, 6, method=method, allow_fewer=True)
    assert found.indices.tolist() == ([0] if method == "dpp" else list(range(6)))
    if method != "dpp":
        assert sorted(select(x, 5, method=method).indices.tolist()) == list(range(5))
    else:
        with pytest.raises(ValueError, match="only 3 candidates of X differ"):
            select(x, 5)
    for bad, words in ((0, "all zeros"), (np.nan, "X must be finite")):
        broken = x.copy()
        broken[3] = bad
        with pytest.raises(ValueError, match=words):
            select(broken, 2, method=method)
    equal = select(x, 3, method=method, quality=np.ones(5), trade_off=0)
    assert equal.indices.tolist() == [0, 1, 2]


@given(pool=small_pools())
@settings(max_examples=30)
def test_medoids_are_no_worse_than_the_greedy_ones_nor_by_a_swap(pool):
    x, _, k = pool
    found, s = select(x, k, method="k_medoids"), cosines(x)
    chosen = found.indices.tolist()
    best = value(s, chosen, k, "k_medoids", None, 1)
    assert found.value == pytest.approx(best, abs=1e-9)
    for slot, row in itertools.product(range(k), set(range(len(x))) - set(chosen)):
        swapped = [*chosen[:slot], row, *chosen[slot + 1 :]]
        assert value(s, swapped, k, "k_medoids", None, 1) <= best + 1e-8


def test_set_value_refuses_what_is_no_set():
    x = np.eye(3, dtype=np.float32)
    for rows, words in (([0, 0], "each row once"), ([3], "0 to 2"), ([-1], "0 to 2")):
        with pytest.raises(ValueError, match=words):
            set_value(x, rows)
    with pytest.raises(TypeError, match="vector of integers"):
        set_value(x, [0.5])
    assert set_value(np.ones((2, 2), np.float32), [0, 1]) == -np.inf


def test_trade_off_is_checked():
    x = np.eye(3, dtype=np.float32)
    with pytest.raises(ValueError, match=r"between 0 and 1, not 1\.5"):
        select(x, 1, trade_off=1.5)
    with pytest.raises(ValueError, match="none is given"):
        select(x, 1, trade_off=0.5)
    with pytest.raises(TypeError, match="must be a number"):
        select(x, 1, trade_off="half")
    assert terms("mmr", None, 1, np.array([0, 3]), np.array([1])).weight == 1
