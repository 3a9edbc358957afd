"""Profiles of classes corrected for errors of assignment: means, quartiles, errors, marks."""

from __future__ import annotations

import numpy as np
import pytest

from prefmath import Choices
from prefmath.models import ChoiceMixture, class_profiles
from prefmath.models._inference.class_means import class_means
from prefmath.models._inference.first_step import FirstStep
from prefmath.models._inference.uncertain import point_of

UTILITIES = np.array([[1.0, 0.5, -0.5, -1.0], [-1.0, 0.5, 1.0, -0.5]])


def studied(seed, *, share=0.5, people=300, each=10, gap=1.0, count=None):
    """Pairs judged by two classes of people, and who is in which."""
    rng = np.random.default_rng(seed)
    group = (rng.random(people) < share).astype(int)
    who = np.repeat(np.arange(people), each)
    one = rng.integers(4, size=len(who))
    two = (one + rng.integers(1, 4, size=len(who))) % 4
    margin = gap * (UTILITIES[group[who], one] - UTILITIES[group[who], two])
    won = rng.logistic(size=len(who)) < margin
    pairs = np.where(won, one, two), np.where(won, two, one)
    counted = None if count is None else count[who]
    return Choices.from_pairs(*pairs, annotator=who, count=counted), group


def fitted(choices, **arguments):
    settled = {"random_state": 0, "n_init": 3, "tol": 1e-10, "max_iter": 2000}
    return ChoiceMixture(2, **settled | arguments).fit(choices)


def test_wilson_intervals_of_sure_classes_solve_his_equation():
    rng = np.random.default_rng(0)
    group = rng.integers(3, size=200)
    trait = rng.integers(4, size=200)
    found = class_profiles(np.eye(3)[group], {"trait": trait})
    n = np.bincount(group)
    share = np.array([[np.mean(trait[group == z] == t) for z in range(3)] for t in range(4)])
    np.testing.assert_allclose(found.share, share)
    for end in np.moveaxis(found.interval, -1, 0):
        off = 1.959964 * np.sqrt(end * (1 - end) / n)
        np.testing.assert_allclose(np.abs(end - share), off, rtol=1e-5)
    assert (found.marks == "").all()


def test_corrected_shares_are_those_of_the_truth_where_those_by_responsibilities_are_not():
    choices, group = studied(0, people=6000)
    model = fitted(choices, tol=1e-6)
    flip = model.coef_[0, 0] < 0
    rng = np.random.default_rng(1)
    truth = np.array([0.2, 0.7])
    trait = rng.random(6000) < truth[group]
    found = class_profiles(model, {"trait": trait}, choices=choices)
    share = found.share[1, ::-1] if flip else found.share[1]
    np.testing.assert_allclose(share, truth, atol=0.04)
    gamma = model.responsibilities_
    plain = trait @ gamma / gamma.sum(axis=0)
    assert np.abs(np.diff(plain)).item() < 0.42
    assert found.of_fit
    # Levels of all add up to all.
    np.testing.assert_allclose(found.share @ found.weights, found.population, atol=1e-9)


def test_errors_hold_those_of_the_fit():
    # One annotator more or less, by how the fit to all with it moves the mean: the jackknife.
    choices, _ = studied(3, people=60, each=12, gap=1.5)
    model = fitted(choices)
    number = np.random.default_rng(0).standard_normal(60)
    means = []
    for left_out in range(60):
        kept = np.arange(60) != left_out
        of_all = choices.take(np.flatnonzero(np.repeat(kept, 12)))
        again = fitted(of_all, warm_start=False)
        order = np.argsort(again.coef_[:, 0] * np.sign(model.coef_[0, 0]))[::-1]
        gamma = again.responsibilities_[:, order]
        means.append(np.linalg.lstsq(gamma, number[kept], rcond=None)[0])
    order = np.argsort(model.coef_[:, 0] * np.sign(model.coef_[0, 0]))[::-1]
    jackknife = 59 / 60 * np.square(means - np.mean(means, axis=0)).sum(axis=0)
    fit = model._fitted()
    first = FirstStep(point_of(fit, choices, None), fit.parameters)
    there = np.ones(60, np.bool_)
    given = number[:, None], model.responsibilities_, np.ones(60), there
    found = class_means(*given, first).variance[0, order]
    np.testing.assert_allclose(found, jackknife, rtol=0.2)


def test_counts_are_rows_written_out():
    count = np.random.default_rng(0).integers(1, 4, 80).astype(float)
    choices, _ = studied(2, people=80, count=count)
    model = fitted(choices)
    rows = np.repeat(np.arange(80), count.astype(int))
    who = choices.annotator_index
    written = np.concatenate([np.flatnonzero(who == row) for row in rows])
    names = np.repeat(np.arange(len(rows)), 10)
    items = choices.items.reshape(-1, 2)[written]
    again = Choices.from_pairs(items[:, 0], items[:, 1], annotator=names)
    model_again = fitted(again)
    trait, age = rows % 3, np.sin(rows) * 10
    one = class_profiles(
        model, {"t": np.arange(80) % 3, "a": np.sin(np.arange(80)) * 10}, choices=choices
    )
    two = class_profiles(model_again, {"t": trait, "a": age}, choices=again)
    np.testing.assert_allclose(one.share, two.share, atol=1e-5)
    np.testing.assert_allclose(one.interval, two.interval, atol=1e-4)
    np.testing.assert_allclose(one.numbers.value, two.numbers.value, atol=1e-3)
    np.testing.assert_allclose(one.numbers.interval, two.numbers.interval, rtol=2e-3)


def test_numbers_are_told_by_mean_and_quartiles():
    rng = np.random.default_rng(0)
    group = rng.integers(2, size=400)
    age = rng.normal(np.array([30.0, 50.0])[group], 10)
    found = class_profiles(np.eye(2)[group], {"age": age, "kind": group})
    assert found.level.tolist() == ["0", "1"]
    numbers = found.numbers
    assert numbers.statistic.tolist() == ["mean", "lower quartile", "median", "upper quartile"]
    assert numbers.attribute.tolist() == ["age"] * 4
    assert numbers.count.tolist() == [400.0] * 4
    for z in range(2):
        of_class = age[group == z]
        expected = [
            of_class.mean(),
            *np.quantile(of_class, [0.25, 0.5, 0.75], method="inverted_cdf"),
        ]
        np.testing.assert_allclose(numbers.value[:, z], expected)
        reach = 1.959964 * of_class.std() / np.sqrt(len(of_class))
        expected = of_class.mean() - reach, of_class.mean() + reach
        np.testing.assert_allclose(numbers.interval[0, z], expected, rtol=1e-6)
        # The interval of a median: quantiles by the binomial distribution of ranks.
        n = len(of_class)
        ranks = 0.5 + np.array([-1, 1]) * 1.959964 * 0.5 / np.sqrt(n)
        expected = np.quantile(of_class, ranks, method="inverted_cdf")
        np.testing.assert_allclose(numbers.interval[2, z], expected, atol=0.6)
    assert "age: median" in repr(found)
    # In other units, and far from 0.
    moved = class_profiles(np.eye(2)[group], {"age": 1e6 + 1e-3 * age}).numbers
    np.testing.assert_allclose(moved.value, 1e6 + 1e-3 * numbers.value, rtol=1e-12)
    np.testing.assert_allclose(np.diff(moved.interval) / 1e-3, np.diff(numbers.interval), rtol=1e-4)


def test_what_cannot_be_told_is_marked_and_no_number():
    rng = np.random.default_rng(0)
    attributes = {"trait": rng.integers(2, size=100), "age": rng.standard_normal(100)}
    found = class_profiles(np.full((100, 2), 0.5), attributes)
    assert (found.marks == "coinciding").all()
    assert (found.interval == [0, 1]).all()
    assert np.isinf(found.numbers.interval).all()
    assert "nothing tells the class from others" in repr(found)
    # Of three classes of which two coincide, the other one is told.
    sure = np.eye(2)[rng.integers(2, size=100)]
    three = np.stack([sure[:, 0], sure[:, 1] / 2, sure[:, 1] / 2], axis=1)
    found = class_profiles(three, attributes)
    assert (found.marks == ["", "coinciding", "coinciding"]).all()
    np.testing.assert_allclose(found.share[:, 0], class_profiles(sure, attributes).share[:, 0])


def test_errors_of_the_fit_left_out_are_told():
    choices, group = studied(1)
    model = fitted(choices)
    attributes = {"trait": group}
    found = class_profiles(model, attributes)
    assert (found.marks == "fit left out").all()
    assert "pass choices=" in repr(found)
    known = class_profiles(model, attributes, choices=choices)
    assert (known.marks == "").all()
    assert (np.diff(known.interval) > np.diff(found.interval)).all()


def test_choices_that_say_nothing_of_a_fit_are_refused():
    choices, _ = studied(1, people=30)
    attributes = {"trait": np.arange(30) % 2}
    with pytest.raises(ValueError, match="no fitted mixture of classes"):
        class_profiles(np.eye(2)[np.arange(30) % 2], attributes, choices=choices)
    hard = fitted(choices, hard=True, l2=0.1)
    with pytest.raises(ValueError, match="hard=True has no errors"):
        class_profiles(hard, attributes, choices=choices)
    with pytest.raises(ValueError, match="features must be left out"):
        class_profiles(fitted(choices, l2=0.1), attributes, features=np.eye(4))
    model = fitted(choices, l2=0.1)
    with pytest.raises(ValueError, match="choices must be those of fit"):
        class_profiles(model, attributes, choices=studied(1, people=31)[0])


def test_the_level_is_printed_as_it_is():
    found = class_profiles([[1, 0], [0, 1]], {"age": ["young", "old"]}, level=0.999)
    assert repr(found).startswith("ClassProfiles(99.9% intervals")
