"""Nearest neighbours by cosine within one array: FAISS, PyTorch, scikit-learn and NumPy.

All return the positions and similarities of the k rows most like each row, itself left out. Blocks
keep the similarities of 1,024 rows at a time: the fastest that we found, and 200 MB at 50,000 rows.
"""

from __future__ import annotations

import numpy as np

BLOCK = 1024


def in_faiss(x, k):
    """Ask the flat index for one more, and drop the row itself."""
    index, unit = faiss_index(x)
    similarity, rows = index.search(unit, k + 1)
    itself = rows == np.arange(len(x))[:, None]
    # Among many copies of a row it may not be its own neighbour: then the last one is dropped.
    itself[~itself.any(axis=1), -1] = True
    return rows[~itself].reshape(-1, k), similarity[~itself].reshape(-1, k)


def faiss_index(x):
    """Return the index, and the unit vectors in it."""
    import faiss

    unit = x.copy()
    faiss.normalize_L2(unit)
    index = faiss.IndexFlatIP(x.shape[1])
    index.add(unit)
    return index, unit


def in_torch(x, k):
    """Block by block: a product, then `topk`."""
    import torch
    from torch.nn.functional import normalize

    unit = normalize(torch.from_numpy(x))
    found = []
    for first in range(0, len(unit), BLOCK):
        similarity = unit[first : first + BLOCK] @ unit.T
        similarity.diagonal(first).fill_(-torch.inf)
        found.append(similarity.topk(k))
    return (
        torch.cat([block.indices for block in found]).numpy(),
        torch.cat([block.values for block in found]).numpy(),
    )


def in_scikit_learn(x, k):
    """Its estimator, whose cosine distances are one minus the similarity."""
    from sklearn.neighbors import NearestNeighbors

    model = NearestNeighbors(n_neighbors=k, algorithm="brute", metric="cosine").fit(x)
    distance, rows = model.kneighbors()
    return rows, 1 - distance


def in_numpy(x, k):
    """Block by block: a product, a partition of every row, then its first k sorted."""
    unit = x / np.sqrt(np.einsum("nd,nd->n", x, x))[:, None]
    rows, scores = np.empty((len(x), k), np.int64), np.empty((len(x), k), np.float32)
    for first in range(0, len(x), BLOCK):
        similarity = unit[first : first + BLOCK] @ unit.T
        inside = np.arange(len(similarity))
        similarity[inside, first + inside] = -np.inf
        best = np.argpartition(similarity, -k, axis=1)[:, -k:]
        score = np.take_along_axis(similarity, best, axis=1)
        order = np.argsort(-score, axis=1, kind="stable")
        rows[first : first + BLOCK] = np.take_along_axis(best, order, axis=1)
        scores[first : first + BLOCK] = np.take_along_axis(score, order, axis=1)
    return rows, scores
