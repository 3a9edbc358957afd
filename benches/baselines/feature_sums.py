"""Sums of features by item and by annotator, in NumPy."""

from __future__ import annotations

import numpy as np

_BLOCK = 4096


def pull_back(features, of_table):
    """Multiply a table, transposed, with features, which become float64 some rows at a time."""
    total = np.zeros((of_table.shape[1], features.shape[1]))
    for first in range(0, len(features), _BLOCK):
        rows = slice(first, first + _BLOCK)
        total += of_table[rows].T @ features[rows].astype(np.float64)
    return total


def scores(features, items, residuals, entry_offsets, units_a_block=64):
    """Sum residual times features over the entries of every unit, some units at a time."""
    out = np.empty((len(entry_offsets) - 1, residuals.shape[1], features.shape[1]))
    for first in range(0, len(out), units_a_block):
        offsets = entry_offsets[first : first + units_a_block + 1]
        entries = slice(offsets[0], offsets[-1])
        rows = features[items[entries]].astype(np.float64)
        for z, residual in enumerate(residuals[entries].T):
            sums = np.add.reduceat(rows * residual[:, None], offsets[:-1] - offsets[0])
            out[first : first + units_a_block, z] = sums
    return out
