"""Both backends find the same best sets with the same gains, to the bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel_data import random_embeddings
from prefmath import _numba
from prefmath.selection._objectives import METHODS
from test_kernel_parity_select import assert_same, random_bonus, random_rules

pytest.importorskip("prefmath._native", reason="the compiled module is not installed")

SETS = [method for method in METHODS if method != "mmr"]


@pytest.mark.parametrize("method", SETS)
@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=40)
def test_many_pools(method, seed):
    rng = np.random.default_rng(seed)
    n, d = int(rng.integers(1, 40)), int(rng.integers(1, 50))
    x = random_embeddings(rng, n, d, grid=bool(rng.integers(2)))
    sizes = np.diff(np.unique([0, *rng.integers(0, n, size=2), n]))
    offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    ks = rng.integers(0, 7, size=len(offsets) - 1)
    rules = random_rules(rng, offsets, similar=True) if rng.random() < 0.6 else None
    weight = float(rng.choice([1, 0.5, 0.3, 0]))
    assert_same("exact_batch", x, offsets, method, random_bonus(rng, n), weight, ks, rules)


@pytest.mark.parametrize("method", SETS)
@pytest.mark.parametrize("n", [16, 17, 32, 33, 64])
def test_pools_around_the_widths_of_the_lanes(method, n):
    x = random_embeddings(np.random.default_rng(n), n, 9)
    assert_same("exact_batch", x, np.array([0, n]), method, None, 1.0, np.array([3]), None)


def test_pools_that_are_too_large_are_named(kernels):
    x = np.ones((70, 2), np.float32)
    with pytest.raises(ValueError, match="pool 1 has 65 rows, more than the 64"):
        kernels.exact_batch(x, np.array([0, 5, 70]), "dpp", None, 1.0, np.array([1, 1]), None, 1)


def test_backends_refuse_alike():
    x = np.eye(4, dtype=np.float32)
    nothing, ks = np.empty(0, np.int64), np.array([2])
    group = np.array([0, 0, 1, 1], np.int32)
    rules = None, nothing, np.zeros(2, np.int64), group, np.ones(2, np.int64), ks.repeat(2), -0.5
    for method, of in (("mmr", None), ("max_sum", rules)):
        assert_same("exact_batch", x, np.array([0, 4]), method, None, 1.0, ks, of)
    with pytest.raises(ValueError, match="no choice from rows 0 to 3 of X keeps quota"):
        _numba.exact_batch(x, np.array([0, 4]), "max_sum", None, 1.0, ks, rules, 1)
