"""Diversity figures in NumPy, of one pool and of many, and what reading an array once costs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np

# Parts in which an array is read: small enough that neither thread waits long for the other.
PARTS = 64


def read(x):
    """Add up an array on two threads; NumPy's loops let go of the GIL."""
    with ThreadPoolExecutor(2) as pool:
        return sum(pool.map(np.sum, np.array_split(x, PARTS)))


def mean_similarity(x):
    """Mean cosine of different rows, from the length of the sum of all unit vectors: two passes."""
    n = len(x)
    inverse_norm = 1 / np.sqrt(np.einsum("nd,nd->n", x, x))
    total = (inverse_norm @ x).astype(np.float64)
    return (total @ total - n) / (n * (n - 1))


def mean_similarity_of_copy(x):
    """The same as one writes it first: normalise all, which copies, then sum."""
    n = len(x)
    unit = x / np.linalg.norm(x, axis=1, keepdims=True)
    total = unit.sum(axis=0, dtype=np.float64)
    return (total @ total - n) / (n * (n - 1))


def mean_similarity_of_pools(x):
    """From the length of the sum of the unit vectors of every pool."""
    n = x.shape[1]
    inverse_norm = 1 / np.sqrt(np.einsum("pnd,pnd->pn", x, x))
    total = (inverse_norm[:, None] @ x)[:, 0].astype(np.float64)
    return (np.einsum("pd,pd->p", total, total) - n) / (n * (n - 1))


def vendi(x):
    """Exponential of the entropy of the eigenvalues of the mean outer product of unit vectors."""
    unit = x / np.linalg.norm(x, axis=1, keepdims=True)
    return perplexity(np.linalg.eigvalsh((unit.T @ unit).astype(np.float64) / len(x)))


def vendi_of_pools(x):
    """Eigenvalues of all similarity matrices in one call."""
    unit = x / np.sqrt(np.einsum("pnd,pnd->pn", x, x))[:, :, None]
    similarity = (unit @ unit.transpose(0, 2, 1)).astype(np.float64)
    return perplexity(np.linalg.eigvalsh(similarity / x.shape[1]))


def perplexity(shares):
    """Exponential of the entropy along the last axis; what rounds to below zero counts nothing."""
    shares = shares.clip(min=np.finfo(np.float64).tiny)
    return np.exp(-(shares * np.log(shares)).sum(axis=-1))


def min_distance_of_pools(x):
    """Smallest Euclidean distance of two rows of every pool."""
    squares = squared_distances(x, x)
    rows = np.arange(x.shape[1])
    squares[:, rows, rows] = np.inf
    return np.sqrt(squares.min(axis=(1, 2)))


def coverage_of_pools(x, places):
    """Largest distance of a row of every pool to the nearest of those at these places."""
    return np.sqrt(squared_distances(x, x[:, places]).min(axis=2).max(axis=1))


def squared_distances(x, y):
    """Squared norms less twice the products, all pools in one call."""
    of_x, of_y = (np.einsum("pnd,pnd->pn", part, part) for part in (x, y))
    squares = of_x[:, :, None] + of_y[:, None] - 2 * (x @ y.transpose(0, 2, 1))
    return squares.clip(min=0)
