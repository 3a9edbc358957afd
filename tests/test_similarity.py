"""similarity_matrix: what it returns, which arrays it takes, and what it refuses."""

from __future__ import annotations

import re

import numpy as np
import pytest
from sklearn.metrics.pairwise import cosine_similarity

from prefmath import similarity_matrix

X = np.random.default_rng(0).standard_normal((6, 3)).astype(np.float32)
X.flags.writeable = False


def changed(row, column, value, dtype=np.float32):
    x = X.astype(dtype)
    x[row, column] = value
    return x


def test_cosines():
    found = similarity_matrix(X)
    assert found.dtype == np.float32
    assert found.flags.c_contiguous
    np.testing.assert_allclose(found, cosine_similarity(X.astype(float)), atol=1e-6)
    np.testing.assert_array_equal(found, similarity_matrix(X, metric="cosine"))


def test_dot_products():
    found = similarity_matrix(X, metric="dot")
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, X.astype(float) @ X.T, atol=1e-5)


@pytest.mark.parametrize("metric", ["cosine", "dot"])
@pytest.mark.parametrize(
    "same",
    [
        lambda x: x.astype(">f4"),
        np.asfortranarray,
        lambda x: np.repeat(x, 2, axis=1)[:, ::2],
        lambda x: x[::-1].copy()[::-1],
    ],
)
def test_any_array_of_the_same_numbers_gives_the_same(metric, same):
    x = same(X)
    before = np.array(x)
    np.testing.assert_array_equal(
        similarity_matrix(x, metric=metric), similarity_matrix(X, metric=metric)
    )
    np.testing.assert_array_equal(np.array(x), before)


@pytest.mark.parametrize("wide", [np.float64, np.longdouble, list])
def test_float64_gives_float64(wide):
    x = X.tolist() if wide is list else X.astype(wide)
    found = similarity_matrix(x)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, cosine_similarity(X.astype(float)), atol=1e-15)


@pytest.mark.parametrize("dtype", [np.float16, np.int8, np.uint64])
def test_numbers_of_other_types_are_converted(dtype):
    x = np.array([[1, 2], [3, 0], [100, 100]], dtype)
    expected = similarity_matrix(x.astype(np.float32), metric="dot")
    np.testing.assert_array_equal(similarity_matrix(x, metric="dot"), expected)


@pytest.mark.parametrize("metric", ["cosine", "dot"])
def test_no_rows(metric):
    assert similarity_matrix(np.empty((0, 3)), metric=metric).shape == (0, 0)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"X": changed(4, 1, np.nan)}, ValueError, "X must be finite: X[4, 1] is nan"),
        ({"X": changed(5, 2, -np.inf)}, ValueError, "X must be finite: X[5, 2] is -inf"),
        ({"X": changed(0, 0, np.nan, float)}, ValueError, "X must be finite: X[0, 0] is nan"),
        ({"X": X[0]}, ValueError, "X must have two axes, (rows, columns), not shape (3,)"),
        ({"X": X[:, :0]}, ValueError, "X must have a column, but has shape (6, 0)"),
        ({"X": X > 0}, TypeError, "X must hold real numbers, not bool"),
        ({"X": X * 1j}, TypeError, "X must hold real numbers, not complex64"),
        ({"n_threads": 0}, ValueError, "n_threads must be at least 1, not 0"),
        ({"n_threads": 1.5}, TypeError, "n_threads must be a whole number, not 1.5"),
    ],
)
@pytest.mark.parametrize("metric", ["cosine", "dot"])
def test_refusals(metric, arguments, error, message):
    with pytest.raises(error, match=re.escape(message)):
        similarity_matrix(**{"X": X, "metric": metric} | arguments)


def test_rows_of_zeros_have_no_cosine():
    x = changed([3, 5], slice(None), 0)
    with pytest.raises(ValueError, match=r"cosine similarity needs non-zero rows: X\[3\] is all"):
        similarity_matrix(x)
    assert not similarity_matrix(x, metric="dot")[3].any()


def test_dot_products_that_float32_cannot_hold():
    x = changed(2, 0, 3e20)
    message = r"^float32 cannot hold the products: X\[2\] has norm 3\.000e20$"
    with pytest.raises(ValueError, match=message):
        similarity_matrix(x, metric="dot")
    assert np.isfinite(similarity_matrix(x)).all()


@pytest.mark.parametrize("metric", ["cos", "Euclidean", None])
def test_metrics_that_there_are_not(metric):
    with pytest.raises(
        ValueError, match=rf"^metric must be 'cosine', .* or 'rbf', not {metric!r}$"
    ):
        similarity_matrix(X, metric=metric)
