"""Rows of features against items, choices of one alternative, and models of positions alone."""

from __future__ import annotations

import re

import numpy as np
import pytest
from scipy.optimize import minimize

from choice_samples import draw
from prefmath import Choices
from prefmath.models import ChoiceMixture, ConditionalLogit, UndeterminedWarning, select_components

# All that take choices and their features.
ASKED = ("predict", "predict_proba", "sample", "responsibilities", "adapt", "score", "uncertainty")


def too_many(n_rows, n_items, order):
    return pytest.raises(
        ValueError,
        match="^"
        + re.escape(
            f"features has {n_rows:,} rows for the {n_items} items of choices, and must have one "
            f"row an item{order}; where each alternative shown has features of its own, its item "
            "is its row of features: leave item= out of Choices.from_frame"
        )
        + "$",
    )


def test_more_rows_than_labelled_items():
    # Only the first four of 4,728 were used: log-likelihood -1638.6 for -1372.9.
    rng = np.random.default_rng(0)
    names = np.array(["beach", "boat", "charter", "pier"])
    chosen = rng.integers(4, size=1182)
    choices = Choices.from_choice_sets(np.arange(0, 4729, 4), np.tile(names, 1182), chosen)
    x = rng.standard_normal((4728, 2))
    order = ", in the order of choices.item_ids"
    for model in (ConditionalLogit(), ChoiceMixture()):
        with too_many(4728, 4, order):
            model.fit(choices, x)
    with too_many(5, 4, order):
        ConditionalLogit().fit(choices, x[:5])
    model = ConditionalLogit().fit(choices, x[:4])
    for name in ASKED:
        with too_many(4728, 4, order):
            getattr(model, name)(choices, x)


def test_more_rows_than_row_numbers():
    rng = np.random.default_rng(0)
    chosen = rng.integers(4, size=1182)
    choices = Choices.from_choice_sets(np.arange(0, 4729, 4), np.tile(np.arange(4), 1182), chosen)
    x = rng.standard_normal((4728, 2))
    with too_many(4728, 4, ""):
        ConditionalLogit().fit(choices, x)
    # Embeddings of a whole pool, of which not all were shown.
    one = ConditionalLogit().fit(choices, x[:4])
    np.testing.assert_allclose(ConditionalLogit().fit(choices, x[:100]).coef_, one.coef_)


@pytest.mark.parametrize("layout", ["choice_sets", "rankings"])
def test_choices_of_one_alternative_are_counted(layout):
    offsets, items = [0, 3, 4, 6, 7, 9], [0, 1, 2, 0, 1, 2, 2, 0, 1]
    if layout == "rankings":
        choices, noun, done = Choices.from_rankings(offsets, items), "rankings", "ranked"
    else:
        choices = Choices.from_choice_sets(offsets, items, [0, 0, 1, 0, 1])
        noun, done = "choice sets", "chosen"
    message = (
        f"^2 of 5 {noun} have a single alternative, which says nothing of preferences: look "
        f"whether alternatives that were not {done} are missing$"
    )
    with pytest.warns(UndeterminedWarning, match=message) as caught:
        ChoiceMixture().fit(choices)
    assert len(caught) == 1
    assert caught[0].filename == __file__
    with pytest.warns(UndeterminedWarning, match=message) as caught:
        select_components(choices, components=[1], random_state=0)
    assert len(caught) == 1
    assert caught[0].filename == __file__


def test_effects_of_position_in_sets_of_unequal_size():
    sample = draw(1, n_items=8)
    message = "^position_effect is of positions, not of alternatives, and as choice sets have 2 "
    with pytest.warns(UndeterminedWarning, match=message) as caught:
        ConditionalLogit(position_effect=True).fit(sample.choices, sample.features)
    assert len(caught) == 1
    assert caught[0].filename == __file__


def ordered(seed, n=2000):
    rng = np.random.default_rng(seed)
    items = np.argsort(rng.random((n, 30)), axis=1)[:, :4]
    chosen = (np.array([0.0, -0.3, -0.8, 0.4]) + rng.gumbel(size=(n, 4))).argmax(axis=1)
    return Choices.from_choice_sets(
        np.arange(0, 4 * n + 1, 4), items.ravel(), chosen, annotator=np.arange(n) % 50
    )


def test_positions_alone():
    choices = ordered(0)
    share = np.bincount(choices.chosen) / len(choices)
    model = ConditionalLogit(position_effect=True).fit(choices)
    np.testing.assert_allclose(model.position_effects_, [np.log(share[1:] / share[0])], atol=1e-7)
    assert model.coef_.shape == (1, 0)
    expected = len(choices) * (share * np.log(share)).sum()
    assert model.log_likelihood_ == pytest.approx(expected, abs=1e-8)
    np.testing.assert_allclose(
        model.predict_proba(choices).reshape(-1, 4), share * np.ones((2000, 1))
    )
    np.testing.assert_allclose(model.score(choices), expected / len(choices))
    # As with a column of zeros, and as a multinomial tells.
    zeros = ConditionalLogit(position_effect=True, l2=1e-9).fit(choices, np.zeros((30, 1)))
    np.testing.assert_allclose(zeros.position_effects_, model.position_effects_, atol=1e-5)
    found = model.uncertainty(choices, robust=False)
    of_effects = (np.diag(1 / share[1:]) + 1 / share[0]) / len(choices)
    np.testing.assert_allclose(found.covariance[:3, :3], of_effects, rtol=1e-6)
    assert "position 4" in repr(found)


def test_positions_alone_of_pairs_with_ties():
    rng = np.random.default_rng(4)
    pairs = np.argsort(rng.random((900, 6)), axis=1)[:, :2].T
    first, tie = rng.random(900) < 0.6, rng.random(900) < 0.2
    choices = Choices.from_pairs(*pairs, tie=tie, first=first)
    model = ConditionalLogit(ties="davidson", position_effect=True).fit(choices)
    first = np.where(choices.first, 1, -1)

    def loss(params):
        order, log_nu = params
        utility = np.stack([order * (first > 0), order * (first < 0)])
        tie = log_nu + utility.mean(axis=0)
        total = np.logaddexp.reduce([*utility, tie])
        return -np.where(choices.tied, tie - total, utility[0] - total).sum()

    best = minimize(loss, np.zeros(2), tol=1e-12)
    assert model.log_likelihood_ == pytest.approx(-best.fun, abs=1e-6)
    np.testing.assert_allclose(model.position_effects_[0, 0], best.x[0], atol=1e-4)


def test_positions_alone_in_classes(tmp_path):
    one, other = ordered(0, 1000), ordered(1, 1000)
    # People of the second kind begin at the end.
    both = Choices.from_choice_sets(
        np.arange(0, 8001, 4),
        np.concatenate([one.items, other.items]),
        np.concatenate([one.restore(one.chosen), 3 - other.restore(other.chosen)]),
        annotator=np.concatenate([np.arange(1000) % 25, 25 + np.arange(1000) % 25]),
    )
    without = np.zeros((both.n_items, 0))
    model = ChoiceMixture(2, position_effect=True, n_init=4, random_state=0).fit(both, without)
    assert model.coef_.shape == (2, 0)
    assert (
        model.log_likelihood_
        > ChoiceMixture(position_effect=True).fit(both, without).log_likelihood_
    )
    assert model.predict_proba(both, without).shape == (8000,)
    model.save(tmp_path / "model.npz")
    again = ChoiceMixture.load(tmp_path / "model.npz")
    np.testing.assert_array_equal(again.predict_proba(both), model.predict_proba(both))


def test_no_features_and_no_positions():
    choices = ordered(0)
    with pytest.raises(ValueError, match=r"^features are missing: only with position_effect may"):
        ConditionalLogit().fit(choices)
    with pytest.raises(ValueError, match=r"^features must have a column, but has shape"):
        ConditionalLogit().fit(choices, np.zeros((30, 0)))
