"""ChoiceMixture.fit: classes found, a likelihood that never falls, what must not matter."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from choice_samples import LAYOUTS, draw
from prefmath import Choices
from prefmath.metrics import adjusted_rand_index
from prefmath.models import ChoiceMixture, ConvergenceWarning, UndeterminedWarning


def fit(sample, *, linear=True, **parameters):
    parameters = {"n_components": 2, "n_init": 3, "random_state": 0, "tol": 1e-4} | parameters
    model = ChoiceMixture(parameters.pop("n_components"), **parameters)
    return model.fit(sample.choices, sample.features if linear else None)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_classes_of_a_known_population_are_found(layout):
    coef = [[3.0, 0.0, 0.0], [0.0, 3.0, 0.0], [0.0, -2.0, 2.0]]
    sample = draw(0, layout=layout, n_annotators=150, n_each=40, coef=coef)
    model = fit(sample, n_components=3, tol=1e-6)
    found = model.responsibilities_.argmax(axis=1)
    assert adjusted_rand_index(sample.group, found) > 0.98
    shares = np.bincount(sample.group) / len(sample.group)
    of_class = [np.bincount(sample.group[found == k]).argmax() for k in range(3)]
    assert sorted(of_class) == [0, 1, 2]
    np.testing.assert_allclose(model.weights_, shares[of_class], atol=0.01)
    if layout != "tied pairs":  # whose ties were drawn at random, which pulls towards zero
        np.testing.assert_allclose(model.coef_, sample.coef[of_class], atol=0.35)
    assert model.converged_


def test_free_utilities_of_two_classes_are_found():
    sample = draw(
        1, layout="rankings", n_annotators=120, n_each=40, n_items=12, coef=[[2.0], [-2.0]]
    )
    model = fit(sample, linear=False)
    found = model.responsibilities_.argmax(axis=1)
    assert adjusted_rand_index(sample.group, found) > 0.98
    truth = (sample.features @ sample.coef.T).T[np.bincount(sample.group[found == 0]).argmax()]
    assert np.corrcoef(model.coef_[0], truth)[0, 1] > 0.97
    np.testing.assert_allclose(model.coef_.mean(axis=1), 0, atol=1e-6)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("linear", [True, False])
@pytest.mark.parametrize("l2", [0.0, 1e-3, 2.0])
@pytest.mark.parametrize("seed", range(3))
# Without a penalty the best of so few judgements may have no finite estimate.
@pytest.mark.filterwarnings("ignore::prefmath.models.UndeterminedWarning")
def test_the_likelihood_never_falls(layout, linear, l2, seed):
    sample = draw(seed, layout=layout, n_annotators=25, n_each=8, n_items=15, weights=seed == 1)
    by_start = {}

    def progress(start, iteration, objective):
        by_start.setdefault(start, []).append((iteration, objective))

    model = fit(
        sample,
        linear=linear,
        n_components=seed + 1,
        l2=l2,
        random_state=seed,
        n_init=2,
        max_iter=1000,
        progress=progress,
    )
    bounds = np.array(model.lower_bounds_)
    assert (np.diff(bounds) >= 0).all()
    assert model.lower_bound_ == bounds[-1]
    assert model.n_iter_ == len(bounds) - 1 > 0
    for reports in by_start.values():
        iterations, objectives = zip(*reports, strict=True)
        starts = np.flatnonzero(np.array(iterations) == 1)
        for run in np.split(np.array(objectives), starts):
            assert (np.diff(run) >= 0).all()


def test_progress_reports_every_start():
    seen = []
    model = fit(draw(0), n_init=3, progress=lambda *report: seen.append(report))
    starts, iterations, objectives = zip(*seen, strict=True)
    assert set(starts) == {0, 1, 2}
    assert min(iterations) == 1
    # Several starts are passed over at once, whose sums round in another order.
    assert max(objectives) == pytest.approx(model.lower_bound_, rel=1e-12)
    assert set(model.lower_bounds_[1:]) <= set(objectives)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_what_a_fit_holds(layout):
    sample = draw(2, layout=layout)
    model = fit(sample, n_components=4)
    assert model.coef_.shape == (4, 3)
    assert model.weights_.shape == (4,)
    assert model.weights_.sum() == pytest.approx(1, abs=1e-12)
    assert (np.diff(model.weights_) <= 0).all()
    assert model.responsibilities_.shape == (40, 4)
    np.testing.assert_allclose(model.responsibilities_.sum(axis=1), 1, atol=1e-12)
    assert (model.responsibilities_ >= 0).all()
    np.testing.assert_array_equal(model.annotator_ids_, sample.choices.annotator_ids)
    np.testing.assert_array_equal(model.item_ids_, sample.choices.item_ids)
    assert isinstance(model.log_likelihood_, float)
    assert model.converged_ is True


@pytest.mark.parametrize("random_state", [0, 1, None])
def test_one_seed_one_answer(random_state):
    sample = draw(6)
    seed = random_state
    if random_state is None:
        one, two = (fit(sample, random_state=np.random.default_rng(3)) for _ in range(2))
    else:
        one, two = fit(sample, random_state=seed), fit(sample, random_state=seed)
    np.testing.assert_array_equal(one.coef_, two.coef_)
    assert one.lower_bounds_ == two.lower_bounds_


def test_more_starts_find_no_less():
    sample = draw(7, n_each=4)
    found = [fit(sample, n_components=3, n_init=n, random_state=0) for n in (1, 2)]
    assert found[1].lower_bound_ >= found[0].lower_bound_ - 1e-3


@pytest.mark.parametrize("linear", [True, False])
def test_a_warm_start_goes_on(linear):
    sample = draw(8, n_each=4)
    model = ChoiceMixture(3, warm_start=True, max_iter=2, n_init=1, random_state=0)
    features = sample.features if linear else None
    bounds = []
    for _ in range(4):
        with pytest.warns(ConvergenceWarning):
            model.fit(sample.choices, features)
        assert model.n_iter_ == 2
        if bounds:
            assert model.lower_bounds_[0] == pytest.approx(bounds[-1], abs=1e-8)
        bounds += model.lower_bounds_
    assert (np.diff(bounds) >= -1e-8).all()
    model.set_params(max_iter=5000).fit(sample.choices, features)
    assert model.lower_bounds_[0] == pytest.approx(bounds[-1], abs=1e-8)
    assert model.lower_bound_ > bounds[-1]
    assert model.converged_
    settled = model.lower_bound_
    model.fit(sample.choices, features)
    assert model.n_iter_ == 1
    assert model.lower_bound_ == pytest.approx(settled, abs=1e-5)


def test_without_a_warm_start_fits_start_anew():
    sample = draw(8)
    model = ChoiceMixture(2, n_init=1, random_state=0)
    one = model.fit(sample.choices, sample.features).lower_bounds_
    assert model.fit(sample.choices, sample.features).lower_bounds_ == one


@pytest.mark.parametrize("n_components", [1, 2])
def test_a_fit_that_has_not_settled_warns(n_components):
    sample = draw(9)
    model = ChoiceMixture(n_components, max_iter=1, n_init=2, random_state=0)
    with pytest.warns(
        ConvergenceWarning,
        match=r"^the fit has not settled after 1 iterations: raise",
    ) as caught:
        model.fit(sample.choices, sample.features)
    assert len(caught) == 1
    assert caught[0].filename == __file__
    assert model.converged_ is False
    assert model.n_iter_ == 1


def test_an_item_that_only_wins_stays_finite():
    choices = Choices.from_pairs(["a", "a", "b"], ["b", "c", "c"])
    model = ChoiceMixture().fit(choices)
    assert np.isfinite(model.coef_).all()
    assert model.coef_[0, 0] > model.coef_[0, 1] > model.coef_[0, 2]


def test_choices_that_say_nothing():
    choices = Choices.from_choice_sets([0, 1, 2], [0, 1], [0, 0], annotator=["a", "b"])
    with pytest.warns(UndeterminedWarning, match="^2 of 2 choice sets have a single alternative"):
        model = ChoiceMixture(2, random_state=0).fit(choices)
    assert model.log_likelihood_ == pytest.approx(0, abs=1e-12)
    np.testing.assert_allclose(model.coef_, 0, atol=1e-12)
    assert model.weights_.sum() == pytest.approx(1)


def test_equal_pairs_are_counted_without_changing_the_fit():
    rng = np.random.default_rng(5)
    winner, loser = rng.integers(0, 6, 4000), rng.integers(0, 5, 4000)
    loser += loser >= winner
    tie, weight = rng.random(4000) < 0.2, rng.integers(0, 3, 4000).astype(float)
    annotator = rng.integers(0, 30, 4000)
    many = Choices.from_pairs(winner, loser, tie=tie, weight=weight, annotator=annotator)
    model = ChoiceMixture(l2=0.5).fit(many)
    assert model.responsibilities_.tolist() == [[1.0]] * 30
    # The same pairs, over a table with so many more items that counting would not pay.
    sparse = Choices.from_pairs(
        winner, loser, tie=tie, weight=weight, annotator=annotator, item_ids=np.arange(100)
    )
    plain = ChoiceMixture(l2=0.5).fit(sparse)
    np.testing.assert_allclose(plain.coef_[:, :6], model.coef_, atol=1e-7)
    np.testing.assert_allclose(plain.log_likelihood_, model.log_likelihood_, rtol=1e-9)


def test_a_start_that_settles_in_its_last_iteration_has_settled():
    rng = np.random.default_rng(6)
    winner = rng.integers(0, 4, 600)
    choices = Choices.from_pairs(
        winner, (winner + rng.integers(1, 4, 600)) % 4, annotator=np.arange(600) % 20
    )
    settled = []
    for max_iter in range(1, 15):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model = ChoiceMixture(2, tol=1e-4, n_init=1, max_iter=max_iter, random_state=0)
            model.fit(choices)
        if model.converged_:
            assert np.diff(model.lower_bounds_)[-1] < 1e-4
        settled.append(model.converged_)
    assert settled[0] is not settled[-1]
