"""Kernels on features of 16 bits: the bits of what they return on the same numbers in float32."""

from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest

from kernel_data import offsets_of, random_judged
from prefmath._kernel_view import kernel_view

SHAPES = [(1, 1), (3, 31), (5, 384)]


@pytest.fixture(params=[np.float16, ml_dtypes.bfloat16])
def dtype(request):
    return request.param


@pytest.fixture(params=SHAPES)
def judged(request):
    n_classes, d = request.param
    rng = np.random.default_rng(d)
    return random_judged(rng, 70, rng.integers(1, 6, size=150), n_classes, d)


def same(of_narrow, of_wide):
    for one, two in zip(of_narrow, of_wide, strict=True):
        assert one.dtype == np.float64
        np.testing.assert_array_equal(one, two)


def narrow_and_wide(features, dtype):
    narrow = features.astype(dtype)
    return kernel_view(narrow), narrow.astype(np.float32)


def test_utilities(kernels, judged, dtype):
    both = narrow_and_wide(judged.features, dtype)
    same(*([kernels.linear_utility(x, judged.coef, 2)] for x in both))


def test_statistics(kernels, judged, dtype):
    j = judged
    rest = j.utility, j.offsets, j.items, j.chosen, None, j.weights, False, None, 2
    same(*(kernels.linear_statistics(x, *rest) for x in narrow_and_wide(j.features, dtype)))


def test_posterior(kernels, judged, dtype):
    j, prior = judged, np.zeros(len(judged.coef))
    people = offsets_of([10, 0, 60, 80])
    rest = j.coef, j.offsets, j.items, j.chosen, None, None, people, None, prior, None, 2
    same(*(kernels.linear_posterior(x, *rest) for x in narrow_and_wide(j.features, dtype)))


def test_pull_back_and_scores(kernels, judged, dtype):
    both = narrow_and_wide(judged.features, dtype)
    units = judged.items, judged.utility[judged.items], judged.offsets
    same(*([kernels.linear_pull_back(x, judged.utility, 2)] for x in both))
    same(*([kernels.linear_scores(x, *units, 2)] for x in both))


def test_bytes_are_refused():
    native = pytest.importorskip("prefmath._native", reason="the compiled module is not installed")
    message = "kernels take features of float32, float64, float16 and, for bfloat16, uint16"
    with pytest.raises(TypeError, match=message):
        native.linear_utility(np.zeros((3, 2), np.int8), np.zeros((1, 2)), 1)
