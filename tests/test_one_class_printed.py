"""What models of one class print: no number of a class, no share, and messages without either."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from prefmath import Choices
from prefmath.models import (
    BradleyTerry,
    ChoiceMixture,
    ConditionalLogit,
    PlackettLuce,
    bootstrap,
    class_profiles,
    select_components,
)
from prefmath.models._inference.text_table import text_table


def judged(n_people=40, seed=0):
    rng = np.random.default_rng(seed)
    first = rng.integers(0, 3, 10 * n_people)
    second = (first + rng.integers(1, 3, len(first))) % 3
    won = rng.random(len(first)) < 1 / (1 + np.exp(second - first))
    names = np.array(["milk", "tea", "water"])
    winner, loser = np.where(won, first, second), np.where(won, second, first)
    who = np.arange(len(first)) % n_people
    return Choices.from_pairs(names[winner], names[loser], annotator=who)


FEATURES = np.array([[0.0, 1.0], [1.0, 0.5], [2.0, 0.0]]) + 0.1 * np.eye(3)[:, :2]


@pytest.mark.parametrize("kind", [BradleyTerry, PlackettLuce, ConditionalLogit, ChoiceMixture])
def test_tables_of_one_class_hold_the_figures_alone(kind):
    choices = judged()
    features = (FEATURES,) if kind is ConditionalLogit else ()
    model = kind().fit(choices, *features)
    errors = model.uncertainty(choices, *features)
    resampled = bootstrap(model, choices, *features, n_resamples=20, random_state=0)
    n = model.coef_.shape[1]
    for printed in (errors, resampled, errors.interval(), resampled.interval()):
        head, *rows = repr(printed).splitlines()
        assert "(" in head
        assert len(rows) == n
        assert "class" not in repr(printed)
        assert "share" not in repr(printed)
    for row, (label, figure) in zip(
        repr(errors.interval()).splitlines()[1:],
        zip(errors.parameters.labels(), errors.interval().coef[0], strict=True),
        strict=True,
    ):
        assert row.split("  ")[0] == label
        assert row.endswith(f"[{figure[0]:.3f}, {figure[1]:.3f}]")


def test_tables_of_two_classes_number_them_and_say_their_shares():
    choices = judged()
    model = ChoiceMixture(2, random_state=0, l2=1.0).fit(choices)
    errors = model.uncertainty(choices)
    resampled = bootstrap(model, choices, n_resamples=20, random_state=0)
    for printed in (errors, resampled, errors.interval(), resampled.interval()):
        lines = repr(printed).splitlines()
        assert lines[1].split() == ["class", "0", "class", "1"]
        assert lines[2].startswith("share ")


def test_profiles_of_one_class_say_who_there_is():
    model = BradleyTerry().fit(judged())
    found = class_profiles(model, {"age": ["old"] * 30 + ["young"] * 10})
    assert repr(found).splitlines() == [
        "ClassProfiles(95% intervals)",
        "            people           share",
        "age: old        30  75% [60%, 86%]",
        "age: young      10  25% [14%, 40%]",
    ]


@pytest.mark.parametrize("n_components", [1, 2])
def test_what_is_not_determined_is_called_by_its_name(n_components):
    # The odd ones like what the even ones do not, nine times in ten.
    who = np.arange(800) % 40
    liked = (who % 2) ^ (np.arange(800) // 40 % 10 == 0)
    choices = Choices.from_pairs(liked, 1 - liked, annotator=who)
    features = np.array([[1.0, 5.0], [0.0, 5.0]])
    model = ChoiceMixture(n_components, l2=1e-9, max_iter=3, tol=100.0, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(choices, features)
    where, fewer = ("", "") if n_components == 1 else (r" in class [01]", "fit fewer classes, ")
    message = rf"^choices do not determine the coefficient of feature 1{where}: raise l2, {fewer}or"
    with pytest.raises(ValueError, match=message):
        model.set_params(l2=0.0).uncertainty(choices, features)


def test_one_class_that_has_not_settled_is_one():
    estimator = ChoiceMixture(max_iter=1, tol=1e-12)
    with pytest.warns(UserWarning, match=r"^EM has not settled with 1 class: raise max_iter"):
        select_components(judged(), components=[1], estimator=estimator, random_state=0)


def test_a_table_without_a_header():
    assert text_table(None, [["tea", "0.5"], ["water", "12.5"]]) == "tea     0.5\nwater  12.5"
    assert text_table(None, []) == ""
