"""How a fit climbs: quasi-Newton steps, samples of the data, starts, and classes that empty."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from choice_samples import draw
from prefmath import Choices
from prefmath._threads import resolve_threads
from prefmath.metrics import adjusted_rand_index
from prefmath.models import ChoiceMixture, ConditionalLogit
from prefmath.models._fit import one_class
from prefmath.models._fit import sample as sampling
from prefmath.models._fit.ascent import maximize
from prefmath.models._fit.curvature import Survey
from prefmath.models._fit.secants import Secants
from prefmath.models._fit.seeding import Seeding
from prefmath.models._likelihood.population.classes import Classes
from prefmath.models._likelihood.posing import pose
from prefmath.models._likelihood.subset import of_annotators


def posed(model, choices, features):
    return pose(model._specification(choices), choices, features, resolve_threads(None))


def problem_of(sample, n_components=2, **parameters):
    model = ChoiceMixture(n_components, **parameters)
    return posed(model, sample.choices, sample.features)


def start_of(problem, n_classes=2, seed=0):
    rng = np.random.default_rng(seed)
    coef = rng.standard_normal((n_classes, problem.utility.n_parameters)) * 0.3
    return problem.expect(coef, np.full(n_classes, 1 / n_classes))


def quiet(*_):
    pass


def plain_em(problem, state, n_steps):
    """EM with one Newton step, written out; halved where that falls."""
    for _ in range(n_steps):
        step = Survey(problem).at(state).solve(state.gradient)
        after = problem.expect(
            state.coef + step, problem.population.em_step(state.mixing, state.masses)
        )
        while after.objective < state.objective - 1e-9:
            step /= 2
            after = problem.expect(
                state.coef + step, problem.population.em_step(state.mixing, state.masses)
            )
        state = after
    return state


@pytest.mark.parametrize("linear", [True, False])
def test_fewer_steps_reach_what_plain_em_reaches(linear):
    # Few choices each: classes overlap, and EM needs hundreds of steps.
    sample = draw(3, n_annotators=150, n_each=5, n_items=12, coef=[[1.5, 0, 0], [0, 1.5, 0]])
    problem = posed(ChoiceMixture(2), sample.choices, sample.features if linear else None)
    begin = start_of(problem)
    run = maximize(problem, begin, tol=1e-9, max_iter=500, report=quiet)
    assert run.converged
    assert (np.diff(run.objectives) >= 0).all()
    slow = plain_em(problem, begin, 400)
    assert run.state.objective >= slow.objective - 1e-6
    assert len(run.objectives) < 100
    np.testing.assert_allclose(run.state.gradient, 0, atol=1e-2)
    np.testing.assert_allclose(
        problem.population.em_step(run.state.mixing, run.state.masses), run.state.mixing, atol=1e-4
    )


@pytest.mark.parametrize("layout", ["choice_sets", "tied pairs"])
def test_features_read_once_or_by_way_of_a_table(layout):
    sample = draw(4, layout=layout, weights=True)
    choices = sample.choices
    shared = ChoiceMixture(2, n_init=2, random_state=0, tol=1e-9)
    shared.fit(choices, sample.features)
    tabulated = posed(shared, choices, sample.features)
    assert tabulated.expect(shared.coef_, shared.weights_).tabulated is not None
    # The same, every alternative an item of its own.
    each = np.arange(len(choices.items), dtype=np.int32)
    if choices.tied is None:
        copies = Choices.from_choice_sets(
            choices.offsets,
            each,
            choices.chosen,
            weight=choices.weight,
            annotator=choices.annotator_index,
        )
    else:
        copies = Choices.from_pairs(
            each[::2],
            each[1::2],
            tie=choices.tied,
            weight=choices.weight,
            annotator=choices.annotator_index,
        )
    features = sample.features[choices.items]
    state = posed(shared, copies, features).expect(shared.coef_, shared.weights_)
    assert state.tabulated is None
    expected = tabulated.expect(shared.coef_, shared.weights_)
    np.testing.assert_allclose(state.gradient, expected.gradient, atol=1e-9)
    np.testing.assert_allclose(state.latent, expected.latent, atol=1e-11)
    assert state.objective == pytest.approx(expected.objective, abs=1e-9)
    again = ChoiceMixture(2, n_init=2, random_state=0, tol=1e-9).fit(copies, features)
    assert again.lower_bound_ == pytest.approx(shared.lower_bound_, abs=1e-6)


def large(seed, n_annotators=900, n_each=30, d=4):
    """Draw more than the starts look at, and more than a sample for the curvature."""
    rng = np.random.default_rng(seed)
    n = n_annotators * n_each
    features = rng.standard_normal((3 * n, d)).astype(np.float32)
    truth = np.array([[1.5, 0, 0, 1], [0, 1.5, 0, -1], [-1, 0, 1, 0]])
    group = rng.integers(3, size=n_annotators)
    utility = (features @ truth.T).reshape(n, 3, 3)[np.arange(n), :, np.repeat(group, n_each)]
    chosen = (utility + rng.gumbel(size=(n, 3))).argmax(axis=1).astype(np.int32)
    choices = Choices.from_choice_sets(
        np.arange(0, 3 * n + 1, 3),
        np.arange(3 * n, dtype=np.int32),
        chosen,
        annotator=np.repeat(np.arange(n_annotators), n_each),
    )
    return choices, features, group, truth


def test_starts_on_some_annotators_find_the_classes_of_all():
    choices, features, group, _ = large(0)
    models = [
        ChoiceMixture(3, random_state=0, n_init=4, n_threads=n).fit(choices, features)
        for n in (1, 2)
    ]
    assert adjusted_rand_index(group, models[0].responsibilities_.argmax(axis=1)) > 0.97
    np.testing.assert_array_equal(models[0].coef_, models[1].coef_)
    assert models[0].lower_bounds_ == models[1].lower_bounds_
    seen = []
    told = ChoiceMixture(3, random_state=0, n_init=4, progress=lambda *at: seen.append(at))
    told.fit(choices, features)
    np.testing.assert_array_equal(models[0].coef_, told.coef_)
    assert {start for start, _, _ in seen} == {0, 1, 2, 3}


def test_a_sample_shows_the_way_to_the_same_optimum(monkeypatch):
    choices, features, _, _ = large(1)
    quick = ConditionalLogit(tol=1e-9).fit(choices, features)
    monkeypatch.setattr(sampling, "_LEAST_OUTCOMES", 10**9)
    monkeypatch.setattr(one_class, "_MANY_TIMES", 10**9)
    newton = ConditionalLogit(tol=1e-9).fit(choices, features)
    assert quick.lower_bound_ == pytest.approx(newton.lower_bound_, abs=1e-7)
    np.testing.assert_allclose(quick.coef_, newton.coef_, atol=1e-5)


def test_the_sampled_curvature_is_near_the_whole(monkeypatch):
    choices, features, _, _ = large(2)
    problem = posed(ChoiceMixture(3), choices, features)
    state = start_of(problem, 3)
    sampled = Survey(problem).at(state)
    monkeypatch.setattr(sampling, "_LEAST_OUTCOMES", 10**9)
    whole = Survey(problem).at(state)
    assert whole.exact
    assert not sampled.exact
    for near, true in zip(sampled.matrix, whole.matrix, strict=True):
        values = np.linalg.eigvals(np.linalg.solve(true, near)).real
        assert 0.8 < values.min() <= values.max() < 1.25


def test_some_annotators_alone():
    sample = draw(5, weights=True)
    problem = problem_of(sample)
    annotators = np.array([3, 7, 8, 20])
    part = of_annotators(problem, annotators)
    who = sample.choices.annotator_ids[annotators]
    labels = sample.choices.restore(sample.choices.annotator_ids[sample.choices.annotator_index])
    alone = posed(ChoiceMixture(2), sample.choices.take(np.isin(labels, who)), sample.features)
    coef = start_of(problem).coef
    # The units of parameters are those of all data, or of some.
    again = alone.utility.from_coef(problem.utility.reported(coef, fixed=True))
    mixing = np.array([0.3, 0.7])
    one, two = part.expect(coef, mixing), alone.expect(again, mixing)
    assert one.log_likelihood == pytest.approx(two.log_likelihood, abs=1e-9)
    share = part.data.mass / problem.data.mass
    assert part.penalty.strength == pytest.approx(problem.penalty.strength * share)


def test_clusters_of_scores_are_the_classes():
    coef = [[2.0, 0, 0], [0, 2.0, 0], [-1, -1, 1.5]]
    sample = draw(6, n_annotators=120, n_each=40, coef=coef)
    problem = problem_of(sample, 3)
    common = replace(problem, population=Classes(1))
    pooled = common.expect(np.zeros((1, 3)), np.ones(1))
    seeding = Seeding(common, pooled, Survey(common).at(pooled))
    found = [problem.begin(*seeding.clusters(3, np.random.default_rng(seed))) for seed in range(5)]
    best = max(found, key=lambda state: state.objective)
    assert adjusted_rand_index(sample.group, best.latent.argmax(axis=1)) > 0.95


def test_a_class_that_nobody_is_in_stays_finite():
    sample = draw(7, n_annotators=30, n_each=20)
    problem = problem_of(sample)
    state = problem.expect(np.array([[0.1, 0, 0], [500.0, -500, 500]]), np.array([0.5, 0.5]))
    assert state.masses[1] < 1e-9
    run = maximize(problem, state, tol=1e-6, max_iter=500, report=quiet)
    assert run.converged
    for values in (run.state.coef, run.state.mixing, run.state.latent):
        assert np.isfinite(values).all()
    assert (np.diff(run.objectives) >= 0).all()
    assert run.state.mixing.sum() == pytest.approx(1)


def test_more_classes_than_there_are_reasons_for():
    sample = draw(8, n_annotators=12, n_each=10, coef=[[1.0, 0, 0]])
    model = ChoiceMixture(6, random_state=0, n_init=4).fit(sample.choices, sample.features)
    assert np.isfinite(model.coef_).all()
    assert (np.diff(model.lower_bounds_) >= 0).all()
    assert model.weights_.sum() == pytest.approx(1)


@pytest.mark.parametrize("n", [1, 3, 8])
def test_secants_learn_a_quadratic(n):
    rng = np.random.default_rng(n)
    root = rng.standard_normal((n, n))
    bend = root @ root.T + np.eye(n)
    peak = rng.standard_normal(n)
    at, secants = np.zeros(n), Secants()
    for _ in range(3 * n + 3):
        slope = bend @ (peak - at)
        direction = secants.direction(slope, lambda values: values / np.diag(bend))
        # An exact search along the line, as conjugate gradients make.
        step = direction * (slope @ direction) / max(direction @ bend @ direction, 1e-300)
        secants.add(step, bend @ step)
        at = at + step
    np.testing.assert_allclose(at, peak, atol=1e-8)


def test_secants_do_not_learn_from_where_it_bends_upwards():
    secants = Secants()
    secants.add(np.array([1.0, 0.0]), np.array([-1.0, 0.5]))
    secants.add(np.array([0.0, 0.0]), np.array([0.0, 0.0]))
    assert len(secants) == 0
