"""Ratios of coefficients: the textbook's errors, draws, Fieller's ends, and when there are none."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import norm

from choice_samples import draw
from prefmath import Choices
from prefmath.models import ChoiceMixture, ConditionalLogit
from prefmath.models._inference.ratios import NOT_CLEAR


def drawn(coef, n=800, seed=0):
    """Choices among three with two features, of people who judge one set each."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((3 * n, 2))
    chosen = (x @ coef + rng.gumbel(size=3 * n)).reshape(n, 3).argmax(axis=1)
    return Choices.from_choice_sets(np.arange(0, 3 * n + 1, 3), np.arange(3 * n), chosen), x


@pytest.fixture(scope="module")
def errors():
    choices, x = drawn([1.0, -0.6])
    return ConditionalLogit().fit(choices, x).uncertainty(choices, x)


def test_the_delta_method_by_finite_differences(errors):
    found = errors.ratio("feature 0", "feature 1")
    b, v = errors.coef[0], errors.covariance[:2, :2]
    step = 1e-6
    gradient = [
        ((b + h)[0] / (b + h)[1] - (b - h)[0] / (b - h)[1]) / (2 * step) for h in step * np.eye(2)
    ]
    se = np.sqrt(gradient @ v @ gradient)
    assert found.estimate[0] == pytest.approx(b[0] / b[1])
    assert found.se[0] == pytest.approx(se, rel=1e-6)
    np.testing.assert_allclose(
        found.delta[0], b[0] / b[1] + norm.ppf([0.025, 0.975]) * se, rtol=1e-6
    )


def test_fieller_ends_are_where_the_difference_is_just_clear_of_0(errors):
    for level in (0.5, 0.95, 0.99):
        found = errors.ratio("feature 0", "feature 1", level=level)
        b, v = errors.coef[0], errors.covariance[:2, :2]

        def excess(r, level=level, b=b, v=v):
            weights = np.array([1, -r])
            return abs(weights @ b) - norm.ppf(0.5 + level / 2) * np.sqrt(weights @ v @ weights)

        r = b[0] / b[1]
        ends = brentq(excess, r - 5, r), brentq(excess, r, r + 5)
        np.testing.assert_allclose(found.fieller[0], ends, rtol=1e-8)


def test_draws_are_seeded_and_near_the_others(errors):
    found = errors.ratio("feature 0", "feature 1", n_draws=100_000)
    again = errors.ratio("feature 0", "feature 1", n_draws=100_000)
    other = errors.ratio("feature 0", "feature 1", n_draws=100_000, random_state=1)
    np.testing.assert_array_equal(found.draws, again.draws)
    assert (found.draws != other.draws).all()
    np.testing.assert_allclose(found.draws, found.fieller, atol=0.02)
    # Draws of NumPy's own.
    a, b = (
        np.random.default_rng(7)
        .multivariate_normal(errors.coef[0], errors.covariance[:2, :2], 200_000)
        .T
    )
    np.testing.assert_allclose(found.draws[0], np.quantile(a / b, [0.025, 0.975]), atol=0.02)


def test_willingness_to_pay_is_minus_the_ratio(errors):
    ratio = errors.ratio("feature 0", "feature 1")
    pay = errors.willingness_to_pay("feature 0", "feature 1")
    assert pay.estimate == -ratio.estimate
    assert pay.estimate[0] > 0
    np.testing.assert_allclose(pay.fieller, -ratio.fieller[:, ::-1])
    assert pay.se == ratio.se
    assert repr(pay).startswith("Ratio(-feature 0 / feature 1; 95% intervals)\n")


def test_units_of_features_only_scale_a_ratio():
    choices, x = drawn([1.0, -0.6])
    scale = np.array([1e-6, 1e7])
    one, other = (
        ConditionalLogit().fit(choices, z).uncertainty(choices, z).ratio("feature 0", "feature 1")
        for z in (x, x * scale)
    )
    for name in ("estimate", "se", "delta", "fieller", "draws"):
        np.testing.assert_allclose(
            getattr(other, name) * scale[0] / scale[1], getattr(one, name), rtol=1e-5
        )
    assert other.marks == one.marks == ("",)


def test_a_denominator_that_may_be_0_leaves_no_interval():
    choices, x = drawn([1.0, 0.02], n=200)
    model = ConditionalLogit().fit(choices, x)
    found = model.uncertainty(choices, x).ratio("feature 0", "feature 1")
    assert found.marks == (NOT_CLEAR,)
    assert found.se.tolist() == [np.inf]
    for ends in (found.delta, found.draws, found.fieller):
        assert ends.tolist() == [[-np.inf, np.inf]]
    assert "denominator not clear of 0" in repr(found)
    assert "no finite interval of a ratio holds" in repr(found)
    # At a level so low that it is clear, there is one.
    assert (
        found.marks
        != model.uncertainty(choices, x).ratio("feature 0", "feature 1", level=0.01).marks
    )


def test_classes_have_ratios_of_their_own():
    sample = draw(4, n_annotators=80, n_each=20)
    model = ChoiceMixture(2, l2=0.0, random_state=0).fit(sample.choices, sample.features)
    errors = model.uncertainty(sample.choices, sample.features)
    found = errors.ratio("feature 0", "feature 2")
    np.testing.assert_allclose(found.estimate, model.coef_[:, 0] / model.coef_[:, 2])
    one = errors.ratio("feature 0[1]", "feature 2[1]")
    assert one.estimate == found.estimate[1:]
    assert one.se[0] == pytest.approx(found.se[1])
    sums = errors.ratio({"feature 0": 1, "feature 1": 1}, "feature 2")
    np.testing.assert_allclose(sums.estimate, model.coef_[:, :2].sum(axis=1) / model.coef_[:, 2])
    assert repr(sums).startswith("Ratio((feature 0 + feature 1) / feature 2;")
    with pytest.raises(ValueError, match=r"^numerator and denominator must both name a class"):
        errors.ratio("feature 0[0]", "feature 1")
    with pytest.raises(ValueError, match=r"^denominator must name a parameter, not 'cost'"):
        errors.willingness_to_pay("feature 0", "cost")
    with pytest.raises(ValueError, match=r"n_draws"):
        errors.ratio("feature 0", "feature 1", n_draws=10)


def test_fieller_covers_at_its_level():
    """1,000 draws of estimates with a denominator three errors from 0."""
    rng = np.random.default_rng(0)
    choices, x = drawn([1.0, -0.6])
    errors = ConditionalLogit().fit(choices, x).uncertainty(choices, x)
    v = errors.covariance[:2, :2]
    truth = np.array([0.4, 5 * np.sqrt(v[1, 1])])
    inside = 0
    for estimate in rng.multivariate_normal(truth, v, 1000):
        errors.params[0] = estimate
        ends = errors.ratio("feature 0", "feature 1", n_draws=100).fieller[0]
        inside += ends[0] <= truth[0] / truth[1] <= ends[1]
    assert 0.93 < inside / 1000 < 0.97
