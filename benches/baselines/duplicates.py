"""All pairs of rows whose cosine is above a threshold: FAISS, PyTorch and NumPy.

All return the pairs, the lower row first, in the order of the rows, and their similarities.
"""

from __future__ import annotations

import numpy as np

from baselines.neighbors import BLOCK, faiss_index


def in_faiss(x, threshold):
    """Range search; of each pair, found twice, one is kept."""
    index, unit = faiss_index(x)
    limits, similarity, other = index.range_search(unit, threshold)
    row = np.repeat(np.arange(len(x)), np.diff(limits).astype(np.int64))
    return in_order(row, other, similarity, row < other)


def in_numpy(x, threshold):
    """Block by block, the upper triangle alone."""
    unit = x / np.sqrt(np.einsum("nd,nd->n", x, x))[:, None]
    rows, others, scores = [], [], []
    for first in range(0, len(x), BLOCK):
        similarity = unit[first : first + BLOCK] @ unit[first:].T
        row, other = np.nonzero(similarity > threshold)
        rows.append(first + row)
        others.append(first + other)
        scores.append(similarity[row, other])
    row, other = np.concatenate(rows), np.concatenate(others)
    return in_order(row, other, np.concatenate(scores), row < other)


def in_torch(x, threshold):
    """The same blocks on tensors."""
    import torch
    from torch.nn.functional import normalize

    unit = normalize(torch.from_numpy(x))
    rows, others, scores = [], [], []
    for first in range(0, len(unit), BLOCK):
        similarity = unit[first : first + BLOCK] @ unit[first:].T
        row, other = torch.nonzero(similarity > threshold, as_tuple=True)
        rows.append(first + row)
        others.append(first + other)
        scores.append(similarity[row, other])
    row, other, score = (torch.cat(parts).numpy() for parts in (rows, others, scores))
    return in_order(row, other, score, row < other)


def in_order(row, other, score, keep):
    """Sort the pairs that are kept."""
    row, other, score = row[keep], other[keep], score[keep]
    order = np.lexsort((other, row))
    return np.stack([row[order], other[order]], axis=1), score[order]
