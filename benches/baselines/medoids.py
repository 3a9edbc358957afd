"""Medoids in NumPy, all pools at once: greedy ones, then the best swaps until none helps."""

from __future__ import annotations

import numpy as np

from .greedy import coverage_batched

LEAST_GAIN = 1e-6


def batched(x, k, _):
    """Return the medoids of all pools, and the similarity of all rows to them as one gain."""
    positions, _ = coverage_batched(x, k, "facility_location")
    unit = x / np.sqrt(np.einsum("pnd,pnd->pn", x, x))[:, :, None]
    similarity = unit @ unit.transpose(0, 2, 1)
    moving = np.arange(len(x))
    while len(moving):
        held = positions[moving]
        gain = swap_gains(similarity[moving], held)
        best = gain.reshape(len(gain), -1).argmax(axis=1)
        row, slot = np.divmod(best, k)
        better = gain.reshape(len(gain), -1)[np.arange(len(gain)), best] > LEAST_GAIN
        moving = moving[better]
        positions[moving, slot[better]] = row[better]
    of_slots = np.take_along_axis(similarity, positions[:, :, None], axis=1)
    return positions, of_slots.max(axis=1).sum(axis=1)[:, None]


def swap_gains(similarity, positions):
    """Return what every pool gains where a row takes a slot: (pools, rows, slots)."""
    of_slots = np.take_along_axis(similarity, positions[:, :, None], axis=1)
    near = of_slots.argmax(axis=1)
    first = of_slots.max(axis=1)
    mine = near[:, :, None] == np.arange(positions.shape[1])
    np.put_along_axis(of_slots, near[:, None], -1, axis=1)
    second = of_slots.max(axis=1)
    kept = np.maximum(similarity, first[:, None])
    lost = np.maximum(similarity, second[:, None]) - kept
    gain = (kept - first[:, None]).sum(axis=2)[:, :, None] + lost @ mine.astype(np.float32)
    # A medoid takes no slot beside its own.
    np.put_along_axis(gain, positions[:, :, None], -np.inf, axis=1)
    return gain
