"""duplicate_groups: what pairs connect, which row stands for a group, and what many copies cost."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from prefmath import duplicate_groups, near_duplicates, similarity_matrix
from similarity_data import drawn

X = np.random.default_rng(0).standard_normal((30, 4)).astype(np.float32)
X.flags.writeable = False


def check_groups(groups, x, threshold, metric, weights, offsets=None):
    pairs = near_duplicates(x, threshold, metric=metric, offsets=offsets).pairs
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
    metric=st.sampled_from(["cosine", "dot", "angular", "euclidean", "sqeuclidean", "rbf"]),
    data=st.data(),
)
@settings(max_examples=60)
def test_groups(n, d, kind, metric, data):
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    x = drawn(rng, n, d, np.dtype(np.float32), kind)
    threshold = data.draw(st.sampled_from([0.3, 0.7, 0.95, 1.0]))
    weight = st.lists(st.sampled_from([-1.0, 0.0, 0.5, 2.0]), min_size=n, max_size=n)
    weights = data.draw(st.none() | weight)
    inner = data.draw(st.lists(st.integers(0, n), max_size=4).map(sorted))
    offsets = data.draw(st.sampled_from([None, [0, *inner, n]]))
    found = duplicate_groups(x, threshold, metric=metric, weights=weights, offsets=offsets)
    check_groups(found, x, threshold, metric, weights, offsets)


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


@pytest.mark.parametrize("metric", ["cosine", "dot", "angular", "euclidean", "sqeuclidean", "rbf"])
@pytest.mark.parametrize("offsets", [None, [0, 7, 7, 400, 1300]])
def test_groups_of_many_rows(metric, offsets):
    rng = np.random.default_rng(3)
    x = drawn(rng, 1300, 6, np.dtype(np.float32), "clusters")
    x[rng.integers(1300, size=300)] = x[5]
    threshold = {"dot": 0.5}.get(metric, 0.9 if metric in {"cosine", "rbf"} else 0.2)
    found = duplicate_groups(x, threshold, metric=metric, offsets=offsets)
    check_groups(found, x, threshold, metric, None, offsets)


def test_groups_are_decided_by_the_metric_as_near_duplicates_reports_it():
    """On the threshold and one number beside it, where the metric follows from another score."""
    x = drawn(np.random.default_rng(4), 25, 3, np.dtype(np.float64), "random")
    for metric in ("angular", "euclidean", "rbf"):
        scores = np.unique(
            near_duplicates(x, 1e-300 if metric == "rbf" else 1, metric=metric).scores
        )
        for score in scores[::7]:
            for threshold in (np.nextafter(score, 0), score):
                found = duplicate_groups(x, threshold, metric=metric)
                check_groups(found, x, threshold, metric, None)


def test_copies_of_a_row_whose_own_product_is_too_small():
    """Under dot equal rows may not be alike, and a row that is like both connects them."""
    x = np.array([[1, 0], [1, 0], [0, 1], [0, 1], [9, 0]], np.float32)
    assert duplicate_groups(x, 5, metric="dot").labels.tolist() == [0, 0, 1, 2, 0]
    assert duplicate_groups(x, 1, metric="dot").labels.tolist() == [0, 0, 1, 1, 0]


@pytest.mark.parametrize("limit", [1.0, 1 - 1e-9])
def test_angles_of_opposite_rows(limit):
    x = np.array([[1.0], [-1.0], [2.0]])
    found = duplicate_groups(x, limit, metric="angular")
    assert found.labels.tolist() == ([0, 0, 0] if limit == 1 else [0, 1, 0])


def test_zero_has_no_sign():
    x = np.array([[0.0, 1], [-0.0, 1], [1, 0]], np.float32)
    assert duplicate_groups(x, 1).labels.tolist() == [0, 0, 1]


def test_many_copies_are_one_group():
    """More pairs than any memory holds: 80,000 equal rows have 3.2e9."""
    rng = np.random.default_rng(5)
    x = rng.standard_normal((84_000, 16)).astype(np.float32)
    copies = np.sort(rng.permutation(len(x))[:80_000])
    x[copies] = x[copies[0]]
    groups = duplicate_groups(x, 0.999)
    assert len(groups) == 4_001
    assert groups.sizes.max() == 80_000
    assert groups.representatives[groups.labels[copies]].tolist() == [copies[0]] * 80_000


def test_many_rows_nearly_equal_are_one_group():
    rng = np.random.default_rng(6)
    x = rng.standard_normal((11_000, 32)).astype(np.float32)
    x[:10_500] = x[0] + 1e-6 * x[:10_500]
    groups = duplicate_groups(x, 0.9)
    assert len(groups) == 501
    assert groups.sizes[0] == 10_500


def test_the_number_of_threads_changes_nothing():
    x = drawn(np.random.default_rng(7), 2000, 5, np.dtype(np.float32), "clusters")
    one, *others = [duplicate_groups(x, 0.95, n_threads=n).labels for n in (1, 2, 3)]
    for other in others:
        np.testing.assert_array_equal(one, other)


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
