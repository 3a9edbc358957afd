"""sample_dpp: frequencies against enumerated determinants, inclusion, sizes, many pools."""

from __future__ import annotations

from itertools import chain, combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from prefmath import Samples, sample_dpp
from prefmath.selection import inclusion_probabilities, select

N_SAMPLES = 20_000


def pool(seed, n, d, *, with_quality=False):
    rng = np.random.default_rng(seed)
    x = (rng.standard_normal((n, d)) + 0.5).astype(np.float32)
    return x, rng.uniform(0.3, 2, n) if with_quality else None


def ensemble(x, quality):
    unit = x / np.linalg.norm(x.astype(np.float64), axis=1, keepdims=True)
    rows = unit * (np.ones(len(x)) if quality is None else quality)[:, None]
    return rows @ rows.T


def probabilities(x, quality, k):
    """Return the probability of every set, as the number whose bits are its rows."""
    n, matrix = len(x), ensemble(x, quality)
    out = np.zeros(1 << n)
    for rows in chain.from_iterable(combinations(range(n), size) for size in range(n + 1)):
        if k is None or len(rows) == k:
            out[sum(1 << row for row in rows)] = max(np.linalg.det(matrix[np.ix_(rows, rows)]), 0)
    out[out < 1e-12] = 0
    return out / out.sum()


def codes(samples):
    return np.array([sum(1 << int(row) for row in rows) for rows in samples])


def p_value(samples, exact):
    """Return how likely frequencies as far from the exact ones are; sets of few are one class."""
    found = np.bincount(codes(samples), minlength=len(exact))
    assert found[exact == 0].sum() == 0
    expected = len(samples) * exact
    often, seldom = expected >= 5, (expected < 5) & (expected > 0)
    found = np.append(found[often], found[seldom].sum())
    expected = np.append(expected[often], expected[seldom].sum())
    kept = expected > 0
    return stats.chisquare(found[kept], expected[kept]).pvalue


# With more rows than columns by the dual; k up to the rank.
@pytest.mark.parametrize(("n", "d"), [(6, 9), (7, 7), (8, 5), (8, 2)])
@pytest.mark.parametrize("k", [1, 2, 4, 5, None])
@pytest.mark.parametrize("with_quality", [False, True])
def test_sets_come_as_often_as_their_determinants_say(n, d, k, with_quality):
    if k is not None and k > d:
        k = d
    x, quality = pool(n + d, n, d, with_quality=with_quality)
    samples = sample_dpp(x, k, n_samples=N_SAMPLES, quality=quality, random_state=0)
    assert p_value(samples, probabilities(x, quality, k)) > 1e-5


def test_the_test_of_frequencies_can_fail():
    x, quality = pool(0, 6, 9, with_quality=True)
    samples = sample_dpp(x, 3, n_samples=N_SAMPLES, random_state=0)
    assert p_value(samples, probabilities(x, quality, 3)) < 1e-6


def test_proposals_and_the_chain_rule_draw_from_one_distribution(monkeypatch):
    from prefmath.selection import samples

    x, quality = pool(1, 8, 4, with_quality=True)
    for rows_to_propose in (0, 100):
        monkeypatch.setattr(samples, "_ROWS_TO_PROPOSE", rows_to_propose)
        for k in (3, None):
            drawn = sample_dpp(x, k, n_samples=N_SAMPLES, quality=quality, random_state=1)
            assert p_value(drawn, probabilities(x, quality, k)) > 1e-5


@given(
    seed=st.integers(0, 2**32 - 1), n=st.integers(1, 8), d=st.integers(1, 8), sized=st.booleans()
)
@settings(max_examples=40)
def test_inclusion_probabilities_are_those_of_all_sets(seed, n, d, sized):
    rng = np.random.default_rng(seed)
    x, quality = pool(seed, n, d, with_quality=True)
    k = int(rng.integers(0, min(n, d) + 1)) if sized else None
    exact = probabilities(x, quality, k)
    bits = (np.arange(len(exact))[:, None] >> np.arange(n)) & 1
    found = inclusion_probabilities(x, k, quality=quality)
    np.testing.assert_allclose(found, exact @ bits, rtol=0, atol=1e-6)
    if k is not None:
        assert found.sum() == pytest.approx(k)


@pytest.mark.parametrize(("n", "d", "k"), [(300, 40, 12), (60, 200, 25), (3000, 32, 8)])
def test_rows_are_included_as_often_as_they_should(n, d, k):
    x, quality = pool(n, n, d, with_quality=True)
    samples = sample_dpp(x, k, n_samples=4000, quality=quality, random_state=2)
    share = np.bincount(samples.ravel(), minlength=n) / 4000
    exact = inclusion_probabilities(x, k, quality=quality)
    error = np.sqrt(np.maximum(exact * (1 - exact), 1e-9) / 4000)
    assert exact.sum() == pytest.approx(k)
    assert np.abs(share - exact).max() < 5.5 * error.max()
    assert np.mean(((share - exact) / error) ** 2) == pytest.approx(1, abs=0.4)


def test_as_many_items_as_the_rank(recwarn):
    x = np.random.default_rng(0).standard_normal((500, 60)).astype(np.float32)
    samples = sample_dpp(x, 60, n_samples=20, random_state=0)
    assert (np.diff(samples, axis=1) > 0).all()
    assert all(np.linalg.matrix_rank(x[rows]) == 60 for rows in samples)
    assert not recwarn.list


def test_polynomials_of_ten_thousand_values_neither_overflow_nor_underflow():
    from prefmath.selection._eigenvectors import draw_k, log_polynomials, share_of_k

    log_values = np.log(np.random.default_rng(0).uniform(1e-3, 1e9, (1, 10_000)))
    table = log_polynomials(log_values, 100)
    assert np.isfinite(table[0, 100, 100:]).all()
    # e_1 is the sum; e_l grows by no more than the sum over l (Newton, Maclaurin).
    np.testing.assert_allclose(table[0, 1, -1], np.log(np.exp(log_values).sum()))
    assert share_of_k(log_values, table).sum() == pytest.approx(100)
    members = draw_k(table, np.random.default_rng(1).random((1, 50, 100)))[0]
    assert (np.diff(members, axis=1) < 0).all()


def test_copies_are_never_drawn_together():
    x, _ = pool(5, 6, 9)
    copies = np.concatenate([x, 3 * x])
    for k in (2, 6, None):
        for rows in sample_dpp(copies, k, n_samples=500, random_state=0):
            assert len(set((rows % 6).tolist())) == len(rows)


def test_rows_of_no_quality_are_never_drawn():
    x, _ = pool(5, 8, 9)
    quality = np.array([1, 0, 1, 1, 0, 1, 1, 1.0])
    assert not np.isin(sample_dpp(x, 3, n_samples=500, quality=quality), [1, 4]).any()
    assert sample_dpp(x, n_samples=5, quality=np.zeros(8)).sizes.tolist() == [0] * 5


@pytest.mark.parametrize("scale", [1e-100, 1e-3, 30.0, 1e100])
def test_quality_scales_the_size_but_not_sets_of_k(scale):
    x, quality = pool(7, 7, 9, with_quality=True)
    sized = [
        sample_dpp(x, 3, n_samples=50, quality=q, random_state=0) for q in (quality, 1024 * quality)
    ]
    np.testing.assert_array_equal(*sized)
    expected = inclusion_probabilities(x, quality=scale * quality).sum()
    values = np.linalg.eigvalsh(ensemble(x, quality))
    log_odds = np.log(values) + 2 * np.log(scale)
    assert expected == pytest.approx((1 / (1 + np.exp(-log_odds))).sum())
    samples = sample_dpp(x, n_samples=2000, quality=scale * quality, random_state=0)
    assert samples.sizes.mean() == pytest.approx(expected, abs=0.1)


@pytest.mark.parametrize("k", [2, None])
def test_many_pools_are_drawn_from_as_each_alone(k):
    sizes = [6, 0, 8, 6, 8] if k is None else [6, 2, 8, 6, 8]
    offsets = np.concatenate([[0], np.cumsum(sizes)])
    x, quality = pool(3, offsets[-1], 5, with_quality=True)
    n_samples = 6000
    samples = sample_dpp(
        x, k, n_samples=n_samples, offsets=offsets, quality=quality, random_state=4
    )
    if k is None:
        assert len(samples) == 5 * n_samples
        assert samples.sizes[n_samples : 2 * n_samples].tolist() == [0] * n_samples
    else:
        assert samples.shape == (5, n_samples, k)
        samples = samples.reshape(-1, k)
    for at in (0, 2, 3, 4):
        rows = slice(offsets[at], offsets[at + 1])
        mine = [samples[s] - offsets[at] for s in range(at * n_samples, (at + 1) * n_samples)]
        assert p_value(mine, probabilities(x[rows], quality[rows], k)) > 1e-5
    together = inclusion_probabilities(x, k, offsets=offsets, quality=quality)
    alone = inclusion_probabilities(
        x[6 + sizes[1] : 14 + sizes[1]], k, quality=quality[6 + sizes[1] : 14 + sizes[1]]
    )
    np.testing.assert_allclose(together[6 + sizes[1] : 14 + sizes[1]], alone)


@pytest.mark.parametrize(("n", "d", "k"), [(16, 384, 4), (3000, 16, 6), (40, 8, None)])
def test_the_seed_decides_and_the_number_of_threads_does_not(n, d, k):
    x, quality = pool(n, n, d, with_quality=True)
    options = {"n_samples": 3000, "quality": quality}
    one, two, other = (
        sample_dpp(x, k, random_state=seed, n_threads=n_threads, **options)
        for seed, n_threads in ((1, 1), (1, 3), (2, 1))
    )
    assert all((a == b).all() for a, b in zip(one, two, strict=True))
    assert any(len(a) != len(b) or (a != b).any() for a, b in zip(one, other, strict=True))
    again = sample_dpp(x, k, random_state=np.random.default_rng(1), **options)
    assert all((a == b).all() for a, b in zip(one, again, strict=True))


def test_the_mode_of_small_pools_is_near_the_greedy_choice():
    x, _ = pool(11, 6, 3)
    samples = sample_dpp(x, 2, n_samples=N_SAMPLES, random_state=0)
    sets, counts = np.unique(samples, axis=0, return_counts=True)
    value = np.linalg.det(ensemble(x, None)[np.ix_(sets[counts.argmax()], sets[counts.argmax()])])
    assert np.exp(select(x, 2).value) <= value * 1.05


def test_samples_are_a_sequence_of_sets():
    samples = Samples(np.array([0, 2, 1]), np.array([0, 2, 2, 3]))
    assert [rows.tolist() for rows in samples] == [[0, 2], [], [1]]
    assert samples[-1].tolist() == [1]
    assert samples.sizes.tolist() == [2, 0, 1]
    assert repr(samples) == "Samples(3 sets of 0 to 2 rows, mean 1)"
    assert repr(sample_dpp(np.ones((2, 2)), n_samples=0)) == "Samples(0 sets)"
    with pytest.raises(IndexError):
        samples[3]


@pytest.mark.parametrize(
    ("arguments", "options", "shape"),
    [
        ((np.ones((3, 2)), 0), {}, (1, 0)),
        ((np.ones((3, 2)), 1), {"n_samples": 0}, (0, 1)),
        ((np.empty((0, 2)), 0), {"n_samples": 2}, (2, 0)),
        ((np.ones((3, 2)), 1), {"offsets": [0, 1, 3]}, (2, 1, 1)),
        ((np.empty((0, 2)), 1), {"offsets": [0]}, (0, 1, 1)),
    ],
)
def test_shapes_of_little(arguments, options, shape):
    assert sample_dpp(*arguments, **options).shape == shape


@pytest.mark.parametrize(
    ("x", "k", "options", "error", "message"),
    [
        (np.ones((3, 2)), 2, {}, ValueError, "k=2 exceeds the rank of X, 1: no more eigenvalues"),
        (np.eye(4)[:, :2] + 1, 3, {}, ValueError, "k=3 exceeds the rank of X, 2"),
        (
            np.ones((4, 2)) + np.eye(4, 2),
            2,
            {"offsets": [0, 2, 4]},
            ValueError,
            "k=2 exceeds the rank of pool 1, 1",
        ),
        (np.eye(3), 2, {"quality": [0, 0, 1]}, ValueError, "k=2 exceeds the rank of X, 1"),
        (np.eye(3), 4, {}, ValueError, "k=4 exceeds the 3 rows of X"),
        (
            np.eye(3),
            2,
            {"offsets": [0, 1, 3]},
            ValueError,
            "k=2 exceeds the 1 candidates of pool 0",
        ),
        (np.eye(3), -1, {}, ValueError, "k must be at least 0, not -1"),
        (np.eye(3), 1.5, {}, TypeError, "k must be a whole number, not 1.5"),
        (np.eye(3), 1, {"n_samples": -1}, ValueError, "n_samples must be at least 0, not -1"),
        (np.eye(3), 1, {"quality": [1, -1, 1]}, ValueError, "quality[1]=-1.0"),
        (np.eye(3), 1, {"quality": [1, 1]}, ValueError, "quality must have shape (3,), not (2,)"),
        ([[1, 0], [0, 0]], 1, {}, ValueError, "non-zero rows: X[1] is all zeros"),
        ([[1, 0], [0, np.nan]], None, {}, ValueError, "X must be finite: X[1, 1] is nan"),
        ([[1], [1], [np.inf]], 1, {"offsets": [0, 1, 3]}, ValueError, "X[2, 0] is inf"),
        ([1, 2], 1, {}, ValueError, "X must have two axes"),
    ],
)
def test_refusals(x, k, options, error, message):
    for function in (sample_dpp, inclusion_probabilities):
        if function is inclusion_probabilities and "n_samples" in options:
            continue
        with pytest.raises(error) as raised:
            function(np.asarray(x, np.float32), k, **options)
        assert message in str(raised.value)
