"""Membership by covariates: the likelihood and its optimum, against SciPy and limiting cases."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import softmax

from membership_world import negative_objective, world
from prefmath import Choices
from prefmath.models import ChoiceMixture, bootstrap
from prefmath.models._likelihood.blocks import aligned
from prefmath.models._likelihood.observation import form_of
from prefmath.models._likelihood.penalty.l2 import L2
from prefmath.models._likelihood.population import logit
from prefmath.models._likelihood.population.gated import Gated
from prefmath.models._likelihood.posing import Specification, pose
from prefmath.models._likelihood.shards import shard_of, stats_of

SETTLED = {"tol": 1e-11, "random_state": 0, "n_init": 4, "l2": 0.1}


def vector_of(model):
    return np.append(model.coef_.ravel(), model.membership_.coef[1:].ravel())


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("items", [False, True])
@pytest.mark.parametrize("layout", ["pairs", "choice_sets", "rankings"])
def test_it_is_the_optimum_that_scipy_finds(layout, items, n_classes):
    drawn = world(layout, n_classes=n_classes, items=items, n_each=8)
    model = ChoiceMixture(n_classes, **SETTLED)
    model.fit(drawn.choices, drawn.features, membership=drawn.covariates)
    spreads = 1.0 if model._spreads is None else model._spreads
    given = drawn, drawn.covariates, n_classes, 0.1, spreads
    here = vector_of(model)
    assert model.lower_bound_ == pytest.approx(-negative_objective(here, *given), abs=1e-9)
    nearby = here + 0.01 * np.random.default_rng(1).standard_normal(len(here))
    found = minimize(negative_objective, nearby, args=given, method="BFGS", options={"gtol": 1e-7})
    assert model.lower_bound_ == pytest.approx(-found.fun, abs=1e-6)
    np.testing.assert_allclose(here, found.x, atol=1e-3)
    assert model.converged_
    design = np.column_stack([np.ones(len(drawn.covariates)), drawn.covariates])
    prior = softmax(design @ model.membership_.coef.T, axis=1)
    np.testing.assert_allclose(model.membership_proba(drawn.covariates), prior, rtol=1e-9)
    np.testing.assert_allclose(model.weights_, prior.mean(axis=0), rtol=1e-9)
    assert (np.diff(model.weights_) <= 1e-8).all()
    np.testing.assert_allclose(model.weights_, model.responsibilities_.mean(axis=0), atol=1e-5)


@pytest.mark.parametrize("constant", [1.0, -3.0e7])
def test_with_a_constant_covariate_it_is_the_mixture(constant):
    drawn = world("choice_sets")
    plain = ChoiceMixture(2, **SETTLED).fit(drawn.choices, drawn.features)
    everyone = {"const": np.full(60, constant)}
    model = ChoiceMixture(2, **SETTLED).fit(drawn.choices, drawn.features, membership=everyone)
    assert model.log_likelihood_ == pytest.approx(plain.log_likelihood_, abs=1e-8)
    np.testing.assert_allclose(model.weights_, plain.weights_, atol=1e-6)
    np.testing.assert_allclose(model.coef_, plain.coef_, atol=1e-5)
    assert model.membership_.names == ("const",)
    odds = np.log(model.weights_[1] / model.weights_[0]) / constant
    assert model.membership_.coef[1, 0] == pytest.approx(odds, rel=1e-9)
    assert model._n_parameters == plain._n_parameters
    with pytest.raises(ValueError, match="nothing is known of others"):
        model.membership_proba({"const": [2.0]})


@pytest.mark.parametrize("units", [(1e-8, 1.0), (1e8, 1e-8), (1.0, 1e8)])
def test_units_of_covariates_change_coefficients_alone(units):
    drawn = world("pairs", 2)
    shift = np.array([0.0, 5.0])
    other = (drawn.covariates + shift) * units
    one, two = (
        ChoiceMixture(2, **SETTLED).fit(drawn.choices, drawn.features, membership=covariates)
        for covariates in (drawn.covariates, other)
    )
    assert two.log_likelihood_ == pytest.approx(one.log_likelihood_, abs=1e-9)
    np.testing.assert_allclose(
        two.membership_proba(other), one.membership_proba(drawn.covariates), atol=1e-8
    )
    slopes = two.membership_.coef[1, 1:] * units
    np.testing.assert_allclose(slopes, one.membership_.coef[1, 1:], rtol=1e-6)
    intercept = two.membership_.coef[1, 0] + slopes @ shift
    assert intercept == pytest.approx(one.membership_.coef[1, 0], rel=1e-6)
    effects = two.membership_.effects * units
    np.testing.assert_allclose(effects, one.membership_.effects, atol=1e-7)


@pytest.mark.parametrize("n_classes", [1, 2, 3])
def test_counted_annotators_are_those_written_out(n_classes):
    drawn = world("choice_sets", 3, n_classes=3)
    count = np.random.default_rng(0).integers(1, 4, 60)
    times = np.repeat(np.arange(60), count)
    rows = (times[:, None] * 10 + np.arange(10)).ravel()
    written = drawn.choices.take(rows)
    who = np.repeat(np.arange(len(times)), 10)
    written = Choices.from_choice_sets(
        written.offsets,
        drawn.choices.items.reshape(600, 3)[rows].ravel(),
        np.zeros(len(rows), np.int64),
        annotator=who,
    )
    counted = Choices.from_choice_sets(
        drawn.choices.offsets,
        drawn.choices.items,
        drawn.choices.chosen,
        annotator=np.repeat(np.arange(60), 10),
        count=np.repeat(count, 10),
    )
    one = ChoiceMixture(n_classes, **SETTLED)
    one.fit(counted, drawn.features, membership=drawn.covariates)
    two = ChoiceMixture(n_classes, **SETTLED)
    two.fit(written, drawn.features, membership=drawn.covariates[times])
    assert one.log_likelihood_ == pytest.approx(two.log_likelihood_, abs=1e-8)
    np.testing.assert_allclose(one.membership_.coef, two.membership_.coef, atol=1e-5)
    np.testing.assert_allclose(one.weights_, two.weights_, atol=1e-7)
    np.testing.assert_allclose(one.membership_.effects, two.membership_.effects, atol=1e-6)
    for robust in (True, False):
        a = one.uncertainty(
            counted, drawn.features, membership=drawn.covariates, robust=robust
        ).membership
        b = two.uncertainty(
            written, drawn.features, membership=drawn.covariates[times], robust=robust
        ).membership
        np.testing.assert_allclose(a.coef_se, b.coef_se, atol=1e-5)
        np.testing.assert_allclose(a.effects_se, b.effects_se, atol=1e-5)


def test_one_class_asks_nothing_of_covariates():
    drawn = world("pairs")
    plain = ChoiceMixture(1, l2=0.1).fit(drawn.choices, drawn.features)
    model = ChoiceMixture(1, l2=0.1)
    model.fit(drawn.choices, drawn.features, membership=drawn.covariates)
    np.testing.assert_array_equal(model.coef_, plain.coef_)
    assert model._n_parameters == plain._n_parameters
    assert model.membership_.coef.tolist() == [[0.0, 0.0, 0.0]]
    found = model.uncertainty(drawn.choices, drawn.features, membership=drawn.covariates)
    assert found.membership.coef_se.tolist() == [[0.0, 0.0, 0.0]]
    for given in (drawn.features, None):
        alone = ChoiceMixture(1, l2=0.1).fit(drawn.choices, given, membership=drawn.covariates)
        resamples = bootstrap(
            alone, drawn.choices, given, membership=drawn.covariates, n_resamples=5, random_state=0
        )
        assert not resamples.membership.coef.any()
        assert alone.score(drawn.choices, given, membership=drawn.covariates) < 0


def problem_of(drawn, n_classes, n_threads=2):
    covariates = np.column_stack([np.ones(len(drawn.covariates)), drawn.covariates])
    gated = Gated(n_classes, largest=np.abs(covariates).max(axis=0))
    form = form_of(drawn.choices, "half", position_effect=False)
    return pose(
        Specification(gated, L2(0.1), form), drawn.choices, drawn.features, n_threads, covariates
    )


@pytest.mark.parametrize("own_items", [False, True])
def test_a_pass_is_the_same_on_any_threads_and_in_shards(own_items):
    drawn = world("choice_sets", n_annotators=900, n_each=40, n_classes=3)
    if own_items:
        # Every alternative an item of its own: the gradient needs no table of residuals.
        every = np.arange(len(drawn.choices.items), dtype=np.int32)
        features = drawn.features[drawn.choices.items]
        choices = replace(drawn.choices, items=every, n_items=len(every), item_ids=None)
        drawn = replace(drawn, choices=choices, features=features)
    rng = np.random.default_rng(3)
    coef, params = rng.standard_normal((3, 2)), rng.standard_normal((3, 3)) * [[0], [1], [1]]
    problem = problem_of(drawn, 3, 1)
    whole = problem.expect(coef, params)
    other = problem_of(drawn, 3, 4).expect(coef, params)
    for name in ("latent", "masses", "gradient", "log_likelihood"):
        np.testing.assert_array_equal(getattr(whole, name), getattr(other, name))
    data = problem.data
    n = len(data.block_ends)
    assert n > 3
    parts = [
        stats_of(problem, shard_of(data, first, end), first, end, coef, params)
        for first, end in aligned(0, 3) + aligned(3, n)
    ]
    stats = sum((part[0] for part in parts[1:]), parts[0][0]).total()
    np.testing.assert_array_equal(stats.of_population, whole.masses)
    assert (stats.of_coef is not None) == own_items
    if own_items:
        found = problem.utility.gradient(stats.of_coef) - problem.penalty.gradient(
            problem.utility, coef
        )
        np.testing.assert_array_equal(found, whole.gradient)
    assert float(stats.log_likelihood) == whole.log_likelihood
    np.testing.assert_array_equal(np.concatenate([part[1] for part in parts]), whole.latent)


def test_the_damped_step_never_lowers_the_likelihood():
    rng = np.random.default_rng(4)
    drawn = world("pairs", n_classes=3)
    problem = problem_of(drawn, 3)
    for size in (0.1, 1.0, 5.0, 20.0):
        coef = 0.5 * rng.standard_normal((3, 2))
        params = size * rng.standard_normal((3, 3)) * [[0], [1], [1]]
        state = problem.expect(coef, params)
        after = problem.expect(coef, problem.population.em_step(params, state.masses))
        assert after.log_likelihood > state.log_likelihood


def test_the_derivative_of_marginal_effects():
    drawn = world("pairs", n_classes=3)
    problem = problem_of(drawn, 3)
    params = np.random.default_rng(5).standard_normal((3, 3)) * [[0], [1], [1]]
    population, data = problem.population, problem.data

    def told(step):
        moved = population.moved(params, step)
        shares = population.prior(moved, data.covariates)
        effects = logit.effects_of(shares, moved, None)
        return np.concatenate([shares.mean(axis=0), moved[1:].ravel(), effects.ravel()])

    jacobian = population.jacobian(params, data)
    for j, along in enumerate(1e-6 * np.eye(6)):
        slope = (told(along) - told(-along)) / 2e-6
        np.testing.assert_allclose(jacobian[:, j], slope, atol=1e-8)


def test_features_of_many_columns_go_with_covariates():
    rng = np.random.default_rng(6)
    n, each, d = 150, 8, 70
    covariate = rng.standard_normal(n)
    group = (3 * covariate + rng.logistic(size=n) > 0).astype(int)
    features = rng.standard_normal((n * each * 3, d)).astype(np.float32)
    coef = 0.5 * rng.standard_normal((2, d))
    utility = np.einsum("aij,aj->ai", features.reshape(n, -1, d), coef[group])
    utility = utility.reshape(-1, 3) + rng.gumbel(size=(n * each, 3))
    choices = Choices.from_choice_sets(
        np.arange(0, len(features) + 1, 3),
        np.arange(len(features)),
        utility.argmax(axis=1),
        annotator=np.repeat(np.arange(n), each),
    )
    model = ChoiceMixture(2, random_state=0, l2=0.5, max_iter=2000)
    model.fit(choices, features, membership={"c": covariate})
    found = model.responsibilities_.argmax(axis=1)
    assert max((found == group).mean(), (found != group).mean()) > 0.95
    assert abs(model.membership_.coef[1, 1]) > 1
