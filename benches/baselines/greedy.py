"""Greedy selection in NumPy under the objectives over pairs and those that cover, in float32.

Each objective for all pools at once, and for one pool; dpp stands in `dpp`.
"""

from __future__ import annotations

import heapq

import numpy as np


def pairwise_batched(x, k, method):
    """All pools at once: mmr, max_sum or max_min of rows of equal quality."""
    pools = np.arange(len(x))
    inverse_norm = 1 / np.sqrt(np.einsum("pnd,pnd->pn", x, x))
    state = np.zeros(x.shape[:2], np.float32)
    positions, gains = np.empty((len(x), k), np.int64), np.zeros((len(x), k), np.float32)
    for step in range(k):
        best = state.argmax(axis=1) if step else np.zeros(len(x), np.int64)
        positions[:, step] = best
        gains[:, step] = state[pools, best] if step else 0
        if step + 1 < k:
            row = (x @ x[pools, best][:, :, None])[:, :, 0]
            row *= inverse_norm
            row *= inverse_norm[pools, best][:, None]
            _take_in(state, row, method, step)
            state[pools, best] = -np.inf
    return positions, gains


def given_batched(s, k, method):
    """All pools at once, from their similarities: mmr, max_sum or max_min of equal quality."""
    pools = np.arange(len(s))
    state = np.zeros(s.shape[:2])
    positions, gains = np.empty((len(s), k), np.int64), np.zeros((len(s), k))
    for step in range(k):
        best = state.argmax(axis=1) if step else np.zeros(len(s), np.int64)
        positions[:, step] = best
        gains[:, step] = state[pools, best] if step else 0
        if step + 1 < k:
            _take_in(state, s[pools, best], method, step)
            state[pools, best] = -np.inf
    return positions, gains


def pairwise_one_pool(x, k, method):
    """One pool: mmr, max_sum or max_min of rows of equal quality."""
    unit = x / np.sqrt(np.einsum("nd,nd->n", x, x))[:, None]
    state = np.zeros(len(x), np.float32)
    rows, gains = np.empty(k, np.int64), np.zeros(k, np.float32)
    for step in range(k):
        best = state.argmax() if step else 0
        rows[step], gains[step] = best, state[best] if step else 0
        if step + 1 < k:
            _take_in(state, unit @ unit[best], method, step)
            state[best] = -np.inf
    return rows, gains


def _take_in(state, similarity, method, step):
    """Bring scores up to date with a choice; those chosen stay at minus infinity."""
    if method == "max_sum":
        state += 1 - similarity
        return
    score = -similarity if method == "mmr" else 1 - similarity
    if step:
        np.minimum(state, score, out=state)
    else:
        state[:] = score


def coverage_batched(x, k, method):
    """All pools at once: facility_location or saturated_coverage."""
    pools, n = np.arange(len(x)), x.shape[1]
    unit = x / np.sqrt(np.einsum("pnd,pnd->pn", x, x))[:, :, None]
    similarity = np.maximum(unit @ unit.transpose(0, 2, 1), 0)
    saturated = method == "saturated_coverage"
    room = similarity.sum(axis=2) * min(1, k / n) if saturated else np.zeros_like(unit[:, :, 0])
    positions, gains = np.empty((len(x), k), np.int64), np.empty((len(x), k), np.float32)
    for step in range(k):
        if saturated:
            added = np.minimum(similarity, room[:, None]).sum(axis=2)
        else:
            added = np.maximum(similarity - room[:, None], 0).sum(axis=2)
        if step:
            np.put_along_axis(added, positions[:, :step], -np.inf, axis=1)
        best = added.argmax(axis=1)
        positions[:, step], gains[:, step] = best, added[pools, best]
        row = similarity[pools, best]
        room = room - np.minimum(row, room) if saturated else np.maximum(room, row)
    return positions, gains


def facility_lazy(x, k):
    """One pool, lazily, with all similarities held: facility_location."""
    unit = x / np.sqrt(np.einsum("nd,nd->n", x, x))[:, None]
    similarity = unit @ unit.T
    np.maximum(similarity, 0, out=similarity)
    covered = np.zeros(len(x), np.float32)
    heap = [(-gain, row) for row, gain in enumerate(similarity.sum(axis=1).tolist())]
    heapq.heapify(heap)
    rows, gains = [], []
    while len(rows) < k:
        _, row = heap[0]
        gain = float(np.maximum(similarity[row] - covered, 0).sum())
        if len(heap) > 1 and (-gain, row) > min(heap[1:3]):
            heapq.heapreplace(heap, (-gain, row))
            continue
        heapq.heappop(heap)
        rows.append(row)
        gains.append(gain)
        np.maximum(covered, similarity[row], out=covered)
    return np.array(rows), np.array(gains)


def batched_by_blocks(algorithm, x, k, method, block=256):
    """Pools by blocks that stay in cache."""
    parts = [algorithm(x[at : at + block], k, method) for at in range(0, len(x), block)]
    rows, gains = zip(*parts, strict=True)
    return np.concatenate(rows), np.concatenate(gains)
