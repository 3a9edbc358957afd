"""Greedy DPP in NumPy (Chen, Zhang, Zhou 2018, Algorithm 1): many pools at once, one by one, one.

All return positions within the pool and gains, as prefmath does; float32 throughout.
"""

from __future__ import annotations

import numpy as np


def batched(x, k):
    """All pools at once: one product for the similarities, then steps over all pools.

    Rows are not normalised first, which would copy them: the norms stand on the diagonal.
    """
    similarity = x @ x.transpose(0, 2, 1)
    inverse_norm = 1 / np.sqrt(np.einsum("pii->pi", similarity))
    similarity *= inverse_norm[:, :, None]
    similarity *= inverse_norm[:, None, :]
    pools = np.arange(len(x))
    return _steps(lambda chosen: similarity[pools, chosen], len(x), x.shape[1], k)


def blocked(x, k, pools_a_block=64):
    """The fastest we found: blocks that stay in the cache, and only the similarities needed."""
    positions, gains = np.empty((len(x), k), np.int64), np.empty((len(x), k), np.float32)
    for first in range(0, len(x), pools_a_block):
        cut = slice(first, first + pools_a_block)
        positions[cut], gains[cut] = _block(x[cut], k)
    return positions, gains


def _block(x, k):
    inverse_norm = 1 / np.sqrt(np.einsum("pnd,pnd->pn", x, x))
    pools = np.arange(len(x))

    def similarity_to(chosen):
        row = (x @ x[pools, chosen][:, :, None])[:, :, 0]
        row *= inverse_norm
        row *= inverse_norm[pools, chosen][:, None]
        return row

    return _steps(similarity_to, len(x), x.shape[1], k)


def _steps(similarity_to, n_pools, n, k):
    """Incremental Cholesky steps, each over all pools."""
    pools = np.arange(n_pools)
    residual = np.ones((n_pools, n), np.float32)
    factor = np.empty((k, n_pools, n), np.float32)
    positions, gains = np.empty((n_pools, k), np.int64), np.empty((n_pools, k), np.float32)
    for step in range(k):
        best = residual.argmax(axis=1)
        pivot = residual[pools, best]
        positions[:, step], gains[:, step] = best, np.log(pivot)
        if step + 1 == k:
            break
        row = similarity_to(best)
        for earlier in factor[:step]:
            row -= earlier[pools, best][:, None] * earlier
        row /= np.sqrt(pivot)[:, None]
        factor[step] = row
        row *= row
        residual -= row
        residual[pools, best] = -np.inf
    return positions, gains


def loop(x, k):
    """Pool after pool."""
    chosen = [one_pool(pool, k) for pool in x]
    return np.array([rows for rows, _ in chosen]), np.array([gains for _, gains in chosen])


def one_pool(x, k):
    """One pool."""
    unit = x / np.sqrt(np.einsum("nd,nd->n", x, x))[:, None]
    residual = np.ones(len(x), np.float32)
    factor = np.empty((k, len(x)), np.float32)
    rows, gains = np.empty(k, np.int64), np.empty(k, np.float32)
    for step in range(k):
        best = residual.argmax()
        pivot = residual[best]
        rows[step], gains[step] = best, np.log(pivot)
        if step + 1 == k:
            break
        row = unit @ unit[best]
        row -= factor[:step, best] @ factor[:step]
        row /= np.sqrt(pivot)
        factor[step] = row
        residual -= row * row
        residual[best] = -np.inf
    return rows, gains
