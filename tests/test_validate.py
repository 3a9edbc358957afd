"""Checks of arrays: what passes is not copied without need, what does not is named."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefmath._threads import resolve_threads
from prefmath._validate import (
    as_embeddings,
    as_features,
    as_generator,
    as_number,
    as_offsets,
    as_quality,
    as_whole_number,
)

MATRIX = np.arange(12.0).reshape(4, 3)


def raises(error, message):
    return pytest.raises(error, match=f"^{re.escape(message)}$")


def test_embeddings_that_fit_are_not_copied():
    x = MATRIX.astype(np.float32)
    assert as_embeddings(x) is x
    x.flags.writeable = False
    assert np.shares_memory(as_embeddings(x), x)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_features_that_fit_are_not_copied(dtype):
    x = MATRIX.astype(dtype)
    assert as_features(x) is x


def test_offsets_that_fit_are_not_copied():
    offsets = np.array([0, 2, 4])
    assert as_offsets(offsets, 4) is offsets


@pytest.mark.parametrize("dtype", [">f2", np.int32, ">f8", np.longdouble])
def test_features_of_other_numbers_become_float64(dtype):
    found = as_features(np.asfortranarray(MATRIX, dtype))
    assert found.dtype == np.float64
    assert found.dtype.isnative
    assert found.flags.c_contiguous
    np.testing.assert_array_equal(found, MATRIX)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("row", [0, 131071, 131072, 299999])
def test_features_that_are_not_finite(row, value):
    x = np.zeros((300_000, 2))
    x[row, 1] = value
    with raises(ValueError, f"features must be finite: features[{row}, 1] is {value}"):
        as_features(x)
    x[row:, :] = value
    with raises(ValueError, f"features must be finite: features[{row}, 0] is {value}"):
        as_features(x)


@pytest.mark.parametrize(("check", "name"), [(as_embeddings, "X"), (as_features, "features")])
@pytest.mark.parametrize(
    ("values", "error", "message"),
    [
        (MATRIX[0], ValueError, "must have two axes, (rows, columns), not shape (3,)"),
        (MATRIX[None], ValueError, "must have two axes, (rows, columns), not shape (1, 4, 3)"),
        (MATRIX[:, :0], ValueError, "must have a column, but has shape (4, 0)"),
        (MATRIX > 3, TypeError, "must hold real numbers, not bool"),
        (MATRIX * 1j, TypeError, "must hold real numbers, not complex128"),
        ([[None]], TypeError, "must hold real numbers, not object"),
        (MATRIX.astype("M8[s]"), TypeError, "must hold real numbers, not datetime64[s]"),
    ],
)
def test_matrices(check, name, values, error, message):
    with raises(error, f"{name} {message}"):
        check(values)


@given(st.lists(st.integers(0, 9), max_size=8))
def test_offsets_that_cut_rows_pass(sizes):
    offsets = np.cumsum([0, *sizes])
    for dtype in (np.int64, np.int32, np.uint8, np.uint64):
        found = as_offsets(offsets.astype(dtype), sum(sizes))
        assert found.dtype == np.int64
        assert found.tolist() == offsets.tolist()


@given(st.lists(st.integers(-3, 9), min_size=1, max_size=6), st.integers(0, 9))
def test_other_offsets_do_not_pass(values, n_rows):
    if values[0] == 0 and values == sorted(values) and values[-1] == n_rows:
        assert as_offsets(values, n_rows).tolist() == values
    else:
        with pytest.raises(ValueError, match=r"^offsets must (start|not decrease|end)"):
            as_offsets(values, n_rows)


def test_unsigned_offsets_that_decrease():
    with raises(ValueError, "offsets must not decrease: offsets[2]=3 after offsets[1]=4"):
        as_offsets(np.array([0, 4, 3, 6], np.uint64), 6)


def test_quality():
    assert as_quality(None, 3) is None
    given_quality = np.array([0.0, 1e149, 0.5])
    assert as_quality(given_quality, 3) is given_quality
    message = (
        "quality must be at least 0 in a determinantal point process: quality[1]=-1e-09; scores of "
        "either sign, such as rewards, can be given as np.exp of them, and other methods of select "
        "take them as they are"
    )
    with raises(ValueError, message):
        as_quality([1, -1e-9], 2)
    assert as_quality([1, -1e-9], 2, negative=True).tolist() == [1, -1e-9]
    for value in (1e150, -1e150):
        message = f"quality must be finite and below 1e150 in size: quality[0]={value}"
        with raises(ValueError, message):
            as_quality([value, 0], 2, negative=True)
    with raises(ValueError, "quality must have shape (3,), not (2,)"):
        as_quality([1, 1], 3)


@pytest.mark.parametrize("value", [3, np.int8(3), np.uint64(3), True + 2])
def test_whole_numbers(value):
    found = as_whole_number(value, "n", 3)
    assert found == 3
    assert type(found) is int


@pytest.mark.parametrize("value", [3.0, "3", None, np.float64(3), [3]])
def test_what_is_no_whole_number(value):
    with raises(TypeError, f"n must be a whole number, not {value!r}"):
        as_whole_number(value, "n", 3)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (1 << 63, "n must be below 2**63, not 9223372036854775808"),
        (10**30, f"n must be below 2**63, not {10**30}"),
        (10**300, "n must be below 2**63, not about 2**996"),
    ],
)
def test_whole_numbers_that_no_array_can_have(value, said):
    with raises(ValueError, said):
        as_whole_number(value, "n", 3)


def test_more_threads_than_anyone_has():
    with raises(ValueError, "n_threads must be at most 4,096, not 18446744073709551616"):
        resolve_threads(2**64)


@pytest.mark.parametrize("value", [3, 3.0, np.float32(3), np.int8(3), np.array(3)])
def test_numbers(value):
    found = as_number(value, "l2")
    assert found == 3.0
    assert type(found) is float


@pytest.mark.parametrize(
    ("value", "error", "said"),
    [
        ("3", TypeError, "l2 must be a number, not '3'"),
        (None, TypeError, "l2 must be a number, not None"),
        (3j, TypeError, "l2 must be a number, not 3j"),
        (10**400, ValueError, "l2 must fit into a float, about 1.8e308 at most"),
    ],
)
def test_what_is_no_number(value, error, said):
    with raises(error, said):
        as_number(value, "l2")


def test_seeds():
    assert as_generator(3).random() == np.random.default_rng(3).random()
    generator = np.random.default_rng(0)
    assert as_generator(generator) is generator
    wanted = "random_state must be a whole number of at least 0, a Generator or None, not "
    with raises(ValueError, wanted + "-1"):
        as_generator(-1)
    with raises(TypeError, wanted + "'a'"):
        as_generator("a")


def test_whole_numbers_that_are_too_small():
    with raises(ValueError, "n must be at least 3, not 2"):
        as_whole_number(2, "n", 3)
