"""Both backends choose the same rows from pools of which not all similarities are held."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel_data import random_embeddings
from prefmath import _numba
from test_kernel_parity_select import random_bonus, random_rules

native = pytest.importorskip("prefmath._native", reason="the compiled module is not installed")


def pool(rng, kind):
    """Draw just more rows than whose similarities are held."""
    n, d = int(rng.integers(2049, 2300)), int(rng.choice([3, 16, 33]))
    if kind == "scales":
        return random_embeddings(rng, n, d, grid=bool(rng.integers(2)))
    if kind == "axes":
        x = np.eye(d, dtype=np.float32)[rng.integers(d, size=n)]
        return x * rng.choice([-2.0, 0.5, 1.0], size=(n, 1)).astype(np.float32)
    x = rng.standard_normal((n, d)).astype(np.float32)
    if kind == "copies":
        x = np.concatenate([x[: n // 3]] * 4)[:n]
    if kind == "clusters":
        x = (
            x * np.float32(0.3)
            + rng.standard_normal((20, d)).astype(np.float32)[rng.integers(20, size=n)]
        )
    if kind == "far":
        x += 2 * rng.standard_normal(d).astype(np.float32)
    return np.ascontiguousarray(x)


def outcome(backend, x, method, bonus, weight, k, rules):
    try:
        return backend.greedy(x, method, bonus, weight, k, rules, 2)
    except ValueError as error:
        return str(error), 0


@pytest.mark.parametrize("method", ["facility_location", "k_medoids"])
@pytest.mark.parametrize("kind", ["random", "scales", "axes", "copies", "clusters", "far"])
@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=3)
def test_objectives_over_the_whole_pool(method, kind, seed):
    rng = np.random.default_rng(seed)
    x = pool(rng, kind)
    k = int(rng.integers(2, 40))
    offsets = np.array([0, len(x)])
    rules = random_rules(rng, offsets, similar=True) if rng.random() < 0.5 else None
    bonus = random_bonus(rng, len(x)) if rng.random() < 0.5 else None
    if bonus is not None and rng.random() < 0.5:
        bonus = bonus * len(x) / k
    arguments = x, method, bonus, float(rng.choice([1, 0.5, 0.3])), k, rules
    one, two = (outcome(backend, *arguments) for backend in (native, _numba))
    np.testing.assert_array_equal(one[0], two[0])
    np.testing.assert_array_equal(one[1], two[1])
