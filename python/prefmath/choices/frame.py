"""Choices as the columns of a data frame, the way back from `Choices.from_frame`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath.choices.judgements import sides

if TYPE_CHECKING:
    from prefmath.choices.sorted_judgements import SortedJudgements

__all__ = ["columns_of"]


def columns_of(choices: SortedJudgements) -> dict[str, Any]:
    """Return columns in the original order: a row a pair, else a row an entry of a set."""
    rows = np.arange(len(choices)) if choices.order is None else np.argsort(choices.order)
    judged = choices.gathered(rows)
    labels = judged.items if choices.item_ids is None else choices.item_ids[judged.items]
    about: dict[str, Any] = {}
    if choices.annotator_ids is not None:
        about["annotator"] = choices.annotator_ids[choices.annotator_index[rows]]
    elif choices.has_annotators:
        about["annotator"] = choices.annotator_index[rows]  # who have no names, but are known
    for name in ("weight", "count"):
        values = getattr(judged, name)
        if values is not None:
            about[name] = values
    if judged.context is not None and judged.context.ndim == 1:
        about["context"] = judged.context
    if choices.layout == "pairs":
        winner, loser = sides(labels)
        columns: dict[str, Any] = {"winner": winner, "loser": loser}
        if judged.tied is not None:
            columns["tie"] = judged.tied
        if judged.first is not None:
            columns["first"] = judged.first
        return {**columns, **about}
    sizes = np.diff(judged.offsets)
    place = np.arange(len(labels)) - np.repeat(judged.offsets[:-1], sizes)
    columns = {"choice_set": np.repeat(np.arange(len(sizes)), sizes), "item": labels}
    if judged.chosen is not None:
        columns["chosen"] = place == np.repeat(judged.chosen, sizes)
    else:
        ranked = sizes if judged.n_ranked is None else judged.n_ranked
        unordered = place >= np.repeat(ranked, sizes)
        ranks = (place + 1).astype(object)
        ranks[unordered] = None
        columns["rank"] = ranks.tolist()
    return {**columns, **{name: np.repeat(values, sizes) for name, values in about.items()}}
