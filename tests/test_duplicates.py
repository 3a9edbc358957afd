"""near_duplicates: which pairs it finds; what it and duplicate_groups refuse."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prefmath import duplicate_groups, near_duplicates
from similarity_budget import METRICS, expected
from similarity_data import DTYPES, brute_pairs, drawn, result_type

X = np.random.default_rng(0).standard_normal((30, 4)).astype(np.float32)
X.flags.writeable = False

SIMILARITIES = {"cosine", "dot", "rbf"}


def threshold_between(rng, x, metric):
    """Return a number well between the scores of two pairs, so that nothing depends on rounding."""
    table = expected(x, x, metric, 1 / x.shape[1])
    values = np.unique(table[np.triu_indices(len(x), 1)])
    gaps = np.diff(values)
    wide = np.flatnonzero(gaps > 1e-5 * np.abs(values).max())
    if len(wide) == 0:
        return None
    at = rng.choice(wide)
    return float((values[at] + values[at + 1]) / 2)


def check(found, x, threshold, metric):
    table = expected(x, x, metric, 1 / x.shape[1])
    near = table >= threshold if metric in SIMILARITIES else table <= threshold
    pairs = np.argwhere(np.triu(near, 1))
    assert found.pairs.dtype == np.int64
    np.testing.assert_array_equal(found.pairs, pairs)
    assert found.scores.dtype == result_type(x.dtype)
    size = np.abs(table).max(initial=1)
    np.testing.assert_allclose(found.scores, table[tuple(pairs.T)], rtol=1e-6, atol=2e-7 * size)


@given(
    n=st.integers(2, 30),
    d=st.integers(1, 20),
    dtype=st.sampled_from(DTYPES),
    kind=st.sampled_from(["random", "copies", "clusters"]),
    metric=st.sampled_from(METRICS),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=60)
def test_any_pairs(n, d, dtype, kind, metric, seed):
    rng = np.random.default_rng(seed)
    x = drawn(rng, n, d, dtype, kind)
    threshold = threshold_between(rng, x, metric)
    if threshold is not None:
        check(near_duplicates(x, threshold, metric=metric), x, threshold, metric)


@pytest.mark.parametrize("metric", ["cosine", "dot", "sqeuclidean"])
def test_a_pair_on_the_threshold_is_found(metric):
    x = drawn(np.random.default_rng(1), 40, 5, np.dtype(np.float32), "grid")
    _, scores = brute_pairs(x, np.inf if metric == "sqeuclidean" else -np.inf, metric)
    for score in np.unique(scores)[::5]:
        for threshold in (np.nextafter(score, -np.inf), score, np.nextafter(score, np.inf)):
            if abs(threshold) <= 1 if metric == "cosine" else threshold >= 0:
                found = near_duplicates(x, threshold, metric=metric)
                np.testing.assert_array_equal(found.pairs, brute_pairs(x, threshold, metric)[0])


def test_exact_thresholds():
    x = np.array([[3, 4], [0, 0], [6, 8], [3, 4]], np.float32)
    assert near_duplicates(x, 5, metric="euclidean").pairs.tolist() == [
        [0, 1],
        [0, 2],
        [0, 3],
        [1, 3],
        [2, 3],
    ]
    assert near_duplicates(x, np.nextafter(5, 0), metric="euclidean").pairs.tolist() == [[0, 3]]
    assert near_duplicates(x, 0, metric="euclidean").pairs.tolist() == [[0, 3]]
    assert near_duplicates(x, 25, metric="sqeuclidean").scores.tolist() == [25, 25, 0, 25, 25]
    assert near_duplicates(x, 1, metric="rbf").pairs.tolist() == [[0, 3]]
    assert near_duplicates(x, 50, metric="dot").pairs.tolist() == [[0, 2], [2, 3]]
    turned = np.array([[1, 0], [0, 1], [-1, 0], [2, 0]], np.float32)
    assert near_duplicates(turned, 0, metric="angular").pairs.tolist() == [[0, 3]]
    assert len(near_duplicates(turned, 0.5, metric="angular")) == 4
    assert len(near_duplicates(turned, 1, metric="angular")) == 6
    assert near_duplicates(turned, 1).pairs.tolist() == [[0, 3]]
    assert near_duplicates(turned, 1).scores.tolist() == [1]
    assert len(near_duplicates(turned, -1)) == 6


def test_float32_sees_what_float64_does():
    """A cosine just below the threshold, which float32 rounds up to it, is not found."""
    x = np.array([[1, 0], [1, 1e-4]], np.float32)
    cosine = brute_pairs(x, -1, "cosine")[1][0]
    assert np.float32(cosine) == 1
    assert len(near_duplicates(x, cosine)) == 1
    assert len(near_duplicates(x, np.nextafter(cosine, 1))) == 0


def test_few_rows():
    for n in (0, 1):
        found = near_duplicates(X[:n], 0.5)
        assert found.pairs.shape == (0, 2)
        assert found.scores.shape == (0,)
        assert repr(found) == "DuplicatePairs(0 pairs of 0 rows)"
        groups = duplicate_groups(X[:n], 0.5)
        assert len(groups) == n
        assert groups.labels.tolist() == groups.representatives.tolist() == [0][:n]
    assert repr(duplicate_groups(X[:0], 0.5)) == "DuplicateGroups(0 rows in 0 groups)"


def test_more_pairs_than_asked_for():
    x = np.ones((10, 2), np.float32)
    assert len(near_duplicates(x, 1, max_pairs=45)) == 45
    for most in (0, 44):
        with pytest.raises(ValueError, match=rf"more than max_pairs={most}\b"):
            near_duplicates(x, 1, max_pairs=most)


@pytest.mark.parametrize("find", [near_duplicates, duplicate_groups])
@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"threshold": 1.01}, ValueError, "'cosine' must be within [-1, 1], not 1.01"),
        ({"threshold": -1.01}, ValueError, "'cosine' must be within [-1, 1], not -1.01"),
        ({"threshold": np.nan}, ValueError, "'cosine' must be within [-1, 1], not nan"),
        ({"threshold": "0.9"}, TypeError, "threshold must be a number, not '0.9'"),
        ({"threshold": None}, TypeError, "threshold must be a number, not None"),
        (
            {"metric": "euclidean", "threshold": -1},
            ValueError,
            "threshold of metric 'euclidean' must be at least 0 and finite, not -1.0",
        ),
        ({"metric": "sqeuclidean", "threshold": np.inf}, ValueError, "0 and finite, not inf"),
        ({"metric": "dot", "threshold": -np.inf}, ValueError, "must be finite, not -inf"),
        ({"metric": "angular", "threshold": 1.1}, ValueError, "must be within [0, 1], not 1.1"),
        ({"metric": "rbf", "threshold": 0}, ValueError, "must be within (0, 1], not 0.0"),
        ({"metric": "rbf", "gamma": 0}, ValueError, "gamma must be positive and finite, not 0.0"),
        ({"gamma": 1}, ValueError, "gamma belongs to metric 'rbf', not to 'cosine'"),
        ({"metric": "l2"}, ValueError, "'angular' or 'rbf', not 'l2'"),
        ({"offsets": [0, 29]}, ValueError, "offsets[-1]=29 for 30 rows"),
        ({"offsets": [0, 9, 8, 30]}, ValueError, "offsets[2]=8 after offsets[1]=9"),
        ({"offsets": [0.0, 30.0]}, TypeError, "offsets must be a vector of integers"),
        ({"X": X * 0}, ValueError, "cosine similarity needs non-zero rows: X[0] is all zeros"),
        ({"X": X * np.float32(np.nan)}, ValueError, "X must be finite: X[0, 0] is nan"),
        ({"X": X[0]}, ValueError, "X must have two axes, (rows, columns), not shape (4,)"),
        ({"X": X > 0}, TypeError, "X must hold real numbers, not bool"),
        ({"progress": "bar"}, TypeError, "progress must be a function of two numbers"),
        ({"n_threads": 0}, ValueError, "n_threads must be at least 1, not 0"),
    ],
)
def test_refusals(find, arguments, error, message):
    with pytest.raises(error, match=re.escape(message)):
        find(**{"X": X, "threshold": 0.9} | arguments)


@pytest.mark.parametrize(
    ("most", "error", "message"),
    [
        (-1, ValueError, "max_pairs must be at least 0, not -1"),
        (1e6, TypeError, "max_pairs must be a whole number, not 1000000.0"),
    ],
)
def test_numbers_of_pairs_that_make_no_sense(most, error, message):
    with pytest.raises(error, match=re.escape(message)):
        near_duplicates(X, 0.9, max_pairs=most)
