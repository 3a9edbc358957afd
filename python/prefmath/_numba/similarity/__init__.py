"""Similarities between embeddings: matrices, neighbours, pairs above a threshold.

Embeddings are float32, float64, float16, int8 or, as uint16, the bits of bfloat16.
"""

from __future__ import annotations

from .covariance import covariance
from .figures import closest_pairs, coverage, mean_cosine
from .gram_batch import gram_batch
from .matrix import similarity_matrix
from .neighbors import nearest_neighbors
from .pairs import groups_above, pairs_above, top_pairs

__all__ = [
    "closest_pairs",
    "covariance",
    "coverage",
    "gram_batch",
    "groups_above",
    "mean_cosine",
    "nearest_neighbors",
    "pairs_above",
    "similarity_matrix",
    "top_pairs",
]
