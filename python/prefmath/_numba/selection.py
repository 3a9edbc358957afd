"""Greedy maximum a posteriori of a determinantal point process.

Chen, Zhang, Zhou (2018), Algorithm 1, with the kernel diag(q) S diag(q), S the cosine similarities
and q the quality. The paper's symbols: `c_i` is a column of `factor`, `d_i²` is `residual`; the
gain of i is log(q_i² d_i²). Only rows of S that belong to chosen candidates are computed.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from ._njit import njit
from ._tasks import groups, in_order, rows
from .dot import dots_with, refuse_row, squared_norms

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["greedy_dpp", "greedy_dpp_batch"]

_BLOCK = 1024
_ROWS_PER_TASK = 2048

# Squared, of a unit vector: what is closer to the span of the chosen ones adds nothing to them.
_RANK_TOLERANCE = 1e-10
_TAKEN = -1.0
_NO_QUALITY = np.empty(0)


def greedy_dpp(
    x: NDArray[np.float32], quality: NDArray[np.float64] | None, k: int, n_threads: int
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Choose up to `k` rows; the threads share the candidates."""
    n = len(x)
    quality = _NO_QUALITY if quality is None else quality
    inverse_norm = np.empty(n)
    bad = _inverse_norms(x, inverse_norm)
    if bad >= 0:
        refuse_row(x, bad, 0)
    residual, similarity, factor = np.ones(n), np.empty(n), np.empty((k, n))
    chosen, gains = np.empty(k, np.int32), np.empty(k)
    blocks = rows(n, _BLOCK)
    for step in range(k):
        best, score = _best(residual, quality)
        if score <= 0:
            return chosen[:step], gains[:step]
        chosen[step], gains[step] = best, np.log(score)
        if step + 1 < k:
            pivot, residual[best] = residual[best], _TAKEN

            column = factor[:, best].copy()
            search = x, inverse_norm, residual, similarity, factor
            task = partial(_condition_part, *search, best, pivot, column, step)
            for _ in in_order(task, blocks, n_threads):
                pass
    return chosen, gains


def _condition_part(
    x: NDArray[np.float32],
    inverse_norm: NDArray[np.float64],
    residual: NDArray[np.float64],
    similarity: NDArray[np.float64],
    factor: NDArray[np.float64],
    best: int,
    pivot: float,
    column: NDArray[np.float64],
    step: int,
    first: int,
    last: int,
) -> None:
    part = slice(first, last)
    chosen = x[best], inverse_norm[best], pivot, column
    search = inverse_norm[part], residual[part], similarity[part], factor[:, part]
    _condition(x[part], *search, *chosen, step)


def greedy_dpp_batch(
    x: NDArray[np.float32],
    offsets: NDArray[np.int64],
    quality: NDArray[np.float64] | None,
    k: int,
    n_threads: int,
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Choose up to `k` positions in each pool; the threads share the pools."""
    n_pools = len(offsets) - 1
    quality = _NO_QUALITY if quality is None else quality
    positions, gains = np.full((n_pools, k), -1, np.int32), np.zeros((n_pools, k))

    def run(first: int, last: int) -> int:
        return int(_pools(x, offsets, quality, first, last, positions, gains))

    for bad in in_order(run, groups(offsets, _ROWS_PER_TASK), n_threads):
        if bad >= 0:
            refuse_row(x, bad, 0)
    return positions, gains


@njit
def _pools(x, offsets, quality, first, last, positions, gains):
    k = positions.shape[1]
    longest = 0
    for pool in range(first, last):
        longest = max(longest, offsets[pool + 1] - offsets[pool])
    inverse_norms, residuals, similarities = np.empty(longest), np.empty(longest), np.empty(longest)
    factors = np.empty((k, longest))
    for pool in range(first, last):
        start, stop = offsets[pool], offsets[pool + 1]
        n = stop - start
        candidates, inverse_norm, residual = x[start:stop], inverse_norms[:n], residuals[:n]
        q = quality[start:stop] if len(quality) > 0 else quality
        bad = _inverse_norms(candidates, inverse_norm)
        if bad >= 0:
            return start + bad
        residual[:] = 1.0
        for step in range(k):
            best, score = _best(residual, q)
            if score <= 0:
                break
            positions[pool, step], gains[pool, step] = best, np.log(score)
            if step + 1 < k:
                pivot = residual[best]
                residual[best] = _TAKEN
                _condition(
                    candidates,
                    inverse_norm,
                    residual,
                    similarities[:n],
                    factors[:, :n],
                    candidates[best],
                    inverse_norm[best],
                    pivot,
                    factors[:, best].copy(),
                    step,
                )
    return -1


@njit
def _inverse_norms(candidates, out):
    """Write 1 / norm of each row; return the first row without one, or -1."""
    squared_norms(candidates, out)
    for i in range(len(out)):
        if not np.isfinite(out[i]) or out[i] == 0.0:
            return i
        out[i] = 1.0 / np.sqrt(out[i])
    return -1


@njit
def _best(residual, quality):
    """Return the candidate that multiplies the determinant most, lowest first, and the factor."""
    best, best_score = 0, 0.0
    for i in range(len(residual)):
        score = quality[i] * quality[i] * residual[i] if len(quality) > 0 else residual[i]
        if residual[i] > _RANK_TOLERANCE and score > best_score:
            best, best_score = i, score
    return best, best_score


@njit
def _condition(
    candidates,
    inverse_norm,
    residual,
    similarity,
    factor,
    chosen_row,
    chosen_inverse_norm,
    chosen_residual,
    chosen_factor,
    step,
):
    """One Cholesky step: e_i = (S_ji - <c_j, c_i>) / d_j, appended to c_i, and d_i² -= e_i²."""
    n = len(candidates)
    dots_with(chosen_row, candidates, similarity)
    for i in range(n):
        similarity[i] = similarity[i] * chosen_inverse_norm * inverse_norm[i]
    for earlier in range(step):
        for i in range(n):
            similarity[i] -= chosen_factor[earlier] * factor[earlier, i]
    scale = 1.0 / np.sqrt(chosen_residual)
    for i in range(n):
        similarity[i] *= scale
        residual[i] -= similarity[i] * similarity[i]
        factor[step, i] = similarity[i]
