"""The mathematics of plural preferences.

Select candidates that differ, compare them, and fit who prefers what.

The public names are loaded when they are first used: ``import prefmath`` costs little more than
NumPy.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import numpy as np  # noqa: F401  (the one dependency: a missing NumPy should show here)

if TYPE_CHECKING:
    from prefmath import metrics, models, selection, similarity
    from prefmath._versions import show_versions
    from prefmath.choices import Choices
    from prefmath.designs import Design
    from prefmath.leaderboards import leaderboard
    from prefmath.selection import (
        BatchSelection,
        PairCorrelation,
        Samples,
        Selection,
        pair_correlation,
        sample_dpp,
        select,
        select_batch,
        select_table,
    )
    from prefmath.similarity import (
        DuplicateGroups,
        DuplicatePairs,
        GramBatch,
        Neighbors,
        TopPairs,
        coverage_radius,
        duplicate_groups,
        gram_batch,
        mean_pairwise_similarity,
        min_pairwise_distance,
        near_duplicates,
        nearest_neighbors,
        similarity_matrix,
        top_pairs,
        vendi_score,
    )

__all__ = [
    "BatchSelection",
    "Choices",
    "Design",
    "DuplicateGroups",
    "DuplicatePairs",
    "GramBatch",
    "Neighbors",
    "PairCorrelation",
    "Samples",
    "Selection",
    "TopPairs",
    "coverage_radius",
    "duplicate_groups",
    "gram_batch",
    "leaderboard",
    "mean_pairwise_similarity",
    "metrics",
    "min_pairwise_distance",
    "models",
    "near_duplicates",
    "nearest_neighbors",
    "pair_correlation",
    "sample_dpp",
    "select",
    "select_batch",
    "select_table",
    "selection",
    "show_versions",
    "similarity",
    "similarity_matrix",
    "top_pairs",
    "vendi_score",
]

_HOME = {
    "BatchSelection": "selection",
    "Choices": "choices",
    "Design": "designs",
    "DuplicateGroups": "similarity",
    "DuplicatePairs": "similarity",
    "GramBatch": "similarity",
    "Neighbors": "similarity",
    "PairCorrelation": "selection",
    "Samples": "selection",
    "Selection": "selection",
    "TopPairs": "similarity",
    "coverage_radius": "similarity",
    "duplicate_groups": "similarity",
    "gram_batch": "similarity",
    "leaderboard": "leaderboards",
    "mean_pairwise_similarity": "similarity",
    "min_pairwise_distance": "similarity",
    "near_duplicates": "similarity",
    "nearest_neighbors": "similarity",
    "pair_correlation": "selection",
    "sample_dpp": "selection",
    "select": "selection",
    "select_batch": "selection",
    "select_table": "selection",
    "show_versions": "_versions",
    "similarity_matrix": "similarity",
    "top_pairs": "similarity",
    "vendi_score": "similarity",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        value: Any = version("prefmath")
    elif name in _HOME:
        value = getattr(importlib.import_module(f"prefmath.{_HOME[name]}"), name)
    elif name in __all__:
        value = importlib.import_module(f"prefmath.{name}")
    else:
        msg = f"module 'prefmath' has no attribute {name!r}"
        raise AttributeError(msg)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
