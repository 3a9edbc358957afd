"""Labels of people and items, coded as integers: ids in, ids out."""

from __future__ import annotations

from collections import defaultdict
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

_CHUNK = 1 << 16
"""Rows turned into Python objects at a time, so that memory stays small and in cache."""

_MAX_ROWS = 1 << 31
"""Item rows and codes are stored as int32."""

_FAMILIES = {
    "i": "integers",
    "u": "integers",
    "b": "booleans",
    "f": "floats",
    "U": "strings",
    "S": "bytes",
    "M": "dates",
    "m": "durations",
    "O": "objects",
}


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
        Integers, strings, booleans, floats, dates or sortable objects of one type.
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
        If there is more than one dimension, or a label is missing (None, NaN, NaT, NA).

    Examples
    --------
    >>> ids, codes = code_labels(["b", "a", "b"], "annotator")
    >>> ids.tolist(), codes.tolist()
    (['a', 'b'], [1, 0, 1])
    """
    array = label_array(values, name)
    kind = array.dtype.kind
    if kind in "iu":
        return _code_integers(array)
    if kind in "UO":
        return _code_objects(array, name)
    if kind in "fMm":
        missing = np.isnan(array) if kind == "f" else np.isnat(array)
        if missing.any():
            _refuse_missing(array, int(missing.argmax()), name)
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
        table = _distinct(item_ids, "item_ids")
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
            if coded.ids.dtype.kind not in "iu":
                labels.append(coded)
                continue
            array = coded.ids[coded.codes]
        kinds[name] = "integers"
        rows.append(_row_numbers(array, name))
    first, *_ = kinds
    for name, kind in kinds.items():
        if kind != kinds[first]:
            raise TypeError(f"{first} holds {kinds[first]} but {name} holds {kind}")
    if rows:
        return CodedItems(rows, None, 1 + max(int(column.max()) for column in rows))
    ids, position = np.unique(np.concatenate([c.ids for c in labels]), return_inverse=True)
    ends = np.cumsum([len(c.ids) for c in labels])[:-1]
    positions = np.split(position.astype(np.int32), ends)
    return CodedItems([p[c.codes] for p, c in zip(positions, labels, strict=True)], ids, len(ids))


def label_array(values: ArrayLike, name: str) -> NDArray[Any]:
    """Return labels as an array of one dimension, its dtype one that can be coded."""
    if np.ma.is_masked(values):
        values = np.array(np.ma.asarray(values).tolist(), dtype=object)  # None where masked
    array = np.asarray(values)
    if array.dtype.kind == "U" and not hasattr(values, "dtype"):
        # NumPy would turn ["a", None] and ["a", 1] into strings without a word.
        array = np.asarray(values, dtype=object)
    if array.dtype.kind == "T":
        array = array.astype(object)
    if array.ndim != 1:
        raise ValueError(f"{name} must have one dimension, got shape {array.shape}")
    if array.dtype.kind not in _FAMILIES:
        raise TypeError(f"{name} must hold integers or labels, got dtype {array.dtype}")
    return array


def family(array: NDArray[Any]) -> str:
    """Return the kind of labels that an array holds, in words."""
    return _FAMILIES[array.dtype.kind]


def shown(value: object) -> str:
    """Return a label or number as an error shows it: without NumPy's wrapping."""
    return repr(value.item() if isinstance(value, np.generic) else value)


def _code_integers(array: NDArray[Any]) -> Coded:
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
    except TypeError as error:
        raise TypeError(f"{name} must hold labels that can be hashed: {error}") from error
    labels = list(table)
    for code, label in enumerate(labels):
        if _is_missing(label):
            _refuse_missing(array, int((codes == code).argmax()), name)
    types = sorted({str if isinstance(label, str) else type(label) for label in labels}, key=str)
    if len(types) > 1:
        raise TypeError(
            f"{name} must hold labels of one kind, got {types[0].__name__} and {types[1].__name__}"
        )
    try:
        ranked = sorted(range(len(labels)), key=labels.__getitem__)
    except TypeError as error:
        raise TypeError(f"{name} must hold labels that can be sorted: {error}") from error
    rank = np.empty(len(labels), dtype=np.int32)
    rank[ranked] = np.arange(len(labels), dtype=np.int32)
    return Coded(_id_array([labels[i] for i in ranked]), rank[codes])


def _id_array(labels: list[Any]) -> NDArray[Any]:
    ids = np.asarray(labels)
    if ids.ndim == 1 and ids.dtype.kind in _FAMILIES:
        return ids
    ids = np.empty(len(labels), dtype=object)  # tuples and the like stay whole
    ids[:] = labels
    return ids


def _is_missing(label: object) -> bool:
    # pandas marks what is missing with classes of its own, and pandas need not be there.
    if label is None or type(label).__name__ in {"NAType", "NaTType"}:
        return True
    return isinstance(label, float) and label != label  # noqa: PLR0124


def _refuse_missing(array: NDArray[Any], row: int, name: str) -> None:
    raise ValueError(f"{name} must not be missing: {name}[{row}]={shown(array[row])}")


def _distinct(values: ArrayLike, name: str) -> NDArray[Any]:
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


def _look_up(values: ArrayLike, table: NDArray[Any], name: str) -> NDArray[np.int32]:
    """Return the position of each value in a table of distinct labels."""
    ids, codes = code_labels(values, name)
    if family(ids) != family(table):
        raise TypeError(f"{name} holds {family(ids)} but item_ids holds {family(table)}")
    # One call on both gives dates of different units one unit.
    both = np.concatenate([table, ids]).tolist()
    position_of = {label: position for position, label in enumerate(both[: len(table)])}
    positions = np.fromiter(
        (position_of.get(label, -1) for label in both[len(table) :]), np.int32, len(ids)
    )
    unknown = positions[codes] < 0 if (positions < 0).any() else None
    if unknown is not None:
        row = int(unknown.argmax())
        raise ValueError(f"unknown item: {name}[{row}]={shown(ids[codes[row]])} is not in item_ids")
    found: NDArray[np.int32] = positions[codes]
    return found


def _row_numbers(array: NDArray[Any], name: str) -> NDArray[np.int32]:
    for bad, rule in ((array < 0, "not be negative"), (array >= _MAX_ROWS, "be below 2**31")):
        if bad.any():
            row = int(bad.argmax())
            raise ValueError(f"{name} must {rule}: {name}[{row}]={shown(array[row])}")
    return array.astype(np.int32, copy=False)
