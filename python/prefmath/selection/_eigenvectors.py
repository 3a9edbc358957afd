"""Which eigenvectors of L a determinantal point process takes: drawn, and how likely each is.

A process is a mixture of processes of projections, on sets J of eigenvectors of L (Kulesza, Taskar
2012, lemma 2.6). Of a DPP each is in J with probability λ / (1 + λ); of a k-DPP J has k members and
a probability in proportion to the product of their λ, so that the elementary symmetric polynomials
e_l of the λ count (section 5.2). They are held as logarithms: sums of positive terms neither
overflow nor cancel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["draw_any", "draw_k", "log_polynomials", "share_of_any", "share_of_k"]

# Comparisons in one array; with more, pools are searched one by one.
_AT_ONCE = 1 << 16


def log_polynomials(log_values: NDArray[np.float64], k: int) -> NDArray[np.float64]:
    """Return log e_l of the first j values as ``[pool, l, j]``, for l up to k and all j.

    e_l(λ₁…λⱼ) = e_l(λ₁…λⱼ₋₁) + λⱼ e_{l-1}(λ₁…λⱼ₋₁), Kulesza, Taskar (2012), Algorithm 7.
    """
    n_pools, r = log_values.shape
    table = np.full((r + 1, n_pools, k + 1), -np.inf)
    table[:, :, 0] = 0
    for j in range(r):
        taken = log_values[:, j, None] + table[j, :, :-1]
        np.logaddexp(table[j, :, 1:], taken, out=table[j + 1, :, 1:])
    return np.ascontiguousarray(table.transpose(1, 2, 0))


def draw_k(table: NDArray[np.float64], uniforms: NDArray[np.float64]) -> NDArray[np.int64]:
    """Draw k eigenvectors for each row of `uniforms`, of shape (n_pools, n_samples, k).

    The largest index of l among the first m is at most j with probability e_l(j) / e_l(m): one
    number finds it, where Algorithm 8 of Kulesza, Taskar (2012) takes one for each eigenvalue.
    """
    n_pools, n_samples, k = uniforms.shape
    members = np.empty((n_pools, n_samples, k), np.int64)
    place = np.full((n_pools, n_samples), table.shape[2] - 1)
    for step in range(k):
        row = table[:, k - step]
        # From (0, 1], so that the logarithm is finite.
        target = np.log1p(-uniforms[:, :, step]) + np.take_along_axis(row, place, axis=1)
        place = _count_below(row, target) - 1
        members[:, :, step] = place
    return members


def _count_below(row: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return how many values of each ascending row are below each of its targets."""
    if target.size * row.shape[1] > _AT_ONCE:
        return np.stack([np.searchsorted(*pair) for pair in zip(row, target, strict=True)])
    counts: NDArray[np.int64] = (row[:, None, :] < target[:, :, None]).sum(axis=2)
    return counts


def draw_any(log_values: NDArray[np.float64], uniforms: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Draw which eigenvectors are in, for each row of `uniforms`, of shape (n_pools, n, r)."""
    return uniforms < share_of_any(log_values)[:, None]


def share_of_any(log_values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the probability of each eigenvector to be in, λ / (1 + λ)."""
    share: NDArray[np.float64] = np.exp(-np.logaddexp(0, -log_values))
    return share


def share_of_k(log_values: NDArray[np.float64], table: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the probability of each eigenvector to be one of k, λⱼ e_{k-1}(without j) / e_k.

    From the last value to the first, with the probability that l of those before are still to come.
    """
    n_pools, r = log_values.shape
    k = table.shape[1] - 1
    share, to_come = np.zeros((n_pools, r)), np.zeros((n_pools, k + 1))
    to_come[:, k] = 1
    for j in range(r - 1, -1, -1):
        total = table[:, 1:, j + 1]
        log_taken = log_values[:, j, None] + table[:, :-1, j]
        taken = np.exp(np.subtract(log_taken, total, where=total > -np.inf, out=log_taken))
        taken *= to_come[:, 1:]
        share[:, j] = taken.sum(axis=1)
        to_come[:, 1:] -= taken
        to_come[:, :-1] += taken
    return share
