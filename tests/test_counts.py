"""Counted judgements are the same data as their rows written out: fits, errors, criteria."""

from __future__ import annotations

import copy
import warnings
from dataclasses import replace

import numpy as np
import pytest

from counted import as_written, both
from prefmath.choices import Choices
from prefmath.models import (
    BradleyTerry,
    ChoiceMixture,
    ConditionalLogit,
    PlackettLuce,
    WeightWarning,
    select_components,
    table_log_likelihood,
)

LAYOUTS = ("pairs", "choice_sets", "rankings")
X = np.random.default_rng(5).standard_normal((4, 2))
CLOSE = {"rtol": 1e-9, "atol": 1e-9}
# Written out, people of one judgement each have weights of their own.
pytestmark = pytest.mark.filterwarnings("ignore::prefmath.models.WeightWarning")


def fitted(n_components, data, features=None, **more):
    model = ChoiceMixture(n_components, tol=1e-10, random_state=0, n_init=4, **more)
    return model.fit(data.counted, features)


@pytest.mark.parametrize("features", [None, X], ids=["items", "features"])
@pytest.mark.parametrize("n_components", [1, 2, 3])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("who", ["named", "each"])
def test_fit_stays_where_it_is_on_written_rows(layout, who, n_components, features):
    data = both(layout, who, weighted=layout == "pairs" and n_components > 1)
    model = fitted(n_components, data, features, l2=0.1)
    again = as_written(model, data).set_params(warm_start=True).fit(data.written, features)
    np.testing.assert_allclose(again.lower_bounds_[0], model.lower_bound_, rtol=1e-12)
    np.testing.assert_allclose(again.lower_bound_, model.lower_bound_, rtol=1e-9)
    np.testing.assert_allclose(again.log_likelihood_, model.log_likelihood_, rtol=1e-7)
    assert again.n_iter_ <= 3


@pytest.mark.parametrize("robust", [True, False])
@pytest.mark.parametrize("features", [None, X], ids=["items", "features"])
@pytest.mark.parametrize("n_components", [1, 2, 3])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("who", ["named", "each", "nobody"])
def test_errors_are_those_of_written_rows(layout, who, n_components, features, robust):
    if who == "nobody" and n_components > 1:
        pytest.skip("several classes want people")
    data = both(layout, who, weighted=True)
    model = fitted(n_components, data, features, l2=0.1)
    if model.weights_.min() < 1e-3:
        pytest.skip("nobody is in a class, where the information is rounding alone")
    same = as_written(model, data)
    found = model.uncertainty(data.counted, features, robust=robust)
    expected = same.uncertainty(data.written, features, robust=robust)
    np.testing.assert_allclose(found.covariance, expected.covariance, **CLOSE)
    np.testing.assert_allclose(found.n_behind, expected.n_behind, **CLOSE)
    np.testing.assert_array_equal(found.marks, expected.marks)
    np.testing.assert_array_equal(found.weights_marks, expected.weights_marks)
    np.testing.assert_array_equal(found.reference, expected.reference)
    assert found.n_units == expected.n_units


@pytest.mark.parametrize("ties", ["davidson", "rao_kupper"])
@pytest.mark.parametrize("n_components", [1, 2])
@pytest.mark.parametrize("who", ["named", "nobody"])
def test_ties_and_positions_are_counted(who, n_components, ties):
    if who == "nobody" and n_components > 1:
        pytest.skip("several classes want people")
    data = both("pairs", who)
    model = fitted(n_components, data, ties=ties, position_effect=True, l2=0.1)
    same = as_written(model, data)
    for robust in (True, False):
        found = model.uncertainty(data.counted, robust=robust)
        expected = same.uncertainty(data.written, robust=robust)
        np.testing.assert_allclose(found.covariance, expected.covariance, **CLOSE)
    again = same.set_params(warm_start=True).fit(data.written)
    np.testing.assert_allclose(again.lower_bound_, model.lower_bound_, rtol=1e-9)


@pytest.mark.parametrize("n_components", [1, 2])
@pytest.mark.parametrize("who", ["named", "each", "nobody"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_criteria_and_scores_are_those_of_written_rows(layout, who, n_components):
    if who == "nobody" and n_components > 1:
        pytest.skip("several classes want people")
    data = both(layout, who, weighted=True)
    model = fitted(n_components, data)
    same = as_written(model, data)
    for name in ("score", "bic", "aic", "icl"):
        found, expected = getattr(model, name)(data.counted), getattr(same, name)(data.written)
        np.testing.assert_allclose(found, expected, rtol=1e-9, err_msg=name)
    np.testing.assert_allclose(
        model.responsibilities(data.counted)[data.row]
        if data.written.has_annotators
        else model.responsibilities(data.counted),
        same.responsibilities(data.written),
        **CLOSE,
    )


@pytest.mark.parametrize("who", ["named", "each", "nobody"])
def test_estimators_of_one_class_count(who):
    pairs, rankings = both("pairs", who), both("rankings", who)
    for one, other in (
        (BradleyTerry().fit(pairs.counted), BradleyTerry().fit(pairs.written)),
        (
            BradleyTerry(ties="davidson").fit(pairs.counted),
            BradleyTerry(ties="davidson").fit(pairs.written),
        ),
        (PlackettLuce().fit(rankings.counted), PlackettLuce().fit(rankings.written)),
    ):
        np.testing.assert_allclose(one.utilities_, other.utilities_, atol=1e-7)
        np.testing.assert_allclose(one.log_likelihood_, other.log_likelihood_, rtol=1e-9)
    one = ConditionalLogit().fit(rankings.counted, X)
    other = ConditionalLogit().fit(rankings.written, X)
    np.testing.assert_allclose(one.coef_, other.coef_, atol=1e-7)
    np.testing.assert_allclose(one.log_likelihood_, other.log_likelihood_, rtol=1e-9)


def test_hard_classes_count():
    data = both("pairs", "named")
    model = fitted(2, data, hard=True)
    again = as_written(model, data).set_params(warm_start=True).fit(data.written)
    np.testing.assert_allclose(again.lower_bound_, model.lower_bound_, rtol=1e-9)
    np.testing.assert_array_equal(again.responsibilities_, model.responsibilities_[data.row])


@pytest.mark.parametrize("who", ["named", "nobody"])
def test_table_likelihood_counts(who):
    data = both("rankings", who)
    table = np.random.default_rng(1).standard_normal((4, 2))
    found, expected = (table_log_likelihood(one, table) for one in (data.counted, data.written))
    np.testing.assert_allclose(found.log_likelihood, expected.log_likelihood, rtol=1e-9)
    np.testing.assert_allclose(found.gradient, expected.gradient, **CLOSE)
    np.testing.assert_allclose(found.weights, expected.weights, **CLOSE)


@pytest.mark.parametrize("robust", [True, False])
def test_seven_wins_to_three_have_the_error_of_logistic_regression(robust):
    choices = Choices.from_pairs(["a", "b"], ["b", "a"], count=[7, 3])
    model = ConditionalLogit(tol=1e-12).fit(choices, [[1.0], [0.0]])
    found = model.uncertainty(choices, [[1.0], [0.0]], robust=robust)
    expected = np.sqrt(1 / 7 + 1 / 3)
    # Of the mean of ten, the sandwich is the information but for 10 / 9.
    np.testing.assert_allclose(model.coef_[0, 0], np.log(7 / 3), rtol=1e-9)
    assert found.n_units == 10
    if not robust:
        np.testing.assert_allclose(found.coef_se[0, 0], expected, rtol=1e-9)
    else:
        np.testing.assert_allclose(
            np.sqrt(found.covariance[0, 0]), expected * np.sqrt(10 / 9), rtol=1e-9
        )


def test_error_of_counts_is_that_of_statsmodels():
    sm = pytest.importorskip("statsmodels.api")
    choices = Choices.from_pairs(["a", "b"], ["b", "a"], count=[7, 3])
    design = [[1.0], [0.0]]
    found = (
        ConditionalLogit(tol=1e-12).fit(choices, design).uncertainty(choices, design, robust=False)
    )
    wins = np.repeat([1.0, 0.0], [7, 3])
    glm = sm.GLM(wins, np.ones((10, 1)), family=sm.families.Binomial()).fit()
    np.testing.assert_allclose(found.coef[0], glm.params, rtol=1e-8)
    np.testing.assert_allclose(found.coef_se[0], glm.bse, rtol=1e-6)


@pytest.mark.parametrize("n_components", [1, 2])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_halves_of_people_are_people(layout, n_components):
    data = both(layout, "named")
    model = fitted(n_components, data, X, l2=0.1)
    halves = Choices.concat(
        [
            replace(
                data.counted,
                count=data.counted.count * share,
                annotator_ids=np.char.add(data.counted.annotator_ids, suffix),
            )
            for share, suffix in ((0.3, ".a"), (0.7, ".b"))
        ]
    )
    again = copy.copy(model)
    again.responsibilities_ = np.repeat(model.responsibilities_, 2, axis=0)
    again.annotator_ids_, again.annotator_counts_ = halves.annotator_ids, halves.annotator_counts
    assert again.bic(halves, X) == pytest.approx(model.bic(data.counted, X), rel=1e-9)
    for robust in (True, False):
        found = again.uncertainty(halves, X, robust=robust)
        expected = model.uncertainty(data.counted, X, robust=robust)
        np.testing.assert_allclose(found.covariance, expected.covariance, **CLOSE)
        assert found.n_units == pytest.approx(expected.n_units)


def test_weights_that_look_like_counts_are_told_of():
    about = {"annotator": ["x", "x", "y"], "weight": [3, 3, 2]}
    choices = Choices.from_pairs(["a", "b", "b"], ["b", "c", "a"], **about)
    with pytest.warns(WeightWarning, match="^weight is the same in all judgements of a person"):
        ChoiceMixture(2, random_state=0).fit(choices)
    with pytest.warns(WeightWarning):
        select_components(choices, components=[1, 2], random_state=0)
    # With one class it is the same, and of weights that differ within a person it is not clear.
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ChoiceMixture(1).fit(choices)
        about["weight"] = [3, 2, 2]
        unclear = Choices.from_pairs(["a", "b", "b"], ["b", "c", "a"], **about)
        ChoiceMixture(2, random_state=0).fit(unclear)
