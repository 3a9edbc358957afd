"""Pairs counted in a table: both backends against a loop, and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st


def drawn(seed, n, n_items, dtype):
    rng = np.random.default_rng(seed)
    winner = rng.integers(n_items, size=n)
    loser = (winner + rng.integers(1, n_items, size=n)) % n_items
    return winner.astype(dtype), loser.astype(dtype), rng


@given(st.integers(0, 10**6), st.integers(0, 40), st.integers(2, 5), st.booleans(), st.booleans())
def test_as_a_loop_counts(kernels, seed, n, n_items, ties, weights):
    winner, loser, rng = drawn(seed, n, n_items, np.int32)
    tied = rng.random(n) < 0.3 if ties else None
    weight = rng.choice([0.0, 0.5, 3.0], size=n) if weights else None
    expected = np.zeros((2, n_items, n_items))
    for s in range(n):
        of_tie = int(ties and tied[s])
        expected[of_tie, winner[s], loser[s]] += 1 if weight is None else weight[s]
    wins, found = kernels.count_pairs(winner, loser, tied, weight, n_items, 2)
    np.testing.assert_array_equal(wins, expected[0])
    assert (found is None) == (not ties)
    if ties:
        np.testing.assert_array_equal(found, expected[1])


@pytest.mark.parametrize("dtype", [np.int32, np.int64])
@pytest.mark.parametrize("weights", [False, True])
def test_many_pairs_on_any_number_of_threads(kernels, dtype, weights):
    winner, loser, rng = drawn(0, 500_000, 30, dtype)
    weight = rng.random(len(winner)) if weights else None
    one, none = kernels.count_pairs(winner, loser, None, weight, 30, 1)
    assert none is None
    cells = winner.astype(np.int64) * 30 + loser
    expected = np.bincount(cells, weight, 900).reshape(30, 30)
    np.testing.assert_allclose(one, expected, rtol=1e-12)
    two, _ = kernels.count_pairs(winner, loser, None, weight, 30, 2)
    np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"winner": [0, 3]}, r"^winner must be below the 3 items and not negative: winner\[1\]=3$"),
        ({"loser": [1, -1]}, r"^loser must be below the 3 items and not negative: loser\[1\]=-1$"),
        ({"loser": [1, 1]}, r"^the same item twice in a pair: winner\[1\] and loser\[1\] are 1$"),
        ({"loser": [1]}, r"^loser, tied and weight must have one entry a pair, as winner has 2$"),
        ({"weight": [1.0]}, r"^loser, tied and weight must have one entry a pair"),
        ({"weight": [1.0, np.inf]}, r"^weight must be finite: weight\[1, 0\] is inf$"),
        ({"n_items": 0}, r"^n_items must lie between 1 and 32768, not 0$"),
        ({"n_items": 40_000}, r"^n_items must lie between 1 and 32768, not 40000$"),
    ],
)
def test_refusals(kernels, changes, message):
    given = {"winner": [0, 1], "loser": [1, 2], "weight": None, "n_items": 3} | changes
    weight = None if given["weight"] is None else np.array(given["weight"])
    rows = np.int64(given["winner"]), np.int64(given["loser"])
    with pytest.raises(ValueError, match=message):
        kernels.count_pairs(*rows, None, weight, given["n_items"], 1)
