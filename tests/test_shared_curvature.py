"""The curvature that all classes share, and the directions in which people differ."""

from __future__ import annotations

import numpy as np
import pytest

from prefmath.models import ChoiceMixture
from prefmath.models._fit import shared_curvature
from prefmath.models._fit.curvature import Survey
from prefmath.models._fit.pooled import nearly_pooled
from prefmath.models._fit.shared_curvature import SharedCurvature, metric_at
from prefmath.models._fit.subspace import subspace_at
from prefmath.models._likelihood.products import combined, inverse_of, products
from wide_world import posed, world


@pytest.fixture(scope="module")
def wide():
    choices, features, coef, of_person = world(d=80, people=200, each=30)
    return posed(choices, features, len(coef)), coef, of_person


@pytest.mark.parametrize("dense", [True, False])
def test_solving_undoes_the_product(wide, dense, monkeypatch):
    problem, coef, _ = wide
    if not dense:
        monkeypatch.setattr(shared_curvature, "_n_judgements", lambda _, d: d // 2)
    state = problem.expect(coef, np.full(len(coef), 1 / len(coef)))
    metric = metric_at(problem, state)
    assert metric.dense == dense
    vectors = np.random.default_rng(0).standard_normal((4, coef.shape[1]))
    np.testing.assert_allclose(metric.solve(metric.product(vectors)), vectors, rtol=1e-3, atol=1e-3)


def test_the_metric_is_near_the_curvature_of_each_class(wide, monkeypatch):
    problem, coef, _ = wide
    state = problem.expect(coef, np.full(len(coef), 1 / len(coef)))
    shared = SharedCurvature(problem, state, metric_at(problem, state))
    monkeypatch.setattr(shared_curvature, "_FEW_FEATURES", 1000)
    exact = Survey(problem).at(state)
    gradient = np.random.default_rng(0).standard_normal(coef.shape)
    ratio = (gradient * shared.solve(gradient)).sum(axis=1)
    ratio /= (gradient * exact.solve(gradient)).sum(axis=1)
    np.testing.assert_allclose(ratio, 1, atol=0.3)


def test_the_directions_hold_the_differences_between_classes(wide):
    problem, coef, _ = wide
    common = nearly_pooled(problem)
    metric = metric_at(problem, common)
    subspace = subspace_at(problem, common, metric, 10)
    apart = (coef - coef.mean(axis=0))[:, :80]
    directions = subspace.basis[1:]
    np.testing.assert_allclose(directions @ metric.product(directions).T, np.eye(10), atol=1e-4)
    held = (apart @ metric.product(directions).T) @ directions
    left = apart - held
    share = (left * metric.product(left)).sum() / (apart * metric.product(apart)).sum()
    # Ten directions at random would leave seven eighths.
    assert share < 0.25


def test_a_point_of_the_subspace_is_the_lifted_one(wide):
    problem, coef, _ = wide
    common = nearly_pooled(problem)
    subspace = subspace_at(problem, common, metric_at(problem, common), 6)
    narrow = subspace.projected(problem)
    np.testing.assert_allclose(subspace.lifted(subspace.origin), common.coef, rtol=1e-9)
    params = np.random.default_rng(0).standard_normal((len(coef), 7))
    mixing = np.array([0.5, 0.3, 0.2])
    state = narrow.expect(params, mixing)
    whole = problem.expect(subspace.lifted(params), mixing)
    assert state.log_likelihood == pytest.approx(whole.log_likelihood, rel=1e-6)


def test_what_all_have_in_common_is_near_the_fit_of_one_class(wide):
    problem, _, _ = wide
    near = nearly_pooled(problem)
    metric = metric_at(problem, near)
    choices, features, _, _ = world(d=80, people=200, each=30)
    best = ChoiceMixture(1).fit(choices, features)
    away = near.coef - problem.utility.from_coef(best.coef_)
    # In nats a judgement, of which there are six thousand.
    assert (away * metric.product(away)).sum() / 2 * 6000 < 80 / 4


def test_no_likelihood_is_fitted_too_closely_for_scores_to_tell_people_apart():
    choices, features, coef, _ = world("pairs", d=600, people=60, each=30)
    problem = posed(choices, features, len(coef))
    common = nearly_pooled(problem)
    utility = features @ common.coef[0]
    assert np.abs(utility[0::2] - utility[1::2]).mean() < 4


def test_products_and_inverses_are_those_of_numpy():
    rng = np.random.default_rng(0)
    vectors, rows = rng.standard_normal((3, 150)), rng.standard_normal((200, 150))
    np.testing.assert_allclose(products(vectors, rows, 2), vectors @ rows.T, rtol=1e-9, atol=1e-9)
    weights = rng.standard_normal((3, 200))
    np.testing.assert_allclose(combined(weights, rows, 2), weights @ rows, rtol=1e-9, atol=1e-9)
    matrix = rows.T @ rows
    np.testing.assert_allclose(inverse_of(matrix, 2) @ matrix, np.eye(150), atol=1e-8)
