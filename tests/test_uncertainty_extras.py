"""Standard errors where positions, ties or a prior have their own terms."""

from __future__ import annotations

import numpy as np
import pytest

from choice_samples import draw
from prefmath import Choices
from prefmath.models import BradleyTerry, ChoiceMixture, bootstrap
from prefmath.models._inference.uncertain import point_of
from test_choice_mixture_oracle import penalty_of
from test_uncertainty import SETTLED, information_at, moved


def shown_pairs(seed, n=900, n_items=6, n_annotators=30, *, ties=0.0):
    """Draw pairs of which the first shown is chosen more often."""
    rng = np.random.default_rng(seed)
    strength = np.linspace(-1, 1, n_items)
    left = rng.integers(n_items, size=n)
    right = (left + rng.integers(1, n_items, size=n)) % n_items
    margin = strength[left] - strength[right] + 0.5 + rng.logistic(size=n)
    tied = np.abs(margin) < ties
    return Choices.from_pairs(
        np.where(margin > 0, left, right),
        np.where(margin > 0, right, left),
        tie=tied if ties else None,
        first=margin > 0,
        annotator=rng.integers(n_annotators, size=n),
    )


FORMS = {
    "half": {"position_effect": True},
    "davidson": {"ties": "davidson"},
    "rao_kupper": {"ties": "rao_kupper"},
    "davidson, first": {"ties": "davidson", "position_effect": True},
    "rao_kupper, first": {"ties": "rao_kupper", "position_effect": True},
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("linear", [True, False])
@pytest.mark.parametrize("n_components", [1, 2])
def test_slope_and_information_are_finite_differences(form, linear, n_components):
    choices = shown_pairs(0, 300, ties=0.4 if "ties" in FORMS[form] else 0.0)
    features = np.random.default_rng(1).standard_normal((6, 2)) if linear else None
    model = ChoiceMixture(n_components, l2=0.3, **SETTLED | {"n_init": 1}, **FORMS[form])
    model.fit(choices, features)
    rng = np.random.default_rng(2)
    here = np.append(model._fitted().params, np.log(model.weights_))
    here += 0.1 * rng.standard_normal(here.shape)

    # Positions and ties have no units.
    l2 = np.full(model._fitted().params.shape[1], model.l2)
    l2[: model.coef_.shape[1]] = penalty_of(choices, features, model.l2)

    def value(parameters):
        other = moved(model, parameters)
        evidence = other._fitted().expect(choices, features)[1]
        return evidence.sum() - (l2 * other._fitted().params ** 2).sum() / 2

    def slope(parameters):
        fitted = moved(model, parameters)._fitted()
        return information_at(point_of(fitted, choices, features)).gradient

    def along(function):
        step = 1e-5
        ends = [(function(here + step * e), function(here - step * e)) for e in np.eye(len(here))]
        return np.array([(after - before) / (2 * step) for after, before in ends])

    np.testing.assert_allclose(slope(here), along(value), atol=1e-5)
    found = information_at(point_of(moved(model, here)._fitted(), choices, features)).observed
    np.testing.assert_allclose(found, -along(slope), atol=1e-5 * np.abs(found).max())


@pytest.mark.filterwarnings("ignore:position_effect is of positions")
def test_positions_in_choice_sets():
    sample = draw(3, n_annotators=60, n_each=20)
    model = ChoiceMixture(position_effect=True, l2=1e-3, tol=1e-9)
    model.fit(sample.choices, sample.features)
    found = model.uncertainty(sample.choices, sample.features, robust=False)
    # A position is a feature as others are: 1 for the entries there.
    entries = len(sample.choices.items)
    sizes = np.diff(sample.choices.offsets)
    position = np.arange(entries) - np.repeat(sample.choices.offsets[:-1], sizes)
    wide = np.concatenate(
        [sample.features[sample.choices.items], np.eye(5)[position][:, 1:]], axis=1
    )
    same = Choices.from_choice_sets(
        sample.choices.offsets,
        np.arange(entries),
        sample.choices.chosen,
        annotator=sample.choices.annotator_index,
    )
    plain = ChoiceMixture(l2=1e-3, tol=1e-9).fit(same, wide)
    np.testing.assert_allclose(model._fitted().params, plain.coef_, atol=1e-5)
    expected = plain.uncertainty(same, wide, robust=False)
    np.testing.assert_allclose(found.coef_se, expected.coef_se[:, :3], rtol=1e-4)
    np.testing.assert_allclose(found.position_effects_se, expected.coef_se[:, 3:], rtol=1e-4)
    ends, others = found.interval(), expected.interval()
    np.testing.assert_allclose(ends.position_effects, others.coef[:, 3:], atol=1e-4)
    assert ends.tie is None
    assert "position 5" in repr(found)


@pytest.mark.parametrize("prior", [0.1, 2.0])
def test_a_prior_is_virtual_pairs(prior):
    choices = shown_pairs(1, 200, n_items=4)
    model = BradleyTerry(prior=prior, tol=1e-12).fit(choices)
    found = model.uncertainty(choices, robust=False)
    # The same pairs beside virtual ones with a fifth item.
    winner, loser = choices.items[0::2], choices.items[1::2]
    items, fifth = np.arange(4), np.full(4, 4)
    wide = Choices.from_pairs(
        np.concatenate([winner, items, fifth]),
        np.concatenate([loser, fifth, items]),
        weight=np.append(np.ones(200), np.full(8, prior)),
    )
    plain = BradleyTerry(tol=1e-12).fit(wide)
    change = np.eye(5)[:4] - np.append(np.full(4, 0.25), 0)
    expected = plain.uncertainty(wide, robust=False).covariance[:5, :5]
    np.testing.assert_allclose(model.coef_[0], change @ plain.coef_[0], atol=1e-6)
    np.testing.assert_allclose(found.covariance[:4, :4], change @ expected @ change.T, rtol=1e-5)
    drawn = bootstrap(model, choices, n_resamples=200, random_state=0)
    np.testing.assert_allclose(drawn.coef_se, model.uncertainty(choices).coef_se, rtol=0.3)


@pytest.mark.parametrize("ties", ["davidson", "rao_kupper"])
def test_ties_and_positions_have_intervals(ties):
    choices = shown_pairs(2, 3000, n_annotators=200, ties=0.4)
    model = ChoiceMixture(ties=ties, position_effect=True, tol=1e-9).fit(choices)
    found = model.uncertainty(choices)
    ends = found.interval()
    low, high = ends.tie[0]
    assert low < model.tie_[0] < high
    assert found.tie_se[0] == pytest.approx((high - low) / (2 * 1.96), rel=0.05)
    low, high = ends.position_effects[0, 0]
    assert low < model.position_effects_[0, 0] < high
    assert low > 0.2
    drawn = bootstrap(model, choices, n_resamples=200, random_state=0)
    resampled = drawn.interval()
    np.testing.assert_allclose(resampled.tie, ends.tie, rtol=0.1)
    np.testing.assert_allclose(resampled.position_effects, ends.position_effects, atol=0.1)
    for text in (repr(found), repr(drawn)):
        lines = text.splitlines()
        assert lines[-2].startswith("shown first")
        assert lines[-1].startswith("ties, nu" if ties == "davidson" else "ties, theta")
    if ties == "rao_kupper":  # which is how the pairs were drawn
        assert ends.tie[0, 0] < np.exp(0.4) < ends.tie[0, 1]
