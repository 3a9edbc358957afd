"""Whether comparisons determine all utilities: the graph of wins must be strongly connected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._labels import shown
from prefmath.choices.judgements import ends_of, spans, stable_order

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.choices import Choices

    _I32 = NDArray[np.int32]
    _Bool = NDArray[np.bool_]

__all__ = [
    "reached_from",
    "refuse_undetermined",
    "refuse_undetermined_rows",
    "refuse_undetermined_table",
    "wins_of",
]

# Most graphs are connected by their first edges, so many an item; then by so many times more.
_EDGES_AN_ITEM = 32
_GROWTH = 8
_NAMED = 5


def refuse_undetermined(
    winner: _I32, loser: _I32, n_items: int, item_ids: NDArray[Any] | None
) -> None:
    """Refuse wins after which some utilities have no finite estimate.

    Maximum likelihood exists if and only if in every partition of the items in two, some item of
    either side has won against one of the other (Zermelo 1929, Ford 1957): if every item can be
    reached from every other by wins. A forward and a backward search from one item tell.

    Parameters
    ----------
    winner, loser : ndarray of int32
        Ends of the edges; a tie stands there in both directions.
    n_items : int
        Items in all.
    item_ids : ndarray or None
        Their labels.

    Raises
    ------
    ValueError
        With the items of the smaller side named.
    """
    compared = np.zeros(n_items, np.bool_)
    compared[winner] = compared[loser] = True
    if not compared.all():
        raise _undetermined(np.flatnonzero(~compared), item_ids, "took part in no comparison")
    # From item 0 along wins: whoever is not reached has never lost to one who is.
    for source, target, outside, inside in (
        (winner, loser, "never lost to", "never won against"),
        (loser, winner, "never won against", "never lost to"),
    ):
        reached = _reached(source, target, n_items)
        if not reached.all():
            few = 2 * int(reached.sum()) < n_items
            rows = np.flatnonzero(reached if few else ~reached)
            what = f"{inside if few else outside} the other items"
            raise _undetermined(rows, item_ids, what)


def refuse_undetermined_table(wins: NDArray[np.float64], item_ids: NDArray[Any] | None) -> None:
    """Refuse a table of wins, the row's against the column, after which some have no estimate."""
    won = wins > 0
    if not (won[0, 1:].all() and won[1:, 0].all()):
        winner, loser = (rows.astype(np.int32) for rows in np.nonzero(won))
        refuse_undetermined(winner, loser, len(wins), item_ids)


def refuse_undetermined_rows(
    offsets: NDArray[np.int64],
    loser: _I32,
    weight: NDArray[np.float64] | None,
    item_ids: NDArray[Any] | None,
) -> None:
    """Refuse wins sorted by winner, item i's being those over ``loser[offsets[i]:offsets[i + 1]]``.

    Most are connected by the first of each row, of which all are looked at only if they are not.
    """
    n_items = len(offsets) - 1
    sizes = np.diff(offsets)
    for most in (_EDGES_AN_ITEM, int(sizes.max())):
        few = np.minimum(sizes, most)
        winner = np.repeat(np.arange(n_items, dtype=np.int32), few)
        edges = spans(offsets[:-1], few)
        against = loser[edges]
        if weight is not None:
            counted = weight[edges] > 0
            winner, against = winner[counted], against[counted]
        if _search(winner, against, n_items).all() and _search(against, winner, n_items).all():
            return
    refuse_undetermined(winner, against, n_items, item_ids)


def wins_of(choices: Choices) -> tuple[_I32, _I32]:
    """Return who won against whom in any layout; a tie says both, weight or count 0 nothing."""
    items, offsets, weight = choices.items, choices.offsets, choices.counted_weight
    counted = None if weight is None else weight > 0
    if choices.layout == "pairs":
        winner, loser = choices.winner, choices.loser
        if counted is not None:
            winner, loser = winner[counted], loser[counted]
        if choices.tied is not None:
            tied = choices.tied if counted is None else choices.tied[counted]
            winner, loser = (
                np.concatenate([winner, loser[tied]]),
                np.concatenate([loser, winner[tied]]),
            )
        return winner, loser
    sizes = np.diff(offsets)
    position = spans(np.zeros_like(sizes), sizes)
    if choices.chosen is not None:
        best = np.repeat(items[offsets[:-1] + choices.chosen], sizes)
        edges = position != np.repeat(choices.chosen, sizes)
        winner, loser = best, items
    else:
        # Each of those ranked won against the next, and the last of them against all the rest.
        n_ranked = np.minimum(np.asarray(choices.n_ranked), sizes)
        before = np.repeat(offsets[:-1], sizes) + np.minimum(
            position - 1, np.repeat(n_ranked - 1, sizes)
        )
        edges = position > 0
        winner, loser = items[np.maximum(before, 0)], items
    if counted is not None:
        edges &= np.repeat(counted, sizes)
    return winner[edges], loser[edges]


def reached_from(item: int, source: _I32, target: _I32, n_items: int) -> _Bool:
    """Return which items can be reached from one, itself among them."""
    return _search(source, target, n_items, item)


def _reached(source: _I32, target: _I32, n_items: int) -> _Bool:
    """Return which items can be reached from item 0."""
    n_edges = min(len(source), _EDGES_AN_ITEM * n_items)
    while True:
        reached = _search(source[:n_edges], target[:n_edges], n_items)
        if reached.all() or n_edges == len(source):
            return reached
        n_edges = min(len(source), _GROWTH * n_edges)


def _search(source: _I32, target: _I32, n_items: int, begin: int = 0) -> _Bool:
    """Search breadth first, each edge looked at once."""
    order = stable_order(source, n_items)
    sorted_target = target if order is None else target[order]
    ends = ends_of(source, n_items)
    reached = np.zeros(n_items, np.bool_)
    reached[begin] = True
    frontier = np.full(1, begin, np.int64)
    while len(frontier):
        found = sorted_target[spans(ends[frontier], ends[frontier + 1] - ends[frontier])]
        new = np.zeros(n_items, np.bool_)
        new[found] = True
        new &= ~reached
        reached |= new
        frontier = np.flatnonzero(new)
    return reached


def _undetermined(rows: NDArray[np.int64], item_ids: NDArray[Any] | None, what: str) -> ValueError:
    names = [shown(row if item_ids is None else item_ids[row]) for row in rows[:_NAMED].tolist()]
    if len(rows) > _NAMED:
        names.append(f"{len(rows) - _NAMED:,} more")
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    noun = "item" if len(rows) == 1 else "items"
    return ValueError(
        f"utilities have no finite estimate, as {noun} {listed} {what}: set l2 or prior above 0"
    )
