"""Choices that came in pieces, as one: labels joined, sorted by annotator once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._label_values import family, joined, shown
from prefmath._labels import Coded, CodedItems, code_labels
from prefmath.choices import checks as check
from prefmath.choices.build import About, by_annotator
from prefmath.choices.counts import counts_of
from prefmath.choices.judgements import Judgements, offsets_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from prefmath.choices.sorted_judgements import SortedJudgements


def concatenated(parts: Sequence[SortedJudgements]) -> SortedJudgements:
    """Return the judgements of all parts, one after the other."""
    first = parts[0]
    for at, part in enumerate(parts):
        if part.layout != first.layout:
            raise ValueError(f"parts[{at}] holds {part.layout}, and parts[0] {first.layout}")
    n = sum(map(len, parts))
    items = _items(parts)
    sizes = np.concatenate([np.diff(part.offsets) for part in parts])
    annotators = _annotators(parts)
    weights = check.weights(_ones_or(parts, "weight"), n)
    counts = _ones_or(parts, "count")
    if annotators is not None and counts is not None:
        _refuse_unequal(parts, annotators, counts)
    counts = counts_of(counts, n, None, weights)
    said = About(annotators, weights, counts, _all(parts, "context"), _people(parts))
    judgements = Judgements(
        layout=first.layout,
        offsets=offsets_of(sizes),
        items=np.concatenate(items.columns),
        chosen=_all(parts, "chosen"),
        tied=_tied(parts),
        first=_all(parts, "first"),
        n_ranked=_all(parts, "n_ranked"),
        weight=said.weight,
        count=said.counts,
        context=said.context,
    )
    whole = by_annotator(judgements, items, said, _item_rows(parts))
    return replace(whole, order=_order(parts, whole.order))


def _annotators(parts: Sequence[SortedJudgements]) -> Coded | None:
    """Return who made each stored judgement, one part after the other."""
    ids = _labels(parts, "annotator_ids", "annotators")
    if ids is None:
        return None
    table, codes = ids
    counts = np.concatenate([np.diff(part.annotator_offsets) for part in parts])
    return Coded(table, np.repeat(codes, counts))


def _people(parts: Sequence[SortedJudgements]) -> NDArray[np.int64] | None:
    """Return where the judgements of each person begin and end, if people are without names."""
    with_people = [at for at, part in enumerate(parts) if part.has_annotators]
    if not with_people or parts[with_people[0]].annotator_ids is not None:
        return None
    for at, part in enumerate(parts):
        # A single judgement is that of a person in any case.
        if not part.has_annotators and len(part) > 1:
            raise ValueError(
                f"parts[{at}] does not tell whose judgements belong together, and "
                f"parts[{with_people[0]}] does"
            )
    return offsets_of(np.concatenate([np.diff(part.annotator_offsets) for part in parts]))


def _refuse_unequal(
    parts: Sequence[SortedJudgements], annotators: Coded, counts: NDArray[np.float64]
) -> None:
    """Refuse an annotator who stands for so many in one part, and for more in another."""
    ids, codes = annotators
    at = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    known, part_of = np.empty(len(ids)), np.empty(len(ids), np.int64)
    known[codes[::-1]], part_of[codes[::-1]] = counts[::-1], at[::-1]
    differs = np.flatnonzero(counts != known[codes])
    for row in differs[:1]:
        who = codes[row]
        raise ValueError(
            f"count must be the same for an annotator in all parts: {shown(ids[who])} counts "
            f"{counts[row]:g} in parts[{at[row]}], but {known[who]:g} in parts[{part_of[who]}]"
        )


def _items(parts: Sequence[SortedJudgements]) -> CodedItems:
    """Return the items of each part as rows of one table: that of all parts, if it is the same."""
    same = _labels_are_equal(parts)
    ids = None if same else _labels(parts, "item_ids", "labels of items")
    if ids is None:
        n_items = max(part.n_items for part in parts)
        return CodedItems([part.items for part in parts], parts[0].item_ids, n_items)
    table, codes = ids
    ends = np.cumsum([part.n_items for part in parts])[:-1]
    row_of = np.split(codes, ends)
    columns = [rows[part.items] for rows, part in zip(row_of, parts, strict=True)]
    return CodedItems(columns, table, len(table))


def _labels_are_equal(parts: Sequence[SortedJudgements]) -> bool:
    first = parts[0].item_ids
    return first is not None and all(
        part.item_ids is not None
        and part.item_ids.dtype == first.dtype
        and np.array_equal(part.item_ids, first)
        for part in parts
    )


def _labels(parts: Sequence[SortedJudgements], name: str, what: str) -> Coded | None:
    """Return the labels of all parts, coded; None where no part has any."""
    tables = _given(parts, name, what)
    if tables is None:
        return None
    for at, table in enumerate(tables):
        if family(table) != family(tables[0]):
            raise TypeError(
                f"{what} of parts[{at}] are {family(table)}, and those of parts[0] "
                f"{family(tables[0])}"
            )
    return code_labels(joined(tables, what), what)


def _given(parts: Sequence[SortedJudgements], name: str, what: str) -> list[NDArray[Any]] | None:
    """Return an attribute of all parts; None where no part has it."""
    arrays = [getattr(part, name) for part in parts]
    lacking = [at for at, array in enumerate(arrays) if array is None]
    if len(lacking) == len(parts):
        return None
    if lacking:
        has = next(at for at, array in enumerate(arrays) if array is not None)
        raise ValueError(f"parts[{lacking[0]}] has no {what}, and parts[{has}] has")
    return arrays


def _all(parts: Sequence[SortedJudgements], name: str) -> NDArray[Any] | None:
    """Return what all parts say, or none."""
    arrays = _given(parts, name, name)
    if arrays is None:
        return None
    for at, array in enumerate(arrays):
        if array.shape[1:] != arrays[0].shape[1:]:
            raise ValueError(
                f"{name} of parts[{at}] has columns {array.shape[1:]}, and that of parts[0] "
                f"{arrays[0].shape[1:]}"
            )
        if (array.dtype.kind in "biuf") != (arrays[0].dtype.kind in "biuf"):
            arrays = [each.astype(object) for each in arrays]  # else numbers would become text
            break
    return np.concatenate(arrays)


def _ones_or(parts: Sequence[SortedJudgements], name: str) -> NDArray[np.float64] | None:
    """Return weights or counts of all parts, 1 where a part has none; None where no part has."""
    given = [getattr(part, name) for part in parts]
    if all(values is None for values in given):
        return None
    return np.concatenate(
        [
            np.ones(len(part)) if values is None else values
            for part, values in zip(parts, given, strict=True)
        ]
    )


def _tied(parts: Sequence[SortedJudgements]) -> NDArray[np.bool_] | None:
    if all(part.tied is None for part in parts):
        return None
    return np.concatenate([np.zeros(len(p), np.bool_) if p.tied is None else p.tied for p in parts])


def _order(
    parts: Sequence[SortedJudgements], order: NDArray[np.int64] | None
) -> NDArray[np.int64] | None:
    """Return the row of the input of each judgement: those of a part after those before it."""
    starts = offsets_of(np.array([len(part) for part in parts]))
    if order is None and all(part.order is None for part in parts):
        return None
    rows = np.concatenate(
        [
            start + (np.arange(len(part)) if part.order is None else part.order)
            for start, part in zip(starts[:-1], parts, strict=True)
        ]
    )
    return rows if order is None else rows[order]


def _item_rows(parts: Sequence[SortedJudgements]) -> NDArray[np.int64] | None:
    """Return where each stored item stood in the input, if a part came from rows not in order."""
    if all(part.item_order is None for part in parts):
        return None
    starts = offsets_of(np.array([len(part.items) for part in parts]))
    rows = []
    for start, part in zip(starts[:-1], parts, strict=True):
        place = np.empty(len(part.items), np.int64)
        # Of each item of the input `restore_items` tells where it is stored.
        place[part.restore_items(np.arange(len(part.items)))] = np.arange(len(part.items))
        rows.append(start + place)
    return np.concatenate(rows)
