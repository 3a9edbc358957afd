"""Both backends agree on choices and mixtures: any shape, any number of classes, any weights.

The tolerances: 1e-12 of the largest utility for utilities and log-likelihoods, 1e-12 for
probabilities, 1e-10 for sums over data, each relative to the sum of what is summed, taken absolute;
1e-6 for the Hessian of float32 features, whose products the compiled kernel sums in float32.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel_data import judged_pairs, judged_sets, offsets_of, random_judged
from prefmath import _numba

native = pytest.importorskip("prefmath._native", reason="the compiled module is not installed")

# Tasks are cut after 2,048 items or pairs on one backend and after 16,384 on the other; Hessians
# are summed 96 rows at a time, in tiles of 8 columns.
LARGE = [(2047, 1, 1), (2048, 3, 8), (2049, 2, 9), (16385, 4, 16), (20000, 6, 17)]


def assert_close(left, right, tolerance):
    assert left.dtype == right.dtype
    assert left.shape == right.shape
    assert (np.abs(left - right) <= tolerance).all()


def size_of(*values):
    """Return the scale that an error is relative to."""
    return 1 + max(np.abs(value).max(initial=0) for value in values)


def check_linear_utility(j):
    by_native, by_numba = (b.linear_utility(j.features, j.coef, 2) for b in (native, _numba))
    magnitude = np.abs(j.features).astype(np.float64) @ np.abs(j.coef).T
    assert_close(by_native, by_numba, 1e-12 * magnitude)


def check_observation(j, observation):
    ll = [b.log_likelihood(j.utility, observation, 2) for b in (native, _numba)]
    assert_close(*ll, 1e-12 * size_of(j.utility))
    one, two = (b.table_gradient(j.utility, observation, j.weights, 2) for b in (native, _numba))
    tolerance = 1e-12 * size_of(j.weights.sum(axis=0)) * size_of(j.utility)
    assert_close(one[0], two[0], tolerance)
    assert_close(one[1], two[1], tolerance)
    product = [
        b.curvature_product(j.utility, observation, j.weights, j.direction, 2)
        for b in (native, _numba)
    ]
    assert_close(*product, tolerance * size_of(j.direction))


def check_linear_statistics(j):
    arguments = (
        j.features,
        j.utility,
        j.offsets,
        j.items,
        j.chosen,
        j.tied,
        j.weights,
        False,
        None,
        2,
    )
    one, two = (b.linear_statistics(*arguments) for b in (native, _numba))
    x = size_of(j.features.astype(np.float64))
    total = size_of(j.weights.sum(axis=0))
    assert_close(one[0], two[0], 1e-10 * total * x)
    digits = 1e-6 if j.features.dtype == np.float32 else 1e-10
    assert_close(one[1], two[1], digits * total * x**2)


@given(judged_sets())
def test_choice_sets(judged):
    check_linear_utility(judged)
    check_observation(judged, judged.sets)
    check_linear_statistics(judged)


@given(judged_pairs())
def test_pairs(judged):
    check_observation(judged, judged.sets)
    check_observation(judged, judged.pairs)
    check_linear_statistics(judged)


@pytest.mark.parametrize(("n", "n_classes", "d"), LARGE)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_many_choice_sets(n, n_classes, d, dtype):
    rng = np.random.default_rng(n)
    sizes = rng.integers(1, 6, size=n // 2)
    judged = random_judged(rng, 300, sizes, n_classes, d, dtype=dtype)
    check_observation(judged, judged.sets)
    check_linear_statistics(judged)


@pytest.mark.parametrize(("n", "n_classes", "d"), LARGE)
def test_many_pairs(n, n_classes, d):
    rng = np.random.default_rng(n)
    judged = random_judged(rng, 50, np.full(n, 2), n_classes, d, ties=True)
    judged.chosen[:] = 0
    check_observation(judged, judged.pairs)
    check_linear_statistics(judged)


@pytest.mark.parametrize("n", [4095, 4096, 4097, 16385])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_utilities_of_many_items(n, dtype):
    judged = random_judged(np.random.default_rng(n), n, np.array([2]), 3, 13, dtype=dtype)
    check_linear_utility(judged)


@given(
    st.integers(1, 6),
    st.lists(st.integers(0, 9), min_size=1, max_size=12),
    st.integers(0, 2**32 - 1),
    st.booleans(),
    st.booleans(),
)
def test_posterior(n_classes, counts, seed, weighted, one_prior):
    rng = np.random.default_rng(seed)
    offsets = offsets_of(counts)
    ll = -rng.exponential(10 ** rng.uniform(-2, 3), size=(offsets[-1], n_classes))
    weight = rng.choice([0.0, 0.5, 1.0, 7.0], size=len(ll)) if weighted else None
    prior = rng.dirichlet(np.ones(n_classes), size=1 if one_prior else len(counts))
    prior[:, 1:][rng.random((len(prior), n_classes - 1)) < 0.2] = 0
    with np.errstate(divide="ignore"):
        arguments = ll, None, weight, offsets, np.log(prior), 2
    one, two = (b.posterior_by_annotator(*arguments) for b in (native, _numba))
    size = size_of(np.add.reduceat(np.append(np.abs(ll).sum(axis=1), 0), offsets[:-1])) * 7
    assert_close(one[0], two[0], 1e-12 * size)
    assert_close(one[1], two[1], 1e-12 * size)


@pytest.mark.parametrize("n", [8191, 8192, 8193, 40000])
def test_posterior_of_many(n):
    rng = np.random.default_rng(n)
    ll = -rng.exponential(size=(n, 3))
    edges = np.sort(rng.choice(n + 1, size=n // 5))
    offsets = np.concatenate([[0], edges, [n]]).astype(np.int64)
    arguments = ll, None, rng.random(n), offsets, np.log([[0.2, 0.3, 0.5]]), 2
    one, two = (b.posterior_by_annotator(*arguments) for b in (native, _numba))
    size = np.abs(ll).sum(axis=1).max() * np.diff(offsets).max()
    assert_close(one[0], two[0], 1e-12 * size)
    assert_close(one[1], two[1], 1e-12 * size)


@given(st.integers(1, 6), st.integers(1, 70), st.integers(0, 2**32 - 1))
@settings(max_examples=50)
def test_newton_direction(n_classes, d, seed):
    rng = np.random.default_rng(seed)
    root = rng.standard_normal((n_classes, d, d + 3))
    hessian = root @ root.swapaxes(1, 2) + np.eye(d)
    gradient = rng.standard_normal((n_classes, d))
    one, two = (b.newton_direction(gradient, hessian, 2) for b in (native, _numba))
    condition = np.linalg.cond(hessian).max()
    assert_close(one, two, 1e-13 * condition * np.abs(one).max())
