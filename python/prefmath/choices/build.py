"""From what the caller passed to judgements: checked, coded, sorted by annotator."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from prefmath._labels import Coded, CodedItems, code_items, code_labels
from prefmath.choices import checks as check
from prefmath.choices.arena import refuse_sides
from prefmath.choices.counts import counts_of
from prefmath.choices.judgements import Judgements, Layout, ends_of, stable_order
from prefmath.choices.sorted_judgements import SortedJudgements

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


class About(NamedTuple):
    """What every layout says about its judgements, checked."""

    annotators: Coded | None
    weight: NDArray[np.float64] | None
    counts: NDArray[np.float64] | None
    context: NDArray[Any] | None
    people: NDArray[np.int64] | None = None
    """Where the judgements of each person begin and end, who then have no names."""


def about(
    n: int,
    annotator: ArrayLike | None,
    weight: ArrayLike | None,
    count: ArrayLike | None,
    context: ArrayLike | None,
) -> About:
    """Check what is said about `n` judgements."""
    coded, people = None, None
    if is_each(annotator):
        people = np.arange(n + 1, dtype=np.int64)
    elif annotator is not None:
        check.same_length(annotator, "annotator", n)
        coded = code_labels(annotator, "annotator")
    weights = check.weights(weight, n)
    counts = counts_of(count, n, coded, weights)
    return About(coded, weights, counts, check.contexts(context, n), people)


def is_each(annotator: object) -> bool:
    """Whether every judgement is said to be a person of its own, rather than whose it is."""
    return isinstance(annotator, str) and annotator == "each"


def pairs(
    winner: ArrayLike,
    loser: ArrayLike,
    tie: ArrayLike | None,
    first: ArrayLike | None,
    annotator: ArrayLike | None,
    weight: ArrayLike | None,
    count: ArrayLike | None,
    item_ids: ArrayLike | None,
    context: ArrayLike | None,
) -> SortedJudgements:
    """Return pairwise judgements."""
    n = check.length_of(winner, "winner")
    check.same_length(loser, "loser", n)
    coded = code_items({"winner": winner, "loser": loser}, item_ids)
    better, worse = coded.columns
    check.different_pairs(better, worse, coded.item_ids)
    if coded.item_ids is not None:
        refuse_sides(better, worse, coded.item_ids)
    said = about(n, annotator, weight, count, context)
    judgements = Judgements(
        layout="pairs",
        offsets=np.arange(0, 2 * n + 1, 2, dtype=np.int64),
        items=np.stack((better, worse), axis=1).reshape(-1),
        chosen=np.zeros(n, dtype=np.int32),
        tied=check.tied_pairs(tie, n),
        first=None if first is None else check.booleans(first, "first", n),
        weight=said.weight,
        count=said.counts,
        context=said.context,
    )
    return by_annotator(judgements, coded, said)


def choice_sets(
    offsets: ArrayLike,
    items: ArrayLike,
    chosen: ArrayLike,
    annotator: ArrayLike | None,
    weight: ArrayLike | None,
    count: ArrayLike | None,
    item_ids: ArrayLike | None,
    context: ArrayLike | None,
) -> SortedJudgements:
    """Return choices of one among several."""
    starts = check.offsets(offsets, check.length_of(items, "items"), "choice set")
    sizes = np.diff(starts)
    return sets(
        "choice_sets",
        starts,
        code_items({"items": items}, item_ids),
        about(len(sizes), annotator, weight, count, context),
        chosen=check.positions(chosen, sizes),
    )


def rankings(
    offsets: ArrayLike,
    items: ArrayLike,
    n_ranked: ArrayLike | None,
    annotator: ArrayLike | None,
    weight: ArrayLike | None,
    count: ArrayLike | None,
    item_ids: ArrayLike | None,
    context: ArrayLike | None,
) -> SortedJudgements:
    """Return rankings."""
    starts = check.offsets(offsets, check.length_of(items, "items"), "ranking")
    sizes = np.diff(starts)
    return sets(
        "rankings",
        starts,
        code_items({"items": items}, item_ids),
        about(len(sizes), annotator, weight, count, context),
        n_ranked=check.ranked_counts(n_ranked, sizes),
    )


def sets(
    layout: Layout,
    offsets: NDArray[np.int64],
    coded: CodedItems,
    said: About,
    *,
    chosen: NDArray[np.int32] | None = None,
    n_ranked: NDArray[np.int32] | None = None,
    set_name: Callable[[int], str] | None = None,
    item_order: NDArray[np.int64] | None = None,
) -> SortedJudgements:
    """Return checked choice sets or rankings, refusing an item twice in a set."""
    (items,) = coded.columns
    if set_name is None:
        set_name = ("ranking {}" if layout == "rankings" else "choice set {}").format
    check.different_items(offsets, items, coded.item_ids, set_name)
    judgements = Judgements(
        layout=layout,
        offsets=offsets,
        items=items,
        chosen=chosen,
        n_ranked=n_ranked,
        weight=said.weight,
        count=said.counts,
        context=said.context,
    )
    return by_annotator(judgements, coded, said, item_order)


def by_annotator(
    judgements: Judgements,
    coded: CodedItems,
    said: About,
    item_order: NDArray[np.int64] | None = None,
) -> SortedJudgements:
    """Sort judgements that stand in the caller's order."""
    ids, order = None, None
    ends = np.array([0, len(judgements.offsets) - 1], dtype=np.int64)
    if said.annotators is not None:
        ids, codes = said.annotators
        ends = ends_of(codes, len(ids))
        order = stable_order(codes, len(ids))
    elif said.people is not None:
        ends = said.people
    if item_order is not None and order is not None:
        item_order = judgements.pick(item_order, order)
    return SortedJudgements.of(
        judgements.gathered(order),
        annotator_offsets=ends,
        annotator_ids=ids,
        item_ids=coded.item_ids,
        n_items=coded.n_items,
        order=order,
        item_order=item_order,
    )
