"""What features are measured in changes coefficients, and no likelihood."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from prefmath import Choices
from prefmath.models import ChoiceMixture, ConditionalLogit

N_ANNOTATORS, N_EACH, N_ALTERNATIVES = 40, 12, 3


def drawn(seed=0, d=3, n_classes=1):
    rng = np.random.default_rng(seed)
    n = N_ANNOTATORS * N_EACH
    x = rng.standard_normal((n * N_ALTERNATIVES, d))
    coef = rng.standard_normal((n_classes, d))
    of_annotator = rng.integers(n_classes, size=N_ANNOTATORS)
    class_of_row = np.repeat(of_annotator, N_EACH * N_ALTERNATIVES)
    utility = (x * coef[class_of_row]).sum(axis=1) + rng.gumbel(size=len(x))
    choices = Choices.from_choice_sets(
        np.arange(0, len(x) + 1, N_ALTERNATIVES),
        np.arange(len(x)),
        utility.reshape(n, -1).argmax(axis=1),
        annotator=np.repeat(np.arange(N_ANNOTATORS), N_EACH),
    )
    return choices, x


SCALES = [(1e8, 1, 1), (1e12, 1, 1), (1e-8, 1e8, 1), (3e-8, 0.7, 6e7), (1e8, 1e8, 1e8), (1e-8,) * 3]


@pytest.mark.parametrize("scale", SCALES)
def test_units_of_one_class(scale):
    choices, x = drawn()
    plain, scaled = (ConditionalLogit().fit(choices, f) for f in (x, x * scale))
    assert scaled.converged_
    assert scaled.log_likelihood_ == pytest.approx(plain.log_likelihood_, abs=1e-7)
    np.testing.assert_allclose(scaled.coef_ * scale, plain.coef_, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("n_classes", [2, 3])
def test_units_of_a_mixture(scale, n_classes):
    choices, x = drawn(n_classes=n_classes)
    plain, scaled = (
        ChoiceMixture(n_classes, l2=0, tol=1e-8, random_state=0, n_init=4).fit(choices, f)
        for f in (x, x * scale)
    )
    assert scaled.converged_
    assert scaled.log_likelihood_ == pytest.approx(plain.log_likelihood_, abs=1e-5)


@pytest.mark.parametrize("power", [(0, 80, -80), (27, -27, 0), (30, 30, 30)])
@pytest.mark.parametrize("n_classes", [1, 2])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_powers_of_two_change_no_bit_of_the_likelihood(power, n_classes, dtype):
    # 2**80 is 1e24, whose square is beyond float32.
    choices, x = drawn(n_classes=n_classes)
    x = x.astype(dtype)
    unit = np.ldexp(1.0, power).astype(dtype)
    plain, scaled = (
        ChoiceMixture(n_classes, l2=0, random_state=0, n_init=2).fit(choices, f)
        for f in (x, x * unit)
    )
    # Beyond what float32 can square the curvature is summed in float64.
    near = 1e-6 if dtype == np.float32 and max(power) > 60 else 0
    assert scaled.log_likelihood_ == pytest.approx(plain.log_likelihood_, abs=near, rel=0)
    np.testing.assert_allclose(scaled.coef_ * unit, plain.coef_, rtol=1e3 * near, atol=10 * near)


def test_units_with_effects_of_position_and_ties_and_few_judgements():
    rng = np.random.default_rng(2)
    x = rng.standard_normal((30, 2))
    pairs = np.array([rng.choice(30, 2, replace=False) for _ in range(300)])
    utility = x @ [1.0, -0.5] + rng.gumbel(size=(300, 30))
    better = np.take_along_axis(utility, pairs, 1)
    choices = Choices.from_pairs(
        *np.take_along_axis(pairs, better.argsort(axis=1)[:, ::-1], 1).T,
        tie=np.abs(better[:, 0] - better[:, 1]) < 0.3,
        first=rng.random(300) < 0.5,
    )
    plain, scaled = (
        ConditionalLogit(ties="davidson", position_effect=True).fit(choices, x * unit)
        for unit in (1, [1e8, 1e-8])
    )
    assert scaled.log_likelihood_ == pytest.approx(plain.log_likelihood_, abs=1e-7)
    assert scaled.position_effects_ == pytest.approx(plain.position_effects_, abs=1e-5)


def test_a_warm_start_begins_where_the_last_fit_ended():
    choices, x = drawn()
    model = ConditionalLogit(warm_start=True).fit(choices, x * [1e8, 1, 1e-8])
    assert model.fit(choices, x * [1e8, 1, 1e-8]).n_iter_ <= 1


def test_income_in_dollars_and_its_square():
    rng = np.random.default_rng(3)
    n = 1200
    income = rng.lognormal(10.5, 0.6, n)
    thousands = income / 1000
    means = np.stack(
        [np.zeros(n), 0.5 + 0.01 * thousands, 1 - 0.02 * thousands + 1e-4 * thousands**2], axis=1
    )
    chosen = (means + rng.gumbel(size=means.shape)).argmax(axis=1)
    choices = Choices.from_choice_sets(np.arange(0, 3 * n + 1, 3), np.arange(3 * n), chosen)

    def case_specific(money):
        by_case = np.stack([np.ones(n), money, money**2], axis=1)
        return np.concatenate([np.kron(by_case, np.eye(3)[:, [j]]) for j in (1, 2)], axis=1)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        dollars, small = (
            ConditionalLogit().fit(choices, case_specific(money)) for money in (income, thousands)
        )
    assert dollars.log_likelihood_ == pytest.approx(small.log_likelihood_, abs=1e-6)


@pytest.mark.parametrize("model", [ConditionalLogit(), ChoiceMixture(), ChoiceMixture(l2=0)])
def test_features_that_float64_cannot_square_are_refused_by_name(model):
    pairs = Choices.from_pairs([0, 1], [1, 0])
    with pytest.raises(ValueError, match=r"features\[0, 0\] is 1e\+155: divide column 0"):
        model.fit(pairs, np.array([[1e155], [0.0]]))
    with pytest.raises(ValueError, match=r"deviation of column 0 is 5e-161: multiply it"):
        model.fit(pairs, np.array([[1e-160], [0.0]]))


def test_a_column_that_differs_in_few_rows_is_not_lost_to_a_sample():
    rng = np.random.default_rng(4)
    n = 20_000
    x = np.zeros((2 * n, 3))
    x[:, :2] = rng.standard_normal((2 * n, 2))
    rare = rng.choice(2 * n, 40, replace=False)
    x[rare, 2] = rng.standard_normal(40)
    utility = (x @ [1, -1, 2] + rng.gumbel(size=2 * n)).reshape(n, 2)
    sets = np.arange(0, 2 * n + 1, 2)
    choices = Choices.from_choice_sets(sets, np.arange(2 * n), utility.argmax(axis=1))
    plain, scaled = (
        ConditionalLogit().fit(choices, x * unit) for unit in (1, np.array([1, 1, 1e8]))
    )
    assert plain.converged_
    assert scaled.converged_
    assert scaled.log_likelihood_ == pytest.approx(plain.log_likelihood_, abs=1e-6)
    assert abs(plain.coef_[0, 2]) > 0.5
