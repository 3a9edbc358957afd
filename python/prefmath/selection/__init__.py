"""Choose or draw the candidates to show, so that they differ and are still good."""

from __future__ import annotations

from prefmath.selection._objectives import METHODS
from prefmath.selection._results import BatchSelection, Samples, Selection
from prefmath.selection.correlation import PairCorrelation, pair_correlation
from prefmath.selection.inclusion import inclusion_probabilities
from prefmath.selection.many_pools import select_batch
from prefmath.selection.one_pool import select
from prefmath.selection.samples import sample_dpp
from prefmath.selection.stream import select_stream
from prefmath.selection.tables import select_table
from prefmath.selection.values import set_value

__all__ = [
    "METHODS",
    "BatchSelection",
    "PairCorrelation",
    "Samples",
    "Selection",
    "inclusion_probabilities",
    "pair_correlation",
    "sample_dpp",
    "select",
    "select_batch",
    "select_stream",
    "select_table",
    "set_value",
]
