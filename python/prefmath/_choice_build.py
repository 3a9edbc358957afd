"""From what the caller passed to the fields of `Choices`: checked, coded, sorted by annotator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath import _choice_checks as check
from prefmath._judgements import Judgements, ends_of, stable_order
from prefmath._labels import Coded, CodedItems, code_items, code_labels

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def pairs(
    winner: ArrayLike,
    loser: ArrayLike,
    tie: ArrayLike | None,
    annotator: ArrayLike | None,
    weight: ArrayLike | None,
    item_ids: ArrayLike | None,
    context: ArrayLike | None,
) -> dict[str, Any]:
    """Return the fields of pairwise judgements."""
    n = check.length_of(winner, "winner")
    check.one_a_judgement(loser, "loser", n)
    coded = code_items({"winner": winner, "loser": loser}, item_ids)
    first, second = coded.columns
    check.different_pairs(first, second, coded.item_ids)
    judgements = Judgements(
        layout="pairs",
        offsets=np.arange(0, 2 * n + 1, 2, dtype=np.int64),
        items=np.stack((first, second), axis=1).reshape(-1),
        chosen=np.zeros(n, dtype=np.int32),
        tied=check.tied_pairs(tie, n),
        weight=check.weights(weight, n),
        context=check.contexts(context, n),
    )
    return by_annotator(judgements, code_annotators(annotator, n), coded)


def choice_sets(
    offsets: ArrayLike,
    items: ArrayLike,
    chosen: ArrayLike,
    annotator: ArrayLike | None,
    weight: ArrayLike | None,
    item_ids: ArrayLike | None,
    context: ArrayLike | None,
) -> dict[str, Any]:
    """Return the fields of choices of one among several."""
    starts = check.offsets(offsets, check.length_of(items, "items"), "choice set")
    sizes = np.diff(starts)
    n = len(sizes)
    coded = code_items({"items": items}, item_ids)
    check.different_items(starts, coded.columns[0], coded.item_ids, "choice set {}".format)
    judgements = Judgements(
        layout="choice_sets",
        offsets=starts,
        items=coded.columns[0],
        chosen=check.positions(chosen, sizes),
        weight=check.weights(weight, n),
        context=check.contexts(context, n),
    )
    return by_annotator(judgements, code_annotators(annotator, n), coded)


def rankings(
    offsets: ArrayLike,
    items: ArrayLike,
    n_ranked: ArrayLike | None,
    annotator: ArrayLike | None,
    weight: ArrayLike | None,
    item_ids: ArrayLike | None,
    context: ArrayLike | None,
) -> dict[str, Any]:
    """Return the fields of rankings."""
    starts = check.offsets(offsets, check.length_of(items, "items"), "ranking")
    sizes = np.diff(starts)
    n = len(sizes)
    coded = code_items({"items": items}, item_ids)
    check.different_items(starts, coded.columns[0], coded.item_ids, "ranking {}".format)
    judgements = Judgements(
        layout="rankings",
        offsets=starts,
        items=coded.columns[0],
        n_ranked=check.ranked_counts(n_ranked, sizes),
        weight=check.weights(weight, n),
        context=check.contexts(context, n),
    )
    return by_annotator(judgements, code_annotators(annotator, n), coded)


def code_annotators(annotator: ArrayLike | None, n: int) -> Coded | None:
    """Return the annotators of `n` judgements as sorted labels and positions among them."""
    if annotator is None:
        return None
    coded = code_labels(annotator, "annotator")
    check.same_length(coded.codes, "annotator", n)
    return coded


def by_annotator(
    judgements: Judgements,
    annotators: Coded | None,
    coded: CodedItems,
    item_order: NDArray[np.int64] | None = None,
) -> dict[str, Any]:
    """Return the fields of `Choices` for judgements in the caller's order."""
    table = {"item_ids": coded.item_ids, "n_items": coded.n_items}
    if annotators is None:
        ids, ends = None, np.array([0, len(judgements.offsets) - 1], dtype=np.int64)
        order = None
    else:
        ids, codes = annotators
        ends = ends_of(codes, len(ids))
        order = stable_order(codes, len(ids))
    if item_order is not None and order is not None:
        item_order = judgements.pick(item_order, order)
    return {
        **judgements.gathered(order),
        **table,
        "annotator_offsets": ends,
        "annotator_ids": ids,
        "order": order,
        "item_order": item_order,
    }
