"""Standard errors: the observed information against finite differences, and known covariances."""

from __future__ import annotations

import numpy as np
import pytest

from choice_samples import LAYOUTS, draw, mixture_log_likelihood, relabelled
from prefmath import Choices
from prefmath.models import ChoiceMixture
from prefmath.models._inference.uncertain import point_of
from test_choice_mixture_oracle import penalty_of, stages_of

SETTLED = {"tol": 1e-10, "max_iter": 5000, "random_state": 0, "n_init": 3}


def fitted(layout, *, linear, n_components=2, l2=0.3, **arguments):
    sample = draw(3, layout=layout, n_items=8, **arguments)
    features = sample.features if linear else None
    model = ChoiceMixture(n_components, l2=l2, **SETTLED).fit(sample.choices, features)
    return model, sample.choices, features


def information_at(point):
    return point.problem.information(point.state, outer=True)


def moved(model, parameters):
    """Return a model elsewhere: coefficients, then the logits of the shares."""
    other = ChoiceMixture(**model.get_params())
    vars(other).update(vars(model))
    k, d = model.coef_.shape
    params = parameters[:-k].reshape(k, -1)
    other.coef_, other._extra = params[:, :d].copy(), params[:, d:].copy()
    shares = np.exp(parameters[-k:])
    other.weights_ = shares / shares.sum()
    return other


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("linear", [True, False])
@pytest.mark.parametrize("n_components", [1, 3])
def test_slope_and_information_are_finite_differences(layout, linear, n_components):
    model, choices, features = fitted(
        layout, linear=linear, n_components=n_components, n_each=5, weights=True
    )
    rng = np.random.default_rng(0)
    here = np.append(model.coef_, np.log(model.weights_))
    here += 0.2 * rng.standard_normal(here.shape)  # it need not be at the maximum
    design = np.eye(8) if features is None else features
    l2 = penalty_of(choices, features, model.l2)

    def value(parameters):
        coef = parameters[:-n_components].reshape(model.coef_.shape)
        shares = np.exp(parameters[-n_components:])
        evidence, _ = mixture_log_likelihood(choices, design @ coef.T, shares / shares.sum())
        return evidence.sum() - (l2 * coef**2).sum() / 2

    def slope(parameters):
        point = point_of(moved(model, parameters)._fitted(), choices, features)
        return information_at(point).gradient

    along = rng.standard_normal(here.shape)
    step = 1e-5
    rise = (value(here + step * along) - value(here - step * along)) / (2 * step)
    assert slope(here) @ along == pytest.approx(rise, rel=1e-6, abs=1e-6)
    found = information_at(point_of(moved(model, here)._fitted(), choices, features)).observed
    differences = [
        (slope(here - step * axis) - slope(here + step * axis)) / (2 * step)
        for axis in np.eye(len(here))
    ]
    np.testing.assert_allclose(found, differences, atol=1e-5 * np.abs(found).max())


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("l2", [0.0, 0.5])
def test_one_class_by_the_textbook(layout, l2):
    """Inverse Fisher information; and the sandwich, with the sets written out one by one."""
    model, choices, features = fitted(layout, linear=True, n_components=1, l2=l2, weights=True)
    coef = model.coef_[0]
    owner = np.repeat(np.arange(choices.n_annotators), np.diff(choices.annotator_offsets))
    if choices.layout == "rankings":
        owner = choices.as_choice_sets().annotator_index
    elif choices.tied is not None:
        owner = np.repeat(owner, 1 + choices.tied)
    l2 = penalty_of(choices, features, l2) * np.ones(3)
    information, slopes = np.diag(l2), np.zeros((choices.n_annotators, 3))
    for members, chosen, weight, who in zip(*stages_of(choices), owner, strict=True):
        x = features[members]
        p = np.exp(x @ coef) / np.exp(x @ coef).sum()
        information += weight * (x.T * p) @ x - weight * np.outer(p @ x, p @ x)
        slopes[who] += weight * (x[chosen] - p @ x)
    slopes -= l2 * coef / len(slopes)
    inverse = np.linalg.inv(information)
    plain = model.uncertainty(choices, features, robust=False)
    np.testing.assert_allclose(plain.covariance[:3, :3], inverse, rtol=1e-6)
    np.testing.assert_allclose(plain.coef_se[0], np.sqrt(inverse.diagonal()), rtol=1e-6)
    n = choices.n_annotators
    sandwich = inverse @ slopes.T @ slopes @ inverse * n / (n - 1)
    robust = model.uncertainty(choices, features)
    np.testing.assert_allclose(robust.covariance[:3, :3], sandwich, rtol=1e-5)
    assert robust.weights_se.tolist() == [0.0]
    assert robust.n_units == n
    assert (plain.robust, robust.robust) == (False, True)


def test_bradley_terry_of_two_items_by_hand():
    choices = Choices.from_pairs(["a"] * 30 + ["b"] * 10, ["b"] * 30 + ["a"] * 10)
    model = ChoiceMixture(l2=0, tol=1e-12).fit(choices)
    # The log odds of 30 to 10 have variance 1/30 + 1/10; each item stands half of them off.
    expected = np.sqrt(1 / 30 + 1 / 10) / 2
    plain = model.uncertainty(choices, robust=False)
    np.testing.assert_allclose(plain.coef_se, expected, rtol=1e-6)
    # Judgements stand for themselves where nobody is named; then robust errors are no others.
    robust = model.uncertainty(choices)
    assert robust.n_units == 40
    np.testing.assert_allclose(robust.coef_se, expected * np.sqrt(40 / 39), rtol=1e-6)
    low, high = plain.interval().coef[0, 0]
    assert (low + high) / 2 == pytest.approx(np.log(3) / 2)
    assert (high - low) / 2 == pytest.approx(1.959964 * expected, rel=1e-6)


def test_the_share_of_classes_that_cannot_be_mistaken():
    sample = draw(0, n_annotators=60, n_each=40, coef=[[6.0, 0.0], [-6.0, 0.0]])
    model = ChoiceMixture(2, **SETTLED).fit(sample.choices, sample.features)
    share = np.bincount(sample.group).max() / 60
    for robust in (False, True):
        found = model.uncertainty(sample.choices, sample.features, robust=robust)
        factor = 60 / 59 if robust else 1
        expected = np.sqrt(share * (1 - share) / 60 * factor)
        np.testing.assert_allclose(found.weights_se, expected, rtol=1e-3)
        shares = found.interval().weights
        assert (shares > 0).all()
        assert (shares < 1).all()
        np.testing.assert_allclose(shares[0], 1 - shares[1, ::-1], atol=1e-9)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_judgements_made_twice_do_not_count_twice(layout):
    model, choices, features = fitted(layout, linear=True, l2=0.0, n_components=1)
    twice = choices.take(np.tile(np.arange(len(choices)), 2))
    again = ChoiceMixture(l2=0.0, **SETTLED).fit(twice, features)
    once = model.uncertainty(choices, features)
    doubled = again.uncertainty(twice, features)
    np.testing.assert_allclose(doubled.covariance, once.covariance, rtol=1e-5)
    naive = [
        m.uncertainty(c, features, robust=False) for m, c in ((model, choices), (again, twice))
    ]
    np.testing.assert_allclose(naive[1].covariance * 2, naive[0].covariance, rtol=1e-5)


def test_utilities_of_items_are_those_less_their_mean():
    model, choices, _ = fitted("rankings", linear=False, l2=1e-3)
    found = model.uncertainty(choices, robust=False)
    assert found.reference.all()
    np.testing.assert_allclose(found.coef.mean(axis=1), 0, atol=1e-12)
    blocks = found.covariance[:16, :16].reshape(2, 8, 2, 8)
    np.testing.assert_allclose(blocks.sum(axis=3), 0, atol=1e-9)
    # Nor does a constant of the data matter, nor their order, nor the annotators' names.
    shuffled = relabelled(choices, choices.n_annotators - choices.annotator_index)
    for robust in (False, True):
        one, two = (model.uncertainty(c, robust=robust) for c in (choices, shuffled))
        np.testing.assert_allclose(two.covariance, one.covariance, rtol=1e-6, atol=1e-12)
        assert (one.marks == two.marks).all()


def test_blocks_of_any_length_give_the_same(monkeypatch):
    model, choices, features = fitted("choice_sets", linear=True)
    whole = model.uncertainty(choices, features).covariance
    monkeypatch.setattr("prefmath.models._likelihood.unit_scores._BLOCK", 300)
    np.testing.assert_allclose(model.uncertainty(choices, features).covariance, whole, rtol=1e-9)


def test_ranks():
    rng = np.random.default_rng(1)
    first, second = np.triu_indices(5, 1)
    strength = np.array([2.0, 1.0, 1.0, 0.0, -2.0])
    first, second = np.tile(first, 300), np.tile(second, 300)
    wins = rng.random(3000) < 1 / (1 + np.exp(strength[second] - strength[first]))
    choices = Choices.from_pairs(np.where(wins, first, second), np.where(wins, second, first))
    found = ChoiceMixture().fit(choices).uncertainty(choices)
    ranks = found.ranks()
    assert ranks.tolist() == [[[1, 1], [2, 3], [2, 3], [4, 4], [5, 5]]]
    joint = found.ranks(joint=True)
    assert (joint[..., 0] <= ranks[..., 0]).all()
    assert (joint[..., 1] >= ranks[..., 1]).all()
    sure = found.ranks(1 - 1e-9)
    assert (sure[..., 0] <= joint[..., 0]).all()


def test_the_table_shows_the_best_items():
    rng = np.random.default_rng(0)
    winner = rng.integers(0, 15, 900)
    loser = (winner + rng.integers(1, 15, 900)) % 15
    model = ChoiceMixture().fit(Choices.from_pairs(winner, loser))
    text = repr(model.uncertainty(Choices.from_pairs(winner, loser)))
    lines = text.splitlines()
    assert lines[0].startswith("Uncertainty(robust standard errors from 900 judgements; best item")
    assert lines[0].endswith("; best items first, not as in arrays)")
    assert len(lines) == 1 + 12 + 1
    assert lines[1].startswith(f"item {model.coef_[0].argmax()}")
    assert lines[-1] == "… 3 more"


def test_refusals():
    model, choices, features = fitted("pairs", linear=True, n_components=1)
    other = draw(9, layout="pairs", n_items=8, coef=[[3.0, 3.0, -3.0]])
    with pytest.raises(ValueError, match=r"^choices must be those of fit, and the fit settled: a"):
        model.uncertainty(other.choices, other.features)
    found = model.uncertainty(choices, features)
    with pytest.raises(ValueError, match=r"^ranks are of items, but the model was fitted to feat"):
        found.ranks()
    with pytest.raises(ValueError, match=r"^level must be above 0 and below 1, not 1$"):
        found.interval(1)
    alone = relabelled(choices, np.zeros(len(choices), np.int64))
    with pytest.raises(ValueError, match=r"^robust errors need at least 2 annotators, not 1$"):
        model.uncertainty(alone, features)
    assert np.isfinite(model.uncertainty(alone, features, robust=False).covariance).all()


def test_what_the_data_do_not_determine_is_refused():
    choices = Choices.from_choice_sets([0, 2, 4], [0, 1, 1, 2], [0, 1])
    features = np.array([[1.0, 5.0], [0.0, 5.0], [2.0, 5.0]])
    model = ChoiceMixture(l2=1e-9, max_iter=3, tol=100.0).fit(choices, features)
    with pytest.raises(ValueError, match=r"of feature 1: raise l2, or let the fit settle$"):
        model.set_params(l2=0.0).uncertainty(choices, features)


def test_a_class_that_nobody_is_in_changes_nothing():
    one, choices, features = fitted("choice_sets", linear=True, n_components=1)
    two = ChoiceMixture(2, l2=one.l2, **SETTLED).fit(choices, features)
    two.coef_ = np.concatenate([one.coef_, np.zeros((1, 3))])
    two.weights_ = np.array([1.0, 0.0])
    for robust in (False, True):
        alone = one.uncertainty(choices, features, robust=robust)
        both = two.uncertainty(choices, features, robust=robust)
        np.testing.assert_allclose(both.covariance[:3, :3], alone.covariance[:3, :3], rtol=1e-9)
        np.testing.assert_allclose(both.weights_se, 0, atol=1e-12)
        assert np.isfinite(both.covariance).all()
        ends = both.interval()
        assert ends.weights.tolist() == [[1.0, 1.0], [0.0, 0.0]]
        np.testing.assert_array_equal(ends.coef[0], alone.interval().coef[0])
        # Of the class itself nothing is known, and that is said.
        assert (ends.coef[1] == [-np.inf, np.inf]).all()
        assert (both.marks[1] == "not determined").all()
        assert both.weights_marks.tolist() == ["", "not determined"]
        assert (both.marks[0] == alone.marks[0]).all()


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("named", [False, True])
def test_pairs_of_items_have_a_way_of_their_own(tied, named, monkeypatch):
    sample = draw(6, layout="tied pairs" if tied else "pairs", n_items=8, weights=True).choices
    choices = Choices.from_pairs(
        sample.items[0::2],
        sample.items[1::2],
        tie=sample.tied,
        weight=sample.weight,
        annotator=sample.annotator_index if named else None,
    )
    model = ChoiceMixture(2 if named else 1, l2=0.2, **SETTLED).fit(choices)
    for robust in (False, True):
        found = model.uncertainty(choices, robust=robust).covariance
        with monkeypatch.context() as patch:
            patch.setattr("prefmath.models._likelihood.table_curvature.laplacians", None)
            patch.setattr(
                "prefmath.models._likelihood.observation.Observation.simple",
                property(lambda _: False),
            )
            plain = model.uncertainty(choices, robust=robust).covariance
        np.testing.assert_allclose(found, plain, rtol=1e-8, atol=1e-12)
