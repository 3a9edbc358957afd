"""Refined choices: no worse than greedy, no swap helps them, and rules stay kept."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel_data import random_embeddings
from prefmath import _numba, select, select_batch
from prefmath.selection import set_value
from prefmath.selection._objectives import METHODS
from test_kernel_parity_select import random_bonus, random_rules

SETS = [method for method in METHODS if method != "mmr"]


@pytest.mark.parametrize("method", SETS)
@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=25)
def test_no_swap_helps(method, seed):
    rng = np.random.default_rng(seed)
    n, d, k = int(rng.integers(3, 20)), int(rng.integers(6, 20)), int(rng.integers(1, 6))
    k = min(k, n)
    x = rng.standard_normal((n, d)).astype(np.float32) + np.float32(0.3)
    quality = rng.uniform(0.1, 1, n) if rng.integers(2) else None
    terms = {"quality": quality, "trade_off": None if quality is None else 0.6}
    labels, limit = rng.integers(2, size=n), 0.9
    labels[:2] = 0, 1  # a quota names groups that there are
    quota = {0: (None, max(k - 1, 1)), 1: k}
    rules = {"groups": labels, "quota": quota, "max_similarity": limit, "allow_fewer": True}
    found = select(x, k, method=method, refine=True, **terms, **rules)
    greedy = select(x, k, method=method, **terms, **rules)
    assert len(found) == len(greedy)
    assert found.value >= greedy.value
    best = select(x, k, method=method, exact=True, **terms, **rules)
    if len(found) < k:
        return
    assert found.value <= best.value + 1e-9
    value = set_value(x, found.indices, method, **terms)
    assert found.value == pytest.approx(value, abs=1e-8)
    unit = x / np.linalg.norm(x.astype(float), axis=1, keepdims=True)
    s = unit @ unit.T
    outside = np.setdiff1d(np.arange(n), found.indices)
    for slot, row in itertools.product(range(k), outside):
        swapped = found.indices.copy()
        swapped[slot] = row
        among = np.triu(s[np.ix_(swapped, swapped)], 1)
        if among.max(initial=-1) > limit or (labels[swapped] == 0).sum() > max(k - 1, 1):
            continue
        assert set_value(x, swapped, method, **terms) <= value + 1e-7 * n


@pytest.mark.parametrize("method", SETS)
def test_many_pools_are_as_each_alone(method):
    rng = np.random.default_rng(4)
    x = rng.standard_normal((40 * 12, 16)).astype(np.float32)
    offsets = np.arange(0, len(x) + 1, 12)
    found = select_batch(x, offsets, 4, method=method, refine=True)
    greedy = select_batch(x, offsets, 4, method=method)
    best = select_batch(x, offsets, 4, method=method, exact=True)
    assert (found.values >= greedy.values).all()
    assert (found.values <= best.values + 1e-9).all()
    reached = (found.values >= best.values - 1e-9).mean()
    assert reached >= best.greedy_optimal.mean()
    assert reached > 0.3
    for pool in range(0, 40, 9):
        alone = select(x[12 * pool : 12 * pool + 12], 4, method=method, refine=True)
        assert (alone.indices + 12 * pool).tolist() == found.indices[pool].tolist()
        np.testing.assert_allclose(alone.gains, found.gains[pool], atol=1e-12)


@pytest.mark.parametrize("method", ["dpp", "max_sum", "max_min"])
def test_a_large_pool(method):
    x = np.random.default_rng(0).standard_normal((2500, 24)).astype(np.float32)
    found = select(x, 20, method=method, refine=True, n_threads=1)
    greedy = select(x, 20, method=method)
    assert found.value >= greedy.value
    again = select(x, 20, method=method, refine=True, n_threads=3)
    np.testing.assert_array_equal(found.indices, again.indices)


@pytest.mark.parametrize("method", ["facility_location", "saturated_coverage"])
def test_what_covers_is_within_the_bound_of_greedy(method):
    for seed in range(20):
        x = np.random.default_rng(seed).standard_normal((15, 5)).astype(np.float32)
        best = select(x, 4, method=method, exact=True)
        for found in (select(x, 4, method=method), select(x, 4, method=method, refine=True)):
            assert found.value >= (1 - 1 / np.e) * best.value
            assert found.upper_bound >= best.value - 1e-9


def test_included_rows_stay_and_degenerate_sets_too():
    x = np.random.default_rng(1).standard_normal((30, 6)).astype(np.float32)
    for method in SETS:
        found = select(x, 4, method=method, include=[7, 3], refine=True)
        assert found.indices[:2].tolist() == [7, 3]
        assert sorted(select(x[:5], 5, method=method, refine=True).indices) == list(range(5))
        assert len(select(x, 0, method=method, refine=True)) == 0
        assert len(select(x, 1, method=method, refine=True)) == 1
    copies = np.repeat(x[:2], 3, axis=0)
    assert len(select(copies, 6, allow_fewer=True, refine=True)) == 2
    quality = np.zeros(30)
    quality[:3] = 1
    found = select(x, 5, quality=quality, allow_fewer=True, refine=True)
    assert sorted(found.indices.tolist()) == [0, 1, 2]


def test_what_is_refused():
    x = np.eye(4, dtype=np.float32)
    with pytest.raises(ValueError, match="'mmr' depends on the order of choice"):
        select(x, 2, method="mmr", refine=True)
    with pytest.raises(ValueError, match="nothing to refine"):
        select_batch(x, [0, 4], 2, exact=True, refine=True)


@pytest.mark.parametrize("method", SETS)
@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=25)
def test_backends_refine_alike(method, seed):
    native = pytest.importorskip("prefmath._native")
    rng = np.random.default_rng(seed)
    n, d = int(rng.integers(2, 60)), int(rng.integers(1, 40))
    x = random_embeddings(rng, n, d, grid=bool(rng.integers(2)))
    offsets = np.unique([0, *rng.integers(0, n, size=2), n]).astype(np.int64)
    ks = rng.integers(0, 7, size=len(offsets) - 1)
    rules = random_rules(rng, offsets, similar=True) if rng.random() < 0.6 else None
    arguments = x, offsets, method, random_bonus(rng, n), float(rng.choice([1, 0.5, 0])), ks, rules
    try:
        positions = native.greedy_batch(*arguments, 1)[0]
    except ValueError:
        return
    one, two = (kernels.refine_batch(*arguments, positions, 2) for kernels in (native, _numba))
    np.testing.assert_array_equal(one, two)
