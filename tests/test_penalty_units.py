"""The penalty is in units of each feature's spread within choice sets: no answer has units."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from prefmath import Choices
from prefmath.models import ChoiceMixture, ConditionalLogit, bootstrap
from prefmath.models._likelihood.data import Data
from prefmath.models._likelihood.observation import form_of, observe_outcomes
from prefmath.models._likelihood.utility.spread import spread_within_sets

SIZE = 3


def drawn(layout, d, n_classes, *, n_annotators=60, n_each=12, seed=0):
    """Judgements of two to three classes of annotators, who weigh the features differently."""
    rng = np.random.default_rng(seed)
    n = n_annotators * n_each
    x = rng.standard_normal((n * SIZE, d))
    coef = rng.standard_normal((n_classes, d)) / np.sqrt(d / 4)
    of_row = np.repeat(rng.integers(n_classes, size=n_annotators), n_each * SIZE)
    utility = (x * coef[of_row]).sum(axis=1) + rng.gumbel(size=len(x))
    utility = utility.reshape(n, SIZE)
    first, offsets = np.arange(n) * SIZE, np.arange(n + 1) * SIZE
    weight = rng.choice([0.5, 1.0, 2.0], n)
    whose = {"annotator": np.repeat(np.arange(n_annotators), n_each), "weight": weight}
    if layout == "rankings":
        order = (-utility).argsort(axis=1) + first[:, None]
        return Choices.from_rankings(offsets, order.ravel(), **whose), x
    if layout == "sets":
        chosen = utility.argmax(axis=1)
        return Choices.from_choice_sets(offsets, np.arange(len(x)), chosen, **whose), x
    won = utility[:, 0] > utility[:, 1]
    tie = np.abs(utility[:, 0] - utility[:, 1]) < 0.3
    pairs = np.where(won, first, first + 1), np.where(won, first + 1, first)
    return Choices.from_pairs(*pairs, tie=tie, first=rng.random(n) < 0.5, **whose), x


def scales(d, reach=8):
    return 10.0 ** np.random.default_rng(1).permutation(np.linspace(-reach, reach, d))


CASES = {
    "pairs": ("pairs", 8, {}),
    "ties and positions": ("pairs", 8, {"ties": "davidson", "position_effect": True}),
    "Rao and Kupper": ("pairs", 8, {"ties": "rao_kupper"}),
    "sets": ("sets", 8, {}),
    "positions": ("sets", 8, {"position_effect": True}),
    "rankings": ("rankings", 8, {}),
    "wide pairs": ("pairs", 96, {}),
    "wide sets": ("sets", 96, {}),
}


@pytest.mark.parametrize("n_classes", [1, 2, 3])
@pytest.mark.parametrize(("layout", "d", "kind"), CASES.values(), ids=CASES.keys())
def test_no_unit_changes_a_fit_under_the_default_penalty(layout, d, kind, n_classes):
    choices, x = drawn(layout, d, n_classes, n_annotators=60 if d == 8 else 200)
    estimator = ChoiceMixture(n_classes, random_state=0, n_init=2, **kind)
    scale = scales(d)
    plain, coef = estimator.fit(choices, x), estimator.coef_
    before = plain.log_likelihood_, plain.lower_bound_, plain.predict_proba(choices, x)
    scaled = estimator.fit(choices, x * scale)
    assert scaled.converged_
    assert scaled.log_likelihood_ == pytest.approx(before[0], abs=1e-6, rel=0)
    assert scaled.lower_bound_ == pytest.approx(before[1], abs=1e-6, rel=0)
    np.testing.assert_allclose(scaled.predict_proba(choices, x * scale), before[2], atol=1e-6)
    np.testing.assert_allclose(scaled.coef_ * scale, coef, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("n_classes", [1, 2])
def test_nor_does_it_of_narrow_features(dtype, n_classes):
    choices, x = drawn("sets", 8, n_classes)
    x = x.astype(dtype)
    reach = 10 if dtype == np.float16 else 27
    scale = np.ldexp(1.0, np.random.default_rng(0).integers(-reach, reach, 8)).astype(dtype)
    x[np.abs(x) < 0.1] = 0  # below, float16 has fewer digits left in the smallest unit
    fits = [
        ChoiceMixture(n_classes, random_state=0, n_init=2).fit(choices, some)
        for some in (x, x * scale)
    ]
    assert fits[1].log_likelihood_ == pytest.approx(fits[0].log_likelihood_, abs=1e-6, rel=0)
    np.testing.assert_allclose(fits[1].coef_ * scale, fits[0].coef_, rtol=1e-6)


def test_errors_and_resamples_are_in_the_same_units():
    choices, x = drawn("sets", 4, 2)
    scale = np.array([1e-8, 1e8, 1e-4, 1.0])
    found = []
    for unit in (np.ones(4), scale):
        model = ChoiceMixture(2, random_state=0, n_init=2).fit(choices, x * unit)
        errors = model.uncertainty(choices, x * unit)
        refits = bootstrap(model, choices, x * unit, n_resamples=10, random_state=0)
        found.append((errors.coef_se * unit, errors.weights_se, refits.coef * unit))
        assert (errors.marks == "").all()
    for plain, scaled in zip(*found, strict=True):
        np.testing.assert_allclose(scaled, plain, rtol=1e-6)


def test_the_penalty_is_on_coefficients_times_the_spread_of_features_within_sets():
    # The optimum of SciPy, the penalty written out.
    choices, x = drawn("sets", 3, 1)
    x = (
        x * [1, 10, 0.1]
        + np.repeat(np.random.default_rng(0).normal(0, 5, len(choices)), SIZE)[:, None]
    )
    sets, weight = x.reshape(-1, SIZE, 3), choices.weight
    variance = (weight @ sets.var(axis=1)) / weight.sum()

    def negative(coef):
        utility = sets @ coef
        chosen = utility[np.arange(len(sets)), choices.chosen]
        log_likelihood = weight @ (chosen - np.log(np.exp(utility).sum(axis=1)))
        return -log_likelihood + 50 / 2 * variance @ coef**2

    best = minimize(negative, np.zeros(3), tol=1e-12)
    model = ConditionalLogit(l2=50).fit(choices, x)
    assert model.lower_bound_ == pytest.approx(-best.fun, abs=1e-6)
    np.testing.assert_allclose(model.coef_[0], best.x, rtol=1e-4)
    # Strong enough for the unit to matter.
    assert ConditionalLogit().fit(choices, x).log_likelihood_ > model.log_likelihood_ + 1


def spread_of(choices, x):
    form = form_of(choices, "half", position_effect=False)
    observation, outcome = observe_outcomes(choices, len(x), form, 2)
    data = Data(observation, choices.annotator_offsets, choices.weight, 2, outcome=outcome)
    return spread_within_sets(x, data)


def test_judgements_count_as_often_as_they_weigh_and_choices_of_one_not_at_all():
    x = np.array([[1.0, 5], [3, 5], [7, 8], [0, 0]])
    offsets, items = [0, 2, 5, 6], [0, 1, 0, 1, 2, 3]
    sets = Choices.from_choice_sets(offsets, items, [0, 0, 0], weight=[2, 1, 9])
    by_hand = np.sqrt((2 * x[:2].var(axis=0) + x[:3].var(axis=0)) / 3)
    np.testing.assert_allclose(spread_of(sets, x), by_hand, rtol=1e-12)
    twice = Choices.from_choice_sets([0, 2, 4, 7], [0, 1, 0, 1, 0, 1, 2], [0, 1, 0])
    np.testing.assert_allclose(spread_of(twice, x), by_hand, rtol=1e-12)
    heavy = Choices.from_choice_sets(offsets, items, [0, 0, 0], weight=[2e90, 1e90, 0])
    np.testing.assert_allclose(spread_of(heavy, x), by_hand, rtol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_differs_between_sets_alone_has_the_spread_of_all_items(dtype):
    n = 50
    between = np.repeat(np.random.default_rng(0).standard_normal(n), 2)
    noisy = np.tile([dtype(0.3), np.nextafter(dtype(0.3), dtype(1))], n)
    x = np.stack([between, np.full(2 * n, 7.0), np.zeros(2 * n), noisy], axis=1).astype(dtype)
    pairs = Choices.from_pairs(np.arange(0, 2 * n, 2), np.arange(1, 2 * n, 2))
    for unit in (1, 1e-9):
        found = spread_of(pairs, x * dtype(unit))
        np.testing.assert_allclose(
            found, [between.std() * unit, 7 * unit, 1, 0.3 * unit], rtol=1e-4
        )
    # Winners are told by rounding alone: no coefficient says so.
    model = ConditionalLogit(l2=1e-3).fit(pairs, x)
    np.testing.assert_allclose(model.coef_, 0, atol=1e-2)


def test_a_loaded_model_knows_its_penalty_and_one_of_an_earlier_version_its_own(tmp_path):
    choices, x = drawn("sets", 3, 1)
    x = x * [1e-3, 1, 1e3]
    model = ConditionalLogit(l2=5).fit(choices, x)
    model.save(tmp_path / "model.npz")
    loaded = ConditionalLogit.load(tmp_path / "model.npz")
    expected = model.uncertainty(choices, x).covariance
    np.testing.assert_array_equal(loaded.uncertainty(choices, x).covariance, expected)
    # Of version 0.1.0, whose penalty was on coefficients as they are.
    del loaded._spreads
    with pytest.raises(ValueError, match="the fit settled"):
        loaded.uncertainty(choices, x)
    loaded.l2, loaded.coef_ = 0, ConditionalLogit().fit(choices, x).coef_
    loaded.uncertainty(choices, x)
