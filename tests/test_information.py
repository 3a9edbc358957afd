"""The observed information of any population, by differences and by formula; and its parts."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

from choice_samples import LAYOUTS, draw
from prefmath import Choices
from prefmath.models import BradleyTerry, ChoiceMixture
from prefmath.models._inference.errors import errors_of
from prefmath.models._inference.triangular import inverse_of_lower
from prefmath.models._inference.uncertain import point_of
from prefmath.models._likelihood.complete_information import complete_information
from prefmath.models._likelihood.information_by_differences import information_by_differences
from prefmath.models._likelihood.population.classes import Classes
from prefmath.models._likelihood.problem import Problem
from prefmath.models._likelihood.unit_scores import unit_scores

SETTLED = {"tol": 1e-10, "max_iter": 5000, "random_state": 0, "n_init": 3}


def by_unit(problem, state):
    """Scores of units in all parameters, by Fisher's identity."""
    scores = [s for _, s in unit_scores(problem.utility, problem.data, state.coef)]
    mean = state.latent[:, :, None] * np.concatenate(scores)
    return np.concatenate([mean.reshape(len(mean), -1), state.latent - state.mixing], axis=1)


@dataclass(frozen=True)
class WithoutFormula(Classes):
    """Classes of a population that nobody has worked out the information of."""

    def information(self, utility, penalty, data, state, *, outer):
        problem = Problem(utility, self, penalty, data)
        scores = by_unit(problem, state) if outer else None
        return information_by_differences(problem, state, scores)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("linear", [True, False])
@pytest.mark.parametrize("n_components", [1, 2])
def test_formula_and_differences_agree(layout, linear, n_components):
    sample = draw(3, layout=layout, n_items=6, n_each=12, weights=True)
    features = sample.features if linear else None
    model = ChoiceMixture(n_components, l2=0.3, **SETTLED).fit(sample.choices, features)
    point = point_of(model._fitted(), sample.choices, features)
    problem, state = point.problem, point.state
    formula = problem.information(state, outer=True)
    without = replace(problem, population=WithoutFormula(n_components))
    other = without.information(state, outer=True)
    size = np.abs(formula.observed).max()
    np.testing.assert_allclose(other.observed, formula.observed, atol=1e-6 * size)
    np.testing.assert_array_equal(other.gradient, formula.gradient)
    np.testing.assert_allclose(other.outer, formula.outer, rtol=1e-9, atol=1e-9 * size)
    assert problem.information(state, outer=False).outer is None


def test_units_fewer_than_parameters_are_kept_as_they_are():
    rng = np.random.default_rng(0)
    choices = Choices.from_pairs(np.arange(0, 60, 2), np.arange(1, 60, 2), annotator=[0, 1, 2] * 10)
    features = rng.standard_normal((60, 7))
    point = point_of(ChoiceMixture(l2=1.0).fit(choices, features)._fitted(), choices, features)
    found = point.problem.information(point.state, outer=True)
    assert found.outer is None
    scores = by_unit(point.problem, point.state)
    scores -= scores.mean(axis=0)
    jacobian = rng.standard_normal((8, 8))
    expected = jacobian @ scores.T @ scores @ jacobian.T
    np.testing.assert_allclose(found.of_functions(jacobian, 1), expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("robust", [False, True])
def test_errors_know_no_population_by_name(robust):
    sample = draw(5, n_annotators=60, n_each=12, coef=[[1.5, -1.0], [-1.0, 1.5]])
    model = ChoiceMixture(2, **SETTLED).fit(sample.choices, sample.features)
    fitted = model._fitted()
    point = point_of(fitted, sample.choices, sample.features)
    expected = errors_of(point, fitted.parameters, robust=robust).covariance
    assert np.isfinite(expected).all()
    problem = replace(point.problem, population=WithoutFormula(2))
    other = replace(point, problem=problem)
    found = errors_of(other, fitted.parameters, robust=robust).covariance
    np.testing.assert_allclose(found, expected, atol=1e-6 * np.abs(expected).max())


def test_virtual_pairs_enter_the_information():
    choices = Choices.from_pairs(["a"] * 5 + ["b"] * 2 + ["c"], ["b"] * 5 + ["c"] * 2 + ["a"])
    model = BradleyTerry(prior=0.7, tol=1e-12).fit(choices)
    point = point_of(model._fitted(), choices, None)
    formula = point.problem.information(point.state, outer=False)
    other = information_by_differences(point.problem, point.state, None)
    np.testing.assert_allclose(other.observed, formula.observed, atol=1e-7)


def test_weights_that_add_no_digit_are_left_out():
    rng = np.random.default_rng(0)
    features = rng.standard_normal((300, 4)).astype(np.float32)
    choices = Choices.from_pairs(np.arange(0, 300, 2), np.arange(1, 300, 2), item_ids=range(300))
    model = ChoiceMixture(l2=1.0).fit(choices, features)
    point = point_of(model._fitted(), choices, features)
    observation, params = point.problem.observation, point.params
    table = point.utility.table(params)
    weights = np.where(rng.random(150) < 0.5, 1.0, 1e-14)[:, None]
    found = complete_information(point.utility, observation, params, table, weights)
    exact = complete_information(
        point.utility, observation, params, table, np.where(weights < 0.5, 0, weights)
    )
    np.testing.assert_array_equal(found, exact)


@pytest.mark.parametrize("n", [1, 2, 127, 128, 129, 300, 517])
def test_the_inverse_of_a_triangle(n):
    rng = np.random.default_rng(n)
    matrix = rng.standard_normal((n, n + 5))
    lower = np.linalg.cholesky(matrix @ matrix.T / n + np.eye(n))
    found = inverse_of_lower(lower.copy())
    np.testing.assert_allclose(found @ lower, np.eye(n), atol=1e-11)
    assert (np.triu(found, 1) == 0).all()
