"""similarity_matrix with a second set, an array to write to, and numbers of any type and layout."""

from __future__ import annotations

import re

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prefmath import similarity_matrix
from similarity_budget import METRICS, assert_within_budget
from similarity_data import BFLOAT16, DTYPES, drawn, name_of, result_type

X = np.random.default_rng(0).standard_normal((6, 3)).astype(np.float32)
Y = np.random.default_rng(1).standard_normal((4, 3)).astype(np.float32)
X.flags.writeable = Y.flags.writeable = False

LAYOUTS = {
    "contiguous": lambda x: x,
    "Fortran order": np.asfortranarray,
    "every second column": lambda x: np.repeat(x, 2, axis=1)[:, ::2],
    "every second row": lambda x: np.repeat(x, 2, axis=0)[::2],
    "rows reversed": lambda x: x[::-1].copy()[::-1],
    "columns reversed": lambda x: x[:, ::-1].copy()[:, ::-1],
    "transposed": lambda x: x.T.copy().T,
    "a part": lambda x: np.pad(x, 2)[2:-2, 2:-2],
    "unaligned": lambda x: np.frombuffer(b"0" + x.tobytes(), x.dtype, offset=1).reshape(x.shape),
    "read only": lambda x: np.frombuffer(x.tobytes(), x.dtype).reshape(x.shape),
}


@pytest.mark.parametrize("dtype", DTYPES, ids=name_of)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_any_layout(layout, dtype):
    rng = np.random.default_rng(2)
    x, y = drawn(rng, 9, 5, dtype), drawn(rng, 4, 5, dtype)
    one, two = LAYOUTS[layout](x), LAYOUTS[layout](y)
    for metric in METRICS:
        found = similarity_matrix(one, two, metric=metric)
        np.testing.assert_array_equal(found, similarity_matrix(x, y, metric=metric))
        found = similarity_matrix(one, metric=metric)
        np.testing.assert_array_equal(found, similarity_matrix(x, metric=metric))
    np.testing.assert_array_equal(one, x)


@given(
    n=st.integers(0, 12),
    m=st.none() | st.integers(0, 12),
    d=st.integers(1, 20),
    dtype=st.sampled_from(DTYPES),
    layout=st.sampled_from(sorted(LAYOUTS)),
    metric=st.sampled_from(METRICS),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=60)
def test_any_shape(n, m, d, dtype, layout, metric, seed):
    rng = np.random.default_rng(seed)
    x = drawn(rng, n, d, dtype, "copies")
    y = None if m is None else drawn(rng, m, d, dtype, "copies")
    one, two = LAYOUTS[layout](x), None if y is None else LAYOUTS[layout](y)
    found = similarity_matrix(one, two, metric=metric)
    assert found.dtype == result_type(dtype)
    assert found.shape == (n, n if m is None else m)
    assert_within_budget(found, x, x if y is None else y, metric)


# What is as large as these is scaled before its squares are taken.
@pytest.mark.parametrize("scale", [1e-300, 1e-150, 1e-100, 1e100, 1e150, 1e300])
@pytest.mark.parametrize("metric", METRICS)
def test_float64_of_any_size(metric, scale):
    x = np.random.default_rng(3).standard_normal((9, 5)) * scale
    try:
        found = similarity_matrix(x, metric=metric)
    except ValueError as error:
        assert metric not in {"cosine", "angular"}
        assert "float64 cannot hold" in str(error)  # noqa: PT017
        return
    assert_within_budget(found, x, x, metric)


@pytest.mark.parametrize(
    ("left", "right", "result"),
    [
        (np.float32, np.float64, np.float64),
        (np.float16, np.float64, np.float64),
        (np.int8, np.float64, np.float64),
        (np.float16, np.float32, np.float32),
        (BFLOAT16, np.float32, np.float32),
        (np.float16, BFLOAT16, np.float32),
        (np.int8, np.float16, np.float32),
        (np.int8, BFLOAT16, np.float32),
    ],
)
def test_two_types(left, right, result):
    x, y = drawn(np.random.default_rng(4), 7, 3, np.dtype(np.int8)), Y
    x, y = np.clip(x, -9, 9).astype(left), np.rint(y * 2).astype(right)
    y[~y.astype(float).any(axis=1)] = 1
    for metric in METRICS:
        found = similarity_matrix(x, y, metric=metric)
        assert found.dtype == result
        again = similarity_matrix(x.astype(result), y.astype(result), metric=metric)
        np.testing.assert_array_equal(found, again)
        turned = similarity_matrix(y, x, metric=metric)
        np.testing.assert_allclose(turned.T, found, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("dtype", [np.int16, np.uint8, np.int64, np.uint64])
def test_whole_numbers(dtype):
    small = np.array([[1, 2], [3, 0], [100, 100]], dtype)
    assert similarity_matrix(small, metric="dot").dtype == np.float32
    assert similarity_matrix(small, metric="dot").tolist() == [
        [5, 3, 300],
        [3, 9, 300],
        [300, 300, 20000],
    ]


def test_whole_numbers_that_float32_cannot_hold():
    large = np.array([[2**24 + 1], [2]])
    found = similarity_matrix(large, metric="dot")
    assert found.dtype == np.float64
    assert found[0, 1] == 2.0**25 + 2


def test_gamma_is_by_default_one_over_the_columns():
    found = similarity_matrix(X, metric="rbf")
    np.testing.assert_array_equal(found, similarity_matrix(X, metric="rbf", gamma=1 / 3))
    assert_within_budget(similarity_matrix(X, Y, metric="rbf", gamma=2), X, Y, "rbf", gamma=2)


@pytest.mark.parametrize("metric", METRICS)
def test_the_result_goes_where_it_is_asked_to(metric, tmp_path):
    for y in (None, Y):
        expected = similarity_matrix(X, y, metric=metric)
        out = np.full(expected.shape, np.nan, np.float32)
        assert similarity_matrix(X, y, metric=metric, out=out) is out
        np.testing.assert_array_equal(out, expected)
        file = tmp_path / "matrix"
        out = np.memmap(file, np.float32, "w+", shape=expected.shape)
        assert similarity_matrix(X, y, metric=metric, out=out) is out
        out.flush()
        np.testing.assert_array_equal(np.fromfile(file, np.float32), expected.ravel())
    wide = np.empty((6, 6))
    assert similarity_matrix(X.astype(float), metric=metric, out=wide) is wide


def read_only(shape):
    out = np.empty(shape, np.float32)
    out.flags.writeable = False
    return out


@pytest.mark.parametrize(
    ("out", "error", "message"),
    [
        (np.empty((6, 6), np.float32), ValueError, "out must be float32 of shape (6, 4), not"),
        (np.empty((4, 6), np.float32), ValueError, "not float32 of (4, 6)"),
        (np.empty(24, np.float32), ValueError, "not float32 of (24,)"),
        (np.empty((6, 4)), ValueError, "not float64 of (6, 4)"),
        (np.empty((6, 4), ml_dtypes.bfloat16), ValueError, "not bfloat16 of (6, 4)"),
        (np.empty((6, 4), ">f4"), ValueError, "out must be float32 of shape (6, 4)"),
        (np.empty((4, 6), np.float32).T, ValueError, "out must be C-contiguous"),
        (np.empty((6, 8), np.float32)[:, ::2], ValueError, "out must be C-contiguous"),
        (np.empty((12, 4), np.float32)[::2], ValueError, "out must be C-contiguous"),
        (read_only((6, 4)), ValueError, "writeable"),
        ([[0.0] * 4] * 6, TypeError, "out must be an array, not list"),
        ("matrix.npy", TypeError, "out must be an array, not str"),
    ],
)
def test_places_where_the_result_cannot_go(out, error, message):
    with pytest.raises(error, match=re.escape(message)):
        similarity_matrix(X, Y, out=out)


def test_the_result_cannot_go_where_an_argument_is():
    both = np.random.default_rng(5).standard_normal((20, 4)).astype(np.float32)
    x = both[:4]
    before = both.copy()
    for y, out in [(None, x), (None, both[2:6]), (both[4:8], both[:4]), (both[8:12], both[8:12])]:
        with pytest.raises(ValueError, match=r"^out must not share memory with [XY]"):
            similarity_matrix(x, y, out=out)
    np.testing.assert_array_equal(both, before)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"Y": Y[:, :2]}, ValueError, "Y must have as many columns as X, 3, not 2"),
        ({"Y": Y[0]}, ValueError, "Y must have two axes, (rows, columns), not shape (3,)"),
        ({"Y": Y > 0}, TypeError, "Y must hold real numbers, not bool"),
        ({"Y": [[1, 2, np.nan]]}, ValueError, "Y must be finite: Y[0, 2] is nan"),
        ({"Y": Y * np.float32(np.inf)}, ValueError, "Y must be finite: Y[0, 0] is "),
        ({"Y": Y * 0}, ValueError, "non-zero rows: Y[0] is all zeros"),
        ({"gamma": 1}, ValueError, "gamma belongs to metric 'rbf', not to 'cosine'"),
        ({"metric": "rbf", "gamma": 0}, ValueError, "gamma must be positive and finite, not 0.0"),
        ({"metric": "rbf", "gamma": -1}, ValueError, "gamma must be positive and finite, not -1.0"),
        ({"metric": "rbf", "gamma": np.inf}, ValueError, "positive and finite, not inf"),
        ({"metric": "rbf", "gamma": np.nan}, ValueError, "positive and finite, not nan"),
        ({"metric": "rbf", "gamma": "1"}, TypeError, "gamma must be a number, not '1'"),
        ({"metric": "rbf", "gamma": [1]}, TypeError, "gamma must be a number, not [1]"),
        ({"progress": 3}, TypeError, "progress must be a function of two numbers, False or None"),
        ({"n_threads": 0}, ValueError, "n_threads must be at least 1, not 0"),
    ],
)
def test_refusals(arguments, error, message):
    with pytest.raises(error, match=re.escape(message)):
        similarity_matrix(X, **arguments)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("dtype", DTYPES[:4], ids=name_of)
def test_numbers_that_are_not_finite(dtype, metric):
    for value in (np.nan, np.inf, -np.inf):
        x, y = X.astype(dtype), Y.astype(dtype)
        x[4, 1] = y[2, 0] = value
        with pytest.raises(ValueError, match=rf"^X must be finite: X\[4, 1\] is {value}$"):
            similarity_matrix(x, metric=metric)
        with pytest.raises(ValueError, match=rf"^Y must be finite: Y\[2, 0\] is {value}$"):
            similarity_matrix(X.astype(dtype), y, metric=metric)


@pytest.mark.parametrize("metric", ["cosine", "angular"])
@pytest.mark.parametrize("dtype", DTYPES, ids=name_of)
def test_rows_of_zeros_have_no_direction(dtype, metric):
    x = drawn(np.random.default_rng(6), 9, 3, dtype)
    y = x.copy()
    y[[3, 7]] = 0
    for arguments, name in [((y,), "X"), ((y, x), "X"), ((x, y), "Y")]:
        message = rf"^cosine similarity needs non-zero rows: {name}\[3\] is all zeros$"
        with pytest.raises(ValueError, match=message):
            similarity_matrix(*arguments, metric=metric)


@pytest.mark.parametrize("metric", ["dot", "euclidean", "sqeuclidean"])
def test_results_that_float32_cannot_hold(metric):
    x = X.copy()
    x[2, 0] = 3e38
    x[4, 0] = -3e38
    with pytest.raises(ValueError, match=r"^float32 cannot hold .*X"):
        similarity_matrix(x, metric=metric)
    assert np.isfinite(similarity_matrix(x)).all()
    assert np.isfinite(similarity_matrix(x, metric="rbf")).all()
