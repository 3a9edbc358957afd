"""One class of many judgements: a sample shows the way, and the top is that of all of them."""

from __future__ import annotations

import numpy as np
import pytest

from prefmath import Choices
from prefmath._threads import resolve_threads
from prefmath._validate import as_features
from prefmath.models import ConditionalLogit
from prefmath.models._fit import one_class, sample, sampled_curvature
from prefmath.models._fit.curvature import Survey
from prefmath.models._fit.one_class import begin_one_class
from prefmath.models._likelihood.posing import pose


def drawn(kind="sets", *, n=20_000, d=12, correlated=False, seed=0):
    """Draw choices by one rule, among alternatives of features that may be far from independent."""
    rng = np.random.default_rng(seed)
    size = 2 if kind == "pairs" else 3
    features = rng.standard_normal((n * size, d)).astype(np.float32)
    if correlated:
        features = features @ (rng.standard_normal((d, d)) / np.arange(1, d + 1)).astype(np.float32)
    coef = rng.standard_normal(d) / np.sqrt(d)
    noisy = (features @ coef).reshape(n, size) + rng.gumbel(size=(n, size))
    order = np.argsort(-noisy, axis=1) + size * np.arange(n)[:, None]
    if kind == "pairs":
        return Choices.from_pairs(*order.T, tie=rng.random(n) < 0.1, weight=rng.random(n)), features
    offsets = np.arange(0, n * size + 1, size)
    if kind == "rankings":
        return Choices.from_rankings(offsets, order.ravel()), features
    return Choices.from_choice_sets(offsets, np.arange(n * size), noisy.argmax(axis=1)), features


def posed(choices, features):
    specification = ConditionalLogit()._specification(choices)
    return pose(specification, choices, features, resolve_threads(None))


@pytest.mark.parametrize("kind", ["sets", "pairs", "rankings"])
@pytest.mark.parametrize("correlated", [False, True])
def test_the_top_is_that_of_all_judgements(kind, correlated, monkeypatch):
    choices, features = drawn(kind, correlated=correlated)
    quick = ConditionalLogit().fit(choices, features)
    monkeypatch.setattr(one_class, "_MANY_TIMES", 10**9)
    newton = ConditionalLogit().fit(choices, features)
    assert quick.converged_
    assert quick.n_iter_ < 12
    assert quick.log_likelihood_ == pytest.approx(newton.log_likelihood_, abs=1e-7)
    np.testing.assert_allclose(quick.coef_, newton.coef_, rtol=1e-4, atol=1e-5)


def test_the_start_is_as_near_the_top_as_the_sample_allows():
    choices, features = drawn(d=40)
    problem = posed(choices, features)
    top = ConditionalLogit().fit(choices, features).log_likelihood_
    begin = begin_one_class(problem, 100)
    share = 4096 / len(choices)
    # Half a unit for each parameter, as often as the sample is smaller.
    assert top - begin.state.objective < 2 * 40 / 2 * (1 / share - 1)
    assert begin.curvature is not None


@pytest.mark.parametrize(("correlated", "shrunk"), [(False, True), (True, False)])
def test_correlations_are_shrunk_where_there_are_none(correlated, shrunk, monkeypatch):
    choices, features = drawn(d=40, correlated=correlated)
    problem = posed(choices, features)
    state = problem.begin_in_common(begin_one_class(problem, 100).state.coef)
    rows, linear = np.arange(0, 20_000, 10), problem.utility.linear
    found = sampled_curvature.sampled_curvature(problem, linear, state, rows)
    monkeypatch.setattr(sample, "_LEAST_OUTCOMES", 10**9)
    true = Survey(problem).at(state).of_one_class()
    monkeypatch.setattr(sampled_curvature, "_MOSTLY_NOISE", 2.0)
    plain = sampled_curvature.sampled_curvature(problem, linear, state, rows)
    assert (not np.allclose(found.correlations, plain.correlations)) == shrunk

    def error(curvature):
        """How far a step is from that of all judgements, at the most."""
        ratios = np.linalg.eigvals(np.linalg.solve(curvature.of_one_class(), true)).real
        return np.abs(ratios - 1).max()

    assert error(found) <= error(plain)
    assert error(found) < (0.15 if shrunk else 0.4)
    gradient = np.random.default_rng(0).standard_normal((1, 40))
    np.testing.assert_allclose(
        found.solve(gradient) @ found.of_one_class(), gradient, rtol=1e-6, atol=1e-6
    )


def test_a_column_that_differs_only_where_the_sample_does_not_look(monkeypatch):
    choices, features = drawn()
    sampled = np.arange(4096) * len(choices) // 4096
    rare = np.flatnonzero(~np.isin(np.arange(len(choices)), sampled))[:40]
    features[:, 3] = 0
    features[3 * rare, 3] = 1
    features[3 * rare + 1, 3] = np.arange(40) % 3
    model = ConditionalLogit().fit(choices, features)
    assert model.converged_
    problem = posed(choices, features)
    state = problem.begin_in_common(problem.utility.from_coef(model.coef_))
    monkeypatch.setattr(sample, "_LEAST_OUTCOMES", 10**9)
    newton = Survey(problem).at(state).solve(state.gradient)
    assert float((state.gradient * newton).sum()) / 2 < ConditionalLogit().tol


def test_a_sample_without_curvature_of_its_own_is_no_obstacle():
    choices, features = drawn()
    # Only the penalty tells these two columns apart, by less than float32 can invert.
    features[:, 5] = features[:, 4]
    model = ConditionalLogit(l2=1e-3).fit(choices, features)
    assert model.converged_
    assert model.coef_[0, 4] == pytest.approx(model.coef_[0, 5], rel=1e-3)
    with pytest.raises(ValueError, match=r"^the coefficients of feature 4 and feature 5 are not"):
        ConditionalLogit().fit(choices, features)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("n_threads", [1, 3])
def test_what_is_not_finite_is_found_on_any_number_of_threads(dtype, bad, n_threads):
    features = np.zeros((70_000, 128), dtype)
    assert as_features(features, n_threads) is features
    features[54_321, 17] = features[60_000, 3] = bad
    message = rf"^features must be finite: features\[54321, 17\] is {bad}$"
    with pytest.raises(ValueError, match=message):
        as_features(features, n_threads)
