"""The gradient of every utility, observation, population and penalty, against differences."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from choice_samples import draw
from prefmath.models import table_log_likelihood
from prefmath.models._likelihood.observation import form_of
from prefmath.models._likelihood.penalty.l2 import L2
from prefmath.models._likelihood.penalty.virtual_pairs import VirtualPairs
from prefmath.models._likelihood.population.classes import Classes
from prefmath.models._likelihood.population.gated import Gated
from prefmath.models._likelihood.posing import Specification, pose

STEP = 1e-6

OBSERVATIONS = {
    "pairs": ("pairs", "half", False),
    "tied pairs": ("tied pairs", "half", False),
    "Davidson": ("tied pairs", "davidson", False),
    "Rao and Kupper": ("tied pairs", "rao_kupper", False),
    "pairs in order": ("pairs", "half", True),
    "Davidson in order": ("tied pairs", "davidson", True),
    "Rao and Kupper in order": ("tied pairs", "rao_kupper", True),
    "choice sets": ("choice_sets", "half", False),
    "choice sets in order": ("choice_sets", "half", True),
    "rankings": ("rankings", "half", False),
}
COVARIATES = np.column_stack(
    [np.ones(12), np.random.default_rng(7).standard_normal((12, 2)) * [0.5, 2.0]]
)
POPULATIONS = {
    "one": Classes(1),
    "classes": Classes(3),
    "hard": Classes(3, hard=True),
    "gated": Gated(3, largest=np.abs(COVARIATES).max(axis=0)),
}
PENALTIES = {"none": L2(0.0), "l2": L2(0.7), "virtual pairs": VirtualPairs(1.3)}


def sample_of(layout, ties_in_order, *, own_items=False):
    sample = draw(3, layout=layout, n_annotators=12, n_each=9, n_items=8, weights=True)
    choices = sample.choices
    if ties_in_order:
        first = np.random.default_rng(1).random(len(choices)) < 0.5
        choices = replace(choices, first=first if choices.layout == "pairs" else None)
    if not own_items:
        return choices, sample.features
    # Every alternative an item of its own: the features are then read once, without a table.
    every = np.arange(len(choices.items), dtype=np.int32)
    features = sample.features[choices.items]
    features += 0.1 * np.random.default_rng(2).standard_normal(features.shape)
    return replace(choices, items=every, n_items=len(every), item_ids=None), features


def problem_of(observation, utility, population, penalty):
    layout, ties, in_order = OBSERVATIONS[observation]
    own_items = utility == "linear, own items"
    choices, features = sample_of(layout, in_order, own_items=own_items)
    form = form_of(choices, ties, position_effect=in_order)
    specification = Specification(POPULATIONS[population], PENALTIES[penalty], form)
    odd_units = features * np.array([30.0, 0.1, 1.0])
    given = None if utility == "items" else odd_units
    return pose(specification, choices, given, 2, COVARIATES if population == "gated" else None)


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("population", POPULATIONS)
@pytest.mark.parametrize("utility", ["items", "linear", "linear, own items"])
@pytest.mark.parametrize("observation", OBSERVATIONS)
def test_the_gradient_is_that_of_the_objective(observation, utility, population, penalty):
    if penalty == "virtual pairs" and utility != "items":
        pytest.skip("virtual pairs are of free utilities")
    if utility == "linear, own items" and observation == "rankings":
        pytest.skip("rankings share their items with the choices that they stand for")
    problem = problem_of(observation, utility, population, penalty)
    rng = np.random.default_rng(4)
    n_columns = problem.population.n_columns
    coef = 0.3 * rng.standard_normal((n_columns, problem.utility.n_parameters))
    mixing = rng.dirichlet(np.full(n_columns, 5.0))
    if population == "gated":
        mixing = 0.5 * rng.standard_normal((3, 3)) * [[0], [1], [1]]
    state = problem.expect(coef, mixing)
    for column, parameter in np.ndindex(coef.shape):
        moved = np.zeros_like(coef)
        moved[column, parameter] = STEP
        ends = [problem.expect(coef + side * moved, mixing).objective for side in (1, -1)]
        slope = (ends[0] - ends[1]) / (2 * STEP)
        assert state.gradient[column, parameter] == pytest.approx(slope, rel=1e-5, abs=1e-5)
    if not problem.population.smooth:
        return
    score = problem.population.score(mixing, state.masses)
    assert len(score) == len(problem.population.position(mixing))
    for z in range(len(score)):
        step = np.zeros(len(score))
        step[z] = STEP
        ends = [
            problem.expect(coef, problem.population.moved(mixing, side * step)).objective
            for side in (1, -1)
        ]
        assert score[z] == pytest.approx((ends[0] - ends[1]) / (2 * STEP), rel=1e-5, abs=1e-5)


@pytest.mark.parametrize("penalty", PENALTIES)
def test_the_curvature_of_a_penalty_is_that_of_its_value(penalty):
    problem = problem_of("pairs", "items", "classes", penalty)
    utility, penalty = problem.utility, problem.penalty
    params = np.random.default_rng(5).standard_normal((3, utility.n_parameters))
    curvature = penalty.curvature(utility, params)
    for place in np.ndindex(params.shape):
        moved = np.zeros_like(params)
        moved[place] = 1e-5
        up, down = (penalty.gradient(utility, params + side * moved) for side in (1, -1))
        assert curvature[place] == pytest.approx((up - down)[place] / 2e-5, abs=1e-8)


@pytest.mark.parametrize("observation", OBSERVATIONS)
def test_the_gradient_on_a_table_of_the_caller(observation):
    layout, ties, in_order = OBSERVATIONS[observation]
    choices, _ = sample_of(layout, in_order)
    rng = np.random.default_rng(6)
    table = 0.5 * rng.standard_normal((choices.n_items, 2))
    options = {"weights": [0.4, 0.6], "ties": ties}
    if ties != "half":
        options["tie"] = [0.1, -0.2]
    if in_order:
        n_positions = form_of(choices, ties, position_effect=True).n_positions
        options["position"] = 0.3 * rng.standard_normal((n_positions, 2))
    found = table_log_likelihood(choices, table, **options)
    gradients = {"tie": found.tie_gradient, "position": found.position_gradient}

    def at(changed):
        return table_log_likelihood(choices, **{"table": table, **options, **changed})

    for name, gradient in [("table", found.gradient), *gradients.items()]:
        if gradient is None:
            continue
        value = np.asarray(table if name == "table" else options[name], np.float64)
        for place in np.ndindex(value.shape):
            moved = np.zeros_like(value)
            moved[place] = STEP
            ends = [at({name: value + side * moved}).log_likelihood for side in (1, -1)]
            slope = (ends[0] - ends[1]) / (2 * STEP)
            assert gradient[place] == pytest.approx(slope, rel=1e-5, abs=1e-5)
