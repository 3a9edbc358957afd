"""Kernels that choose by similarities they are given: both backends alike, and against the rows."""

from __future__ import annotations

import numpy as np
import pytest

from prefmath import _numba
from select_oracle import METHODS, greedy

ALL = (*METHODS, "k_medoids")


def matrices(sizes, seed=0):
    """Return similarities with ones on their diagonals and the values of all, one after another."""
    rng, out = np.random.default_rng(seed), []
    for n in sizes:
        x = rng.normal(size=(n, 4)).round(1)
        x /= np.maximum(np.linalg.norm(x, axis=1), 1e-9)[:, None]
        s = x @ x.T
        s = (s + s.T) / 2
        np.fill_diagonal(s, 1)
        out.append(s)
    return out, np.concatenate([np.empty(0), *(s.ravel() for s in out)])


def rules_of(offsets):
    n = int(offsets[-1])
    group = (np.arange(n) % 3).astype(np.int32)
    include = offsets[:-1][np.diff(offsets) > 2]
    places = np.concatenate([[0], np.cumsum(np.diff(offsets) > 2)])
    eligible = np.arange(n) % 7 != 5
    return eligible, include, places, group, np.array([0, 1, 0]), np.array([2, 9, 9]), 0.8


@pytest.mark.parametrize("method", ALL)
@pytest.mark.parametrize("with_rules", [False, True])
def test_backends_choose_alike(method, with_rules):
    compiled = pytest.importorskip("prefmath._native", reason="the compiled module is missing")
    offsets = np.array([0, 12, 12, 13, 33, 103])
    _, values = matrices(np.diff(offsets))
    bonus = np.random.default_rng(1).uniform(0, 0.3, 103)
    ks = np.minimum(np.diff(offsets), 5)
    rules = rules_of(offsets) if with_rules else None
    arguments = values, offsets, method, bonus, 0.8, ks, rules
    native, python = (module.greedy_batch(*arguments, 2) for module in (compiled, _numba))
    np.testing.assert_array_equal(native[0], python[0])
    np.testing.assert_allclose(native[1], python[1], atol=1e-12)
    if method == "mmr":
        return
    sets = [module.refine_batch(*arguments, native[0], 2) for module in (compiled, _numba)]
    np.testing.assert_array_equal(*sets)
    n = 33
    small = (values[: 144 + 1 + 400], offsets[:5], method, bonus[:n], 0.8, ks[:4])
    exact = [module.exact_batch(*small, None, 2) for module in (compiled, _numba)]
    np.testing.assert_array_equal(exact[0][0], exact[1][0])


@pytest.mark.parametrize("method", METHODS)
def test_one_pool_is_chosen_from_as_the_objective_says(kernels, method):
    (s,), values = matrices([70])
    rows, _ = kernels.greedy(values, method, None, 1.0, 4, None, 2)
    assert rows.tolist() == greedy(s, 4, method)


def test_matrices_of_other_pools_are_refused(kernels):
    offsets, ks = np.array([0, 3, 5]), np.array([1, 1])
    values = np.ones(12)
    with pytest.raises(ValueError, match="the pools have 13 values, and 12 are given"):
        kernels.greedy_batch(values, offsets, "max_sum", None, 1.0, ks, None, 1)
    with pytest.raises(ValueError, match="have 9 values, and 12 are given"):
        kernels.greedy(values, "max_sum", None, 1.0, 1, None, 1)
