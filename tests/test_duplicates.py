"""near_duplicates and duplicate_groups: which pairs they find, which groups, what they refuse."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from prefmath import duplicate_groups, near_duplicates, similarity_matrix
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
        with pytest.raises(ValueError, match=rf"more than max_pairs={most}\b"):
            duplicate_groups(x, 1, max_pairs=most)


def check_groups(groups, x, threshold, metric, weights):
    pairs = near_duplicates(x, threshold, metric=metric).pairs
    graph = coo_array((np.ones(len(pairs)), tuple(pairs.T)), shape=(len(x), len(x)))
    n_groups, labels = connected_components(graph, directed=False)
    # SciPy numbers components in the order of their first members.
    np.testing.assert_array_equal(groups.labels, labels)
    assert len(groups) == n_groups
    np.testing.assert_array_equal(groups.sizes, np.bincount(labels, minlength=n_groups))
    for group, row in enumerate(groups.representatives):
        members = np.flatnonzero(labels == group)
        best = members[0] if weights is None else members[np.argmax(np.array(weights)[members])]
        assert row == best
    assert {part.dtype for part in (groups.labels, groups.sizes)} == {np.dtype(np.int64)}
    assert groups.representatives.dtype == np.int64


@given(
    n=st.integers(1, 40),
    d=st.integers(1, 6),
    kind=st.sampled_from(["random", "copies", "clusters", "grid"]),
    metric=st.sampled_from(["cosine", "euclidean", "rbf"]),
    data=st.data(),
)
@settings(max_examples=60)
def test_groups(n, d, kind, metric, data):
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    x = drawn(rng, n, d, np.dtype(np.float32), kind)
    threshold = data.draw(st.sampled_from([0.3, 0.7, 0.95, 1.0]))
    weight = st.lists(st.sampled_from([-1.0, 0.0, 0.5, 2.0]), min_size=n, max_size=n)
    weights = data.draw(st.none() | weight)
    found = duplicate_groups(x, threshold, metric=metric, weights=weights)
    check_groups(found, x, threshold, metric, weights)


def test_a_long_chain_is_one_group():
    rng = np.random.default_rng(2)
    place = rng.permutation(500)
    groups = duplicate_groups(place[:, None].astype(np.float32), 1, metric="euclidean")
    assert groups.sizes.tolist() == [500]
    assert groups.representatives.tolist() == [0]
    groups = duplicate_groups(place[:, None].astype(float), 1, metric="euclidean", weights=place)
    assert groups.representatives.tolist() == [int(place.argmax())]
    assert repr(groups) == "DuplicateGroups(500 rows in 1 groups, the largest of 500)"


def test_groups_of_the_matrix():
    similar = similarity_matrix(X) >= 0.8
    n_groups, labels = connected_components(similar, directed=False)
    groups = duplicate_groups(X, 0.8)
    assert len(groups) == n_groups
    np.testing.assert_array_equal(groups.labels, labels)


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
        ({"max_pairs": -1}, ValueError, "max_pairs must be at least 0, not -1"),
        ({"max_pairs": 1e6}, TypeError, "max_pairs must be a whole number, not 1000000.0"),
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
    ("weights", "error", "message"),
    [
        ([1] * 29, ValueError, "weights must have shape (30,), not (29,)"),
        ([[1]] * 30, ValueError, "weights must have shape (30,), not (30, 1)"),
        ([0, np.nan, *[1] * 28], ValueError, "weights must be finite: weights[1]=nan"),
        ([*[1] * 29, np.inf], ValueError, "weights must be finite: weights[29]=inf"),
        (["many"] * 30, TypeError, "weights must hold real numbers"),
        ([1j] * 30, TypeError, "weights must hold real numbers"),
    ],
)
def test_weights_that_make_no_sense(weights, error, message):
    with pytest.raises(error, match=re.escape(message)):
        duplicate_groups(X, 0.9, weights=weights)
