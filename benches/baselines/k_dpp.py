"""k-DPP samples in NumPy (Kulesza, Taskar 2012, Algorithms 7 and 8; Tremblay et al. 2018).

All samples of a pool, or one of each of many pools, go through every step together.
"""

from __future__ import annotations

import numpy as np


def one_pool(x, k, n_samples):
    """Samples of one pool, by its similarities or, of more rows than columns, by the dual."""
    values, vectors = _decomposed(x)
    rng = np.random.default_rng(0)
    columns = _columns(values[None], k, rng, n_samples)[0]
    if len(x) > 1000:
        return np.stack([_items(vectors[None][:, :, of], rng)[0] for of in columns])
    return _items(vectors[:, columns].transpose(1, 0, 2), rng)


def many_pools(x, k):
    """One sample of each pool, all pools of as many rows."""
    unit = x / np.sqrt(np.einsum("pnd,pnd->pn", x, x))[:, :, None]
    values, vectors = np.linalg.eigh((unit @ unit.transpose(0, 2, 1)).astype(np.float64))
    rng = np.random.default_rng(0)
    columns = _columns(values, k, rng, 1)[:, 0]
    return _items(np.take_along_axis(vectors, columns[:, None], axis=2), rng)


def _decomposed(x):
    unit = x / np.sqrt(np.einsum("nd,nd->n", x, x))[:, None]
    if len(x) <= x.shape[1]:
        return np.linalg.eigh((unit @ unit.T).astype(np.float64))
    values, vectors = np.linalg.eigh((unit.T @ unit).astype(np.float64))
    return values, unit @ (vectors / np.sqrt(values))


def _columns(values, k, rng, n_samples):
    """Draw the eigenvectors of each sample of each pool, from the last eigenvalue to the first."""
    n_pools, r = values.shape
    scaled = values / values.mean(axis=1, keepdims=True)
    table = np.zeros((r + 1, k + 1, n_pools))
    table[:, 0] = 1
    for j in range(r):
        table[j + 1, 1:] = table[j, 1:] + scaled[:, j] * table[j, :-1]
    missing = np.full((n_pools, n_samples), k)
    columns = np.empty((n_pools, n_samples, k), np.int64)
    pools = np.arange(n_pools)[:, None]
    for j in range(r - 1, -1, -1):
        share = scaled[:, j, None] * table[j, missing - 1, pools] / table[j + 1, missing, pools]
        taken = (rng.random(missing.shape) < share) & (missing > 0)
        missing -= taken
        columns[(*np.nonzero(taken), missing[taken])] = j
    return columns


def _items(vectors, rng):
    """Draw as many items as there are vectors, for all samples step by step."""
    n_samples, n, k = vectors.shape
    samples = np.arange(n_samples)
    left = np.einsum("snk,snk->sn", vectors, vectors)
    factor, items = np.empty((k, n_samples, n)), np.empty((n_samples, k), np.int64)
    for step in range(k):
        sums = np.cumsum(left, axis=1)
        target = rng.random(n_samples) * sums[:, -1]
        item = np.minimum((sums <= target[:, None]).sum(axis=1), n - 1)
        items[:, step] = item
        row = (vectors @ vectors[samples, item][:, :, None])[:, :, 0]
        of_earlier = factor[:step, samples, item]
        row -= np.einsum("ts,tsn->sn", of_earlier, factor[:step])
        row /= np.sqrt(left[samples, item])[:, None]
        factor[step] = row
        left = np.maximum(left - row * row, 0)
        left[samples, item] = 0
    return items
