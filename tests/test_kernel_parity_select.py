"""Both backends choose the same rows with the same gains, to the bit, under every objective."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel_data import random_embeddings
from prefmath import _numba
from prefmath.selection._objectives import METHODS

native = pytest.importorskip("prefmath._native", reason="the compiled module is not installed")

PAIRWISE = METHODS[:4]


def random_rules(rng, offsets, *, similar):
    """Draw rules of one kind or several; they may leave too few."""
    n, n_groups = offsets[-1], 5
    include, include_offsets = np.empty(0, np.int64), np.zeros(len(offsets), np.int64)
    if len(offsets) == 2 and n > 1 and rng.random() < 0.3:
        include = rng.choice(n, 2, replace=False)
        include_offsets = np.array([0, 2])
    return (
        rng.random(n) < 0.8 if rng.random() < 0.5 else None,
        include,
        include_offsets,
        rng.integers(n_groups, size=n).astype(np.int32) if rng.random() < 0.6 else None,
        rng.integers(0, 2, size=n_groups),
        rng.integers(1, 9, size=n_groups),
        float(rng.choice([np.inf, 1.0, 0.9, 0.5])) if similar else np.inf,
    )


def random_bonus(rng, n):
    kind = rng.integers(3)
    if kind == 0:
        return None
    return rng.choice([0, 0.5, 1, 1, 2.0], size=n) if kind == 1 else 3 * rng.random(n)


def chosen(backend, name, *arguments):
    try:
        return getattr(backend, name)(*arguments, 2)
    except ValueError as error:
        return str(error), 0


def assert_same(name, *arguments):
    one, two = (chosen(backend, name, *arguments) for backend in (native, _numba))
    for of_one, of_two in zip(one, two, strict=True):
        np.testing.assert_array_equal(of_one, of_two)


@pytest.mark.parametrize("method", METHODS)
@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=40)
def test_many_pools(method, seed):
    rng = np.random.default_rng(seed)
    n, d = int(rng.integers(1, 70)), int(rng.integers(1, 50))
    x = random_embeddings(rng, n, d, grid=bool(rng.integers(2)))
    cuts = np.sort(rng.integers(0, n + 1, size=rng.integers(5)))
    offsets = np.concatenate([[0], cuts, [n]]).astype(np.int64)
    ks = rng.integers(0, 8, size=len(offsets) - 1)
    rules = random_rules(rng, offsets, similar=True) if rng.random() < 0.6 else None
    weight = float(rng.choice([1, 0.5, 0.3, 0]))
    assert_same("greedy_batch", x, offsets, method, random_bonus(rng, n), weight, ks, rules)


# From 1,024 rows on the compiled search goes by bounds.
@pytest.mark.parametrize("method", PAIRWISE)
@pytest.mark.parametrize("kind", ["copies", "scales", "centered", "far"])
@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=4)
def test_a_large_pool(method, kind, seed):
    rng = np.random.default_rng(seed)
    n, d, k = int(rng.integers(1024, 2600)), int(rng.choice([3, 16, 33, 100])), 40
    if kind == "scales":
        x = random_embeddings(rng, n, d, grid=bool(rng.integers(2)))
    else:
        x = rng.standard_normal((n, d)).astype(np.float32)
        x += np.float32(2 if kind == "far" else 0) * rng.standard_normal(d).astype(np.float32)
    if kind == "copies":
        x = np.concatenate([x[: n // 3]] * 3)
    offsets = np.array([0, len(x)])
    rules = random_rules(rng, offsets, similar=False) if rng.random() < 0.4 else None
    weight = float(rng.choice([1, 0.5, 0.3]))
    assert_same("greedy", x, method, random_bonus(rng, len(x)), weight, k, rules)


@pytest.mark.parametrize("method", METHODS[4:])
@pytest.mark.parametrize("n", [63, 64, 65, 1025, 2050])
def test_pools_around_the_limits_of_what_is_held(method, n):
    x = random_embeddings(np.random.default_rng(n), n, 9)
    if n > 2000 and method != "facility_location":
        x = x[:1500]
    assert_same("greedy", x, method, None, 1.0, 5, None)


@pytest.mark.parametrize("method", PAIRWISE)
def test_norms_beyond_what_bounds_hold_for(method):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((1100, 5)).astype(np.float32)
    x[::7] *= np.float32(1e-25)
    x[1::7] *= np.float32(1e25)
    assert_same("greedy", x, method, None, 1.0, 12, None)
