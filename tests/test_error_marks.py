"""Errors that look precise and are not: they are marked, raised, and said to be so."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from choice_samples import draw
from prefmath import Choices
from prefmath.models import BradleyTerry, ChoiceMixture, ConditionalLogit, disagreement
from prefmath.models._inference.uncertain import point_of
from prefmath.models._inference.units_behind import _add_units, units_behind

NOT_DETERMINED = "not determined"


def common_pairs(rng, n=500, n_items=5, n_annotators=40):
    winner = rng.integers(0, n_items, n)
    loser = (winner + rng.integers(1, n_items, n)) % n_items
    return winner, loser, rng.integers(0, n_annotators, n)


def with_odd_items():
    """Item 5 is judged by one annotator, 12 wins to 4; item 6 by nobody."""
    winner, loser, who = common_pairs(np.random.default_rng(0))
    winner = np.concatenate([winner, [5] * 12, [0] * 4])
    loser = np.concatenate([loser, [0, 1, 2] * 4, [5] * 4])
    who = np.concatenate([who, [0] * 16])
    return winner, loser, who


def polarised(n_votes=9):
    """Two classes that want opposite things, and item 5: won all of its votes, in one class."""
    rng = np.random.default_rng(1)
    utility = np.array([[1.0, 0.5, 0, -0.5, -1], [-1, -0.5, 0, 0.5, 1]])
    who = np.repeat(np.arange(60), 25)
    first = rng.integers(0, 5, len(who))
    second = (first + rng.integers(1, 5, len(who))) % 5
    group = who // 30
    margin = utility[group, first] - utility[group, second]
    won = rng.random(len(who)) < 1 / (1 + np.exp(-margin))
    winner, loser = np.where(won, first, second), np.where(won, second, first)
    winner = np.concatenate([winner, [5] * n_votes, [5, 0, 5, 2, 5, 4]])
    loser = np.concatenate([loser, np.arange(n_votes) % 5, [0, 5, 1, 5, 3, 5]])
    who = np.concatenate([who, 30 + np.arange(n_votes), np.arange(6)])
    return Choices.from_pairs(winner, loser, annotator=who)


@pytest.mark.parametrize("n_components", [1, 2])
def test_an_item_of_one_annotator_has_the_error_of_the_model(n_components):
    winner, loser, who = with_odd_items()
    choices = Choices.from_pairs(winner, loser, annotator=who, item_ids=range(7))
    model = ChoiceMixture(n_components, random_state=0).fit(choices)
    found = model.uncertainty(choices)
    assert found.marks[0, 5] == "few units"
    assert found.n_behind[0, 5] == pytest.approx(1, abs=1e-6)
    assert (found.n_behind[0, :5] > 20).all()
    # As judgements that stand for themselves, 12 wins to 4: sqrt(1/12 + 1/4), of others far more.
    assert found.coef_se[0, 5] > 0.45
    plain = model.uncertainty(choices, robust=False)
    assert found.coef_se[0, 5] == pytest.approx(plain.coef_se[0, 5])
    # Two classes are more than there are.
    assert plain.marks[0, 5] == ("" if n_components == 1 else "close classes")
    text = repr(found)
    assert (
        "* fewer than 20 annotators stand behind it: the larger of the robust and the mod" in text
    )


@pytest.mark.parametrize("robust", [True, False])
def test_an_item_that_nobody_judged_is_not_determined_and_blurs_no_other(robust):
    winner, loser, who = with_odd_items()
    choices = Choices.from_pairs(winner, loser, annotator=who, item_ids=range(7))
    without = Choices.from_pairs(winner, loser, annotator=who)
    found, rest = (
        ChoiceMixture(tol=1e-9).fit(c).uncertainty(c, robust=robust) for c in (choices, without)
    )
    assert found.marks[0, 6] == NOT_DETERMINED
    assert found.coef_se[0, 6] == np.inf
    assert found.interval().coef[0, 6].tolist() == [-np.inf, np.inf]
    assert found.reference.tolist() == [True] * 6 + [False]
    assert np.isfinite(found.covariance).all()
    np.testing.assert_allclose(found.coef[0, :6], rest.coef[0], atol=1e-6)
    np.testing.assert_allclose(found.coef_se[0, :6], rest.coef_se[0], rtol=1e-5)
    # It may have any rank, and every other may be one further down.
    ranks, others = found.ranks(), rest.ranks()
    assert ranks[0, 6].tolist() == [1, 7]
    best = 1 + (found.coef[0, :6] > found.coef[0, :6, None]).sum(axis=1)
    assert (ranks[0, :6, 1] >= best + 1).all()
    assert (np.abs(ranks[0, :6, 1] - others[0, :, 1] - 1) <= 1).all()
    text = repr(found)
    assert re.search(r"^6 +not determined$", text, re.MULTILINE)
    assert text.endswith("utilities are less the mean of 6 of 7 items")


def test_an_item_that_runs_away_in_one_class():
    choices = polarised()
    model = ChoiceMixture(2, random_state=0).fit(choices)
    found, plain = (model.uncertainty(choices, robust=robust) for robust in (True, False))
    away = int(found.coef[:, 5].argmax())
    assert found.coef[away, 5] > 5
    assert found.marks[away, 5] == plain.marks[away, 5] == "nearly singular"
    assert found.coef_se[away, 5] > 10
    assert found.coef_se[away, 5] >= plain.coef_se[away, 5] * (1 - 1e-9)
    # The others are as sure as ever, in either class.
    assert (found.marks[:, :5] == "").all()
    assert (found.coef_se[:, :5] < 0.2).all()
    assert "! the information is nearly singular" in repr(found)


def test_disagreement_does_not_put_nine_votes_first():
    choices = polarised()
    model = ChoiceMixture(2, random_state=0).fit(choices)
    assert disagreement(model).items[0] == 5
    found = disagreement(model, uncertainty=model.uncertainty(choices))
    assert found.items[-1] == 5
    assert set(found.items[:2].tolist()) == {0, 4}
    assert found.sure_gap[-1] < 0 < found.sure_gap[0]
    assert "nearly singular" in found.marks[-1].tolist()
    assert "! the information is nearly singular" in repr(found)


def test_classes_that_nothing_tells_apart():
    """One judgement an annotator: any classes fit, so that errors are large or marked."""
    winner, loser, _ = common_pairs(np.random.default_rng(0), 2000)
    choices = Choices.from_pairs(winner, loser, annotator=np.arange(2000))
    model = ChoiceMixture(2, random_state=0, max_iter=5000).fit(choices)
    found, plain = (model.uncertainty(choices, robust=robust) for robust in (True, False))
    assert (found.weights_marks == "nearly singular").all()
    assert (found.weights_se > 0.5).all()
    wide = plain.coef_se > 2
    assert wide.any()
    assert (found.marks[wide] == "nearly singular").all()
    assert (found.coef_se[wide] >= plain.coef_se[wide] * (1 - 1e-9)).all()


def test_a_class_of_few_is_marked_where_others_are_not():
    sample = draw(4, n_annotators=200, n_each=20, coef=[[2.0, 0.0], [-2.0, 0.0]])
    few = np.isin(sample.choices.restore(sample.choices.annotator_index), range(200))
    group = sample.group[sample.choices.restore(sample.choices.annotator_index)]
    kept = few & ((group == 0) | (sample.choices.restore(sample.choices.annotator_index) < 22))
    choices = sample.choices.take(np.flatnonzero(kept))
    model = ChoiceMixture(2, random_state=0, n_init=3).fit(choices, sample.features)
    assert model.weights_[1] < 0.15
    found = model.uncertainty(choices, sample.features)
    assert (found.marks[0] == "").all()
    assert (found.marks[1] == "few units").all()
    plain = model.uncertainty(choices, sample.features, robust=False)
    assert (found.coef_se[1] >= plain.coef_se[1] * (1 - 1e-9)).all()


def test_units_are_counted_as_if_they_said_equally_much():
    """Two hundred judgements of one annotator and two each of ten others are no eleven."""
    rng = np.random.default_rng(3)
    who = np.concatenate([np.zeros(200, int), 1 + np.repeat(np.arange(10), 2)])
    winner = rng.integers(0, 3, len(who))
    loser = (winner + rng.integers(1, 3, len(who))) % 3
    choices = Choices.from_pairs(winner, loser, annotator=who)
    model = BradleyTerry().fit(choices)
    found = model.uncertainty(choices)
    m = np.zeros((11, 3))
    for side in (winner, loser):
        np.add.at(m, (who, side), 1.0)
    np.testing.assert_allclose(found.n_behind[0], m.sum(axis=0) ** 2 / (m**2).sum(axis=0))
    assert (found.n_behind < 2).all()
    assert (found.marks == "few units").all()


@pytest.mark.parametrize("layout", ["choice_sets", "pairs", "tied pairs", "rankings"])
def test_units_behind_by_definition(layout, monkeypatch):
    sample = draw(5, layout=layout, n_items=7, weights=True)
    model = ChoiceMixture(2, random_state=0, n_init=2).fit(sample.choices)
    point = point_of(model._fitted(), sample.choices, None)
    choices = sample.choices.as_choice_sets() if layout == "rankings" else sample.choices
    m = np.zeros((choices.n_annotators, 7))
    for s, who in enumerate(choices.annotator_index):
        items = choices.items[choices.offsets[s] : choices.offsets[s + 1]]
        k = len(items)
        m[who, items] += choices.weight[s] * (1 / k) * (1 - 1 / k)
    gamma = model.responsibilities_
    expected = (gamma.T @ m) ** 2 / (np.square(gamma).T @ np.square(m))
    np.testing.assert_allclose(units_behind(point).units, expected)
    monkeypatch.setattr("prefmath.models._inference.units_behind._BLOCK", 300)
    np.testing.assert_allclose(units_behind(point).units, expected)
    # Features that are the items are counted alike.
    eye = ChoiceMixture(2, random_state=0, n_init=2).fit(sample.choices, np.eye(7))
    with_features = units_behind(point_of(eye._fitted(), sample.choices, np.eye(7)))
    gamma = eye.responsibilities_
    expected = (gamma.T @ m) ** 2 / (np.square(gamma).T @ np.square(m))
    np.testing.assert_allclose(with_features.units, expected)


@pytest.mark.filterwarnings("ignore:position_effect is of positions")
@pytest.mark.parametrize("layout", ["choice_sets", "pairs", "tied pairs"])
@pytest.mark.parametrize("linear", [True, False])
@pytest.mark.parametrize("extra", [False, True])
def test_judgements_that_stand_for_themselves_are_counted_by_outcome(
    layout, linear, extra, monkeypatch
):
    sample = draw(8, layout=layout, n_items=5, weights=True)
    features = sample.features if linear else None
    choices, n = sample.choices, len(sample.choices)
    ties = "davidson" if extra and layout == "tied pairs" else "half"
    effect = extra and layout == "choice_sets"
    model = ChoiceMixture(ties=ties, position_effect=effect).fit(choices, features)
    point = point_of(model._fitted(), choices, features)
    data = replace(point.problem.data, annotator_offsets=np.arange(n + 1))
    state = replace(point.state, latent=np.ones((n, 1)))
    alone = replace(point, problem=replace(point.problem, data=data), state=state)
    found = units_behind(alone)
    monkeypatch.setattr("prefmath.models._inference.units_behind._add_judgements", _add_units)
    monkeypatch.setattr("prefmath.models._inference.units_behind._BLOCK", 100)
    expected = units_behind(alone)
    for one, other in zip(vars(found).values(), vars(expected).values(), strict=True):
        np.testing.assert_allclose(one, other)


def test_a_feature_that_never_differs_is_not_determined():
    sample = draw(6, n_annotators=50)
    x = np.column_stack([sample.features, np.full(30, 5.0)])
    model = ChoiceMixture(l2=1e-3).fit(sample.choices, x)
    found = model.uncertainty(sample.choices, x)
    assert found.marks[0].tolist() == ["", "", "", NOT_DETERMINED]
    assert found.coef_se[0, 3] == np.inf


def test_marks_do_not_depend_on_the_units_of_features():
    rng = np.random.default_rng(7)
    sample = draw(6, n_annotators=50)
    rare = np.where(rng.random(30) < 0.04, 1.0, 0.0)
    x = np.column_stack([sample.features, rare])
    found = []
    for unit in (1.0, 1e3):
        model = ConditionalLogit(l2=0).fit(sample.choices, x * unit)
        found.append(model.uncertainty(sample.choices, x * unit))
    assert (found[0].marks == found[1].marks).all()
    np.testing.assert_allclose(found[0].n_behind, found[1].n_behind)
    np.testing.assert_allclose(found[0].coef_se, found[1].coef_se * 1e3, rtol=1e-4)


@pytest.mark.parametrize("named", [True, False])
def test_weighted_rows_say_what_they_count(named):
    winner, loser, who = common_pairs(np.random.default_rng(2))
    weight = np.where(np.arange(500) % 2, 300.0, 1.0)
    annotator = who if named else None
    choices = Choices.from_pairs(winner, loser, weight=weight, annotator=annotator)
    model = BradleyTerry().fit(choices)
    robust, plain = (repr(model.uncertainty(choices, robust=r)) for r in (True, False))
    of_people = "a unit is an annotator, whatever its judgements weigh"
    of_rows = "a row of weight w counts once, not w times: give count= for w judgements"
    assert robust.endswith(f"\n{of_people if named else of_rows}")
    assert plain.endswith("\na row of weight w counts w times")
    unit = "40 annotators" if named else "500 judgements"
    assert f"from {unit}; " in robust
    assert "row of weight" not in repr(
        BradleyTerry().fit(c := Choices.from_pairs(winner, loser)).uncertainty(c)
    )


def test_a_common_factor_of_the_weights_changes_no_mark_and_no_robust_error():
    winner, loser, who = with_odd_items()
    found = []
    for weight in (1.0, 1e-3):
        choices = Choices.from_pairs(winner, loser, annotator=who, weight=np.full(516, weight))
        model = BradleyTerry(tol=1e-12).fit(choices)
        found.append(model.uncertainty(choices))
    assert (found[0].marks == found[1].marks).all()
    np.testing.assert_allclose(found[0].coef_se, found[1].coef_se, rtol=1e-5)


def test_intervals_are_printed_with_labels_in_the_order_of_the_arrays():
    labels = ["a\nb", "", "ü", "x" * 40, "[1]"]
    winner, loser, who = common_pairs(np.random.default_rng(0))
    names = np.array(labels)
    choices = Choices.from_pairs(names[winner], names[loser], annotator=who)
    model = BradleyTerry().fit(choices)
    found = model.uncertainty(choices).interval(0.9)
    lines = repr(found).split("\n")
    assert lines[0] == "Intervals(0.9 each, in the order of the arrays)"
    assert found.labels == tuple(model.item_ids_.tolist())
    text = repr(found)
    places = [text.index(f"[{low:.3f}, {high:.3f}]") for low, high in found.coef[0]]
    assert places == sorted(places)
    assert "not as in arrays" in repr(model.uncertainty(choices)).split("\n", maxsplit=1)[0]


def test_too_many_parameters_for_the_memory(monkeypatch):
    winner, loser, _ = common_pairs(np.random.default_rng(0))
    choices = Choices.from_pairs(winner, loser, item_ids=range(100_000))
    model = ChoiceMixture().fit(choices)
    message = r"^uncertainty needs 6 arrays of 74\.5 GiB each for the covariance of 100,001 param"
    with pytest.raises(MemoryError, match=message):
        model.uncertainty(choices)

    def no_memory(*_, **__):
        raise MemoryError

    small = Choices.from_pairs(winner, loser)
    monkeypatch.setattr("prefmath.models._inference.errors.inverse_information", no_memory)
    with pytest.raises(MemoryError, match=r"there is not as much memory: take models.bootstrap"):
        BradleyTerry().fit(small).uncertainty(small)
