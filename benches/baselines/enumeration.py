"""The best set of k rows of each pool by looking at all sets, batched in NumPy."""

from __future__ import annotations

import itertools

import numpy as np


def best_sets(x, k, method):
    """Return the best set of each pool, rows ascending, and its value."""
    similarity = x @ x.transpose(0, 2, 1)
    inverse_norm = 1 / np.sqrt(np.einsum("pii->pi", similarity))
    similarity *= inverse_norm[:, :, None]
    similarity *= inverse_norm[:, None, :]
    sets = np.array(list(itertools.combinations(range(x.shape[1]), k)))
    values = _values(similarity, sets, method)
    best = values.argmax(axis=1)
    return sets[best], values[np.arange(len(x)), best]


def _values(similarity, sets, method):
    if method == "dpp":
        return np.stack([_log_det(of_pool, sets) for of_pool in similarity])
    pairs = [1 - similarity[:, sets[:, i], sets[:, j]] for i, j in _pairs(sets.shape[1])]
    return np.minimum.reduce(pairs) if method == "max_min" else np.add.reduce(pairs)


def _log_det(similarity, sets):
    return np.linalg.slogdet(similarity[sets[:, :, None], sets[:, None, :]])[1]


def _pairs(k):
    return itertools.combinations(range(k), 2)
