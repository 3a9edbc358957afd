"""Which columns of a table are the embedding: those named, or those that can be nothing else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath.cli.columns import (
    Matrix,
    from_array,
    is_list,
    is_number,
    listed,
    of_columns,
    of_lists,
    require,
    split,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

_NUMBERED = re.compile(r"(?s)(.*?)(\d+)(\]?)")
_NAME = "name its columns with --embedding"


def embedding(table: Any, wanted: str | None, others: Collection[str]) -> Matrix:
    """Return the embedding of each row of a table.

    Parameters
    ----------
    table : pyarrow.Table
        The table.
    wanted : str or None
        A column of lists, a column of numbers, several names with commas between, what the names of
        the columns begin with, or a .npy file with a row for each row of the table. None: the
        column ``embedding``, the one column of lists of numbers, or the columns whose names are
        one stem with running numbers.
    others : collection of str
        Columns that have another use.

    Returns
    -------
    Matrix
        Of float32, or of what the one column of lists holds.

    Raises
    ------
    ValueError
        If a column is not there, holds no numbers, or lacks one in some row; or if none is named
        and several could be meant, or none. Ids, scores and lengths are numbers too, so that being
        a number makes no column part of an embedding.

    Examples
    --------
    >>> import pyarrow
    >>> table = pyarrow.table({"id": [7, 8], "e0": [0.5, 1.0], "e1": [2.0, 3.0]})
    >>> embedding(table, None, []).values
    array([[0.5, 2. ],
           [1. , 3. ]], dtype=float32)
    """
    if wanted is None:
        return _of_names(table, _only_candidate(table, others))
    if wanted in table.column_names:
        return _of_names(table, [wanted])
    if wanted.lower().endswith(".npy"):
        matrix = from_array(wanted)
        if len(matrix.values) != table.num_rows:
            raise ValueError(
                f"{wanted!r} has {len(matrix.values):,} rows, but the table {table.num_rows:,}"
            )
        return matrix
    if "," in wanted:
        return of_columns(table, split(wanted), np.float32)
    names = [name for name in table.column_names if name.startswith(wanted)]
    if not wanted or not names:
        raise ValueError(
            f"no column is or begins with {wanted!r}: there are {listed(table.column_names)}"
        )
    return of_columns(table, _beginning(names, wanted), np.float32)


def _of_names(table: Any, names: list[str]) -> Matrix:
    require(table, names)
    if len(names) == 1 and is_list(table.schema.field(names[0]).type):
        return of_lists(table[names[0]], names[0])
    return of_columns(table, names, np.float32)


def _only_candidate(table: Any, others: Collection[str]) -> list[str]:
    """Return the columns that the embedding must stand in, none being named."""
    if "embedding" in table.column_names:
        return ["embedding"]
    fields = [field for field in table.schema if field.name not in others]
    candidates = [
        [field.name] for field in fields if is_list(field.type) and is_number(field.type.value_type)
    ]
    candidates += _numbered(fields)
    if len(candidates) > 1:
        shown = " or ".join(_span(names) for names in candidates)
        raise ValueError(f"the embedding may be {shown}: {_NAME}")
    if not candidates:
        raise ValueError(
            "no column 'embedding', no column of lists of numbers and no columns 'e0', 'e1', … of"
            f" one stem: there are {listed(table.column_names)}; {_NAME}"
        )
    return candidates[0] if len(candidates[0]) == 1 else _without_gaps(candidates[0])


def _numbered(fields: Sequence[Any]) -> list[list[str]]:
    """Return the groups of columns, some of numbers, that one stem and numbers name, in order."""
    groups: dict[tuple[str, str], list[Any]] = {}
    for field in fields:
        if found := _NUMBERED.fullmatch(field.name):
            groups.setdefault((found[1], found[3]), []).append(field)
    return [
        sorted((field.name for field in group), key=_number)
        for group in groups.values()
        if len(group) > 1 and any(is_number(field.type) for field in group)
    ]


def _without_gaps(names: list[str]) -> list[str]:
    """Return names whose numbers run from 0 or 1; a gap or a number twice is refused."""
    first = min(_number(names[0]), 1)
    for number, name in enumerate(names, first):
        if _number(name) != number:
            raise ValueError(
                f"the numbers of columns {_span(names)} do not run {first}, {first + 1}, …:"
                f" {name!r} stands where number {number} should; {_NAME}"
            )
    return names


def _number(name: str) -> int:
    found = _NUMBERED.fullmatch(name)
    # more digits than any number of columns has
    return int(found[2][:18]) if found else -1


def _beginning(names: list[str], wanted: str) -> list[str]:
    """Return the columns that begin as wanted, in the order of their numbers if they have some."""
    matches = [_NUMBERED.fullmatch(name) for name in names]
    stems = {found.group(1, 3) if found else None for found in matches}
    if stems == {None}:
        return names
    if len(stems) > 1:
        raise ValueError(
            f"{listed(names)} begin with {wanted!r}, of more than one stem: write more of the name,"
            " or the names with commas between"
        )
    return sorted(names, key=_number)


def _span(names: Sequence[str]) -> str:
    return repr(names[0]) if len(names) == 1 else f"{names[0]!r} to {names[-1]!r}"
