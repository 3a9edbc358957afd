"""Starts of small data find the best optimum that is known, and tell what they found."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from choice_samples import draw
from prefmath import Choices
from prefmath.models import (
    ChoiceMixture,
    LocalOptimumWarning,
    Starts,
    select_components,
)
from prefmath.models._likelihood.posing import pose
from prefmath.models._likelihood.several import expect_each
from prefmath.models._likelihood.stages import of_stages


def all_pairs(seed, n_people=60, n_items=8):
    """Let people who differ by degrees judge all pairs of some items."""
    rng = np.random.default_rng(seed)
    utility = 0.5 * rng.standard_normal(n_items) + 0.4 * rng.standard_normal((n_people, n_items))
    first, second = np.triu_indices(n_items, 1)
    person = np.repeat(np.arange(n_people), len(first))
    first, second = np.tile(first, n_people), np.tile(second, n_people)
    odds = utility[person, first] - utility[person, second]
    won = rng.random(len(person)) < 1 / (1 + np.exp(-odds))
    winner, loser = np.where(won, first, second), np.where(won, second, first)
    return Choices.from_pairs(winner, loser, annotator=person)


def rankings(seed, n_people=120, n_items=5):
    """Let people of three kinds rank all items."""
    rng = np.random.default_rng(seed)
    utility = rng.standard_normal((3, n_items))[rng.integers(3, size=n_people)]
    order = np.argsort(-(utility + rng.gumbel(size=utility.shape)), axis=1)
    offsets = np.arange(0, n_items * n_people + 1, n_items)
    return Choices.from_rankings(offsets, order.ravel(), annotator=np.arange(n_people))


def problem_of(model, choices):
    return pose(model._specification(choices), choices, None, 1)


@pytest.mark.filterwarnings("ignore::prefmath.models.LocalOptimumWarning")
def test_more_starts_are_never_worse_and_one_seed_is_one_answer():
    choices = all_pairs(3, n_people=30)
    found = [
        ChoiceMixture(3, n_init=n, random_state=0, n_threads=threads).fit(choices)
        for n, threads in ((5, 1), (10, 1), (10, 2))
    ]
    bounds = [model.lower_bound_ for model in found]
    assert bounds[0] <= bounds[1] == bounds[2]
    np.testing.assert_array_equal(found[1].coef_, found[2].coef_)
    for model in found:
        assert model.starts_.best == pytest.approx(model.lower_bound_, abs=1e-6)
        assert len(model.starts_.objective) == model.n_init
        assert (np.diff(model.lower_bounds_) >= 0).all()


def test_starts_print_what_agrees():
    starts = Starts(np.array([-10.0, -12.5, -10.001]), np.array([-10.0, -11.0]))
    assert (starts.n_agree, starts.best, starts.found_once) == (3, -10.0, False)
    assert repr(starts).splitlines() == [
        "Starts(3 starts and 2 moves from their ends)",
        "-10.000  starts 2  moves 1",
        "-11.000  starts 0  moves 1",
        "-12.500  starts 1  moves 0",
    ]
    five = np.array([-3.0, -2.0, -3.0, -3.5, -3.0])
    assert Starts(five, np.zeros(0)).found_once
    assert not Starts(five[:2], np.zeros(0)).found_once
    assert not Starts(five, np.array([-2.0])).found_once
    assert not Starts(five, np.zeros(0), n_left=5).found_once


def test_an_optimum_found_once_is_warned_of(monkeypatch):
    monkeypatch.setattr(Starts, "found_once", True)
    choices = all_pairs(0, n_people=12, n_items=4)
    told = (
        r"^of 2 starts.* one alone found the best optimum, .*raise n_init, or take fewer classes$"
    )
    with pytest.warns(LocalOptimumWarning, match=told) as warned:
        ChoiceMixture(2, n_init=2, random_state=0).fit(choices)
    assert warned[0].filename == __file__
    with pytest.warns(
        LocalOptimumWarning, match=r"^the best optimum of 1, 2 classes was found but"
    ):
        select_components(
            choices, components=[1, 2], estimator=ChoiceMixture(n_init=2, random_state=0)
        )


def test_clear_classes_are_found_by_all_starts_without_a_word(tmp_path):
    sample = draw(6, n_annotators=30, n_each=20, n_items=6, coef=[[2.0, 0, 0], [-2.0, 1.0, 0]])
    model = ChoiceMixture(2, random_state=0).fit(sample.choices)
    assert model.starts_.n_agree >= 10
    model.save(tmp_path / "model.npz")
    assert ChoiceMixture.load(tmp_path / "model.npz").starts_ is None
    assert model.set_params(warm_start=True).fit(sample.choices).starts_ is None


def test_rankings_as_stages_have_the_same_likelihood():
    choices = rankings(0)
    problem = problem_of(ChoiceMixture(3), choices)
    apart = of_stages(problem)
    assert apart.observation.n_outcomes < problem.observation.n_outcomes * 4
    rng = np.random.default_rng(0)
    coef, mixing = rng.standard_normal((3, 5)), np.array([0.5, 0.3, 0.2])
    one, two = problem.expect(coef, mixing), apart.expect(coef, mixing)
    assert two.objective == pytest.approx(one.objective, rel=1e-12)
    np.testing.assert_allclose(two.gradient, one.gradient, atol=1e-9)


@pytest.mark.parametrize("hard", [False, True])
@pytest.mark.parametrize("linear", [False, True])
def test_several_fits_in_one_pass_are_what_each_is_alone(hard, linear):
    sample = draw(1, layout="tied pairs", n_items=10, weights=True)
    model = ChoiceMixture(2, hard=hard)
    features = sample.features if linear else None
    problem = pose(model._specification(sample.choices), sample.choices, features, 1)
    rng = np.random.default_rng(0)
    coef = rng.standard_normal((6, problem.utility.n_parameters))
    mixing = [rng.dirichlet([1, 1]) for _ in range(3)]
    found = expect_each(problem, coef, mixing)
    for i in range(3):
        alone, together = problem.expect(coef[2 * i : 2 * i + 2], mixing[i]), found.one(i)
        assert together.objective == pytest.approx(alone.objective, rel=1e-12)
        np.testing.assert_allclose(together.gradient, alone.gradient, atol=1e-9)
        np.testing.assert_allclose(together.latent, alone.latent, atol=1e-12)
        np.testing.assert_allclose(together.masses, alone.masses, atol=1e-9)


def test_more_parameters_than_cells_are_told_of():
    found = select_components(
        rankings(1, n_items=3),
        components=[1, 2, 3],
        estimator=ChoiceMixture(n_init=2, random_state=0),
    )
    assert found.n_cells == 5
    assert found.undetermined.tolist() == [3]
    assert repr(found).splitlines()[-1] == (
        "3 classes have more parameters than the 5 cells of the data, which do not determine them"
    )


@pytest.mark.parametrize("max_iter", [3, 17])
def test_no_fit_takes_more_steps_than_allowed(max_iter):
    winner = (["tea"] * 9 + ["milk"]) * 5 + (["milk"] * 9 + ["tea"]) * 5
    loser = ["milk" if item == "tea" else "tea" for item in winner]
    choices = Choices.from_pairs(winner, loser, annotator=[i // 10 for i in range(100)])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for seed in range(4):
            model = ChoiceMixture(6, random_state=seed, max_iter=max_iter).fit(choices)
            assert model.n_iter_ <= max_iter
