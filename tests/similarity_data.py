"""Embeddings of every type of number, easy and hard, and their scores to the last bit.

The scores are the oracle of neighbours, pairs and closest pairs: written with NumPy alone, they sum
in the order in which the kernels say that they do.
"""

from __future__ import annotations

import ml_dtypes
import numpy as np

BFLOAT16 = np.dtype(ml_dtypes.bfloat16)
DTYPES = [np.dtype(name) for name in ("f4", "f8", "f2")] + [BFLOAT16, np.dtype("i1")]
KINDS = ["random", "clusters", "copies", "grid", "tiny", "huge"]

LANES = 16


def name_of(dtype):
    return np.dtype(dtype).name


def drawn(rng, n, d, dtype, kind="random"):
    """Draw rows of this type, none of them all zeros."""
    x = KIND[kind](rng, n, d, dtype)
    if dtype == np.int8:
        x = np.clip(np.rint(x), -128, 127)
    x = x.astype(dtype)
    x[~x.astype(np.float64).any(axis=1), 0] = 1
    return x


def as_random(rng, n, d, dtype):
    return rng.standard_normal((n, d)) * (40 if dtype == np.int8 else 1)


def as_clusters(rng, n, d, dtype):
    """Few centres far from the origin, and rows so close to them that differences cancel."""
    size = 9 if dtype == np.int8 else 1
    centers = size * (rng.standard_normal((5, d)) + 4)
    return centers[rng.integers(5, size=n)] + 0.03 * size * rng.standard_normal((n, d))


def as_copies(rng, n, d, dtype):
    """Copies of few rows, some of them doubled or turned round."""
    few = as_random(rng, max(1, n // 4), d, dtype) / 3
    if dtype != np.int8:
        few = few.astype(dtype).astype(np.float64)
    return few[rng.integers(len(few), size=n)] * rng.choice([1, 1, 1, 2, -1], size=(n, 1))


def as_grid(rng, n, d, dtype):
    """Small whole numbers, so that many scores are equal."""
    del dtype
    return rng.integers(-2, 3, size=(n, d))


def as_tiny(rng, n, d, dtype):
    """Subnormal numbers; of float64 such as have squares that can be multiplied."""
    if dtype == np.int8:
        return as_grid(rng, n, d, dtype)
    scale = 1e-70 if dtype == np.float64 else float(ml_dtypes.finfo(dtype).smallest_subnormal)
    return scale * rng.integers(-3, 4, size=(n, d))


def as_huge(rng, n, d, dtype):
    """Numbers whose products still fit."""
    if dtype == np.int8:
        return rng.choice([-128, 127], size=(n, d))
    largest = {"float64": 1e70, "float16": 15_000.0}.get(dtype.name, 1.8e19)
    return largest / (4 * d**0.5) * rng.uniform(-1, 1, size=(n, d))


KIND = {
    "random": as_random,
    "clusters": as_clusters,
    "copies": as_copies,
    "grid": as_grid,
    "tiny": as_tiny,
    "huge": as_huge,
}


def bits(x):
    """Return an array as kernels take it: bfloat16 as its bits."""
    return x.view(np.uint16) if x.dtype == BFLOAT16 else x


def result_type(dtype):
    return np.float64 if dtype == np.float64 else np.float32


def lane_sum(terms):
    """Sum the last axis in 16 lanes, then the upper half of the lanes onto the lower."""
    d = terms.shape[-1]
    padded = np.zeros((*terms.shape[:-1], -(-d // LANES) * LANES))
    padded[..., :d] = terms
    sums = np.zeros((*terms.shape[:-1], LANES))
    for start in range(0, d, LANES):
        sums += padded[..., start : start + LANES]
    while sums.shape[-1] > 1:
        half = sums.shape[-1] // 2
        sums = sums[..., :half] + sums[..., half:]
    return sums[..., 0]


def scores(x, y, metric):
    """Score every row of x with every row of y: cosine, dot or sqeuclidean, in float64."""
    x, y = x.astype(np.float64), y.astype(np.float64)
    out = np.empty((len(x), len(y)))
    x_norms, y_norms = lane_sum(x * x), lane_sum(y * y)
    for i, row in enumerate(x):
        if metric == "sqeuclidean":
            out[i] = lane_sum((row - y) ** 2)
            continue
        out[i] = lane_sum(row * y)
        if metric == "cosine":
            out[i] = np.clip(out[i] / np.sqrt(x_norms[i] * y_norms), -1, 1)
    return out


def best_of(table, k, *, smallest):
    """Return the columns of the k best entries of each row, ties to the lowest, and these."""
    order = np.argsort(table if smallest else -table, axis=1, kind="stable")[:, :k]
    return order, np.take_along_axis(table, order, axis=1)


def brute_neighbors(x, y, k, metric):
    """Compare every row with every other."""
    table = scores(x, x if y is None else y, metric)
    smallest = metric == "sqeuclidean"
    if y is None:
        np.fill_diagonal(table, np.inf if smallest else -np.inf)
    return best_of(table, k, smallest=smallest)


def brute_pairs(x, threshold, metric):
    """Look at every pair."""
    table = scores(x, x, metric)
    near = table <= threshold if metric == "sqeuclidean" else table >= threshold
    pairs = np.argwhere(np.triu(near, 1))
    return pairs, table[pairs[:, 0], pairs[:, 1]]
