"""Sums over rows against NumPy's, and to the last bit however rows are split."""

from __future__ import annotations

import re

import numpy as np
import pytest

from prefmath import _numba


def drawn(n, a, b):
    rng = np.random.default_rng(n + a)
    return rng.standard_normal((n, a)), rng.standard_normal((n, b))


def in_tree(values):
    """Add values up, left half before right half, halves of powers of two."""
    if len(values) == 1:
        return values[0]
    half = 1 << (len(values) - 1).bit_length() - 1
    return in_tree(values[:half]) + in_tree(values[half:])


@pytest.mark.parametrize(("n", "a", "b"), [(0, 2, 3), (1, 1, 1), (2000, 5, 11), (1300, 8, 40)])
def test_products_are_those_of_numpy(kernels, n, a, b):
    left, right = drawn(n, a, b)
    for n_threads in (1, 3):
        found = kernels.cross_product(left, right, None, n_threads)
        np.testing.assert_allclose(found, left.T @ right, atol=1e-11)
        sums = kernels.cross_product(None, right, None, n_threads)
        np.testing.assert_allclose(sums, right.sum(axis=0)[None], atol=1e-11)


@pytest.mark.parametrize("n_blocks", [1, 2, 3, 5, 8, 13])
@pytest.mark.parametrize("length", [7, 1400])
def test_blocks_are_added_in_an_aligned_tree(kernels, n_blocks, length):
    left, right = drawn(n_blocks * length, 3, 9)
    ends = np.arange(1, n_blocks + 1) * length
    of_blocks = [
        kernels.cross_product(left[end - length : end], right[end - length : end], None, 2)
        for end in ends
    ]
    for n_threads in (1, 2, 5):
        found = kernels.cross_product(left, right, ends, n_threads)
        assert found.tobytes() == in_tree(of_blocks).tobytes()


def test_a_block_without_rows_is_nothing(kernels):
    left, right = drawn(50, 3, 2)
    ends = np.array([0, 20, 20, 50])
    found = kernels.cross_product(left, right, ends, 2)
    first, last = (
        kernels.cross_product(left[rows], right[rows], None, 1)
        for rows in (slice(20), slice(20, 50))
    )
    assert found.tobytes() == (first + last).tobytes()


def test_what_does_not_fit_together_is_refused(kernels):
    left, right = drawn(5, 2, 2)
    for message, *arguments in [
        ("left has 4 rows and right 5", left[:4], right, None),
        ("block_ends must not decrease: block_ends[1]=2 after 3", left, right, [3, 2, 5]),
        ("block_ends must end with the number of rows: 3 for 5", None, right, [3]),
    ]:
        one, two, ends = arguments
        cut = None if ends is None else np.array(ends)
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            kernels.cross_product(one, two, cut, 1)


def test_backends_agree():
    native = pytest.importorskip("prefmath._native", reason="the compiled module is not installed")
    left, right = drawn(3000, 6, 21)
    ends = np.array([700, 1500, 3000])
    one, two = (module.cross_product(left, right, ends, 2) for module in (native, _numba))
    np.testing.assert_allclose(one, two, atol=1e-11)
