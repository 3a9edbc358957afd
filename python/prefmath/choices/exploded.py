"""Pairs and rankings as choices of one among several, the exploded logit."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from prefmath.choices.judgements import offsets_of, spans
from prefmath.choices.sorted_judgements import SortedJudgements

if TYPE_CHECKING:
    from numpy.typing import NDArray


def exploded(choices: SortedJudgements) -> SortedJudgements:
    """Return the choose-one judgements that pairs or rankings stand for."""
    if choices.n_ranked is None:
        return _pairs(choices)
    sizes = np.diff(choices.offsets)
    # The last among n is no choice any more. A ranking of one item stays one choice set of one,
    # which says nothing but keeps its annotator where it was.
    stages = np.maximum(np.minimum(choices.n_ranked, sizes - 1), 1)
    total = int(stages.sum())
    ranking = np.repeat(np.arange(len(sizes), dtype=np.int64), stages)
    stage = spans(np.zeros_like(stages), stages)
    remaining = sizes[ranking] - stage
    starts = choices.offsets[ranking] + stage
    judgement_ends = offsets_of(stages)
    return SortedJudgements(
        layout="choice_sets",
        offsets=offsets_of(remaining),
        items=choices.items[spans(starts, remaining)],
        chosen=np.zeros(total, dtype=np.int32),
        weight=None if choices.weight is None else choices.weight[ranking],
        count=None if choices.count is None else choices.count[ranking],
        context=None if choices.context is None else choices.context[ranking],
        annotator_offsets=judgement_ends[choices.annotator_offsets],
        annotator_ids=choices.annotator_ids,
        item_ids=choices.item_ids,
        n_items=choices.n_items,
        order=_order(choices.order, stages),
    )


def _pairs(choices: SortedJudgements) -> SortedJudgements:
    if choices.tied is not None:
        row = choices.tied if choices.order is None else choices.restore(choices.tied)
        raise ValueError(f"a tie is not a choice of one: row {row.argmax()} is a tie")
    sets = replace(SortedJudgements.like(choices), layout="choice_sets", first=None)
    if choices.first is None:
        return sets
    # In the order shown, so that the first position is the first shown.
    swapped = ~choices.first
    pairs = choices.items.reshape(-1, 2)
    shown = np.where(swapped[:, None], pairs[:, ::-1], pairs)
    return replace(sets, items=shown.reshape(-1), chosen=swapped.astype(np.int32))


def _order(order: NDArray[np.int64] | None, stages: NDArray[np.int64]) -> NDArray[np.int64] | None:
    """Return the original row of each stage: those of a ranking stand together, in order."""
    if order is None:
        return None
    original_stages = np.empty_like(stages)
    original_stages[order] = stages
    return spans(offsets_of(original_stages)[order], stages)
