"""Similarities between embeddings: matrices, neighbours, duplicates and diversity figures."""

from __future__ import annotations

from .duplicates import DuplicateGroups, DuplicatePairs, duplicate_groups, near_duplicates
from .matrix import similarity_matrix
from .neighbors import Neighbors, nearest_neighbors

__all__ = [
    "DuplicateGroups",
    "DuplicatePairs",
    "Neighbors",
    "duplicate_groups",
    "near_duplicates",
    "nearest_neighbors",
    "similarity_matrix",
]
