"""Judgements and features out of the files that ``prefmath fit`` is given."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple, TypedDict, cast

from prefmath.cli import columns
from prefmath.cli.embeddings import embedding
from prefmath.io.files import TABLES, read_array, read_table, suffix_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from prefmath.choices import Choices


class Ties(StrEnum):
    """What becomes of tied pairs."""

    half = "half"
    davidson = "davidson"
    rao_kupper = "rao_kupper"


class Layout(StrEnum):
    """What one judgement is."""

    pairs = "pairs"
    choice_sets = "choice_sets"
    rankings = "rankings"


class Offered(StrEnum):
    """Which items rankings in columns are of."""

    all = "all"
    named = "named"


@dataclass(frozen=True, kw_only=True)
class Names:
    """The columns that the user named, None where a default may stand; and what was offered."""

    winner: str | None = None
    loser: str | None = None
    tie: str | None = None
    first: str | None = None
    choice_set: str | None = None
    chosen: str | None = None
    item: str | None = None
    items: str | None = None
    rank: str | None = None
    annotator: str | None = None
    weight: str | None = None
    count: str | None = None
    feature_columns: str | None = None
    offered: Offered | None = None


@dataclass(frozen=True)
class Features:
    """One row of numbers an item."""

    matrix: columns.Matrix
    item_ids: NDArray[Any] | None
    """The labels of the rows; None where items are row numbers."""


class Judgements(NamedTuple):
    """What a file of judgements holds."""

    choices: Choices
    features: Features | None
    columns: list[str]
    """The columns that were read; none of an array."""


def read_judgements(
    path: Path,
    layout: Layout,
    names: Names,
    features: Features | None,
    *,
    position_effect: bool = False,
) -> Judgements:
    """Read the judgements, and the features where they stand in the same table.

    Which was shown first is read unasked only if positions are to have an effect.
    """
    if suffix_of(path, (".npy", *TABLES)) == ".npy":
        return Judgements(_from_array(path, layout, names, features), features, [])
    table = read_table(path)
    if table.num_rows == 0:
        raise ValueError(f"{str(path)!r} has no rows")
    if position_effect and layout is Layout.pairs and names.first is None:
        if "first" not in table.column_names:
            there = columns.listed(table.column_names)
            raise ValueError(
                "--position-effect needs a column that tells with true or false whether the winner"
                f" was shown first, named with --first: there are {there}"
            )
        names = replace(names, first="first")
    arguments = _arguments(table, layout, names, has_features=features is not None)
    of_roles = cast("dict[str, str | list[str] | None]", arguments)
    used = [
        name
        for value in of_roles.values()
        for name in (value if isinstance(value, list) else [value])
        if name is not None
    ]
    if arguments["annotator"] == "each" and "each" not in table.column_names:
        used.remove("each")  # which is no column, but says that nobody judged twice
    columns.require(table, used)
    for role in _MARKS if layout is Layout.pairs or names.items is None else ():
        marks = of_roles.get(role)
        if isinstance(marks, str):
            _refuse_no_mark(table[marks], marks, role)
    numbers = [name for name in (arguments["weight"], arguments["count"]) if name is not None]
    columns.numbers(table, numbers)
    for name in used:
        if name not in numbers:
            columns.refuse_rounded(table[name], name)
    table = columns.without_empty_labels(table, used)
    if names.feature_columns is not None:
        matrix = columns.numbers(table, columns.split(names.feature_columns))
        columns.refuse_not_finite(matrix)
        features = Features(matrix, None)
    item_ids = None if features is None else features.item_ids
    from prefmath.choices import Choices

    choices = Choices.from_frame(
        table,
        layout=layout.value,
        item_ids=item_ids,
        offered=None if names.offered is None else names.offered.value,
        **arguments,
    )
    if features is not None and item_ids is None and choices.item_ids is not None:
        raise ValueError(
            "items are labels: --features must be a table with a column that names them"
            " (--feature-item)"
        )
    return Judgements(choices, features, used)


_MARKS = {
    "tie": "whether neither won",
    "first": "whether the winner was shown first",
    "chosen": "whether the row was chosen",
}
"""What is said with true and false."""


def _refuse_no_mark(column: Any, name: str, role: str) -> None:
    """Refuse a column that holds text, such as an item, where true or false is wanted."""
    if columns.is_number(column.type) or column.null_count == len(column):
        return
    for row, value in enumerate(column.to_pylist()):
        if value is not None:
            shown = columns.shortened(value) if isinstance(value, str) else repr(value)
            raise ValueError(
                f"column {name!r} must tell with true or false, or 1 and 0, {_MARKS[role]}: row"
                f" {row} has {shown}; another column is named with --{role}"
            )


def read_features(path: Path, spec: str | None, item: str | None) -> Features:
    """Read one row of features an item; with labels where the table has a column of these."""
    if suffix_of(path, (".npy", *TABLES)) == ".npy":
        for option, given in {"--embedding": spec, "--feature-item": item}.items():
            if given is not None:
                raise ValueError(f"{option} names a column, and {str(path)!r} has none")
        matrix = columns.from_array(path)
        item_ids = None
    else:
        table = read_table(path)
        if item is None and "item" in table.column_names:
            item = "item"
        others = [] if item is None else [item]
        columns.require(table, others)
        matrix = embedding(table, spec, others)
        if item is not None:
            columns.refuse_rounded(table[item], item)
            columns.refuse_null(columns.without_empty_labels(table, [item])[item], item)
        item_ids = None if item is None else table[item].to_numpy()
    columns.refuse_not_finite(matrix)
    return Features(matrix, item_ids)


def _from_array(path: Path, layout: Layout, names: Names, features: Features | None) -> Choices:
    """Rows of winner and loser, or of annotator, winner and loser."""
    if layout is not Layout.pairs:
        raise ValueError(
            f"--layout {layout.value} needs a table; {str(path)!r} can hold pairs only"
        )
    _refuse_unused(layout, Names(offered=names.offered), ())
    for name, given in vars(names).items():
        if given is not None:
            option = name.replace("_", "-")
            raise ValueError(f"--{option} names a column, and {str(path)!r} has none")
    values = read_array(path)
    if values.ndim != 2 or values.shape[1] not in (2, 3) or values.dtype.kind not in "iu":
        raise ValueError(
            f"{str(path)!r} must hold whole numbers in 2 columns (winner, loser) or 3 (annotator,"
            f" winner, loser), not {values.dtype} of shape {values.shape}"
        )
    from prefmath.choices import Choices

    return Choices.from_pairs(
        values[:, -2],
        values[:, -1],
        annotator=values[:, 0] if values.shape[1] == 3 else None,
        item_ids=None if features is None else features.item_ids,
    )


class _Columns(TypedDict, total=False):
    """Columns for `Choices.from_frame`: those of a layout and form."""

    winner: str
    loser: str
    tie: str | None
    first: str | None
    choice_set: str
    item: str | None
    items: list[str]
    chosen: str
    rank: str
    annotator: str | None
    weight: str | None
    count: str | None


def _arguments(table: Any, layout: Layout, names: Names, *, has_features: bool) -> _Columns:
    """Return the columns for `Choices.from_frame`: those named, or else those of the usual name."""

    def usual(name: str) -> str | None:
        given: str | None = getattr(names, name)
        return given if given is not None else (name if name in table.column_names else None)

    def needed(name: str) -> str:
        given: str | None = getattr(names, name)
        return given if given is not None else name

    wide = names.items is not None
    arguments = _Columns()
    if layout is Layout.pairs:
        arguments["winner"], arguments["loser"] = needed("winner"), needed("loser")
        arguments["tie"], arguments["first"] = usual("tie"), names.first
    elif layout is Layout.choice_sets:
        arguments["chosen"] = needed("chosen")
        if not wide:
            arguments["choice_set"], arguments["item"] = needed("choice_set"), _item(table, names)
    elif not wide:
        arguments["choice_set"], arguments["item"] = needed("choice_set"), needed("item")
        arguments["rank"] = needed("rank")
    if wide and layout is not Layout.pairs:
        arguments["items"] = columns.split(names.items or "")
        if not arguments["items"]:
            raise ValueError(f"--items must name columns, commas between, not {names.items!r}")
    others = ["offered"] if wide and layout is Layout.rankings else []
    _refuse_unused(layout, names, [*arguments, *others])
    if layout is Layout.choice_sets and not wide and arguments["item"] is None:
        if not has_features and names.feature_columns is None:
            raise ValueError(
                "without --item every row is an item of its own, which needs --feature-columns or"
                " --features"
            )
    elif names.feature_columns is not None:
        raise ValueError(
            "--feature-columns describe the alternative of a row: they go with --layout choice_sets"
            " in long form, without --item; features of items come with --features"
        )
    arguments["annotator"], arguments["weight"] = usual("annotator"), usual("weight")
    arguments["count"] = usual("count")
    return arguments


def _item(table: Any, names: Names) -> str | None:
    if names.item is None and names.feature_columns is None and "item" in table.column_names:
        return "item"
    return names.item


def _refuse_unused(layout: Layout, names: Names, known: Sequence[str]) -> None:
    everywhere = {"annotator", "weight", "count", "feature_columns"}
    for name, given in vars(names).items():
        if given is not None and name not in everywhere and name not in known:
            form = (
                ""
                if layout is Layout.pairs
                else " in wide form"
                if names.items
                else " in long form"
            )
            option = name.replace("_", "-")
            raise ValueError(f"--{option} says nothing about {layout.value}{form}")
