"""Diversity figures, of one pool and of many, against their definitions on the whole matrix."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prefmath import (
    coverage_radius,
    mean_pairwise_similarity,
    min_pairwise_distance,
    select_batch,
    vendi_score,
)
from similarity_budget import expected
from similarity_data import DTYPES, drawn, name_of

X = np.random.default_rng(0).standard_normal((12, 4)).astype(np.float32)
X.flags.writeable = False

KINDS = ["random", "copies", "clusters", "grid", "tiny", "huge"]
# Of an angle computed from a rounded cosine; of a figure computed from differences, relatively.
OF_ANGLE, OF_DISTANCE, OF_MEAN = 3e-8, 1e-13, 1e-13


def mean_of_matrix(x):
    table = expected(x, x, "cosine", None)
    return table[~np.eye(len(x), dtype=bool)].mean()


def vendi_of_matrix(x):
    """Friedman, Dieng (2023), definition 3.1."""
    shares = np.linalg.eigvalsh(expected(x, x, "cosine", None) / len(x))
    shares = shares[shares > 1e-14]
    return np.exp(-(shares * np.log(shares)).sum())


def smallest_of_matrix(x, metric):
    table = expected(x, x, metric, None)
    return table[~np.eye(len(x), dtype=bool)].min()


def largest_of_matrix(x, selected, metric):
    return expected(x, x[selected], metric, None).min(axis=1).max()


def assert_distance(found, figure, metric):
    tolerance = {"rtol": OF_DISTANCE} if metric == "euclidean" else {"rtol": 0, "atol": OF_ANGLE}
    np.testing.assert_allclose(found, figure, **tolerance)


def check_one(x, rng):
    mean = mean_pairwise_similarity(x)
    assert type(mean) is float
    np.testing.assert_allclose(mean, mean_of_matrix(x), rtol=0, atol=OF_MEAN)
    vendi = vendi_score(x)
    assert type(vendi) is float
    assert 1 <= vendi <= len(x)
    # Rounding of the eigenvalues that are zero, a logarithm of 1e-14 each.
    np.testing.assert_allclose(vendi, vendi_of_matrix(x), rtol=1e-10)
    selected = rng.choice(len(x), size=rng.integers(1, len(x) + 1), replace=False)
    for metric in ("euclidean", "angular"):
        smallest = min_pairwise_distance(x, metric=metric)
        assert type(smallest) is float
        assert_distance(smallest, smallest_of_matrix(x, metric), metric)
        largest = coverage_radius(x, selected, metric=metric)
        assert type(largest) is float
        assert_distance(largest, largest_of_matrix(x, selected, metric), metric)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", DTYPES, ids=name_of)
def test_every_kind_of_row(dtype, kind):
    rng = np.random.default_rng(1)
    for n, d in [(40, 9), (9, 40)]:
        check_one(drawn(rng, n, d, dtype, kind), rng)


@given(
    n=st.integers(2, 40),
    d=st.integers(1, 40),
    dtype=st.sampled_from(DTYPES),
    kind=st.sampled_from(KINDS),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=60)
def test_any_pool(n, d, dtype, kind, seed):
    rng = np.random.default_rng(seed)
    check_one(drawn(rng, n, d, dtype, kind), rng)


@given(
    sizes=st.lists(st.integers(2, 20), max_size=8),
    d=st.integers(1, 20),
    dtype=st.sampled_from(DTYPES),
    kind=st.sampled_from(KINDS),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=60)
def test_any_pools(sizes, d, dtype, kind, seed):
    rng = np.random.default_rng(seed)
    x = drawn(rng, sum(sizes), d, dtype, kind)
    offsets = np.cumsum([0, *sizes])
    pools = [x[first:last] for first, last in pairwise(offsets)]
    chosen = [rng.choice(size, size=rng.integers(1, size + 1), replace=False) for size in sizes]
    selected = np.concatenate([np.empty(0, int), *map(np.add, chosen, offsets)])
    rng.shuffle(selected)
    means = mean_pairwise_similarity(x, offsets)
    assert means.dtype == np.float64
    np.testing.assert_allclose(means, [*map(mean_of_matrix, pools)], rtol=0, atol=OF_MEAN)
    np.testing.assert_allclose(vendi_score(x, offsets), [*map(vendi_of_matrix, pools)], rtol=1e-10)
    for metric in ("euclidean", "angular"):
        smallest = [smallest_of_matrix(pool, metric) for pool in pools]
        assert_distance(min_pairwise_distance(x, offsets, metric=metric), smallest, metric)
        largest = [
            largest_of_matrix(*of_pool, metric) for of_pool in zip(pools, chosen, strict=True)
        ]
        found = coverage_radius(x, selected, offsets, metric=metric)
        assert_distance(found, largest, metric)


def test_one_pool_is_as_many_of_one():
    rng = np.random.default_rng(2)
    x = drawn(rng, 5000, 6, np.dtype(np.float32), "clusters")
    offsets = [0, 5000]
    selected = rng.choice(5000, size=40, replace=False)
    for metric in ("euclidean", "angular"):
        one = coverage_radius(x, selected, metric=metric)
        assert coverage_radius(x, selected, offsets, metric=metric).tolist() == [one]
        one = min_pairwise_distance(x[:3000], metric=metric)
        assert min_pairwise_distance(x[:3000], [0, 3000], metric=metric).tolist() == [one]
    assert mean_pairwise_similarity(x, offsets).tolist() == [mean_pairwise_similarity(x)]
    assert vendi_score(x, offsets).tolist() == [vendi_score(x)]


def test_figures_that_are_known():
    x = np.repeat(np.eye(3, dtype=np.float32), 2, axis=0) * np.float32(
        [[1], [2], [3], [4], [5], [6]]
    )
    assert mean_pairwise_similarity(x) == pytest.approx(3 / 15)
    assert vendi_score(x) == pytest.approx(3)
    assert vendi_score(x[::2]) == pytest.approx(3)
    assert vendi_score(x, [0, 2, 4, 6]) == pytest.approx([1, 1, 1])
    assert min_pairwise_distance(x) == 1
    assert min_pairwise_distance(x, metric="angular") == 0
    assert min_pairwise_distance(x[::2], metric="angular") == pytest.approx(0.5)
    assert coverage_radius(x, [0, 2, 4]) == 1
    assert coverage_radius(x, [5], metric="angular") == pytest.approx(0.5)
    assert coverage_radius(x, range(6)) == 0
    assert mean_pairwise_similarity([[1, 2], [-2, -4]]) == pytest.approx(-1)


def test_one_row():
    assert vendi_score(X[:1]) == 1
    assert vendi_score(X[:3], [0, 1, 3])[0] == 1
    assert coverage_radius(X[:1], [0]) == 0
    assert coverage_radius(X[:3], [0, 2], [0, 1, 3])[0] == 0


def test_no_pools():
    empty = X[:0]
    assert mean_pairwise_similarity(empty, [0]).shape == (0,)
    assert vendi_score(empty, [0]).shape == (0,)
    assert min_pairwise_distance(empty, [0]).shape == (0,)
    assert coverage_radius(empty, [], [0]).shape == (0,)


def test_what_select_batch_returns_is_taken():
    offsets = [0, 5, 6, 12]
    chosen = select_batch(X, offsets, 2, allow_fewer=True).indices
    assert (chosen == -1).any()
    rows = [chosen[0], [5], chosen[2]]
    radii = [
        largest_of_matrix(X[first:last], np.array(own) - first, "euclidean")
        for (first, last), own in zip(pairwise(offsets), rows, strict=True)
    ]
    np.testing.assert_allclose(coverage_radius(X, chosen, offsets), radii, rtol=1e-12)


def test_the_order_of_what_is_selected_does_not_matter():
    one = coverage_radius(X, [7, 2, 5, 2])
    assert one == coverage_radius(X, np.array([[2, 5], [7, -1]], np.int32))


@pytest.mark.parametrize("metric", ["euclidean", "angular"])
@pytest.mark.parametrize("scale", [1e-300, 1e300])
def test_float64_of_any_size(metric, scale):
    x = X.astype(np.float64)
    assert mean_pairwise_similarity(x * scale) == pytest.approx(mean_pairwise_similarity(x))
    assert vendi_score(x * scale) == pytest.approx(vendi_score(x))
    if metric == "angular":
        for offsets in (None, [0, 6, 12]):
            found = min_pairwise_distance(x * scale, offsets, metric=metric)
            assert found == pytest.approx(min_pairwise_distance(x, offsets, metric=metric))


FIGURES = [
    mean_pairwise_similarity,
    vendi_score,
    min_pairwise_distance,
    lambda x, *offsets, **more: coverage_radius(x, np.arange(0, len(x), 5), *offsets, **more),
]


@pytest.mark.parametrize("figure", FIGURES)
@pytest.mark.parametrize("n_threads", [1, 2])
def test_threads_change_no_bit(figure, n_threads):
    rng = np.random.default_rng(3)
    x = drawn(rng, 3000, 7, np.dtype(np.float32), "clusters")
    offsets = np.concatenate([np.arange(0, 2000, 5), [3000]])
    assert figure(x, n_threads=n_threads) == figure(x, n_threads=3)
    np.testing.assert_array_equal(
        figure(x, offsets, n_threads=n_threads), figure(x, offsets, n_threads=3)
    )
