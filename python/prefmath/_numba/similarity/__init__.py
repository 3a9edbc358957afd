"""Similarities between embeddings: matrices, neighbours, pairs above a threshold.

Embeddings are float32, float64, float16, int8 or, as uint16, the bits of bfloat16.
"""

from __future__ import annotations

from .matrix import similarity_matrix
from .neighbors import nearest_neighbors
from .pairs import pairs_above

__all__ = ["nearest_neighbors", "pairs_above", "similarity_matrix"]
