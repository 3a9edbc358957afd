"""Neighbours and pairs above a threshold against brute force, index for index; both backends.

The oracle sums in the promised order, so that scores are compared to the last bit, and rows that
tie in float64 come out in the promised order too.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from similarity_data import (
    BFLOAT16,
    DTYPES,
    KINDS,
    bits,
    brute_neighbors,
    brute_pairs,
    drawn,
    name_of,
    scores,
)

METRICS = ["cosine", "dot", "sqeuclidean"]
MANY = 10**9


def check_neighbors(kernels, x, y, k, metric):
    expected = brute_neighbors(x, y, k, metric)
    other = None if y is None else bits(y)
    found = kernels.nearest_neighbors(bits(x), other, k, metric, None, 2)
    assert [part.dtype for part in found] == [np.int32, np.float64]
    np.testing.assert_array_equal(found[0], expected[0])
    np.testing.assert_array_equal(found[1], expected[1])


def check_pairs(kernels, x, threshold, metric):
    expected = brute_pairs(x, threshold, metric)
    found = kernels.pairs_above(bits(x), None, threshold, metric, MANY, None, 2)
    assert [part.dtype for part in found] == [np.int32, np.float64]
    np.testing.assert_array_equal(found[0], expected[0])
    np.testing.assert_array_equal(found[1], expected[1])


def some_threshold(rng, x, metric):
    """Return a score that occurs: whether a pair on the threshold is found is part of the test."""
    table = scores(x, x, metric)
    above = table[np.triu_indices(len(x), 1)]
    return float(rng.choice(above)) if len(above) else 0.5


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", DTYPES, ids=name_of)
@pytest.mark.parametrize("metric", METRICS)
def test_every_kind_of_row(kernels, metric, dtype, kind):
    rng = np.random.default_rng(KINDS.index(kind))
    x, y = drawn(rng, 90, 21, dtype, kind), drawn(rng, 60, 21, dtype, kind)
    check_neighbors(kernels, x, None, 7, metric)
    check_neighbors(kernels, x, y, 7, metric)
    check_pairs(kernels, x, some_threshold(rng, x, metric), metric)


@pytest.mark.parametrize(("n", "d"), [(255, 3), (256, 64), (257, 65), (600, 1), (520, 9)])
@pytest.mark.parametrize("metric", METRICS)
def test_across_blocks(kernels, metric, n, d):
    rng = np.random.default_rng(n)
    dtype = DTYPES[n % len(DTYPES)]
    x = drawn(rng, n, d, dtype)
    check_neighbors(kernels, x, None, 5, metric)
    check_neighbors(kernels, x[:50], x, 5, metric)
    check_pairs(kernels, x, some_threshold(rng, x[:60], metric), metric)


@given(
    n=st.integers(2, 40),
    m=st.none() | st.integers(1, 40),
    d=st.integers(1, 70),
    dtype=st.sampled_from(DTYPES),
    kind=st.sampled_from(KINDS),
    metric=st.sampled_from(METRICS),
    data=st.data(),
)
@settings(max_examples=50)
def test_any_shape(kernels, n, m, d, dtype, kind, metric, data):
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    x = drawn(rng, n, d, dtype, kind)
    y = None if m is None else drawn(rng, m, d, dtype, kind)
    k = data.draw(st.integers(1, n - 1 if m is None else m))
    check_neighbors(kernels, x, y, k, metric)
    check_pairs(kernels, x, some_threshold(rng, x, metric), metric)


def all_but_equal(rng, dtype):
    """Draw rows whose cosines differ by less than any screen can tell."""
    x = np.ones((500, 24)) * (90 if dtype == np.int8 else 1)
    step = 1 if dtype == np.int8 else float(np.spacing(dtype.type(1))) * 2
    return (x + step * rng.integers(0, 2, size=x.shape)).astype(dtype)


def one_huge_coordinate(rng, dtype):
    """Draw rows whose other coordinates a row's own scale rounds away."""
    x = rng.standard_normal((300, 33)) * (3 if dtype == np.int8 else 1e-2)
    x[:, 5] = 127 if dtype == np.int8 else 1000
    return np.rint(x).astype(dtype) if dtype == np.int8 else x.astype(dtype)


def constant_rows(rng, dtype):
    """Draw rows of one number each, some turned round: all cosines are 1 or -1."""
    size = 127 if dtype == np.int8 else 40
    values = rng.integers(1, size, size=(300, 1)) * rng.choice([1, -1], size=(300, 1))
    return np.repeat(values, 19, axis=1).astype(dtype)


def antipodal_rows(rng, dtype):
    """Draw rows and their opposites."""
    x = drawn(rng, 150, 31, dtype).astype(np.float64).clip(min=-127)
    return np.concatenate([x, -x]).astype(dtype)


def one_hot_rows(rng, dtype):
    """Draw rows with one number that is not zero, which may be the same one."""
    x = np.zeros((300, 40))
    x[np.arange(300), rng.integers(40, size=300)] = rng.integers(1, 5, size=300)
    return x.astype(dtype)


def rows_of_many_lengths(rng, dtype):
    """Draw rows from very short to long."""
    x = drawn(rng, 300, 17, dtype).astype(np.float64)
    largest = {"int8": 2**3, "float16": 2.0**10}.get(dtype.name, 2.0**40)
    x *= 1 / largest ** rng.uniform(0, 1, size=(300, 1))
    x[:, 0] += 1.0 if dtype == np.int8 else 0.0
    return np.rint(x).astype(dtype) if dtype == np.int8 else x.astype(dtype)


HARD = [
    all_but_equal,
    one_huge_coordinate,
    constant_rows,
    antipodal_rows,
    one_hot_rows,
    rows_of_many_lengths,
]


@pytest.mark.parametrize("dtype", [np.dtype(np.float32), BFLOAT16, np.dtype(np.int8)], ids=name_of)
@pytest.mark.parametrize("hard", HARD)
def test_rows_that_are_hard_to_screen(kernels, hard, dtype):
    rng = np.random.default_rng(7)
    x = hard(rng, dtype)
    x[~x.astype(np.float32).any(axis=1), 0] = 1
    for metric in METRICS:
        check_neighbors(kernels, x, None, 10, metric)
        check_pairs(kernels, x[:300], some_threshold(rng, x[:300], metric), metric)


@pytest.mark.parametrize("metric", METRICS)
def test_many_candidates_within_the_error_of_screening(kernels, metric):
    """Half of the rows are within 1e-7 of the tenth neighbour of each."""
    rng = np.random.default_rng(8)
    x = np.zeros((700, 48), np.float32)
    x[:, 0] = 1
    x[:, 1:] = rng.standard_normal((700, 47)) * 1e-4
    x[350:] *= 3
    check_neighbors(kernels, x, None, 10, metric)
    check_neighbors(kernels, x[:40], x, 10, metric)


@pytest.mark.parametrize("metric", METRICS)
def test_many_columns(kernels, metric):
    rng = np.random.default_rng(9)
    x = drawn(rng, 60, 3001, np.dtype(np.float32), "clusters")
    check_neighbors(kernels, x, None, 5, metric)
    check_pairs(kernels, x, some_threshold(rng, x, metric), metric)


@pytest.mark.parametrize("dtype", [np.dtype(np.float32), np.dtype(np.int8)], ids=name_of)
@pytest.mark.parametrize("metric", METRICS)
def test_threads_change_no_bit(kernels, metric, dtype):
    rng = np.random.default_rng(10)
    x = bits(drawn(rng, 700, 12, dtype, "clusters"))
    threshold = some_threshold(rng, drawn(rng, 50, 12, dtype, "clusters"), metric)

    def results(n_threads):
        found = kernels.nearest_neighbors(x, None, 6, metric, None, n_threads)
        pairs = kernels.pairs_above(x, None, threshold, metric, MANY, None, n_threads)
        return [part.tobytes() for part in (*found, *pairs)]

    alone = results(1)
    assert results(2) == alone
    assert results(3) == alone


def test_every_other_row(kernels):
    x = drawn(np.random.default_rng(11), 60, 5, np.dtype(np.float32), "copies")
    for metric in METRICS:
        check_neighbors(kernels, x, None, 59, metric)
        check_neighbors(kernels, x, x, 60, metric)


def test_no_rows(kernels):
    x = np.ones((3, 2), np.float32)
    for metric in METRICS:
        indices, values = kernels.nearest_neighbors(x[:0], x, 2, metric, None, 2)
        assert indices.shape == values.shape == (0, 2)
        for n in (0, 1):
            pairs, values = kernels.pairs_above(x[:n], None, 0.5, metric, MANY, None, 2)
            assert pairs.shape == (0, 2)
            assert values.shape == (0,)


@pytest.mark.parametrize("metric", METRICS)
def test_more_pairs_than_asked_for(kernels, metric):
    x = np.ones((40, 3), np.float32)
    threshold = 0.0 if metric == "sqeuclidean" else 1.0
    pairs, _ = kernels.pairs_above(x, None, threshold, metric, 780, None, 2)
    assert len(pairs) == 780
    for most in (0, 1, 779):
        with pytest.raises(ValueError, match=rf"more than max_pairs={most}\b"):
            kernels.pairs_above(x, None, threshold, metric, most, None, 2)


@pytest.mark.parametrize("dtype", DTYPES, ids=name_of)
@pytest.mark.parametrize("metric", METRICS)
def test_pairs_and_groups_within_pools(kernels, metric, dtype):
    rng = np.random.default_rng(12)
    x = drawn(rng, 500, 7, dtype, "copies")
    offsets = np.array([0, 0, 1, 9, 30, 230, 231, 330, 330, 500])
    threshold = some_threshold(rng, x[:60], metric)
    pairs, values = brute_pairs(x, threshold, metric)
    pool = np.searchsorted(offsets, pairs, side="right")
    inside = pool[:, 0] == pool[:, 1]
    for n_threads in (1, 3):
        found = kernels.pairs_above(bits(x), offsets, threshold, metric, MANY, None, n_threads)
        np.testing.assert_array_equal(found[0], pairs[inside])
        np.testing.assert_array_equal(found[1], values[inside])
    for cuts, edges in [(offsets, pairs[inside]), (None, pairs)]:
        lowest = np.arange(len(x))
        for i, j in edges:
            low, high = sorted((lowest[i], lowest[j]))
            lowest[lowest == high] = low
        for n_threads in (1, 3):
            found = kernels.groups_above(bits(x), cuts, threshold, metric, None, n_threads)
            assert found.dtype == np.int32
            np.testing.assert_array_equal(found, lowest)
