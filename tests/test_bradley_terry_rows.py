"""Bradley-Terry on wins sorted by winner: the same as on a table of wins, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from prefmath import Choices
from prefmath.models import BradleyTerry
from prefmath.models._determined.connected import refuse_undetermined, refuse_undetermined_rows
from prefmath.models._fit import wins
from prefmath.models._fit.win_rows import WinRows
from prefmath.models._fit.win_table import WinTable

N_ITEMS = 40


def drawn(n=3_000):
    rng = np.random.default_rng(5)
    utility = rng.normal(size=N_ITEMS)
    winner = rng.integers(N_ITEMS, size=n)
    loser = (winner + rng.integers(1, N_ITEMS, size=n)) % N_ITEMS
    turned = rng.random(n) < 1 / (1 + np.exp(utility[winner] - utility[loser]))
    winner, loser = np.where(turned, loser, winner), np.where(turned, winner, loser)
    return winner, loser, rng.random(n) < 0.2, rng.uniform(0.1, 3.0, n)


@pytest.mark.parametrize("parameters", [{}, {"l2": 0.5}, {"prior": 0.7}])
@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("weights", [False, True])
def test_rows_and_table_have_one_optimum(monkeypatch, parameters, ties, weights):
    winner, loser, tied, weight = drawn()
    columns = {"tie": tied if ties else None, "weight": weight if weights else None}
    table = BradleyTerry(**parameters).fit_pairs(winner, loser, **columns)
    monkeypatch.setattr(wins, "_CELLS_A_PAIR", 0)
    rows = BradleyTerry(**parameters).fit_pairs(winner, loser, **columns)
    choices = Choices.from_pairs(winner, loser, **columns)
    for found in (rows, BradleyTerry(**parameters).fit(choices)):
        np.testing.assert_allclose(found.utilities_, table.utilities_, atol=1e-8)
        assert found.log_likelihood_ == pytest.approx(table.log_likelihood_, rel=1e-10)
        assert found.lower_bound_ == pytest.approx(table.lower_bound_, rel=1e-10)
        assert found.converged_


@pytest.mark.parametrize("n_items", [4, 1_500])
def test_the_smaller_of_table_and_rows_is_made(n_items):
    winner = np.arange(n_items, dtype=np.int32)
    made = wins.wins_of_pairs(winner, np.roll(winner, 1), None, None, n_items, 1)
    assert isinstance(made, WinTable if n_items == 4 else WinRows)
    np.testing.assert_array_equal(made.won, 1)
    np.testing.assert_array_equal(made.lost, 1)
    # No step is taken to where float64 cannot hold the utilities.
    with np.errstate(invalid="ignore"):
        assert made.at(np.full(n_items, np.inf)).log_likelihood == -np.inf


def test_a_long_chain_of_items_is_solved():
    # Each is met by its neighbours alone, so that conjugate gradients take long, and utilities end
    # further apart than exp can hold.
    n = 400
    better = np.arange(n - 1)
    winner, loser = np.r_[np.tile(better + 1, 9), better], np.r_[np.tile(better, 9), better + 1]
    model = BradleyTerry(tol=1e-12).fit_pairs(winner, loser)
    np.testing.assert_allclose(np.diff(model.utilities_), np.log(9), rtol=1e-6)
    assert model.converged_


@pytest.mark.parametrize(
    ("winner", "loser", "message"),
    [
        ([0, 1, 2, 3], [1, 2, 0, 0], "item 'd' never lost to the other items"),
        ([0, 1, 2, 0], [1, 2, 0, 3], "item 'd' never won against the other items"),
        ([0, 1, 2], [1, 2, 0], "item 'd' took part in no comparison"),
    ],
)
def test_items_without_a_finite_estimate_are_named(winner, loser, message):
    weight = np.ones(len(winner))
    # A win of weight 0 says nothing.
    winner, loser, weight = [*winner, 3, 0], [*loser, 0, 3], [*weight, 0, 0]
    for weights in (weight, np.array(weight) * 1e9):
        with pytest.raises(ValueError, match=f"^utilities have no finite estimate, as {message}"):
            BradleyTerry().fit_pairs(winner, loser, weight=weights, item_ids=list("abcd"))


def test_rows_and_pairs_are_refused_alike():
    rng = np.random.default_rng(1)
    for _ in range(200):
        n_items, n = rng.integers(2, 9), rng.integers(1, 30)
        winner = rng.integers(n_items, size=n).astype(np.int32)
        loser = ((winner + rng.integers(1, n_items, size=n)) % n_items).astype(np.int32)
        rows = WinRows.of_pairs(winner, loser, None, None, int(n_items), 1)
        said = []
        for refuse, wins_ in (
            (refuse_undetermined_rows, (rows.offsets, rows.loser, rows.weight)),
            (refuse_undetermined, (winner, loser, int(n_items))),
        ):
            try:
                refuse(*wins_, None)
                said.append(None)
            except ValueError as error:
                said.append(str(error))
        assert said[0] == said[1]


def test_a_fit_goes_on_from_the_last_by_label(monkeypatch):
    winner, loser, *_ = drawn()
    names = np.array([f"item {i:02}" for i in range(N_ITEMS)])
    model = BradleyTerry(warm_start=True, tol=1e-6).fit_pairs(winner, loser, item_ids=names)
    before = model.utilities_
    monkeypatch.setattr(wins, "_CELLS_A_PAIR", 0)
    order = np.random.default_rng(0).permutation(N_ITEMS)
    place = np.argsort(order)
    model.fit_pairs(place[winner], place[loser], item_ids=names[order])
    assert model.n_iter_ == 1
    np.testing.assert_allclose(model.utilities_, before[order], atol=1e-3)
    with pytest.raises(ValueError, match=r"^warm_start needs parameters of shape \(1, 41\)"):
        model.fit_pairs(np.append(winner, [N_ITEMS, 0]), np.append(loser, [0, N_ITEMS]))
