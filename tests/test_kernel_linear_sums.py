"""Gradients pulled back to coefficients, and scores of units: sums of rows of features.

Checked against products in float64, on features of every type that the kernels take.
"""

from __future__ import annotations

import re

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel_data import offsets_of
from prefmath import _numba
from prefmath._kernel_view import kernel_view

DTYPES = [np.float64, np.float32, np.float16, ml_dtypes.bfloat16]
# Stretches of eight features and groups of up to six classes, full and not; tasks of 4,096 items.
SHAPES = [(1, 1, 1), (40, 8, 5), (300, 31, 7), (9000, 40, 3), (700, 384, 20), (0, 5, 2)]


def random_features(rng, n, d, dtype):
    return rng.standard_normal((n, d)).astype(dtype)


def random_table(rng, n, n_classes):
    """Draw gradients of items, of which some are in no judgement."""
    table = rng.standard_normal((n, n_classes)) * 10.0 ** rng.integers(-3, 4, (n, 1))
    table[rng.random(n) < 0.3] = 0
    return table


def random_units(rng, n_items, n_classes, sizes):
    offsets = offsets_of(sizes)
    items = rng.integers(n_items, size=offsets[-1]).astype(np.int32)
    return items, rng.standard_normal((len(items), n_classes)), offsets


def scores_by_definition(features, items, residuals, offsets):
    rows = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    out = np.zeros((len(offsets) - 1, residuals.shape[1], features.shape[1]))
    np.add.at(out, rows, residuals[:, :, None] * features[items].astype(np.float64)[:, None])
    return out


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("n", "d", "n_classes"), SHAPES)
def test_pull_back_is_the_product(kernels, n, d, n_classes, dtype):
    rng = np.random.default_rng(n)
    features, table = random_features(rng, n, d, dtype), random_table(rng, n, n_classes)
    found = kernels.linear_pull_back(kernel_view(features), table, 2)
    wide = features.astype(np.float64)
    assert found.dtype == np.float64
    size = np.abs(table).T @ np.abs(wide)
    np.testing.assert_array_less(np.abs(found - table.T @ wide), 1e-13 * size + 1e-300)
    for n_threads in (1, 3):
        again = kernels.linear_pull_back(kernel_view(features), table, n_threads)
        np.testing.assert_array_equal(found, again)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("d", "n_classes"), [(1, 1), (8, 2), (31, 5), (384, 7)])
def test_scores_are_sums_over_the_entries_of_units(kernels, d, n_classes, dtype):
    rng = np.random.default_rng(d)
    features = random_features(rng, 60, d, dtype)
    sizes = np.concatenate([[0, 700, 0], rng.integers(0, 9, 300), [0]])
    units = random_units(rng, 60, n_classes, sizes)
    found = kernels.linear_scores(kernel_view(features), *units, 2)
    expected = scores_by_definition(features, *units)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)
    np.testing.assert_array_equal(found, kernels.linear_scores(kernel_view(features), *units, 1))


def test_rows_of_zeros_are_not_read(kernels):
    features = np.array([[np.nan, 1.0], [2.0, 3.0], [np.inf, 1.0]], np.float32)
    table = np.array([[0.0, -0.0], [3.0, 0.0], [0.0, 0.0]])
    found = kernels.linear_pull_back(features, table, 1)
    np.testing.assert_array_equal(found, [[6.0, 9.0], [0.0, 0.0]])


def test_features_without_columns_have_no_sums(kernels):
    units = np.zeros(3, np.int32), np.ones((3, 2)), np.array([0, 3])
    assert kernels.linear_pull_back(np.zeros((4, 0)), np.ones((4, 2)), 1).shape == (2, 0)
    assert kernels.linear_scores(np.zeros((4, 0)), *units, 1).shape == (1, 2, 0)


ITEMS, RESIDUALS, UNITS = np.array([0, 2, 1], np.int32), np.zeros((3, 2)), np.array([0, 1, 3])
REFUSED = {
    "of_table must have a row for each of 3 items and a column a class, not shape (2, 2)": (
        "linear_pull_back",
        (np.zeros((2, 2)),),
    ),
    "of_table must have a row for each of 3 items and a column a class, not shape (3, 0)": (
        "linear_pull_back",
        (np.zeros((3, 0)),),
    ),
    "residuals must have a row for each of 3 entries and a column a class, not shape (2, 2)": (
        "linear_scores",
        (ITEMS, np.zeros((2, 2)), UNITS),
    ),
    "items must be rows of a table of 3: items[1]=3": (
        "linear_scores",
        (np.array([0, 3, 1], np.int32), RESIDUALS, UNITS),
    ),
    "entry_offsets must end with the number of values: entry_offsets[-1]=2 for 3": (
        "linear_scores",
        (ITEMS, RESIDUALS, np.array([0, 1, 2])),
    ),
    "entry_offsets must start with 0": (
        "linear_scores",
        (ITEMS, RESIDUALS, np.array([1, 3])),
    ),
}


@pytest.mark.parametrize("message", REFUSED)
def test_what_does_not_fit_together_is_refused(kernels, message):
    name, arguments = REFUSED[message]
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        getattr(kernels, name)(np.zeros((3, 4)), *arguments, 1)


@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(1, 60),
    d=st.integers(1, 50),
    n_classes=st.integers(1, 14),
    dtype=st.sampled_from(DTYPES),
)
def test_backends_agree(seed, n, d, n_classes, dtype):
    native = pytest.importorskip("prefmath._native", reason="the compiled module is not installed")
    rng = np.random.default_rng(seed)
    features, table = random_features(rng, n, d, dtype), random_table(rng, n, n_classes)
    units = random_units(rng, n, n_classes, rng.integers(0, 9, 12))
    view = kernel_view(features)
    one, two = (b.linear_pull_back(view, table, 2) for b in (native, _numba))
    size = np.abs(table).T @ np.abs(features.astype(np.float64))
    np.testing.assert_array_less(np.abs(one - two), 1e-13 * size + 1e-300)
    one, two = (b.linear_scores(view, *units, 2) for b in (native, _numba))
    np.testing.assert_allclose(one, two, rtol=0, atol=1e-12)
