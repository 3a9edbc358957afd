"""Similarities between embeddings: matrices, neighbours, duplicates and diversity figures."""

from __future__ import annotations

from .duplicates import DuplicatePairs, near_duplicates
from .figures import coverage_radius, mean_pairwise_similarity, min_pairwise_distance
from .grams import GramBatch, gram_batch
from .groups import DuplicateGroups, duplicate_groups
from .matrix import similarity_matrix
from .neighbors import Neighbors, nearest_neighbors
from .top import TopPairs, top_pairs
from .vendi import vendi_score

__all__ = [
    "DuplicateGroups",
    "DuplicatePairs",
    "GramBatch",
    "Neighbors",
    "TopPairs",
    "coverage_radius",
    "duplicate_groups",
    "gram_batch",
    "mean_pairwise_similarity",
    "min_pairwise_distance",
    "near_duplicates",
    "nearest_neighbors",
    "similarity_matrix",
    "top_pairs",
    "vendi_score",
]
