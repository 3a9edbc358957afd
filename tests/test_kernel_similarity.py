"""Gram and cosine matrices against float64, within what float32 sums may lose; both backends."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from kernel_data import cosine, embeddings, gram, random_embeddings, without_overflow

UNIT = 2.0**-24
"""Half a unit in the last place of float32: what one operation rounds by, relatively."""

# Tiles are 256 rows square.
BORDERS = [(255, 3), (256, 8), (257, 17), (513, 70), (700, 1)]


def check_gram(kernels, x):
    out = gram(kernels, x, 2)
    assert out.dtype == np.float32
    assert out.shape == (len(x), len(x))
    assert (out == out.T).all()
    wide = x.astype(np.float64)
    # A sum of d products, in whatever order, is off by at most d roundings of what it sums (Higham
    # 2002, section 3.1), and by one of the smallest float32 a product.
    d = x.shape[1]
    budget = 1.01 * d * (UNIT * (np.abs(wide) @ np.abs(wide).T) + 2.0**-149)
    assert (np.abs(out - wide @ wide.T) <= budget).all()


def check_cosine(kernels, x):
    out = cosine(kernels, x, 2)
    assert out.dtype == np.float32
    assert (out == out.T).all()
    assert (np.diag(out) == 1).all()
    assert (np.abs(out) <= 1).all()
    unit = x / np.linalg.norm(x.astype(np.float64), axis=1, keepdims=True)
    # As for the Gram matrix, after each factor was rounded to float32.
    d = x.shape[1]
    budget = 1.01 * (d + 2) * (UNIT * (np.abs(unit) @ np.abs(unit).T) + 2.0**-149)
    assert (np.abs(out - unit @ unit.T) <= budget).all()


@given(x=embeddings())
@settings(max_examples=60)
def test_gram(kernels, x):
    check_gram(kernels, without_overflow(x))


@given(x=embeddings())
@settings(max_examples=60)
def test_cosine(kernels, x):
    check_cosine(kernels, x)


@pytest.mark.parametrize(("n", "d"), BORDERS)
def test_across_tiles(kernels, n, d):
    x = random_embeddings(np.random.default_rng(n), n, d)
    check_gram(kernels, without_overflow(x))
    check_cosine(kernels, x)


def test_products_of_short_rows_are_not_lost(kernels):
    x = np.array([[1e-20, 0], [0, -3e-25], [2e30, 2e30]], np.float32)
    half = np.sqrt(0.5)
    expected = [[1, 0, half], [0, 1, -half], [half, -half, 1]]
    np.testing.assert_allclose(cosine(kernels, x, 1), expected, atol=1e-6)


def test_the_largest_products_that_fit(kernels):
    x = np.array([[1.8e19, 0], [1.3e19, -1.3e19]], np.float32)
    wide = x.astype(np.float64)
    np.testing.assert_allclose(gram(kernels, x, 1), wide @ wide.T, rtol=1e-6)


@pytest.mark.parametrize("n", [0, 1])
def test_few_rows(kernels, n):
    x = np.full((n, 2), 3, np.float32)
    assert gram(kernels, x, 2).tolist() == [[18.0]] * n
    assert cosine(kernels, x, 2).tolist() == [[1.0]] * n
