"""Choices of one and pairs against SciPy: logsumexp, expit, differences; both backends."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from scipy.differentiate import derivative
from scipy.special import expit, log_expit, logsumexp, softmax

from kernel_data import judged_pairs, judged_sets, random_judged


def sets_of(j):
    """Return the items of each choice set."""
    return [j.items[first:last] for first, last in pairwise(j.offsets)]


def log_likelihood_of_sets(utility, j):
    rows = [
        utility[members[chosen]] - logsumexp(utility[members], axis=0)
        for members, chosen in zip(sets_of(j), j.chosen, strict=True)
    ]
    return np.array(rows).reshape(len(j.chosen), utility.shape[1])


def log_likelihood_of_pairs(utility, j):
    first, second = j.items.reshape(-1, 2).T
    margin = utility[first] - utility[second]
    won, lost = log_expit(margin), log_expit(-margin)
    tied = np.zeros(len(first), bool) if j.tied is None else j.tied
    return np.where(tied[:, None], (won + lost) / 2, won)


def curvature_of_sets(utility, j):
    """Return the negative Hessian of every class, (n_classes, n_items, n_items)."""
    n_items, n_classes = utility.shape
    out = np.zeros((n_classes, n_items, n_items))
    for members, weights in zip(sets_of(j), j.weights, strict=True):
        for k in range(n_classes):
            p = softmax(utility[members, k])
            out[k][np.ix_(members, members)] += weights[k] * (np.diag(p) - np.outer(p, p))
    return out


@given(j=judged_sets())
def test_log_likelihood_of_choices(kernels, j):
    found = kernels.log_likelihood(j.utility, j.sets, 2)
    assert (found <= 0).all()
    scale = 1 + np.abs(j.utility).max(initial=0)
    np.testing.assert_allclose(
        found, log_likelihood_of_sets(j.utility, j), rtol=0, atol=1e-13 * scale
    )


@given(j=judged_pairs())
def test_log_likelihood_of_pairs(kernels, j):
    found = kernels.log_likelihood(j.utility, j.pairs, 2)
    assert (found <= 0).all()
    np.testing.assert_allclose(
        found, log_likelihood_of_pairs(j.utility, j), rtol=1e-12, atol=1e-300
    )


@given(j=judged_sets())
def test_gradient_of_choices(kernels, j):
    gradient, curvature = kernels.table_gradient(j.utility, j.sets, j.weights, 2)
    expected, expected_curvature = np.zeros_like(j.utility), np.zeros_like(j.utility)
    for members, chosen, weights in zip(sets_of(j), j.chosen, j.weights, strict=True):
        p = softmax(j.utility[members], axis=0)
        expected[members] -= weights * p
        expected[members[chosen]] += weights
        expected_curvature[members] += weights * p * (1 - p)
    atol = 1e-12 * (1 + np.abs(j.utility).max(initial=0)) * (1 + j.weights.sum())
    np.testing.assert_allclose(gradient, expected, rtol=0, atol=atol)
    np.testing.assert_allclose(curvature, expected_curvature, rtol=0, atol=atol)


@given(j=judged_pairs())
def test_gradient_of_pairs(kernels, j):
    gradient, curvature = kernels.table_gradient(j.utility, j.pairs, j.weights, 2)
    first, second = j.items.reshape(-1, 2).T
    p = expit(j.utility[first] - j.utility[second])
    target = 1.0 if j.tied is None else np.where(j.tied, 0.5, 1.0)[:, None]
    expected, expected_curvature = np.zeros_like(j.utility), np.zeros_like(j.utility)
    np.add.at(expected, first, j.weights * (target - p))
    np.add.at(expected, second, -j.weights * (target - p))
    for side in (first, second):
        np.add.at(expected_curvature, side, j.weights * p * (1 - p))
    atol = 1e-12 * (1 + np.abs(j.utility).max()) * (1 + j.weights.sum())
    np.testing.assert_allclose(gradient, expected, rtol=0, atol=atol)
    np.testing.assert_allclose(curvature, expected_curvature, rtol=0, atol=atol)


@pytest.mark.parametrize("layout", ["choices", "pairs", "pairs with ties"])
@pytest.mark.parametrize("seed", range(3))
def test_gradients_are_differences(kernels, layout, seed):
    rng = np.random.default_rng(seed)
    pairs = layout != "choices"
    sizes = np.full(30, 2) if pairs else rng.integers(1, 6, size=30)
    j = random_judged(rng, 8, sizes, 2, 3, ties=layout == "pairs with ties")

    observation = j.pairs if pairs else j.sets

    def objective(utility):
        return float((j.weights * kernels.log_likelihood(utility, observation, 1)).sum())

    def along(entry):
        def moved(values):
            out = np.empty_like(values)
            for at, value in np.ndenumerate(values):
                utility = j.utility.copy()
                utility[entry] = value
                out[at] = objective(utility)
            return out

        return derivative(moved, j.utility[entry], tolerances={"rtol": 1e-9, "atol": 1e-9}).df

    gradient, _ = kernels.table_gradient(j.utility, observation, j.weights, 1)
    expected = np.array([along(entry) for entry in np.ndindex(j.utility.shape)])
    np.testing.assert_allclose(gradient.ravel(), expected, rtol=1e-6, atol=1e-6)


@given(j=judged_sets(max_items=10))
def test_curvature_product(kernels, j):
    found = kernels.curvature_product(j.utility, j.sets, j.weights, j.direction, 2)
    expected = np.einsum("kij,jk->ik", curvature_of_sets(j.utility, j), j.direction)
    scale = (1 + np.abs(j.utility).max(initial=0)) * (1 + j.weights.sum())
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12 * scale)


@given(j=judged_pairs())
@settings(max_examples=50)
def test_pairs_without_ties_are_choices_of_the_first(kernels, j):
    j = replace(j, tied=None)
    as_pairs = kernels.log_likelihood(j.utility, j.pairs, 1)
    as_sets = kernels.log_likelihood(j.utility, j.sets, 1)
    scale = 1 + np.abs(j.utility).max()
    np.testing.assert_allclose(as_pairs, as_sets, rtol=0, atol=1e-13 * scale)
    products = [
        kernels.curvature_product(j.utility, observation, j.weights, j.direction, 1)
        for observation in (j.pairs, j.sets)
    ]
    np.testing.assert_allclose(*products, rtol=0, atol=1e-12 * scale * (1 + j.weights.sum()))


def choose_one(offsets, items, chosen):
    offsets, items, chosen = (np.array(x) for x in (offsets, items, chosen))
    return (
        "choose_one",
        offsets,
        *(x.astype(np.int32) for x in (items, chosen)),
        *[None] * 3,
        "half",
        -1,
        None,
    )


def pairs(items, tied=None):
    return "pair", None, np.array(items, np.int32), None, tied, None, None, "half", -1, None


def test_a_set_of_one_says_nothing(kernels):
    utility = np.array([[3.0], [-800.0]])
    observation = choose_one([0, 1, 2], [0, 1], [0, 0])
    assert kernels.log_likelihood(utility, observation, 1).tolist() == [[0.0], [0.0]]
    for table in kernels.table_gradient(utility, observation, np.ones((2, 1)), 1):
        assert table.tolist() == [[0.0], [0.0]]


def test_utilities_far_apart_stay_finite(kernels):
    utility = np.array([[1e5, 700.0], [-1e5, -700.0], [0.0, 0.0]])
    for chosen, expected in [(0, [0.0, 0.0]), (1, [-2e5, -1400.0]), (2, [-1e5, -700.0])]:
        ll = kernels.log_likelihood(utility, choose_one([0, 3], [0, 1, 2], [chosen]), 1)
        np.testing.assert_allclose(ll, [expected], rtol=1e-12, atol=1e-12)
    observation = pairs([0, 1, 1, 0, 0, 2], np.array([False, False, True]))
    ll = kernels.log_likelihood(utility, observation, 1)
    np.testing.assert_allclose(ll, [[0, 0], [-2e5, -1400], [-5e4, -350]], rtol=1e-12, atol=1e-300)


def test_unlikely_losses_keep_their_digits(kernels):
    utility = np.array([[40.0], [0.0]])
    ll = kernels.log_likelihood(utility, pairs([0, 1]), 1)
    np.testing.assert_allclose(ll, [[-np.exp(-40.0)]], rtol=1e-12)
