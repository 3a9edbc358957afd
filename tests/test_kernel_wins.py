"""Wins sorted by winner, and their likelihood, against loops and differences; refusals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import approx_fprime
from scipy.special import log_expit


def drawn(seed, n, n_items, dtype=np.int32):
    rng = np.random.default_rng(seed)
    winner = rng.integers(n_items, size=n)
    loser = (winner + rng.integers(1, n_items, size=n)) % n_items
    return winner.astype(dtype), loser.astype(dtype), rng


def as_table(offsets, loser, weight):
    table = np.zeros((len(offsets) - 1,) * 2)
    winner = np.repeat(np.arange(len(table)), np.diff(offsets))
    np.add.at(table, (winner, loser), 1.0 if weight is None else weight)
    return table


@given(st.integers(0, 10**6), st.integers(0, 60), st.integers(2, 12), st.booleans(), st.booleans())
def test_as_a_loop_sorts(kernels, seed, n, n_items, ties, weights):
    winner, loser, rng = drawn(seed, n, n_items)
    tied = rng.random(n) < 0.3 if ties else None
    weight = rng.choice([0.0, 0.5, 3.0], size=n) if weights else None
    expected = np.zeros((n_items, n_items))
    for s in range(n):
        counts = 1.0 if weight is None else weight[s]
        half = counts / 2 if ties and tied[s] else 0.0
        expected[winner[s], loser[s]] += counts - half
        expected[loser[s], winner[s]] += half
    offsets, losers, counts, won, lost = kernels.wins_by_winner(
        winner, loser, tied, weight, n_items, 2
    )
    np.testing.assert_array_equal(as_table(offsets, losers, counts), expected)
    np.testing.assert_array_equal(won, expected.sum(axis=1))
    np.testing.assert_array_equal(lost, expected.sum(axis=0))
    if not ties and not weights:
        # Wins that are alike are counted together where that halves them, and only there.
        n_cells = np.count_nonzero(expected)
        assert len(losers) == (n_cells if 2 * n_cells <= n else n)


@pytest.mark.parametrize("dtype", [np.int32, np.int64])
@pytest.mark.parametrize(("n_items", "weights"), [(40, False), (2_000, False), (2_000, True)])
def test_many_wins_on_any_number_of_threads(kernels, dtype, n_items, weights):
    winner, loser, rng = drawn(0, 300_000, n_items, dtype)
    weight = rng.random(len(winner)) if weights else None
    one = kernels.wins_by_winner(winner, loser, None, weight, n_items, 1)
    utility, direction = rng.normal(size=(2, n_items))
    at_one = kernels.win_derivatives(utility, *one[:3], 1)
    two = kernels.wins_by_winner(winner, loser, None, weight, n_items, 3)
    at_two = kernels.win_derivatives(utility, *two[:3], 3)
    products = [
        kernels.win_product(direction, *one[:2], at_one[3], n_threads) for n_threads in (1, 3)
    ]
    for first, second in zip(
        (*one, *at_one, products[0]), (*two, *at_two, products[1]), strict=True
    ):
        np.testing.assert_array_equal(first, second)
    margin = utility[winner] - utility[loser]
    counts = np.ones(len(winner)) if weight is None else weight
    slope, curvature = counts / (1 + np.exp(margin)), counts / np.square(2 * np.cosh(margin / 2))
    sides = [
        (np.bincount(side, values, n_items))
        for side in (winner, loser)
        for values in (slope, curvature)
    ]
    np.testing.assert_allclose(at_one[0], counts @ log_expit(margin), rtol=1e-12)
    np.testing.assert_allclose(at_one[1], sides[0] - sides[2], rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(at_one[2], sides[1] + sides[3], rtol=1e-12)
    moved = curvature * (direction[winner] - direction[loser])
    expected = np.bincount(winner, moved, n_items) - np.bincount(loser, moved, n_items)
    np.testing.assert_allclose(products[0], expected, rtol=1e-9, atol=1e-9)


@given(st.integers(0, 10**6), st.floats(0.1, 30.0))
def test_derivatives_are_those_of_the_log_likelihood(kernels, seed, scale):
    winner, loser, rng = drawn(seed, 30, 6)
    offsets, losers, weight, _, _ = kernels.wins_by_winner(
        winner, loser, None, rng.uniform(0.5, 2.0, 30), 6, 1
    )
    utility = rng.normal(scale=scale, size=6)

    def at(utility):
        return kernels.win_derivatives(utility, offsets, losers, weight, 1)

    _, gradient, diagonal, curvature = at(utility)
    numeric = approx_fprime(utility, lambda u: at(u)[0], 1e-6)
    np.testing.assert_allclose(gradient, numeric, atol=1e-4)
    hessian = np.stack(
        [kernels.win_product(e, offsets, losers, curvature, 1) for e in np.eye(6)], axis=1
    )
    numeric = -np.stack(
        [approx_fprime(utility, lambda u, i=i: at(u)[1][i], 1e-6) for i in range(6)]
    )
    np.testing.assert_allclose(hessian, numeric, atol=1e-4)
    np.testing.assert_allclose(np.diag(hessian), diagonal, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(hessian.sum(axis=1), 0, atol=1e-12)


def test_utilities_far_apart_lose_no_digits(kernels):
    offsets, loser = np.array([0, 1, 2]), np.array([1, 0], np.int32)
    for margin in (50.0, 700.0, 5_000.0):
        value, gradient, _, curvature = kernels.win_derivatives(
            np.array([margin, 0.0]), offsets, loser, np.array([1.0, 0.0]), 1
        )
        np.testing.assert_allclose(value, -np.exp(-margin), rtol=1e-12, atol=1e-300)
        np.testing.assert_allclose(gradient[0], np.exp(-margin), rtol=1e-12, atol=1e-300)
        assert (curvature >= 0).all()
        lost, gradient, *_ = kernels.win_derivatives(
            np.array([-margin, 0.0]), offsets, loser, np.array([1.0, 0.0]), 1
        )
        np.testing.assert_allclose([lost, gradient[0]], [-margin, 1.0], rtol=1e-12)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"winner": [0, 3]}, r"^winner must be below the 3 items and not negative: winner\[1\]=3$"),
        ({"loser": [1, -1]}, r"^loser must be below the 3 items and not negative: loser\[1\]=-1$"),
        ({"loser": [1, 1]}, r"^the same item twice in a pair: winner\[1\] and loser\[1\] are 1$"),
        ({"loser": [1]}, r"^loser, tied and weight must have one entry a pair, as winner has 2$"),
        ({"weight": [1.0, np.inf]}, r"^weight must be finite: weight\[1, 0\] is inf$"),
        ({"n_items": 0}, r"^n_items must lie between 1 and 2147483647, not 0$"),
    ],
)
def test_pairs_that_are_refused(kernels, changes, message):
    given = {"winner": [0, 1], "loser": [1, 2], "weight": None, "n_items": 3} | changes
    weight = None if given["weight"] is None else np.array(given["weight"])
    rows = np.int64(given["winner"]), np.int64(given["loser"])
    with pytest.raises(ValueError, match=message):
        kernels.wins_by_winner(*rows, None, weight, given["n_items"], 1)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"loser": [1, 2]}, r"^loser must lie between 0 and 1: loser\[1\]=2$"),
        ({"loser": [-5, 0]}, r"^loser must lie between 0 and 1: loser\[0\]=-5$"),
        (
            {"offsets": [0, 2, 1]},
            r"^offsets must not decrease: offsets\[2\]=1 after offsets\[1\]=2$",
        ),
        (
            {"offsets": [0, 1, 3]},
            r"^offsets must end with the number of values: offsets\[-1\]=3 for 2$",
        ),
        ({"offsets": [1, 1, 2]}, r"^offsets must start with 0$"),
        ({"values": [0.0]}, r"^(utility|direction) must have one entry an item: 1 for 2$"),
        ({"values": [0.0, np.nan]}, r"^(utility|direction) must be finite: .*\[1, 0\] is NaN|nan$"),
        ({"wins": [1.0]}, r"^(weight|curvature) must have one entry a win: 1 for 2$"),
    ],
)
def test_wins_that_are_refused(kernels, changes, message):
    given = {"offsets": [0, 1, 2], "loser": [1, 0], "values": [0.0, 1.0], "wins": [1.0, 1.0]}
    given |= changes
    values, wins = np.array(given["values"]), np.array(given["wins"])
    offsets, loser = np.int64(given["offsets"]), np.int32(given["loser"])
    for kernel in (kernels.win_derivatives, kernels.win_product):
        with pytest.raises(ValueError, match=message):
            kernel(values, offsets, loser, wins, 1)
