"""Utilities, Bayes' rule, Newton's statistics and directions against NumPy and SciPy."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import solve
from scipy.optimize import minimize
from scipy.special import logsumexp, softmax

from kernel_data import judged_pairs, judged_sets, offsets_of, random_judged


@given(j=judged_sets())
def test_linear_utility(kernels, j):
    wide = j.features.astype(np.float64)
    found = kernels.linear_utility(j.features, j.coef, 2)
    assert (np.abs(found - wide @ j.coef.T) <= 1e-13 * (np.abs(wide) @ np.abs(j.coef).T)).all()


@given(
    n_classes=st.integers(1, 5),
    counts=st.lists(st.integers(0, 8), min_size=1, max_size=10),
    seed=st.integers(0, 2**32 - 1),
    weighted=st.booleans(),
    one_prior=st.booleans(),
)
def test_posterior_is_bayes_rule(kernels, n_classes, counts, seed, weighted, one_prior):
    rng = np.random.default_rng(seed)
    offsets = offsets_of(counts)
    ll = -rng.exponential(10 ** rng.uniform(-2, 3), size=(offsets[-1], n_classes))
    weight = rng.choice([0.0, 0.5, 1.0, 7.0], size=len(ll)) if weighted else None
    prior = rng.dirichlet(np.ones(n_classes), size=1 if one_prior else len(counts))
    prior[:, 1:][rng.random((len(prior), n_classes - 1)) < 0.2] = 0
    with np.errstate(divide="ignore"):
        log_prior = np.log(prior)
    found, evidence = kernels.posterior_by_annotator(ll, None, weight, offsets, log_prior, 2)
    of_judgement = ll if weight is None else ll * weight[:, None]
    sums = np.array([of_judgement[first:last].sum(axis=0) for first, last in pairwise(offsets)])
    joint = log_prior + sums
    expected = logsumexp(joint, axis=1)
    scale = 1 + np.abs(sums).max()
    np.testing.assert_allclose(evidence, expected, rtol=0, atol=1e-13 * scale)
    np.testing.assert_allclose(found, np.exp(joint - expected[:, None]), atol=1e-13 * scale)
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-14)


def statistics_by_definition(j):
    """Sum gradient and negative Hessian set by set, from their definition."""
    x = j.features.astype(np.float64)
    d, n_classes = x.shape[1], j.utility.shape[1]
    gradient, hessian = np.zeros((n_classes, d)), np.zeros((n_classes, d, d))
    for s, (first, last) in enumerate(pairwise(j.offsets)):
        rows = x[j.items[first:last]]
        target = np.zeros(last - first)
        target[j.chosen[s]] = 1
        if j.tied is not None and j.tied[s]:
            target[:] = 0.5
        for k in range(n_classes):
            p = softmax(j.utility[j.items[first:last], k])
            gradient[k] += j.weights[s, k] * (target - p) @ rows
            hessian[k] += j.weights[s, k] * rows.T @ (np.diag(p) - np.outer(p, p)) @ rows
    return gradient, hessian


def check_statistics(kernels, j):
    gradient, hessian = kernels.linear_statistics(
        j.features, j.utility, j.offsets, j.items, j.chosen, j.tied, j.weights, False, None, 2
    )
    assert (hessian == hessian.swapaxes(1, 2)).all()
    expected_gradient, expected_hessian = statistics_by_definition(j)
    x = 1 + np.abs(j.features).max(initial=0)
    scale = (1 + j.weights.sum()) * x * (1 + np.abs(j.utility).max(initial=0))
    np.testing.assert_allclose(gradient, expected_gradient, rtol=0, atol=1e-13 * scale)
    # The compiled kernel sums the products of float32 features in float32.
    single = j.features.dtype == np.float32 and kernels.__name__ == "prefmath._native"
    digits = 1e-6 if single else 1e-13
    np.testing.assert_allclose(hessian, expected_hessian, rtol=0, atol=digits * scale * x)


@given(j=judged_sets())
@settings(max_examples=60)
def test_statistics_of_choices(kernels, j):
    check_statistics(kernels, j)


@given(j=judged_pairs(max_pairs=30))
@settings(max_examples=60)
def test_statistics_of_pairs(kernels, j):
    check_statistics(kernels, j)


def test_curvature_far_from_the_origin_keeps_its_digits(kernels):
    # Features that differ by 1 around a million: E[xx'] - E[x]E[x]' would lose twelve digits.
    rng = np.random.default_rng(1)
    j = random_judged(rng, 40, np.full(200, 4), 2, 3)
    shifted = kernels.linear_statistics(
        j.features + 1e6, j.utility, j.offsets, j.items, j.chosen, None, j.weights, False, None, 2
    )
    expected = statistics_by_definition(j)
    np.testing.assert_allclose(shifted[1], expected[1], rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("l2", [0.0, 0.5])
@pytest.mark.parametrize("ties", [False, True])
def test_newton_reaches_the_weighted_optimum(kernels, l2, ties):
    rng = np.random.default_rng(3)
    sizes = np.full(400, 2) if ties else rng.integers(2, 6, size=400)
    j = random_judged(rng, 60, sizes, 2, 5, ties=ties)
    j.chosen[:] = 0 if ties else j.chosen

    chosen = j.offsets[:-1] + j.chosen

    def objective(coef, k):
        u = (j.features @ coef)[j.items]
        good = np.where(j.tied, (u[::2] + u[1::2]) / 2, u[chosen]) if ties else u[chosen]
        ll = good - np.logaddexp.reduceat(u, j.offsets[:-1])
        return l2 / 2 * coef @ coef - j.weights[:, k] @ ll

    coef = np.zeros((2, 5))
    for _ in range(20):
        utility = kernels.linear_utility(j.features, coef, 1)
        gradient, hessian = kernels.linear_statistics(
            j.features, utility, j.offsets, j.items, j.chosen, j.tied, j.weights, False, None, 1
        )
        hessian += l2 * np.eye(5)
        coef += kernels.newton_direction(gradient - l2 * coef, hessian, 1)
    for k in range(2):
        best = minimize(objective, np.zeros(5), args=(k,), method="BFGS", options={"gtol": 1e-7})
        np.testing.assert_allclose(coef[k], best.x, atol=1e-6)
        assert objective(coef[k], k) <= best.fun + 1e-9


@given(n_classes=st.integers(1, 4), d=st.integers(1, 40), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=50)
def test_newton_direction(kernels, n_classes, d, seed):
    rng = np.random.default_rng(seed)
    root = rng.standard_normal((n_classes, d, d + 3))
    hessian = root @ root.swapaxes(1, 2) + np.eye(d)
    gradient = rng.standard_normal((n_classes, d))
    found = kernels.newton_direction(gradient, hessian, 2)
    expected = [solve(h, g, assume_a="pos") for h, g in zip(hessian, gradient, strict=True)]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-13 * np.linalg.cond(hessian).max())


@given(d=st.integers(2, 20), data=st.data(), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=50)
def test_a_direction_that_data_do_not_determine_stays_small(kernels, d, data, seed):
    rng = np.random.default_rng(seed)
    root = rng.standard_normal((d, data.draw(st.integers(1, d - 1))))
    hessian = root @ root.T
    wanted = hessian @ rng.standard_normal(d)
    found = kernels.newton_direction(wanted[None], hessian[None], 1)[0]
    np.testing.assert_allclose(hessian @ found, wanted, atol=1e-6 * np.abs(wanted).max())
    # The least solution, and of the directions that do not matter no more than rounding brings in.
    least = np.linalg.pinv(hessian, hermitian=True) @ wanted
    assert np.linalg.norm(found) <= 100 * (1 + np.linalg.norm(least))


def test_a_class_without_data_stays_where_it_is(kernels):
    hessian = np.stack([np.zeros((2, 2)), np.eye(2) * 4])
    found = kernels.newton_direction(np.array([[0.0, 0.0], [8.0, -4.0]]), hessian, 2)
    assert found.tolist() == [[0.0, 0.0], [2.0, -1.0]]


@pytest.mark.parametrize("power", [-500, -30, 27, 500])
def test_units_change_newton_directions_and_nothing_else(kernels, power):
    rng = np.random.default_rng(5)
    root = rng.standard_normal((1, 6, 9))
    hessian, gradient = root @ root.swapaxes(1, 2), rng.standard_normal((1, 6))
    unit = np.ldexp(1.0, np.array([0, power, -power, 1, 0, power // 2]))
    found = kernels.newton_direction(gradient * unit, hessian * unit * unit[:, None], 1)
    np.testing.assert_array_equal(found * unit, kernels.newton_direction(gradient, hessian, 1))


def test_curvature_that_is_not_finite_is_refused_and_tiny_curvature_ends(kernels):
    two = np.array([[[1e-312, -1e-312], [-1e-312, 1e-312]]])
    assert np.isfinite(kernels.newton_direction(np.array([[1e-312, 0.0]]), two, 1)).all()
    flat = np.array([[[0.0, 0.0], [0.0, 2.0]]])
    found = kernels.newton_direction(np.array([[1.0, 4.0]]), flat, 1)
    assert found.tolist() == [[0.0, pytest.approx(2.0)]]
    for bad in (np.inf, np.nan):
        with pytest.raises(ValueError, match=r"hessian must be finite: hessian\[0, 0\] is"):
            kernels.newton_direction(np.ones((1, 1)), np.full((1, 1, 1), bad), 1)
        with pytest.raises(ValueError, match=r"gradient must be finite: gradient\[0, 0\] is"):
            kernels.newton_direction(np.full((1, 1), bad), np.ones((1, 1, 1)), 1)
    with pytest.raises(ValueError, match=r"direction must be finite: direction\[0, 0\] is"):
        kernels.newton_direction(np.ones((1, 1)), np.full((1, 1, 1), 1e-312), 1)
