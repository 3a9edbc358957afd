"""What the kernels refuse in the values of X, in one sentence, the same on both backends."""

from __future__ import annotations

import re

import numpy as np
import pytest

from kernel_data import cosine, gram

OFFSETS = np.array([0, 1500, 1500, 4000], np.int64)
POOLS = np.array([0, 40, 1500, 4000], np.int64)
SELECTED = np.array([0, 50, 2000], np.int64), np.array([0, 1, 2, 3], np.int64)

KERNELS = {
    "closest_pairs": lambda kernels, x, n: kernels.closest_pairs(x, POOLS, "cosine", n),
    "coverage": lambda kernels, x, n: kernels.coverage(x, POOLS, *SELECTED, "cosine", n),
    "covariance": lambda kernels, x, n: kernels.covariance(x, unit=True, n_threads=n),
    "gram_batch": lambda kernels, x, n: kernels.gram_batch(x, POOLS, "cosine", n),
    "mean_cosine": lambda kernels, x, n: kernels.mean_cosine(x, POOLS, n),
    "gram": gram,
    "cosine": cosine,
    "greedy": lambda kernels, x, n_threads: kernels.greedy(x, "dpp", None, 1.0, 2, None, n_threads),
    "greedy_batch": lambda kernels, x, n_threads: kernels.greedy_batch(
        x, OFFSETS, "mmr", None, 1.0, np.array([2, 0, 2]), None, n_threads
    ),
}


def rows_with(bad):
    x = np.random.default_rng(0).standard_normal((4000, 9)).astype(np.float32)
    for (row, column), value in bad.items():
        x[row, column] = value
    return x


@pytest.mark.parametrize("n_threads", [1, 2, 3])
@pytest.mark.parametrize("name", KERNELS)
@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({(0, 0): np.nan}, "X must be finite: X[0, 0] is nan"),
        ({(3999, 8): np.inf}, "X must be finite: X[3999, 8] is inf"),
        ({(2600, 3): -np.inf}, "X must be finite: X[2600, 3] is -inf"),
        ({(7, 6): np.nan, (7, 2): np.inf, (5, 8): -np.nan}, "X must be finite: X[5, 8] is nan"),
        ({(1600, 4): np.inf, (3900, 0): np.nan}, "X must be finite: X[1600, 4] is inf"),
    ],
)
def test_what_is_not_finite(kernels, name, bad, message, n_threads):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        KERNELS[name](kernels, rows_with(bad), n_threads)


@pytest.mark.parametrize("n_threads", [1, 2, 3])
@pytest.mark.parametrize("name", [name for name in KERNELS if name != "gram"])
@pytest.mark.parametrize("rows", [[0], [3999], [1024, 3000], [2048, 2049]])
def test_rows_of_zeros(kernels, name, rows, n_threads):
    x = rows_with({})
    x[rows] = [[0.0] * 8 + [-0.0]]
    message = f"cosine similarity needs non-zero rows: X[{rows[0]}] is all zeros"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        KERNELS[name](kernels, x, n_threads)


def test_rows_of_zeros_have_dot_products(kernels):
    assert gram(kernels, np.zeros((2, 3), np.float32), 1).tolist() == [[0.0, 0.0], [0.0, 0.0]]


@pytest.mark.parametrize(
    ("value", "norm"), [(1.9e19, "1.900e19"), (-2.5e30, "2.500e30"), (3.4e38, "3.400e38")]
)
def test_dot_products_beyond_float32(kernels, value, norm):
    x = rows_with({})
    x[700] = 0
    x[[700, 900], 4] = value
    message = f"float32 cannot hold the products: X[700] has norm {norm}"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        gram(kernels, x, 2)
    assert np.isfinite(cosine(kernels, x, 2)).all()


def test_values_that_are_not_finite_come_before_others(kernels):
    x = rows_with({(3000, 1): np.nan, (10, 0): 1e30})
    x[2] = 0
    for name in ("gram", "cosine"):
        with pytest.raises(ValueError, match=r"X must be finite: X\[3000, 1\] is nan"):
            KERNELS[name](kernels, x, 2)
    for name in ("greedy", "greedy_batch"):
        with pytest.raises(ValueError, match=r"X\[2\] is all zeros"):
            KERNELS[name](kernels, x, 2)
