"""nearest_neighbors: whom it finds, in which order, in how much memory, and what it refuses."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prefmath import nearest_neighbors
from similarity_budget import METRICS, expected
from similarity_data import BFLOAT16, DTYPES, brute_neighbors, drawn, result_type

X = np.random.default_rng(0).standard_normal((30, 4)).astype(np.float32)
X.flags.writeable = False

SCORE = {"euclidean": "sqeuclidean", "rbf": "sqeuclidean", "angular": "cosine"}

LEAST = re.compile(r"max_memory=0 is too little: (\d+) bytes are needed$")


def check(found, x, y, k, metric, gamma=None):
    """Compare with brute force: rows index for index, scores with those of the whole matrix."""
    rows, _ = brute_neighbors(x, y, k, SCORE.get(metric, metric))
    assert found.indices.dtype == np.int64
    np.testing.assert_array_equal(found.indices, rows)
    others = x if y is None else y
    table = expected(x, others, metric, 1 / x.shape[1] if gamma is None else gamma)
    best = np.take_along_axis(table, rows, axis=1)
    assert found.scores.dtype == result_type(x.dtype)
    wide = x.dtype == np.float64
    # Angles follow from the cosine, whose last place is half of the digits of a small angle.
    near = 2e-8 if metric == "angular" else 1e-13 if wide else 1e-7
    size = np.abs(best).max(initial=0) if metric == "dot" else 1
    np.testing.assert_allclose(found.scores, best, rtol=1e-13 if wide else 1e-7, atol=near * size)


@pytest.mark.parametrize("metric", METRICS)
def test_every_metric(metric):
    check(nearest_neighbors(X, 5, metric=metric), X, None, 5, metric)
    check(nearest_neighbors(X[:7], 5, X, metric=metric), X[:7], X, 5, metric)


@given(
    n=st.integers(2, 30),
    m=st.none() | st.integers(1, 30),
    d=st.integers(1, 20),
    dtype=st.sampled_from(DTYPES),
    kind=st.sampled_from(["random", "copies", "grid", "clusters"]),
    metric=st.sampled_from(METRICS),
    data=st.data(),
)
@settings(max_examples=60)
def test_any_shape(n, m, d, dtype, kind, metric, data):
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    x = drawn(rng, n, d, dtype, kind)
    y = None if m is None else drawn(rng, m, d, dtype, kind)
    k = data.draw(st.integers(1, n - 1 if m is None else m))
    check(nearest_neighbors(x, k, y, metric=metric), x, y, k, metric)


def test_the_width_of_rbf():
    check(nearest_neighbors(X, 3, metric="rbf", gamma=2.5), X, None, 3, "rbf", gamma=2.5)


def test_ties_go_to_the_lowest_row():
    x = np.tile(X[:2], (6, 1))
    found = nearest_neighbors(x, 5)
    assert found.indices[0].tolist() == [2, 4, 6, 8, 10]
    assert found.indices[6].tolist() == [0, 2, 4, 8, 10]
    assert found.indices[11].tolist() == [1, 3, 5, 7, 9]
    assert (found.scores == 1).all()


def test_rows_that_differ_in_the_last_place_of_float32():
    x = np.ones((6, 3), np.float32)
    x[:, 0] += np.spacing(np.float32(1)) * np.array([0, 5, 2, 4, 1, 3], np.float32)
    found = nearest_neighbors(x, 5, metric="euclidean")
    assert found.indices[0].tolist() == [4, 2, 5, 3, 1]
    assert nearest_neighbors(x, 5).indices[0].tolist() == [4, 2, 5, 3, 1]


@pytest.mark.parametrize("scale", [1e-300, 1e-150, 1e150, 1e300])
@pytest.mark.parametrize("metric", ["cosine", "angular"])
def test_directions_of_float64_of_any_size(metric, scale):
    x = X.astype(np.float64)
    found = nearest_neighbors(x * scale, 4, metric=metric)
    np.testing.assert_array_equal(found.indices, nearest_neighbors(x, 4).indices)


def test_types_that_differ():
    wide = X.astype(np.float64) + 1e-12
    found = nearest_neighbors(X, 3, wide)
    assert found.scores.dtype == np.float64
    check(found, X.astype(np.float64), wide, 3, "cosine")
    narrow = X.astype(BFLOAT16)
    check(nearest_neighbors(narrow, 3, X), narrow.astype(np.float32), X, 3, "cosine")


@pytest.mark.parametrize(("metric", "kind"), [("cosine", "copies"), ("euclidean", "clusters")])
@pytest.mark.parametrize("of_others", [False, True])
def test_little_memory_changes_nothing(metric, kind, of_others):
    rng = np.random.default_rng(1)
    x = drawn(rng, 700, 9, np.dtype(np.float32), kind)
    y = drawn(rng, 300, 9, np.dtype(np.float32), kind) if of_others else None
    with pytest.raises(ValueError, match=LEAST) as error:
        nearest_neighbors(x, 6, y, max_memory=0)
    least = int(LEAST.search(str(error.value))[1])
    plenty = nearest_neighbors(x, 6, y, metric=metric)
    for memory in (least, least + 30_000, least + 10**6):
        scarce = nearest_neighbors(x, 6, y, metric=metric, max_memory=memory)
        np.testing.assert_array_equal(scarce.indices, plenty.indices)
        np.testing.assert_array_equal(scarce.scores, plenty.scores)
    with pytest.raises(ValueError, match=rf"^max_memory={least - 1} is too little: {least} bytes"):
        nearest_neighbors(x, 6, y, metric=metric, max_memory=least - 1)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ([np.nan, 0, 0, 0], r"^X must be finite: X\[650, 0\] is nan$"),
        ([0, 0, 0, 0], r"^cosine similarity needs non-zero rows: X\[650\] is all zeros$"),
    ],
)
def test_little_memory_refuses_the_same(row, message):
    x = np.random.default_rng(2).standard_normal((700, 4)).astype(np.float32)
    x[650] = row
    for memory in (None, 10**8, 10**7):
        with pytest.raises(ValueError, match=message):
            nearest_neighbors(x, 3, max_memory=memory)


def test_few_rows():
    assert nearest_neighbors(X[:0], 2, X).indices.shape == (0, 2)
    assert nearest_neighbors(X[:2], 1).indices.tolist() == [[1], [0]]
    assert nearest_neighbors(X[:1], 1, X[:1]).indices.tolist() == [[0]]
    found = nearest_neighbors(X[:3], 2)
    assert len(found) == 3
    assert repr(found).startswith("Neighbors(2 of each of 3 rows; mean score of the first ")
    assert repr(nearest_neighbors(X[:0], 2, X)) == "Neighbors(2 of each of 0 rows)"


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"k": 0}, ValueError, "k must be at least 1, not 0"),
        ({"k": 1.5}, TypeError, "k must be a whole number, not 1.5"),
        ({"k": 30}, ValueError, "k=30 exceeds the 29 other rows of X"),
        ({"X": X[:1], "k": 1}, ValueError, "k=1 exceeds the 0 other rows of X"),
        ({"X": X[:0], "k": 1}, ValueError, "k=1 exceeds the 0 other rows of X"),
        ({"k": 4, "Y": X[:3]}, ValueError, "k=4 exceeds the 3 rows of Y"),
        ({"Y": X[:, :3]}, ValueError, "Y must have as many columns as X, 4, not 3"),
        ({"X": X[0]}, ValueError, "X must have two axes, (rows, columns), not shape (4,)"),
        ({"X": X > 0}, TypeError, "X must hold real numbers, not bool"),
        ({"X": X * np.float32(np.inf)}, ValueError, "X must be finite: X[0, 0] is "),
        ({"Y": X * np.float32(np.nan)}, ValueError, "Y must be finite: Y[0, 0] is nan"),
        ({"X": X * 0}, ValueError, "cosine similarity needs non-zero rows: X[0] is all zeros"),
        ({"Y": X * 0}, ValueError, "cosine similarity needs non-zero rows: Y[0] is all zeros"),
        ({"metric": "l2"}, ValueError, "'angular' or 'rbf', not 'l2'"),
        ({"gamma": 1.0}, ValueError, "gamma belongs to metric 'rbf', not to 'cosine'"),
        ({"max_memory": -1}, ValueError, "max_memory must be at least 0, not -1"),
        ({"max_memory": "1G"}, TypeError, "max_memory must be a whole number, not '1G'"),
        ({"progress": True}, TypeError, "progress must be a function of two numbers, False or"),
        ({"n_threads": 0}, ValueError, "n_threads must be at least 1, not 0"),
    ],
)
def test_refusals(arguments, error, message):
    with pytest.raises(error, match=re.escape(message)):
        nearest_neighbors(**{"X": X, "k": 2} | arguments)


def test_scores_that_float32_cannot_hold():
    x = X.copy()
    x[2, 0], x[9, 0] = 3e38, -3e38
    message = r"^float32 cannot hold metric '(dot|sqeuclidean)' of X\[\d\] and X\[\d+\]$"
    for metric in ("dot", "sqeuclidean"):
        with pytest.raises(ValueError, match=message):
            nearest_neighbors(x, 2, metric=metric)
    assert np.isfinite(nearest_neighbors(x, 2).scores).all()
