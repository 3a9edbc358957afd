"""ChoiceMixture against SciPy's optimiser and against sums written out; every layout."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import approx_fprime, minimize

from choice_samples import LAYOUTS, draw, judgement_log_likelihood, mixture_log_likelihood
from prefmath import Choices
from prefmath.models import ChoiceMixture

SETTLED = {"tol": 1e-9, "max_iter": 5000, "random_state": 0}


def stages_of(choices):
    """Return what a judgement says as rows of choices: item table rows, winners, halves, weights.

    A ranking is the choices of one that it stands for, a tie two halves of a choice.
    """
    sets, chosen, weights = [], [], []
    weight = np.ones(len(choices)) if choices.weight is None else choices.weight
    for i in range(len(choices)):
        members = choices.items[choices.offsets[i] : choices.offsets[i + 1]]
        if choices.layout == "rankings":
            for stage in range(min(choices.n_ranked[i], len(members) - 1)):
                sets.append(members[stage:])
                chosen.append(0)
                weights.append(weight[i])
        elif choices.tied is not None and choices.tied[i]:
            sets += [members, members]
            chosen += [0, 1]
            weights += [weight[i] / 2] * 2
        else:
            sets.append(members)
            chosen.append(choices.chosen[i])
            weights.append(weight[i])
    return sets, chosen, weights


def penalty_of(choices, features, l2):
    """Return the penalty on each coefficient, in units of the spread of its feature within sets.

    Utilities of items, whose features are None, have no units.
    """
    if features is None:
        return l2
    sets, _, weights = stages_of(choices)
    variances = np.array([features[members].var(axis=0) for members in sets])
    return l2 * np.average(variances, axis=0, weights=weights)


def scipy_optimum(choices, design, l2):
    """Maximise the penalised likelihood of one class by L-BFGS, from zero."""
    sets, chosen, weights = stages_of(choices)

    def objective(coef):
        u = design @ coef
        value, gradient = (l2 * coef) @ coef / 2, l2 * coef
        for members, winner, weight in zip(sets, chosen, weights, strict=True):
            of_set = u[members]
            log_sum = np.logaddexp.reduce(of_set)
            value -= weight * (of_set[winner] - log_sum)
            p = np.exp(of_set - log_sum)
            p[winner] -= 1
            gradient = gradient + weight * p @ design[members]
        return value, gradient

    options = {"ftol": 1e-15, "gtol": 1e-8, "maxiter": 5000, "maxfun": 5000}
    start = np.zeros(design.shape[1])
    return minimize(objective, start, jac=True, method="L-BFGS-B", options=options)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("l2", [0.0, 0.7])
@pytest.mark.parametrize("weights", [False, True])
def test_one_class_with_features_is_what_scipy_finds(layout, l2, weights):
    sample = draw(1, layout=layout, weights=weights)
    model = ChoiceMixture(l2=l2, **SETTLED).fit(sample.choices, sample.features)
    l2 = penalty_of(sample.choices, sample.features, l2)
    best = scipy_optimum(sample.choices, sample.features, l2)
    np.testing.assert_allclose(model.coef_, [best.x], rtol=0, atol=1e-6)
    assert model.lower_bound_ == pytest.approx(-best.fun, abs=1e-6)
    penalty = (l2 * model.coef_**2).sum() / 2
    assert model.log_likelihood_ == pytest.approx(model.lower_bound_ + penalty, abs=1e-9)
    assert model.weights_.tolist() == [1.0]
    assert model.converged_


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("l2", [0.0, 0.7])
@pytest.mark.parametrize("weights", [False, True])
def test_one_class_with_free_utilities_is_what_scipy_finds(layout, l2, weights):
    sample = draw(2, layout=layout, weights=weights, n_items=12)
    model = ChoiceMixture(l2=l2, **SETTLED).fit(sample.choices)
    best = scipy_optimum(sample.choices, np.eye(12), l2)
    # Only differences count; SciPy, started at mean zero, stays there.
    np.testing.assert_allclose(model.coef_, [best.x], rtol=0, atol=1e-6)
    assert model.coef_.sum() == pytest.approx(0, abs=1e-8)
    assert model.lower_bound_ == pytest.approx(-best.fun, abs=1e-6)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("linear", [True, False])
@pytest.mark.parametrize("l2", [0.0, 0.3])
def test_two_classes_are_where_the_slope_is_zero(layout, linear, l2):
    sample = draw(3, layout=layout, n_items=10, weights=layout == "choice_sets")
    features = sample.features if linear else None
    design = sample.features if linear else np.eye(10)
    model = ChoiceMixture(2, l2=l2, n_init=3, **SETTLED).fit(sample.choices, features)
    l2 = penalty_of(sample.choices, features, l2)

    def objective(parameters):
        coef, margin = parameters[:-1].reshape(2, -1), parameters[-1]
        shares = np.array([1, np.exp(margin)]) / (1 + np.exp(margin))
        evidence, _ = mixture_log_likelihood(sample.choices, design @ coef.T, shares)
        return evidence.sum() - (l2 * coef**2).sum() / 2

    here = np.append(model.coef_, np.log(model.weights_[1] / model.weights_[0]))
    assert objective(here) == pytest.approx(model.lower_bound_, abs=1e-7)
    # EM that stops at steps of 1e-9 is as close as the root of that.
    slope = approx_fprime(here, objective, 1e-6)
    np.testing.assert_allclose(slope, 0, atol=5e-3)


@pytest.fixture(scope="module", params=LAYOUTS)
def fitted(request):
    sample = draw(4, layout=request.param, weights=True)
    model = ChoiceMixture(3, n_init=2, random_state=0, tol=1e-3)
    return model.fit(sample.choices, sample.features), sample


def new_choices(fitted, **arguments):
    """Draw other judgements, of items not seen before, in the layout of the fit."""
    _, sample = fitted
    tied = "tied " if sample.choices.tied is not None else ""
    return draw(5, layout=tied + sample.choices.layout, weights=True, **arguments)


def test_log_likelihood_and_responsibilities_by_definition(fitted):
    model, sample = fitted
    table = sample.features @ model.coef_.T
    evidence, shares = mixture_log_likelihood(sample.choices, table, model.weights_)
    assert model.log_likelihood_ == pytest.approx(evidence.sum(), abs=1e-8)
    np.testing.assert_allclose(model.responsibilities_, shares, atol=1e-9)
    np.testing.assert_allclose(
        model.responsibilities(sample.choices, sample.features), shares, atol=1e-9
    )


def test_score_and_bic_by_definition(fitted):
    model, _ = fitted
    new = new_choices(fitted, n_annotators=11)
    table = new.features @ model.coef_.T
    evidence, _ = mixture_log_likelihood(new.choices, table, model.weights_)
    score = model.score(new.choices, new.features)
    assert score == pytest.approx(evidence.sum() / new.choices.weight.sum(), abs=1e-12)
    n_free = 3 * 3 + 2
    bic = model.bic(new.choices, new.features)
    assert bic == pytest.approx(n_free * np.log(11) - 2 * evidence.sum(), abs=1e-8)


def test_bic_counts_what_is_free():
    sample = draw(4, n_items=8)
    model = ChoiceMixture(2, n_init=1, random_state=0, tol=0.1).fit(sample.choices)
    # Two classes of seven free differences, and one free share.
    n_free = 2 * 7 + 1
    expected = n_free * np.log(40) - 2 * model.log_likelihood_
    assert model.bic(sample.choices) == pytest.approx(expected)
    anonymous = Choices.from_pairs([0, 0, 1], [1, 2, 2])
    model = ChoiceMixture().fit(anonymous)
    expected = 2 * np.log(3) - 2 * model.log_likelihood_
    assert model.bic(anonymous) == pytest.approx(expected)


def test_adapt_by_definition(fitted):
    model, sample = fitted
    # Annotators 0 to 39 were there in the fit; 40 to 54 are new.
    new = new_choices(fitted, n_annotators=55)
    before = np.tile(model.weights_, (55, 1))
    before[:40] = model.responsibilities_
    table = new.features @ model.coef_.T
    _, expected = mixture_log_likelihood(new.choices, table, before)
    found = model.adapt(new.choices, new.features)
    np.testing.assert_allclose(found, expected, atol=1e-9)
    np.testing.assert_array_equal(sample.choices.annotator_ids, np.arange(40))


def test_probabilities_by_definition(fitted):
    model, _ = fitted
    new = new_choices(fitted, n_annotators=55)
    choices = new.choices
    shares = np.tile(model.weights_, (55, 1))
    shares[:40] = model.responsibilities_
    u = new.features @ model.coef_.T
    expected = np.empty(len(choices.items))
    for i, who in enumerate(choices.annotator_index):
        of_set = slice(choices.offsets[i], choices.offsets[i + 1])
        p = np.exp(u[choices.items[of_set]])
        expected[of_set] = (p / p.sum(axis=0)) @ shares[who]
    found = model.predict_proba(choices, new.features)
    np.testing.assert_allclose(found, choices.restore_items(expected), atol=1e-12)


def test_the_oracle_itself_on_one_judgement():
    choices = Choices.from_rankings([0, 3], [2, 0, 1], annotator=["a"])
    ll = judgement_log_likelihood(choices, np.log([[1.0], [2.0], [5.0]]))
    assert ll[0, 0] == pytest.approx(np.log(5 / 8 * 1 / 3))
