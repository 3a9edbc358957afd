"""Counted judgements with a row each."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from prefmath._memory import machine_memory
from prefmath.choices.judgements import offsets_of, spans
from prefmath.choices.sorted_judgements import SortedJudgements

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["written_out"]

# More rows than any memory holds, and what a row and each of its items take on the way.
_MOST_ROWS = 1 << 40
_BYTES = 40


def written_out(choices: SortedJudgements) -> SortedJudgements:
    """Return every judgement as often as it counts; people that were counted have no names."""
    count = choices.count
    if count is None or (count == 1).all():
        return replace(SortedJudgements.like(choices), count=None)
    _refuse_fractions(choices, count)
    _refuse_too_many(float(count @ np.diff(choices.offsets)), float(count.sum()))
    of_annotators = choices.annotator_counts
    ids, order = choices.annotator_ids, None
    if of_annotators is None:
        rows = np.repeat(np.arange(len(choices)), count.astype(np.int64))
        ends = np.array([0, len(rows)], np.int64)
    else:
        who = np.repeat(np.arange(choices.n_annotators), of_annotators.astype(np.int64))
        sizes = np.diff(choices.annotator_offsets)[who]
        rows, ends, ids = spans(choices.annotator_offsets[who], sizes), offsets_of(sizes), None
    return SortedJudgements.of(
        replace(choices.gathered(rows), count=None),
        annotator_offsets=ends,
        annotator_ids=ids,
        item_ids=choices.item_ids,
        n_items=choices.n_items,
        order=order,
    )


def _refuse_too_many(n_items: float, n: float) -> None:
    """Refuse what cannot fit, rather than have the machine run out of memory on the way."""
    memory = machine_memory()
    if n > _MOST_ROWS or (memory is not None and _BYTES * (n + n_items) > memory):
        raise MemoryError(
            f"{n:,.0f} judgements are too many to be written out: there is not as much memory"
        )


def _refuse_fractions(choices: SortedJudgements, count: NDArray[np.float64]) -> None:
    given = choices.restore(count)
    for row in np.flatnonzero(given != np.floor(given))[:1]:
        raise ValueError(f"count must be whole to be written out: count[{row}]={given[row]:g}")
