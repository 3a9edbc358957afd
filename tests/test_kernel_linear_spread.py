"""What units could say of coefficients: sums of variances within sets, checked by NumPy."""

from __future__ import annotations

import re
from itertools import pairwise

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel_data import offsets_of
from prefmath import _numba
from prefmath._kernel_view import kernel_view

DTYPES = [np.float64, np.float32, np.float16, ml_dtypes.bfloat16]


def drawn(rng, d, dtype, *, n_classes=3, n_items=40, n_sets=50, n_units=30, shared=True):
    """Draw features, and judgements of units on some sets, more than once if `shared`."""
    features = rng.standard_normal((n_items, d)).astype(dtype)
    offsets = offsets_of(rng.integers(1, 6, n_sets))
    items = rng.integers(n_items, size=offsets[-1]).astype(np.int32)
    sizes = rng.integers(0, 5, n_units)
    if not shared:
        sizes = np.bincount(rng.integers(n_units, size=n_sets), minlength=n_units)
    units = offsets_of(sizes)
    outcome = rng.integers(n_sets, size=units[-1]).astype(np.int32) if shared else None
    weight = rng.random(units[-1]) if shared else None
    gamma = rng.dirichlet(np.ones(n_classes), n_units)
    return features, offsets, items, outcome, weight, units, gamma


def by_definition(features, offsets, items, outcome, weight, units, gamma):
    wide = features.astype(np.float64)
    variance = np.stack([wide[items[a:b]].var(axis=0) for a, b in pairwise(offsets)])
    variance = variance if outcome is None else variance[outcome]
    weight = np.ones(len(variance)) if weight is None else weight
    unit = np.repeat(np.arange(len(units) - 1), np.diff(units))
    mass, moment = np.zeros((2, len(units) - 1, features.shape[1]))
    np.add.at(mass, unit, weight[:, None] * variance)
    np.add.at(moment, unit, weight[:, None] * variance**2)
    return gamma.T @ mass, (gamma**2).T @ mass**2, gamma.T @ moment


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("d", [1, 8, 31, 130])
@pytest.mark.parametrize("shared", [False, True])
def test_spread_is_that_of_the_definition(kernels, d, dtype, shared):
    features, *units = drawn(np.random.default_rng(d), d, dtype, shared=shared)
    found = kernels.linear_spread(kernel_view(features), *units, 2)
    for one, expected in zip(found, by_definition(features, *units), strict=True):
        assert one.dtype == np.float64
        np.testing.assert_allclose(one, expected, rtol=1e-11, atol=1e-13)
    for n_threads in (1, 3):
        again = kernels.linear_spread(kernel_view(features), *units, n_threads)
        assert [a.tobytes() for a in again] == [f.tobytes() for f in found]


def test_many_units_are_shared_out(kernels):
    rng = np.random.default_rng(0)
    features, *units = drawn(rng, 40, np.float32, n_sets=3000, n_units=5000)
    found = kernels.linear_spread(features, *units, 2)
    for one, expected in zip(found, by_definition(features, *units), strict=True):
        np.testing.assert_allclose(one, expected, rtol=1e-11)
    again = kernels.linear_spread(features, *units, 1)
    assert [a.tobytes() for a in again] == [f.tobytes() for f in found]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_features_far_from_zero_keep_their_digits(kernels, dtype):
    features = np.array([[1.0], [2.0], [4.0]], dtype) + 2.0**20
    sets = np.array([0, 3]), np.arange(3, dtype=np.int32)
    found = kernels.linear_spread(
        features.astype(dtype), *sets, None, None, np.array([0, 1]), np.ones((1, 1)), 1
    )
    variance = np.array([1.0, 2.0, 4.0]).var()
    np.testing.assert_allclose(np.ravel(found), [variance, variance**2, variance**2], rtol=1e-13)


def test_features_without_columns_say_nothing(kernels):
    sets = np.array([0, 3]), np.arange(3, dtype=np.int32)
    units = np.array([0, 1]), np.ones((1, 2))
    found = kernels.linear_spread(np.zeros((3, 0)), *sets, None, None, *units, 1)
    assert [one.shape for one in found] == [(2, 0)] * 3


GIVEN = {
    "offsets": np.array([0, 2, 4]),
    "items": np.array([0, 1, 2, 0], np.int32),
    "outcome": None,
    "weight": None,
    "unit_offsets": np.array([0, 2]),
    "responsibilities": np.ones((1, 2)),
}
REFUSED = {
    "choice set 1 is empty": {"offsets": np.array([0, 4, 4])},
    "items must be rows of a table of 3: items[2]=3": {"items": np.array([0, 1, 3, 0], np.int32)},
    "outcome must be rows of a table of 2: outcome[1]=2": {"outcome": np.array([0, 2], np.int32)},
    "weight has 3 values for 2 judgements": {"weight": np.ones(3)},
    "unit_offsets must end with the number of values: unit_offsets[-1]=1 for 2": {
        "unit_offsets": np.array([0, 1])
    },
    "responsibilities must have a row for each of 1 units and a column a class, not shape (2, 2)": {
        "responsibilities": np.ones((2, 2))
    },
    "responsibilities must have a row for each of 1 units and a column a class, not shape (1, 0)": {
        "responsibilities": np.ones((1, 0))
    },
}


@pytest.mark.parametrize("message", REFUSED)
def test_what_does_not_fit_together_is_refused(kernels, message):
    arguments = GIVEN | REFUSED[message]
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        kernels.linear_spread(np.zeros((3, 4)), *arguments.values(), 1)


@given(
    seed=st.integers(0, 2**32 - 1),
    d=st.integers(1, 40),
    n_classes=st.integers(1, 4),
    dtype=st.sampled_from(DTYPES),
    shared=st.booleans(),
)
def test_backends_agree(seed, d, n_classes, dtype, shared):
    native = pytest.importorskip("prefmath._native", reason="the compiled module is not installed")
    rng = np.random.default_rng(seed)
    features, *units = drawn(rng, d, dtype, n_classes=n_classes, shared=shared)
    view = kernel_view(features)
    one, two = (backend.linear_spread(view, *units, 2) for backend in (native, _numba))
    for first, second in zip(one, two, strict=True):
        np.testing.assert_allclose(first, second, rtol=1e-11, atol=1e-13)
