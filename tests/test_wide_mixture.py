"""Mixtures of many features: starts in a subspace lose nothing, whatever was judged."""

from __future__ import annotations

import numpy as np
import pytest

from prefmath import Choices
from prefmath.models import ChoiceMixture
from prefmath.models._fit import shared_curvature
from prefmath.models._fit.ascent import maximize
from prefmath.models._fit.starts import Search
from wide_world import posed, world


def from_the_truth(problem, coef, of_person):
    """Climb from the coefficients that the data were drawn with."""
    beside = np.zeros((len(coef), problem.utility.n_extra))
    params = problem.utility.from_coef(np.concatenate([coef, beside], axis=1))
    mixing = np.bincount(of_person, minlength=len(coef)) / len(of_person)
    return Search(1, 1e-6, 500, None, None).from_here(problem, params, mixing)


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("sets", {}),
        ("sets", {"each": 10, "people": 400}),
        ("sets", {"shared": 500}),
        ("sets", {"classes": 8, "people": 240, "each": 40}),
        ("sets", {"people": 200, "each": 40, "small": [0.55, 0.4, 0.05]}),
        ("pairs", {"each": 60}),
        ("rankings", {}),
        ("davidson", {"each": 60}),
    ],
)
def test_the_starts_reach_what_the_truth_does(kind, options):
    choices, features, coef, of_person = world(kind, **options)
    ties = "davidson" if kind == "davidson" else "half"
    model = ChoiceMixture(len(coef), ties=ties, random_state=0).fit(choices, features)
    assert model.converged_
    best = from_the_truth(posed(choices, features, len(coef), ties=ties), coef, of_person)
    assert model.lower_bound_ >= best.state.objective - 1e-5


def test_the_optimum_is_that_of_starts_with_all_features(monkeypatch):
    choices, features, coef, _ = world(people=100, each=40)
    model = ChoiceMixture(len(coef), random_state=0).fit(choices, features)
    monkeypatch.setattr(shared_curvature, "_FEW_FEATURES", 1000)
    whole = ChoiceMixture(len(coef), random_state=0).fit(choices, features)
    assert model.lower_bound_ == pytest.approx(whole.lower_bound_, rel=1e-9)
    np.testing.assert_allclose(model.coef_, whole.coef_, atol=2e-4)
    np.testing.assert_allclose(model.weights_, whole.weights_, atol=1e-5)


def test_the_fit_has_settled_where_it_says_so():
    choices, features, coef, _ = world(people=300, each=10)
    model = ChoiceMixture(len(coef), random_state=0, tol=1e-6).fit(choices, features)
    further = ChoiceMixture(len(coef), random_state=0, tol=1e-11).fit(choices, features)
    assert further.lower_bound_ - model.lower_bound_ < 3e-6


def test_units_of_features_change_their_coefficients_alone():
    choices, features, coef, _ = world(people=80)
    units = np.ones(features.shape[1], np.float32)
    units[::3], units[1::3] = 1e8, 1e-8
    model = ChoiceMixture(len(coef), random_state=0, l2=0).fit(choices, features)
    other = ChoiceMixture(len(coef), random_state=0, l2=0).fit(choices, features * units)
    assert other.lower_bound_ == pytest.approx(model.lower_bound_, rel=1e-9)
    np.testing.assert_allclose(other.coef_ * units, model.coef_, atol=2e-4)


def test_features_may_repeat_and_differ_in_no_set():
    choices, features, coef, _ = world(people=80)
    model = ChoiceMixture(len(coef), random_state=0).fit(choices, features)
    constant = np.full((len(features), 1), 3, np.float32)
    more = np.concatenate([features, constant, features[:, :1]], axis=1)
    other = ChoiceMixture(len(coef), random_state=0).fit(choices, more)
    assert other.lower_bound_ == pytest.approx(model.lower_bound_, abs=0.02)
    # Only the penalty says so, and less than the tolerance of the fit depends on it.
    np.testing.assert_allclose(other.coef_[:, -2], 0, atol=5e-3)


def test_people_may_be_fewer_than_directions():
    choices, features, _, _ = world(people=4, each=200)
    model = ChoiceMixture(2, random_state=0).fit(choices, features)
    assert model.converged_
    assert sorted(model.responsibilities_.sum(axis=1)) == pytest.approx([1] * 4)


def test_weights_count_as_repeated_judgements():
    choices, features, coef, _ = world(people=80)
    model = ChoiceMixture(len(coef), random_state=0).fit(choices, features)
    annotator = np.repeat(np.arange(80), 30)
    weighted = Choices.from_choice_sets(
        choices.offsets,
        choices.items,
        choices.chosen,
        annotator=annotator,
        weight=np.full(len(choices), 2.0),
    )
    other = ChoiceMixture(len(coef), random_state=0, l2=2e-3).fit(weighted, features)
    # Nearly everyone is in one class for certain, of which the prior of three counts but once.
    twice = 2 * model.lower_bound_ + 80 * np.log(3)
    assert other.lower_bound_ == pytest.approx(twice, rel=1e-3)


def test_hard_classes_are_found_too():
    choices, features, coef, of_person = world(people=120)
    model = ChoiceMixture(len(coef), hard=True, random_state=0).fit(choices, features)
    best = from_the_truth(posed(choices, features, len(coef), hard=True), coef, of_person)
    assert model.converged_
    assert model.lower_bound_ >= best.state.objective - 1e-4


def test_a_climb_that_cannot_come_to_the_front_is_given_up():
    choices, features, coef, _ = world(d=80)
    problem = posed(choices, features, len(coef))
    begin = problem.expect(problem.utility.from_coef(coef / 2), np.full(len(coef), 1 / len(coef)))

    def climbed(to_beat):
        return maximize(
            problem, begin, tol=1e-6, max_iter=500, report=lambda *_: None, to_beat=to_beat
        )

    whole = climbed(-np.inf)
    top = whole.state.objective
    assert climbed(top - 1).state.objective == top
    behind = climbed(top + 100)
    assert not behind.converged
    assert len(behind.objectives) < 0.7 * len(whole.objectives)
    assert behind.objectives == whole.objectives[: len(behind.objectives)]
