"""Long frames, one row an alternative: rows gathered into choice sets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._labels import Coded, CodedItems, code_items, code_labels, shown
from prefmath.choices import build
from prefmath.choices import checks as check
from prefmath.choices.judgements import offsets_of, stable_order

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from prefmath.choices.sorted_judgements import SortedJudgements


def long_choice_sets(
    choice_set: NDArray[Any],
    chosen: NDArray[Any],
    item: NDArray[Any] | None,
    item_ids: ArrayLike | None,
    said: build.About,
) -> SortedJudgements:
    """Return choices of one, marked in its row; `said` holds one entry a row."""
    if item is None and item_ids is not None:
        raise ValueError("item_ids needs a column for item: without one each row is an item")
    groups = Groups(choice_set, said.annotators)
    yes = groups.gather(check.booleans(chosen, "chosen", len(choice_set)))
    marked = np.add.reduceat(yes, groups.offsets[:-1], dtype=np.int64)
    if (marked != 1).any():
        row = int((marked != 1).argmax())
        raise ValueError(
            f"chosen must mark one row of each choice set: {groups.name(row)} has {marked[row]}"
            f"{groups.hint() if marked[row] else groups.divided(row)}"
        )
    positions = np.flatnonzero(yes) - groups.offsets[:-1]
    items = np.arange(len(choice_set)) if item is None else item
    return build.sets(
        "choice_sets",
        groups.offsets,
        groups.items(items, item_ids),
        groups.about(said),
        chosen=positions.astype(np.int32),
        set_name=groups.name,
        item_order=groups.rows,
    )


def long_rankings(
    choice_set: NDArray[Any],
    item: NDArray[Any],
    rank: NDArray[np.float64],
    item_ids: ArrayLike | None,
    said: build.About,
) -> SortedJudgements:
    """Return rankings, 1 the best and NaN not ranked; `said` has an entry a row."""
    groups = Groups(choice_set, said.annotators, rank)
    ranks = groups.gather(rank)
    ranked = ~np.isnan(ranks)
    n_ranked = np.add.reduceat(ranked, groups.offsets[:-1], dtype=np.int64)
    if (n_ranked == 0).any():
        row = int((n_ranked == 0).argmax())
        raise ValueError(f"rank must rank an item of each choice set: {groups.name(row)} has none")
    sizes = np.diff(groups.offsets)
    place = np.arange(1, len(ranks) + 1) - np.repeat(groups.offsets[:-1], sizes)
    wrong = ranked & (ranks != place)
    if wrong.any():
        at = int(wrong.argmax())
        raise ValueError(
            f"rank must run 1, 2, … in each choice set: rank[{groups.row(at)}]={ranks[at]:g} "
            f"comes as number {place[at]} in {groups.name_at(at)}"
            f"{groups.hint() if at and ranks[at] == ranks[at - 1] else ''}"
        )
    return build.sets(
        "rankings",
        groups.offsets,
        groups.items(item, item_ids),
        groups.about(said),
        n_ranked=n_ranked.astype(np.int32),
        set_name=groups.name,
        item_order=groups.rows,
    )


class Groups:
    """Rows of a frame by choice set: sets in order of appearance, rows as they come or by rank.

    Ids of sets may begin anew for each annotator: rows of two annotators are never of one set.
    """

    def __init__(
        self,
        choice_set: NDArray[Any],
        annotators: Coded | None,
        rank: NDArray[np.float64] | None = None,
    ) -> None:
        self._labels, self._codes = code_labels(choice_set, "choice_set")
        self._annotators = annotators
        n, codes = len(self._labels), self._codes
        if annotators is not None:
            both = codes.astype(np.int64) * len(annotators.ids) + annotators.codes
            ids, codes = code_labels(both, "choice_set")
            n = len(ids)
        first = np.empty(n, dtype=np.int64)
        first[codes[::-1]] = np.arange(len(codes) - 1, -1, -1)  # the last written is the first row
        by_appearance = np.argsort(first)
        number = np.empty(n, dtype=np.int32)
        number[by_appearance] = np.arange(n, dtype=np.int32)
        groups = number[codes]
        self.first_rows = first[by_appearance]
        self.offsets = offsets_of(np.bincount(groups, minlength=n))
        if rank is None:
            self.rows = stable_order(groups, n)
        else:
            unranked_last = np.where(np.isnan(rank), np.inf, rank)
            rows = np.lexsort((unranked_last, groups))
            self.rows = None if (rows[1:] > rows[:-1]).all() else rows

    def gather(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return values of the rows of the frame set by set."""
        return values if self.rows is None else values[self.rows]

    def row(self, at: int) -> int:
        """Return the row of the frame that came to place `at`."""
        return at if self.rows is None else int(self.rows[at])

    def name(self, group: int) -> str:
        """Return how an error calls a choice set."""
        row = self.first_rows[group]
        label = shown(self._labels[self._codes[row]])
        if self._annotators is None:
            return f"choice set {label} (from row {row})"
        who = shown(self._annotators.ids[self._annotators.codes[row]])
        return f"choice set {label} of annotator {who} (from row {row})"

    def hint(self) -> str:
        """Return what may be wrong where a choice set holds more than one."""
        if self._annotators is None:
            return "; if ids begin anew for each person, name the column of persons as annotator"
        return "; if ids begin anew within an annotator, make them differ"

    def name_at(self, at: int) -> str:
        """Return how an error calls the choice set at a place among the gathered rows."""
        return self.name(int(np.searchsorted(self.offsets, at, side="right")) - 1)

    def divided(self, group: int) -> str:
        """Return which other annotator has rows of the same id."""
        if self._annotators is None:
            return ""
        row = self.first_rows[group]
        others = self._codes == self._codes[row]
        others &= self._annotators.codes != self._annotators.codes[row]
        if not others.any():
            return ""
        other = int(others.argmax())
        who = shown(self._annotators.ids[self._annotators.codes[other]])
        return f"; row {other} of this id is of annotator {who}, and so of another choice set"

    def items(self, item: NDArray[Any], item_ids: ArrayLike | None) -> CodedItems:
        """Return the items set by set; errors name rows of the frame."""
        coded = code_items({"item": item}, item_ids)
        return coded._replace(columns=[self.gather(coded.columns[0])])

    def about(self, said: build.About) -> build.About:
        """Return what was said in each row as said of each set, or refuse what differs in one."""
        annotators = said.annotators
        if annotators is not None:
            annotators = annotators._replace(codes=annotators.codes[self.first_rows])
        weight = None if said.weight is None else self._constant("weight", said.weight)
        count = None if said.counts is None else self._constant("count", said.counts)
        context = None if said.context is None else self._constant("context", said.context)
        people = None
        if said.people is not None:
            people = np.arange(len(self.first_rows) + 1, dtype=np.int64)
        return build.About(annotators, weight, count, context, people)

    def _constant(self, name: str, values: NDArray[Any]) -> NDArray[Any]:
        of_sets = values[self.first_rows]
        rows = self.gather(values)
        expected = np.repeat(of_sets, np.diff(self.offsets), axis=0)
        # What is not equal to itself, NaN, may stand in a context.
        differs = (rows != expected) & ((rows == rows) | (expected == expected))  # noqa: PLR0124
        if differs.ndim > 1:
            differs = differs.any(axis=tuple(range(1, differs.ndim)))
        if differs.any():
            at = int(differs.argmax())
            here, there = rows[at], expected[at]
            raise ValueError(
                f"{name} must be the same in all rows of a choice set: {name}[{self.row(at)}]="
                f"{shown(here)} but {shown(there)} before in {self.name_at(at)}"
            )
        return of_sets
