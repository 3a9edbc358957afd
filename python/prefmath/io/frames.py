"""Choices from the columns of a data frame: pandas, Polars, Arrow or what else narwhals knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._labels import CodedItems, code_items, code_labels, shown
from prefmath.choices import build
from prefmath.choices import checks as check
from prefmath.io._ballots import wide_rankings
from prefmath.io._long import long_choice_sets, long_rankings
from prefmath.io._named_columns import naming_columns
from prefmath.io._table import Table
from prefmath.io.usual_names import found_by_name, usual_names

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

    from prefmath.choices.sorted_judgements import SortedJudgements
    from prefmath.io._ballots import Offered

_FORMS: dict[str, dict[str, tuple[set[str], set[str]]]] = {
    "pairs": {"pairs": ({"winner", "loser"}, {"tie", "first"})},
    "choice_sets": {
        "long": ({"choice_set", "chosen"}, {"item"}),
        "wide": ({"items", "chosen"}, set()),
    },
    "rankings": {
        "long": ({"choice_set", "item", "rank"}, set()),
        "wide": ({"items"}, set()),
    },
}
"""The forms of each layout: the columns that one needs, and those that it may have."""

_ABOUT = ("annotator", "weight", "count", "context")
"""What may be said of the judgements of every layout."""


def judgements_of_frame(
    frame: object,
    layout: str,
    columns: Mapping[str, Any],
    item_ids: ArrayLike | None,
    offered: Offered | None = None,
) -> SortedJudgements:
    """Return the judgements that a frame holds.

    Parameters
    ----------
    frame : frame
        Anything that narwhals reads or that hands out an Arrow stream.
    layout : {"pairs", "choice_sets", "rankings"}
        What a judgement is.
    columns : mapping
        Names of columns under the arguments of `Choices.from_frame`; None for those not given.
    item_ids : array_like, optional
        Labels of the item table.
    offered : {"all", "named"}, optional
        Which items wide rankings are of.

    Returns
    -------
    SortedJudgements
        Checked, coded and sorted by annotator.

    Raises
    ------
    ImportError
        If narwhals is not installed.
    TypeError
        If `frame` is none, or a column holds the wrong kind of values.
    ValueError
        If columns are lacking or do not belong to the layout, and as the other constructors do.
    """
    table: Table | None = None
    if all(name is None for role, name in columns.items() if role not in _ABOUT):
        table = Table(frame)
        columns = _by_usual_names(layout, columns, table.names)
    given = {role: name for role, name in columns.items() if name is not None}
    about = {role: given.pop(role, None) for role in _ABOUT}
    form = _form(layout, given)
    _check_offered(offered, layout, form)
    table = Table(frame) if table is None else table
    with naming_columns(columns):
        return _judgements(table, layout, form, given, about, item_ids, offered)


def _judgements(
    table: Table,
    layout: str,
    form: str,
    given: Mapping[str, Any],
    about: Mapping[str, Any],
    item_ids: ArrayLike | None,
    offered: Offered | None,
) -> SortedJudgements:
    annotator = about["annotator"]
    if not (build.is_each(annotator) and annotator not in table.names):
        annotator = table.optional("annotator", annotator)
    weight, count = (table.optional(role, about[role]) for role in ("weight", "count"))
    context = None if about["context"] is None else table.context(about["context"])
    if form == "pairs":
        winner, loser = (table.column(role, given[role]) for role in ("winner", "loser"))
        tie, first = (table.optional(role, given.get(role)) for role in ("tie", "first"))
        said_of_pairs = annotator, weight, count, item_ids, context
        return build.pairs(winner, loser, tie, first, *said_of_pairs)
    said = build.about(len(table), annotator, weight, count, context)
    if form == "wide" and layout == "rankings":
        return wide_rankings(table, given["items"], item_ids, offered, said)
    if form == "wide":
        picked = table.column("chosen", given["chosen"])
        items = table.columns("items", given["items"], table.column)
        return _wide_choice_sets(items, picked, item_ids, said)
    sets = table.column("choice_set", given["choice_set"])
    if layout == "rankings":
        item, rank = table.column("item", given["item"]), table.numbers("rank", given["rank"])
        return long_rankings(sets, item, rank, item_ids, said)
    chosen = table.column("chosen", given["chosen"])
    item_or_row = table.optional("item", given.get("item"))
    return long_choice_sets(sets, chosen, item_or_row, item_ids, said)


def _by_usual_names(layout: Any, columns: Mapping[str, Any], names: list[str]) -> Mapping[str, Any]:
    """Return the columns of a layout that are there by the names that they usually have."""
    if not isinstance(layout, str) or layout not in _FORMS:
        return columns  # refused later
    needed, optional = next(iter(_FORMS[layout].values()))
    found = found_by_name([*sorted(needed), *sorted(optional), *_ABOUT], names)
    lacking = sorted(needed - found.keys())
    if lacking:
        usual = "; ".join(f"{role}: {', '.join(usual_names(role))}" for role in lacking)
        raise ValueError(
            f"frame has no column of a usual name for {' and '.join(lacking)} ({usual}): name them"
        )
    return {**found, **{role: name for role, name in columns.items() if name is not None}}


def _check_offered(offered: object, layout: str, form: str) -> None:
    if offered is None:
        return
    if offered not in ("all", "named"):
        raise ValueError(f"offered must be 'all' or 'named', got {offered!r}")
    if (layout, form) != ("rankings", "wide"):
        raise ValueError(
            f"offered={offered!r} says which items rankings in columns are of: it has no place in "
            f"layout={layout!r} without items"
            if layout == "rankings"
            else f"offered={offered!r} has no place in layout={layout!r}"
        )


def _form(layout: Any, given: Mapping[str, Any]) -> str:
    """Return the form of the layout that the columns make, or refuse them."""
    if not isinstance(layout, str) or layout not in _FORMS:
        raise ValueError(f"layout must be one of {', '.join(map(repr, _FORMS))}, got {layout!r}")
    forms = _FORMS[layout]
    form = "wide" if "items" in given and "wide" in forms else next(iter(forms))
    needed, optional = forms[form]
    for role in given:
        if role not in needed | optional:
            beside = " and ".join(sorted(needed))
            raise ValueError(f"{role} has no place beside {beside} in layout={layout!r}")
    if not needed <= given.keys():
        ways = ", or ".join(" and ".join(sorted(roles)) for roles, _ in forms.values())
        raise ValueError(f"layout={layout!r} needs columns for {ways}")
    return form


def _wide_choice_sets(
    items: dict[str, NDArray[Any]],
    chosen: NDArray[Any],
    item_ids: ArrayLike | None,
    said: build.About,
) -> SortedJudgements:
    offsets, coded = _across(items, item_ids)
    if chosen.dtype.kind in "UOT":
        chosen = _place_among(list(items), chosen)
    positions = check.positions(chosen, np.diff(offsets))
    return build.sets("choice_sets", offsets, coded, said, chosen=positions)


def _across(
    items: dict[str, NDArray[Any]], item_ids: ArrayLike | None
) -> tuple[NDArray[np.int64], CodedItems]:
    """Return the columns of items as one choice set a row."""
    named = {f"items[{name!r}]": column for name, column in items.items()}
    coded = code_items(named, item_ids)
    flat = np.stack(coded.columns, axis=1).reshape(-1)
    offsets = np.arange(0, len(flat) + 1, len(items), dtype=np.int64)
    return offsets, coded._replace(columns=[flat])


def _place_among(names: list[str], chosen: NDArray[Any]) -> NDArray[np.int32]:
    """Return the position of each chosen column name among the item columns."""
    ids, codes = code_labels(chosen, "chosen")
    place = {name: position for position, name in enumerate(names)}
    position_of = np.array([place.get(label, -1) for label in ids.tolist()], dtype=np.int32)
    positions: NDArray[np.int32] = position_of[codes]
    if (positions < 0).any():
        row = int((positions < 0).argmax())
        columns = ", ".join(map(repr, names))
        raise ValueError(
            f"chosen must name one of the item columns {columns} or hold positions: "
            f"chosen[{row}]={shown(chosen[row])}"
        )
    return positions
