"""pair_correlation: against all pairs counted one by one, of samplers whose ratio is known."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prefmath import Samples, pair_correlation, sample_dpp, select, select_batch
from prefmath.selection import _pairs, correlation


def cosines(x):
    unit = x / np.linalg.norm(x.astype(np.float64), axis=1, keepdims=True)
    return np.round(unit @ unit.T, 9).clip(-1, 1)


def counted(sets, pools, x, offsets, edges):
    """Return in each bin how often pairs were together, and how often they should, one by one."""
    similarity = cosines(x)

    def bin_of(i, j):
        at = np.searchsorted(edges[1:-1], similarity[i, j], side="right")
        return at if edges[0] <= similarity[i, j] <= edges[-1] else None

    observed, expected = np.zeros(len(edges) - 1), np.zeros(len(edges) - 1)
    for pool in range(len(offsets) - 1):
        mine = [set(rows) for rows, p in zip(sets, pools, strict=True) if p == pool]
        rows = range(offsets[pool], offsets[pool + 1])
        for i, j in combinations(rows, 2):
            at = bin_of(i, j)
            if at is None or not mine:
                continue
            observed[at] += sum({i, j} <= chosen for chosen in mine)
            if len(mine) == 1:
                expected[at] += (len(mine[0]) / len(rows)) ** 2
            else:
                apart = sum(i in one and j in two for one in mine for two in mine if one is not two)
                expected[at] += apart / (len(mine) - 1)
    return observed, expected


@given(
    seed=st.integers(0, 2**32 - 1),
    sizes=st.lists(st.integers(0, 7), min_size=1, max_size=4),
    n_samples=st.integers(1, 4),
    large=st.booleans(),
)
@settings(max_examples=60)
def test_it_is_what_counting_pair_by_pair_gives(seed, sizes, n_samples, large):
    rng = np.random.default_rng(seed)
    offsets = np.concatenate([[0], np.cumsum(sizes)])
    x = rng.integers(-2, 3, size=(offsets[-1] + 1, 3)).astype(np.float32)[1:]
    x[~x.any(axis=1)] = 1
    pools = np.repeat(np.arange(len(sizes)), n_samples)
    sets = [
        offsets[p] + np.flatnonzero(rng.random(sizes[p]) < rng.choice([0.3, 0.6])) for p in pools
    ]
    edges = np.array([-0.95, -0.3, 0.0, 0.5, 1.0])
    observed, expected = counted(sets, pools, x, offsets, edges)
    samples = Samples(
        np.concatenate(sets), np.concatenate([[0], np.cumsum([len(rows) for rows in sets])])
    )
    with pytest.MonkeyPatch.context() as patch:
        if large:
            patch.setattr(_pairs, "_SMALL", 3)
            patch.setattr(_pairs, "_VALUES", 8)
            patch.setattr(correlation, "_PAIRS", 5)
        known = expected > 1e-9
        if len(sets) < 2 or not known.any():
            with pytest.raises(ValueError, match=r"one set|no pair"):
                pair_correlation(samples, x, offsets=offsets, bins=edges)
            return
        found = pair_correlation(samples, x, offsets=offsets, bins=edges)
    np.testing.assert_allclose(found.observed, observed[known])
    np.testing.assert_allclose(found.expected, expected[known], atol=1e-12)
    np.testing.assert_allclose(found.ratio, (observed / np.where(known, expected, 1))[known])
    np.testing.assert_array_equal(found.lower, edges[:-1][known])
    np.testing.assert_array_equal(found.upper, edges[1:][known])
    assert np.isfinite(found.standard_error).all()
    assert (found.standard_error >= 0).all()


def clusters(n=60, d=6):
    rng = np.random.default_rng(0)
    centers = 2 * rng.standard_normal((12, d))
    return (centers[rng.integers(12, size=n)] + rng.standard_normal((n, d))).astype(np.float32)


def uniform(rng):
    return rng.choice(60, 4, replace=False)


def test_a_uniform_choice_is_flat():
    found = pair_correlation(uniform, clusters(), n_samples=10_000, random_state=0)
    assert found.uniform == pytest.approx(3 * 60 / (59 * 4))
    assert len(found) == 10
    np.testing.assert_allclose(found.ratio, found.uniform, atol=0.07)
    assert np.abs((found.ratio - found.uniform) / found.standard_error).max() < 4


def test_of_a_determinantal_process_it_falls_with_similarity():
    x = clusters()
    sets = sample_dpp(x, 4, n_samples=10_000, random_state=0)
    found = pair_correlation(sets, x, bins=[-0.2, 0.2, 0.4, 0.6, 0.8, 1])
    assert (np.diff(found.ratio) < 0).all()
    assert found.ratio[0] > found.uniform
    assert found.ratio[-1] < 0.4
    # Two of a process with kernel K come together as often as det K says, in each bin.
    sets = sample_dpp(x, n_samples=20_000, random_state=0)
    found = pair_correlation(sets, x, bins=[-0.2, 0.2, 0.4, 0.6, 0.8, 1])
    similarity = cosines(x)
    kernel = similarity @ np.linalg.inv(similarity + np.eye(60))
    i, j = np.triu_indices(60, 1)
    alone, both = (kernel[i, i] * kernel[j, j], kernel[i, j] ** 2)
    for at in range(len(found)):
        mine = (found.lower[at] <= similarity[i, j]) & (similarity[i, j] <= found.upper[at])
        exact = 1 - both[mine].sum() / alone[mine].sum()
        assert abs(found.ratio[at] - exact) < 4 * found.standard_error[at]


def test_the_error_is_that_of_many_repetitions():
    x = clusters()
    runs = [
        pair_correlation(
            sample_dpp(x, 4, n_samples=300, random_state=seed), x, bins=[-1, 0, 0.5, 1]
        )
        for seed in range(200)
    ]
    spread = np.std([run.ratio for run in runs], axis=0)
    error = np.mean([run.standard_error for run in runs], axis=0)
    np.testing.assert_allclose(error, spread, rtol=0.2)


def test_pools_of_one_set_each():
    rng = np.random.default_rng(1)
    x = (1 + rng.standard_normal((16 * 2000, 8))).astype(np.float32)
    offsets = np.arange(0, 32_001, 16)
    chosen = select_batch(x, offsets, 4)
    found = pair_correlation(chosen, x, offsets=offsets)
    assert found.n_sets == 2000
    assert found.uniform == pytest.approx(0.8)
    assert found.ratio[-1] < 0.1
    assert found.ratio[0] > 0.9
    again = pair_correlation(chosen.indices, x, offsets=offsets)
    np.testing.assert_array_equal(found.ratio, again.ratio)

    def at_random(rng):
        return offsets[:-1, None] + np.argsort(rng.random((2000, 16)), axis=1)[:, :4]

    once = pair_correlation(at_random(rng), x, offsets=offsets)
    often = pair_correlation(at_random, x, offsets=offsets, n_samples=5, random_state=2)
    for flat in (once, often):
        assert np.abs((flat.ratio - 0.8) / flat.standard_error).max() < 4


def test_all_forms_of_sets_say_the_same():
    x = clusters()
    sets = sample_dpp(x, 4, n_samples=50, random_state=0)
    expected = pair_correlation(sets, x)
    forms = [
        sets.tolist(),
        list(sets),
        np.pad(sets, ((0, 0), (2, 1)), constant_values=-1),
        Samples(sets.ravel(), np.arange(0, 201, 4)),
        sets[:, ::-1],
    ]
    for form in forms:
        np.testing.assert_array_equal(pair_correlation(form, x).ratio, expected.ratio)
    of_pool = pair_correlation(sets[None], x, offsets=[0, 60])
    np.testing.assert_array_equal(of_pool.ratio, expected.ratio)
    rows = iter(sets)
    called = pair_correlation(lambda _: next(rows), x, n_samples=50)
    np.testing.assert_array_equal(called.ratio, expected.ratio)
    ragged = [[0, 1, 2], [3], [], [0, 4]]
    assert pair_correlation(ragged, x, bins=1).observed.tolist() == [4]


def test_a_choice_that_never_changes_has_ratio_one():
    x = clusters()
    found = pair_correlation(lambda _: select(x, 5), x, n_samples=3, bins=4)
    np.testing.assert_allclose(found.ratio, 1)
    assert found.observed.sum() == 30


def test_what_is_shown():
    x = np.eye(3, dtype=np.float32)
    found = pair_correlation([[0, 1], [1, 2], [0, 2], [0, 1]], x)
    assert repr(found).splitlines() == [
        "PairCorrelation of 4 sets; a uniform choice has ratio 0.750",
        "     similarity   together   expected   ratio  std. error",
        " 0.000 to  0.000         4        5.3   0.750       0.000",
    ] or found.expected.tolist() != [16 / 3]


@pytest.mark.parametrize(
    ("sampler", "options", "error", "message"),
    [
        ([[0, 1]], {}, ValueError, "one set does not tell how likely its rows were"),
        ([[0, 1], [1, 1]], {}, ValueError, "each row once: set 1 holds 1 twice"),
        ([[0, 1], [1, 4]], {}, ValueError, "rows 0 to 3 of X from pool 0: set 1 holds 4"),
        ([[0, -2], [1, 2]], {}, ValueError, "rows 0 to 3 of X from pool 0: set 0 holds -2"),
        ([[0.5, 1], [1, 2]], {}, TypeError, "integers, not float64"),
        ([[0], [0]], {"offsets": [0, 1, 4]}, ValueError, "rows 1 to 3 of X from pool 1: set 1"),
        ([[0]], {"offsets": [0, 1, 4]}, ValueError, "shape (2, k) or (2, n, k), not (1, 1)"),
        ([[[0]]], {}, ValueError, "shape (k,) or (n, k), not (1, 1, 1)"),
        ([[0, 1], [1, 2]], {"bins": 0}, ValueError, "bins must be at least 1"),
        ([[0, 1], [1, 2]], {"bins": [0, 1, 1]}, ValueError, "bins must ascend: bins[2]=1.0"),
        ([[0, 1], [1, 2]], {"bins": [0]}, ValueError, "two edges and more"),
        ([[], []], {}, ValueError, "no pair of different sets"),
        (lambda _: [0], {"n_samples": 0}, ValueError, "n_samples must be at least 1"),
    ],
)
def test_refusals(sampler, options, error, message):
    with pytest.raises(error) as raised:
        pair_correlation(sampler, np.eye(4, dtype=np.float32) + 0.1, **options)
    assert message in str(raised.value)


def test_bad_rows_of_x_are_named():
    x = np.eye(4, dtype=np.float32)
    x[2] = 0
    with pytest.raises(ValueError, match=r"X\[2\] is all zeros"):
        pair_correlation([[0, 1], [1, 2]], x, bins=[-1, 1])
    with pytest.raises(ValueError, match="no pool has two candidates"):
        pair_correlation([[0], [0]], x[:1])
