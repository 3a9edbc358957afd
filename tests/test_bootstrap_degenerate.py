"""Resamples without a finite estimate: counted, told of, and kept from spoiling the others."""

from __future__ import annotations

import numpy as np
import pytest

from prefmath import Choices
from prefmath.models import BradleyTerry, ChoiceMixture, ConditionalLogit, PlackettLuce, bootstrap
from prefmath.models._determined.run_away import ABSENT, Edges, sides_of_items


def round_robin(rng, n=500, n_items=5):
    winner = rng.integers(0, n_items, n)
    return winner, (winner + rng.integers(1, n_items, n)) % n_items


def with_rare_item():
    """Item 5 wins three of its four games."""
    winner, loser = round_robin(np.random.default_rng(0))
    return np.concatenate([winner, [5, 5, 5, 0]]), np.concatenate([loser, [0, 1, 2, 5]])


def resampled(n_units, n_resamples, random_state):
    seeds = np.random.default_rng(random_state).integers(1 << 63, size=n_resamples)
    share = np.full(n_units, 1 / n_units)
    return [np.random.default_rng(seed).multinomial(n_units, share) for seed in seeds]


def test_seven_wins_to_three():
    choices = Choices.from_pairs(["a"] * 7 + ["b"] * 3, ["b"] * 7 + ["a"] * 3)
    found = bootstrap(BradleyTerry().fit(choices), choices, random_state=0)
    wins = np.array([counts[:7].sum() for counts in resampled(10, 1000, 0)])
    one_sided = (wins == 0) | (wins == 10)
    assert one_sided.any()
    assert found.n_degenerate == one_sided.sum()
    assert (found.determined[:, 0] == ~one_sided[:, None]).all()
    assert found.converged[~one_sided].all()
    # Half of the log odds each, and infinite where one has won all.
    with np.errstate(divide="ignore"):
        expected = (np.log(wins) - np.log(10 - wins)) / 2
    np.testing.assert_allclose(found.coef[:, 0, 0], expected, atol=1e-6)
    np.testing.assert_allclose(found.coef[:, 0, 1], -expected, atol=1e-6)
    low, high = found.interval(0.9).coef[0, 0]
    ends = np.sort(expected)[[int(0.05 * 999), int(np.ceil(0.95 * 999))]]
    np.testing.assert_allclose([low, high], ends, atol=1e-6)
    assert found.interval(0.99).coef[0, 0, 1] == np.inf
    assert np.isfinite(found.coef_se).all()
    assert f"{one_sided.sum()} of 1,000 resamples have no finite estimate of some" in repr(found)


def test_a_rare_item_spoils_no_other():
    winner, loser = with_rare_item()
    choices = Choices.from_pairs(winner, loser)
    model = BradleyTerry().fit(choices)
    found = bootstrap(model, choices, n_resamples=300, random_state=0)
    counts = np.array([counts[-4:] for counts in resampled(504, 300, 0)])
    finite = (counts[:, :3].sum(axis=1) > 0) & (counts[:, 3] > 0)
    assert (found.determined[:, 0, 5] == finite).all()
    assert found.determined[:, 0, :5].all()
    only_won = (counts[:, :3].sum(axis=1) > 0) & (counts[:, 3] == 0)
    assert (found.coef[only_won, 0, 5] == np.inf).all()
    not_drawn = counts.sum(axis=1) == 0
    assert not_drawn.any()
    assert (found.coef[not_drawn, 0, 5] == 0).all()  # not the model's, and marked as missing
    assert found.marks[0].tolist() == [""] * 5 + ["not finite"]
    assert found.reference.tolist() == [True] * 5 + [False]
    assert found.coef_se[0, 5] == np.inf
    ends = found.interval().coef[0]
    assert ends[5].tolist() == [-np.inf, np.inf]
    # The others are as sure as without it.
    rest = BradleyTerry().fit(few := Choices.from_pairs(winner[:-4], loser[:-4]))
    alone = bootstrap(rest, few, n_resamples=300, random_state=0)
    np.testing.assert_allclose(found.coef_se[0, :5], alone.coef_se[0], rtol=0.15)
    np.testing.assert_allclose(ends[:5], alone.interval().coef[0], atol=0.06)
    assert np.abs(ends[:5]).max() < 0.6
    ranks = found.ranks()
    assert ranks[0, 5].tolist() == [1, 6]
    text = repr(found)
    assert "! not finite in over 5% of resamples: set l2 or prior, or leave it out" in text
    assert "utilities are less the mean of 5 of 6 items" in text
    assert "best items first, not as in arrays" in text.split("\n", maxsplit=1)[0]


def test_free_utilities_and_features_that_are_the_items_agree():
    winner, loser = with_rare_item()
    choices = Choices.from_pairs(winner, loser)
    features = np.eye(6)[:, 1:]
    free = bootstrap(BradleyTerry().fit(choices), choices, n_resamples=100, random_state=0)
    model = ConditionalLogit().fit(choices, features)
    linear = bootstrap(model, choices, features, n_resamples=100, random_state=0)
    assert (linear.determined[:, 0] == free.determined[:, 0, 1:]).all()
    assert linear.n_degenerate == free.n_degenerate
    away = np.isinf(free.coef[:, 0, 1:])
    assert (linear.coef[:, 0][away] == free.coef[:, 0, 1:][away]).all()
    known = free.determined[:, 0, 1:]
    difference = (free.coef - free.coef[:, :, :1])[:, 0, 1:]
    np.testing.assert_allclose(linear.coef[:, 0][known], difference[known], atol=1e-4)
    assert linear.marks[0].tolist() == [""] * 4 + ["not finite"]


@pytest.mark.parametrize("few_items", [500, 0])
def test_a_resample_of_which_some_is_not_finite_keeps_the_rest(few_items, monkeypatch):
    """By the table of wins, and by the climb of larger problems."""
    monkeypatch.setattr("prefmath.models._inference.refitting._FEW_ITEMS", few_items)
    winner, loser = with_rare_item()
    choices = Choices.from_pairs(winner, loser)
    found = bootstrap(BradleyTerry(tol=1e-10).fit(choices), choices, n_resamples=20, random_state=0)
    checked = 0
    for counts, one, there in zip(
        resampled(504, 20, 0), found.coef[:, 0], found.determined[:, 0], strict=True
    ):
        games = np.repeat(np.arange(504), counts)
        games = games[(winner[games] < 5) & (loser[games] < 5)] if not there[5] else games
        again = BradleyTerry(tol=1e-10)
        again.fit(Choices.from_pairs(winner[games], loser[games], item_ids=range(5 + there[5])))
        expected = again.utilities_ - again.utilities_[:5].mean()
        np.testing.assert_allclose(one[: len(expected)], expected, atol=1e-4)
        checked += not there[5]
    assert checked > 3


def test_rankings_ties_and_positions():
    rng = np.random.default_rng(0)
    members = np.argsort(rng.random((300, 6)), axis=1)[:, :3]
    noisy = np.linspace(1, -1, 6)[members] + rng.gumbel(size=members.shape)
    ranked = np.take_along_axis(members, np.argsort(-noisy, axis=1), 1)
    items = np.concatenate([ranked.ravel(), [6, 0, 1], [2, 6, 3], [6, 1, 4]])
    choices = Choices.from_rankings(np.arange(0, len(items) + 1, 3), items)
    found = bootstrap(PlackettLuce().fit(choices), choices, n_resamples=100, random_state=0)
    assert found.marks[0].tolist() == [""] * 6 + ["not finite"]
    assert found.determined[:, 0, :6].all()
    assert np.abs(found.coef[:, 0, :6]).max() < 3
    assert not np.isnan(found.interval().coef).any()

    winner, loser = round_robin(rng, 80, 4)
    tied = np.arange(80) < 2
    pairs = Choices.from_pairs(winner, loser, tie=tied, first=rng.random(80) < 0.7)
    model = BradleyTerry(ties="davidson", position_effect=True).fit(pairs)
    found = bootstrap(model, pairs, n_resamples=200, random_state=0)
    # Without a tie in it, the log of nu runs to minus infinity: in e^-2 of resamples.
    without = np.array([counts[:2].sum() == 0 for counts in resampled(80, 200, 0)])
    assert (np.isneginf(found.params[:, 0, -1]) == without).all()
    assert found.marks[0, -1] == "not finite"
    assert found.interval().tie[0, 0] == 0
    assert np.isfinite(found.interval().position_effects).all()


@pytest.mark.parametrize("l2", [0.0, 1e-3])
def test_an_item_of_few_votes_in_a_mixture(l2):
    rng = np.random.default_rng(0)
    utility = np.array([[1.0, 0.5, 0, -0.5, -1], [-1, -0.5, 0, 0.5, 1]])
    who = np.repeat(np.arange(60), 20)
    first, second = round_robin(rng, 1200)
    margin = (utility[who // 30, first] - utility[who // 30, second]) * 1.0
    won = rng.random(1200) < 1 / (1 + np.exp(-margin))
    winner = np.concatenate([np.where(won, first, second), [5] * 9, [5, 0, 5, 2, 5, 4]])
    loser = np.concatenate([np.where(won, second, first), np.arange(9) % 5, [0, 5, 1, 5, 3, 5]])
    who = np.concatenate([who, 30 + np.arange(9), np.arange(6)])
    choices = Choices.from_pairs(winner, loser, annotator=who)
    model = ChoiceMixture(2, l2=l2, random_state=0, n_init=3, max_iter=3000).fit(choices)
    found = bootstrap(model, choices, n_resamples=60, random_state=0)
    assert (found.marks[:, :5] == "").all()
    assert (found.marks[:, 5] == ("not finite" if l2 == 0 else "few units")).all()
    assert (found.coef_se[:, :5] < 0.3).all()
    away = int(found.estimate_params[:, 5].argmax())
    if l2 == 0:
        assert (found.coef[:, away, 5] == np.inf).all()
        assert found.interval().coef[away, 5].tolist() == [np.inf, np.inf]
    else:
        assert np.isfinite(found.params).all()
        assert found.determined.all()
    assert found.reference.tolist() == [True] * 5 + [False]


@pytest.mark.parametrize("penalty", [{"l2": 1e-2}, {"prior": 0.1}])
def test_with_a_penalty_all_are_finite_and_few_votes_are_marked(penalty):
    winner, loser = with_rare_item()
    choices = Choices.from_pairs(winner, loser, item_ids=range(7))
    found = bootstrap(BradleyTerry(**penalty).fit(choices), choices, n_resamples=50)
    assert np.isfinite(found.params).all()
    assert found.n_degenerate == 0
    assert found.marks[0].tolist() == [""] * 5 + ["few units", "not determined"]
    assert found.interval().coef[0, 6].tolist() == [-np.inf, np.inf]
    assert found.coef_se[0, 6] == np.inf
    assert found.ranks()[0, 6].tolist() == [1, 7]
    assert "* fewer than 20 judgements stand behind it: too narrow" in repr(found)


def test_three_judgements_say_next_to_nothing():
    choices = Choices.from_pairs([0, 1, 2], [1, 2, 0])
    found = bootstrap(BradleyTerry().fit(choices), choices, n_resamples=50, random_state=0)
    assert (found.marks == "not finite").all()
    assert (found.interval().coef == [-np.inf, np.inf]).all()
    assert not np.isnan(found.params).any()
    assert repr(found)


@pytest.mark.parametrize("n_components", [2, 3, 4])
def test_classes_that_nothing_tells_apart_are_marked(n_components):
    winner, loser = round_robin(np.random.default_rng(1), 60, 3)
    # Everybody judges alike, so that the classes do too.
    choices = Choices.from_pairs(
        np.tile(winner, 30), np.tile(loser, 30), annotator=np.repeat(np.arange(30), 60)
    )
    model = ChoiceMixture(n_components, random_state=0).fit(choices)
    found = bootstrap(model, choices, n_resamples=20, random_state=0)
    alive = (model.weights_ > 1e-6) & (model.weights_ < 1 - 1e-6)
    assert (found.weights_marks[alive] == "coinciding").all()
    assert (found.marks[alive] == "coinciding").all()
    if alive.any():
        assert "= nothing tells the classes apart: refits stay where the fit" in repr(found)


def test_refits_that_have_not_settled_are_told_of():
    winner, loser = with_rare_item()
    choices = Choices.from_pairs(winner, loser)
    model = BradleyTerry(l2=0.1).fit(choices).set_params(max_iter=1, tol=0.0)
    found = bootstrap(model, choices, n_resamples=5, random_state=0)
    assert "5 of 5 refits have not settled: raise max_iter or tol" in repr(found)


def test_sides_of_items_are_those_of_reachability():
    rng = np.random.default_rng(5)
    for _ in range(200):
        n = int(rng.integers(2, 9))
        winner = rng.integers(0, n, 2 * n)
        loser = (winner + rng.integers(1, n, 2 * n)) % n
        weight = (rng.random(2 * n) < 0.5).astype(float)
        edges = Edges(winner.astype("i4"), loser.astype("i4"), np.arange(2 * n))
        sides = sides_of_items(edges, weight, n)
        reach = np.eye(n, dtype=bool)
        reach[winner[weight > 0], loser[weight > 0]] = True
        for _ in range(n):
            reach = reach @ reach
        both = reach & reach.T
        finite = np.flatnonzero(sides == 0)
        if len(finite):
            core = finite[0]
            assert both[core].sum() > 1
            assert (np.flatnonzero(both[core]) == finite).all()
            above = reach[:, core] & ~reach[core]
            below = reach[core] & ~reach[:, core]
            assert (sides[above] == 1).all()
            assert (sides[below] == -1).all()
            assert (sides[~above & ~below & ~both[core]] == ABSENT).all()
        else:
            assert (both.sum(axis=1) == 1).all() or (sides != 0).all()
