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


def groups_in_numpy(x, threshold):
    """Return the group of each row: SciPy's connected components of the pairs of each block."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    unit = x / np.sqrt(np.einsum("nd,nd->n", x, x))[:, None]
    labels = np.arange(len(x))
    for first in range(0, len(x), BLOCK):
        similarity = unit[first : first + BLOCK] @ unit[first:].T
        row, other = np.nonzero(similarity > threshold)
        edges = labels[first + row], labels[first + other]
        graph = coo_array((np.ones(len(row), bool), edges), shape=(len(x), len(x)))
        labels = connected_components(graph, directed=False)[1][labels]
    return labels


def top_in_numpy(x, n):
    """Return the n most similar pairs: the best of each block of the upper triangle."""
    unit = x / np.sqrt(np.einsum("nd,nd->n", x, x))[:, None]
    pairs, scores = np.empty((0, 2), np.int64), np.empty(0, x.dtype)
    for first in range(0, len(x), BLOCK):
        similarity = unit[first : first + BLOCK] @ unit[first:].T
        similarity[np.tril_indices(len(similarity), m=similarity.shape[1])] = -2
        most = np.argpartition(-similarity, min(n, similarity.size - 1), axis=None)[:n]
        row, other = np.unravel_index(most, similarity.shape)
        pairs = np.concatenate([pairs, np.stack([first + row, first + other], axis=1)])
        scores = np.concatenate([scores, similarity[row, other]])
        best = np.argsort(-scores, kind="stable")[:n]
        pairs, scores = pairs[best], scores[best]
    return pairs, scores


def in_order(row, other, score, keep):
    """Sort the pairs that are kept."""
    row, other, score = row[keep], other[keep], score[keep]
    order = np.lexsort((other, row))
    return np.stack([row[order], other[order]], axis=1), score[order]
