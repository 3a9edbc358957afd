"""Wide rankings, one row a ballot: the first few of the items offered, or all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from prefmath._label_values import family
from prefmath._labels import code_items, distinct_labels
from prefmath.choices import build
from prefmath.choices import checks as check
from prefmath.choices.judgements import offsets_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

    from prefmath.choices.sorted_judgements import SortedJudgements
    from prefmath.io._table import Table

Offered: TypeAlias = Literal["all", "named"]


def wide_rankings(
    table: Table,
    names: list[str],
    item_ids: ArrayLike | None,
    offered: Offered | None,
    said: build.About,
) -> SortedJudgements:
    """Return rankings, best first, that end where a column holds none.

    What a ballot leaves out was either offered, and lies behind all that it names, or was not. The
    likelihood differs, and the frame does not tell.

    Raises
    ------
    ValueError
        If a ballot names nothing or has a gap, or leaves items out and `offered` is not given.
    """
    item_table = None if item_ids is None else distinct_labels(item_ids, "item_ids")
    columns, gaps = _columns(table.columns("items", names, table.labels), item_table)
    _refuse_gaps(names, gaps)
    n_named = len(names) - gaps.sum(axis=1)
    if offered is None:
        _refuse_unclear(names, gaps, n_named, item_table)
    coded = code_items(_filled(names, columns, gaps), item_table)
    codes = np.stack(coded.columns, axis=1)
    items, offsets = codes[~gaps], offsets_of(n_named)
    if offered == "all":
        check.different_items(offsets, items, coded.item_ids, "ranking {}".format)
        rows = np.unique(items) if item_table is None else np.arange(coded.n_items, dtype=np.int32)
        items = rows[_before_the_rest(np.searchsorted(rows, codes), gaps, len(rows))]
        offsets = np.arange(0, len(items) + 1, len(rows), dtype=np.int64)
    coded = coded._replace(columns=[items])
    return build.sets("rankings", offsets, coded, said, n_ranked=n_named.astype(np.int32))


def _columns(
    given: Mapping[str, tuple[NDArray[Any], NDArray[np.bool_]]], item_table: NDArray[Any] | None
) -> tuple[list[NDArray[Any]], NDArray[np.bool_]]:
    """Return the columns, and where they hold no item: null, or "" or 0 which is none."""
    arrays = [array for array, _ in given.values()]
    gaps = np.stack([missing for _, missing in given.values()], axis=1)
    of_table = "" if item_table is None else family(item_table)
    known = [] if item_table is None else item_table.tolist()
    if of_table == "integers" or any(array.dtype.kind in "iu" for array in arrays):
        # pandas makes floats of integers in a column with missing values.
        arrays = [_whole(array, gaps[:, at]) for at, array in enumerate(arrays)]
    for at, array in enumerate(arrays):
        if array.dtype.kind in "OU" and "" not in known:
            gaps[:, at] |= [isinstance(value, str) and not value for value in array.tolist()]
        if of_table == "integers" and array.dtype.kind in "iu" and 0 not in known:
            gaps[:, at] |= array == 0
    return arrays, gaps


def _whole(array: NDArray[Any], gap: NDArray[np.bool_]) -> NDArray[Any]:
    if array.dtype.kind != "f":
        return array
    present = np.where(gap, 0, array).astype(np.float64)
    whole = (present == np.floor(present)) & (abs(present) <= 2**53)
    return present.astype(np.int64) if whole.all() else array


def _refuse_gaps(names: list[str], gaps: NDArray[np.bool_]) -> None:
    for row in np.flatnonzero(gaps.all(axis=1))[:1]:
        raise ValueError(f"items must name an item in each row: row {row} names none")
    for row, before in np.argwhere(gaps[:, :-1] & ~gaps[:, 1:])[:1]:
        raise ValueError(
            f"items[{names[before]!r}] must not be missing before items[{names[before + 1]!r}], "
            f"which holds an item: row {row} has a gap"
        )


def _refuse_unclear(
    names: list[str],
    gaps: NDArray[np.bool_],
    n_named: NDArray[Any],
    item_table: NDArray[Any] | None,
) -> None:
    """Refuse ballots that leave items out without a word on whether these were offered."""
    if item_table is None:
        for row, column in np.argwhere(gaps)[:1]:
            raise ValueError(
                f"items[{names[column]!r}] is missing in row {row}: say offered='all' if all "
                f"items that any row names could be ranked, so that those not named lie behind, or "
                f"offered='named' if only those named were shown"
            )
        return
    n_items = len(item_table)
    for row in np.flatnonzero(n_named < n_items)[:1]:
        raise ValueError(
            f"items name {n_named[row]} of {n_items} item_ids in row {row}: say offered='all' if "
            f"all of item_ids could be ranked, so that those not named lie behind, or "
            f"offered='named' if only those named were shown"
        )


def _filled(
    names: list[str], columns: list[NDArray[Any]], gaps: NDArray[np.bool_]
) -> dict[str, NDArray[Any]]:
    """Return the columns with the first choice of a row, which is never missing, in its gaps."""
    filled = (_with(column, gaps[:, at], columns[0]) for at, column in enumerate(columns))
    return {f"items[{name!r}]": column for name, column in zip(names, filled, strict=True)}


def _with(column: NDArray[Any], gap: NDArray[np.bool_], first: NDArray[Any]) -> NDArray[Any]:
    if gap.all():
        return first
    if not gap.any():
        return column
    if column.dtype == first.dtype:
        return np.where(gap, first, column)
    return np.where(gap, first.astype(object), column.astype(object))


def _before_the_rest(
    codes: NDArray[np.int64], gaps: NDArray[np.bool_], n_items: int
) -> NDArray[np.int64]:
    """Return for each row the items named, in order, and then all others."""
    n = len(codes)
    left = np.ones((n, n_items), np.bool_)
    left[np.nonzero(~gaps)[0], codes[~gaps]] = False
    items = np.empty((n, n_items), np.int64)
    named = np.arange(n_items) < (~gaps).sum(axis=1)[:, None]
    items[named] = codes[~gaps]
    items[~named] = np.nonzero(left)[1]
    return items.reshape(-1)
