"""top_pairs against all pairs, sorted; on both backends, over all rows and within pools."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prefmath import near_duplicates, top_pairs
from similarity_data import DTYPES, KINDS, bits, brute_pairs, drawn, name_of

METRICS = ["cosine", "dot", "sqeuclidean"]
X = np.random.default_rng(0).standard_normal((30, 4)).astype(np.float32)
X.flags.writeable = False


def pool_of(offsets, rows):
    return np.searchsorted(offsets, rows, side="right")


def expected(x, n, metric, offsets=None):
    pairs, scores = brute_pairs(x, np.inf if metric == "sqeuclidean" else -np.inf, metric)
    if offsets is not None:
        inside = pool_of(offsets, pairs[:, 0]) == pool_of(offsets, pairs[:, 1])
        pairs, scores = pairs[inside], scores[inside]
    # Pairs come in the order of their rows.
    best = np.argsort(scores if metric == "sqeuclidean" else -scores, kind="stable")[:n]
    return pairs[best], scores[best]


def check(kernels, x, n, metric, offsets=None, n_threads=2):
    found = kernels.top_pairs(bits(x), offsets, n, metric, None, n_threads)
    assert [part.dtype for part in found] == [np.int32, np.float64]
    pairs, scores = expected(x, n, metric, offsets)
    np.testing.assert_array_equal(found[0], pairs)
    np.testing.assert_array_equal(found[1], scores)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", DTYPES, ids=name_of)
@pytest.mark.parametrize("metric", METRICS)
def test_every_kind_of_row(kernels, metric, dtype, kind):
    x = drawn(np.random.default_rng(KINDS.index(kind)), 60, 21, dtype, kind)
    for n in (1, 17, 10**6):
        check(kernels, x, n, metric)
    check(kernels, x, 40, metric, np.array([0, 0, 3, 20, 20, 60]))


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("offsets", [None, [0, 150, 160, 160, 700]])
def test_more_rows_than_a_block(kernels, metric, offsets):
    x = drawn(np.random.default_rng(1), 700, 9, np.dtype(np.float32), "clusters")
    offsets = None if offsets is None else np.array(offsets)
    for n_threads in (1, 3):
        check(kernels, x, 300, metric, offsets, n_threads)


def test_no_pairs(kernels):
    x = np.ones((3, 2), np.float32)
    for rows, offsets, n in [(0, None, 2), (1, None, 2), (3, np.arange(4), 5), (3, None, 0)]:
        pairs, scores = kernels.top_pairs(x[:rows], offsets, n, "cosine", None, 2)
        assert pairs.shape == (0, 2)
        assert scores.shape == (0,)


@given(
    n=st.integers(2, 30),
    most=st.integers(1, 40),
    metric=st.sampled_from(["cosine", "dot", "euclidean", "sqeuclidean", "angular", "rbf"]),
    kind=st.sampled_from(["random", "copies", "clusters"]),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=40)
def test_they_are_the_first_of_near_duplicates(n, most, metric, kind, seed):
    x = drawn(np.random.default_rng(seed), n, 5, np.dtype(np.float64), kind)
    threshold = {"cosine": -1, "dot": -1e9, "angular": 1, "rbf": 5e-324}.get(metric, 1e9)
    every = near_duplicates(x, threshold, metric=metric)
    found = top_pairs(x, most, metric=metric)
    assert len(found) == min(most, len(every))
    place = {tuple(pair): at for at, pair in enumerate(every.pairs.tolist())}
    np.testing.assert_array_equal(
        found.scores, every.scores[[place[tuple(pair)] for pair in found.pairs.tolist()]]
    )
    rising = -1 if metric in {"cosine", "dot", "rbf"} else 1
    np.testing.assert_array_equal(found.scores, rising * np.sort(rising * every.scores)[:most])


def test_what_it_looks_like():
    found = top_pairs(X, 3)
    assert repr(found).startswith("TopPairs(3 pairs, scores from 0.9")
    assert repr(top_pairs(X[:1], 3)) == "TopPairs(0 pairs)"
    assert found.pairs.dtype == np.int64
    assert found.scores.dtype == np.float32


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"n": 0}, ValueError, "n must be at least 1, not 0"),
        ({"n": 1.0}, TypeError, "n must be a whole number, not 1.0"),
        ({"metric": "l2"}, ValueError, "'angular' or 'rbf', not 'l2'"),
        ({"gamma": 1}, ValueError, "gamma belongs to metric 'rbf', not to 'cosine'"),
        ({"offsets": [0, 29]}, ValueError, "offsets[-1]=29 for 30 rows"),
        ({"X": X * 0}, ValueError, "cosine similarity needs non-zero rows: X[0] is all zeros"),
        ({"X": X * np.float32(np.nan)}, ValueError, "X must be finite: X[0, 0] is nan"),
        ({"X": X * 0, "offsets": [0, 1, 30]}, ValueError, "X[0] is all zeros"),
        ({"n_threads": 0}, ValueError, "n_threads must be at least 1, not 0"),
    ],
)
def test_refusals(arguments, error, message):
    with pytest.raises(error, match=re.escape(message)):
        top_pairs(**{"X": X, "n": 3} | arguments)


def test_more_than_there_can_be():
    assert len(top_pairs(X, 2**63 - 1)) == 435
