"""Labels of people and items, coded as integers: ids in, ids out."""

from __future__ import annotations

from collections import defaultdict
from itertools import count
from numbers import Number
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from prefmath._label_values import (
    family,
    id_array,
    is_infinite,
    is_missing,
    joined,
    kind_of,
    label_array,
    positions_of,
    refuse_infinite,
    refuse_missing,
    shown,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

__all__ = ["Coded", "CodedItems", "code_items", "code_labels", "distinct_labels", "shown"]

_CHUNK = 1 << 16
"""Rows turned into Python objects at a time, so that memory stays small and in cache."""

_MAX_ROWS = 1 << 31
"""Item rows and codes are stored as int32."""


class Coded(NamedTuple):
    """Labels as positions in a table: ``ids[codes]`` are the labels."""

    ids: NDArray[Any]
    """The distinct labels; sorted, unless the caller gave the table."""
    codes: NDArray[np.int32]
    """One position in `ids` for each label."""


class CodedItems(NamedTuple):
    """Several columns of items over one item table."""

    columns: list[NDArray[np.int32]]
    item_ids: NDArray[Any] | None
    n_items: int


def code_labels(values: ArrayLike, name: str) -> Coded:
    """Code labels of any one kind by their sorted distinct values.

    Parameters
    ----------
    values : array_like, shape (n,)
        Integers, strings, booleans, floats, dates or sortable objects of one type. What is not a
        label of one kind in Python (1 and 1.0, 1 and True) is not one here.
    name : str
        What the caller calls the argument, for the errors.

    Returns
    -------
    Coded
        The sorted distinct labels, and the position of each value among them.

    Raises
    ------
    TypeError
        If the labels are of several kinds, or cannot be hashed or sorted.
    ValueError
        If there is more than one dimension, or a label is missing (None, NaN, NaT, NA) or infinite.

    Examples
    --------
    >>> ids, codes = code_labels(["b", "a", "b"], "annotator")
    >>> ids.tolist(), codes.tolist()
    (['a', 'b'], [1, 0, 1])
    """
    array = label_array(values, name)
    kind = array.dtype.kind
    if not len(array):
        return Coded(array, np.empty(0, np.int32))
    if kind in "iu":
        return _code_integers(array)
    if kind in "UO":
        return _code_objects(array, name)
    if kind in "fMm":
        missing = np.isnan(array) if kind == "f" else np.isnat(array)
        if missing.any():
            refuse_missing(array, int(missing.argmax()), name)
    if kind == "f" and np.isinf(array).any():
        refuse_infinite(array, int(np.isinf(array).argmax()), name)
    ids, codes = np.unique(array, return_inverse=True)
    return Coded(ids, codes.astype(np.int32))


def code_items(columns: Mapping[str, ArrayLike], item_ids: ArrayLike | None) -> CodedItems:
    """Code columns of items as rows of one item table.

    Integers without `item_ids` are rows of the table already (no copy when they are int32);
    anything else is a label, looked up in `item_ids` or else coded by the sorted distinct labels of
    all columns together.

    Raises
    ------
    TypeError
        If the columns, or a column and `item_ids`, hold different kinds of labels.
    ValueError
        If a row number is negative or too large, a label is missing or not in `item_ids`, or
        `item_ids` holds a label twice.

    Examples
    --------
    >>> coded = code_items({"winner": ["tea", "milk"], "loser": ["milk", "water"]}, None)
    >>> coded.item_ids.tolist(), [column.tolist() for column in coded.columns]
    (['milk', 'tea', 'water'], [[1, 0], [0, 2]])
    """
    if item_ids is not None:
        table = distinct_labels(item_ids, "item_ids")
        found = [_look_up(values, table, name) for name, values in columns.items()]
        return CodedItems(found, table, len(table))
    rows: list[NDArray[np.int32]] = []
    labels: list[Coded] = []
    kinds: dict[str, str] = {}
    for name, values in columns.items():
        array = label_array(values, name)
        if array.dtype.kind not in "iu":
            coded = code_labels(array, name)
            kinds[name] = family(coded.ids)
            if kinds[name] != "integers":
                labels.append(coded)
                continue
            array = coded.ids[coded.codes]
        kinds[name] = "integers"
        rows.append(_row_numbers(array, name))
    first, *_ = kinds
    for name, kind in kinds.items():
        if kind != kinds[first]:
            raise TypeError(_two_kinds(first, kinds[first], name, kind))
    if rows:
        return CodedItems(rows, None, 1 + max(int(column.max()) for column in rows))
    ids, position = code_labels(joined([c.ids for c in labels], " or ".join(kinds)), first)
    positions = np.split(position, np.cumsum([len(c.ids) for c in labels])[:-1])
    return CodedItems([p[c.codes] for p, c in zip(positions, labels, strict=True)], ids, len(ids))


def distinct_labels(values: ArrayLike, name: str) -> NDArray[Any]:
    """Return a table of labels in the order given, or refuse a label that stands there twice."""
    array = label_array(values, name)
    if not len(array):
        raise ValueError(f"{name} must not be empty")
    ids, codes = code_labels(array, name)
    if len(ids) < len(codes):
        order = np.argsort(codes, kind="stable")
        twice = int(order[1:][codes[order][1:] == codes[order][:-1]].min())
        first = int((codes == codes[twice]).argmax())
        both = f"{name}[{first}] and {name}[{twice}] are both {shown(ids[codes[twice]])}"
        raise ValueError(f"{name} must be unique: {both}")
    table: NDArray[Any] = ids[codes]
    return table


def _code_integers(array: NDArray[Any]) -> Coded:
    if not len(array):
        return Coded(array, np.empty(0, np.int32))
    low, high = int(array.min()), int(array.max())
    span = high - low + 1
    if span > 4 * len(array) + _CHUNK:
        ids, codes = np.unique(array, return_inverse=True)
        return Coded(ids, codes.astype(np.int32))
    # A table over the whole span costs less than a sort.
    if array.dtype == np.uint64:
        shifted = array - np.uint64(low)
    else:
        shifted = np.subtract(array, low, dtype=np.int64)
    present = np.zeros(span, dtype=np.bool_)
    present[shifted] = True
    ids = (np.flatnonzero(present).astype(array.dtype) + array.dtype.type(low)).astype(array.dtype)
    code_of = np.cumsum(present, dtype=np.int32) - np.int32(1)
    return Coded(ids, code_of[shifted])


def _code_objects(array: NDArray[Any], name: str) -> Coded:
    """Code strings and objects by hashing: a fraction of the time of sorting all of them."""
    table: defaultdict[Any, int] = defaultdict(count().__next__)
    codes = np.empty(len(array), dtype=np.int32)
    try:
        for start in range(0, len(array), _CHUNK):
            chunk = array[start : start + _CHUNK].tolist()
            codes[start : start + len(chunk)] = np.fromiter(
                map(table.__getitem__, chunk), np.int32, len(chunk)
            )
    except (TypeError, ValueError) as error:
        for row, label in enumerate(array.tolist()):
            if is_missing(label):
                refuse_missing(array, row, name)
        raise TypeError(f"{name} must hold labels that can be hashed: {error}") from error
    labels = list(table)
    for code, label in enumerate(labels):
        if is_missing(label):
            refuse_missing(array, int((codes == code).argmax()), name)
        if is_infinite(label):
            refuse_infinite(array, int((codes == code).argmax()), name)
    types = set(map(type, labels))
    if any(issubclass(type_, Number) for type_ in types):
        types = set(map(type, array.tolist()))  # 1, 1.0 and True are one key of a dict
    names = sorted({kind_of(type_).__name__ for type_ in types})
    if len(names) > 1:
        raise TypeError(f"{name} must hold labels of one kind, got {names[0]} and {names[1]}")
    try:
        ranked = sorted(range(len(labels)), key=labels.__getitem__)
    except (TypeError, ValueError, ArithmeticError) as error:
        raise TypeError(f"{name} must hold labels that can be sorted: {error}") from error
    rank = np.empty(len(labels), dtype=np.int32)
    rank[ranked] = np.arange(len(labels), dtype=np.int32)
    return Coded(id_array([labels[i] for i in ranked]), rank[codes])


def _look_up(values: ArrayLike, table: NDArray[Any], name: str) -> NDArray[np.int32]:
    """Return the position of each value in a table of distinct labels."""
    ids, codes = code_labels(values, name)
    if family(ids) != family(table):
        raise TypeError(_two_kinds(name, family(ids), "item_ids", family(table)))
    positions = positions_of(ids, table, f"{name} or item_ids").astype(np.int32)
    found: NDArray[np.int32] = positions[codes]
    if (positions < 0).any():
        row = int((found < 0).argmax())
        raise ValueError(f"unknown item: {name}[{row}]={shown(ids[codes[row]])} is not in item_ids")
    return found


def _two_kinds(first: str, first_kind: str, second: str, second_kind: str) -> str:
    message = f"{first} holds {first_kind} but {second} holds {second_kind}"
    if {first_kind, second_kind} == {"integers", "floats"}:
        # pandas makes floats of integers in a column with missing values, and leaves them floats.
        message += ": drop what is missing and make the floats integers with astype(int)"
    return message


def _row_numbers(array: NDArray[Any], name: str) -> NDArray[np.int32]:
    for bad, rule in ((array < 0, "not be negative"), (array >= _MAX_ROWS, "be below 2**31")):
        if bad.any():
            row = int(bad.argmax())
            raise ValueError(f"{name} must {rule}: {name}[{row}]={shown(array[row])}")
    return array.astype(np.int32, copy=False)
