"""What a label is: a value of one kind, there and finite, kept exactly as it was given."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Number
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import ArrayLike, NDArray

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

_KINDS: tuple[tuple[tuple[type, ...], type], ...] = (
    ((bool, np.bool_), bool),
    ((int, np.integer), int),
    ((float, np.floating), float),
    ((str,), str),
    ((bytes,), bytes),
)
"""Types that are one kind of label, the more special ones first: a bool is an int."""

_FAMILY_OF_KIND = {
    bool: "booleans",
    int: "integers",
    float: "floats",
    str: "strings",
    bytes: "bytes",
}

_NUMPY_KNOWS = (bool, int, float, np.number, np.bool_)

_WIDE = 1 << 26
"""Characters of an array of strings above which those much shorter than the longest count."""

_SHOWN = 80
"""Characters of a label that an error shows."""


def label_array(values: ArrayLike, name: str) -> NDArray[Any]:
    """Return labels as an array of one dimension, its dtype one that can be coded.

    NumPy makes floats of integers beside floats (and of integers too far apart), integers of
    booleans beside integers, strings of what stands beside strings, and cuts zero characters off
    their ends: a sequence of such values becomes an array of objects.
    """
    if np.ma.is_masked(values):
        values = np.array(np.ma.asarray(values).tolist(), dtype=object)  # None where masked
    if (
        isinstance(values, Sequence)
        and not isinstance(values, str | bytes | range)
        and not hasattr(values, "__array__")
    ):
        array = _array_of_sequence(values, name)
    else:
        array = plain_array(values, name)
        if array.dtype.kind in "US" and not hasattr(values, "dtype"):
            array = np.asarray(values, dtype=object)
    if array.dtype.kind == "T":
        array = array.astype(object)
    if array.ndim != 1:
        raise ValueError(f"{name} must have one dimension, got shape {array.shape}")
    if array.dtype.kind not in _FAMILIES:
        raise TypeError(f"{name} must hold integers or labels, got dtype {array.dtype}")
    return array


def plain_array(values: ArrayLike, name: str) -> NDArray[Any]:
    """Return values as the array that NumPy makes of them, or refuse what it makes none of."""
    try:
        return np.asarray(values)
    except MemoryError:
        raise
    except ValueError as error:
        raise ValueError(f"{name} must have one dimension, not lists of unequal length") from error
    except Exception as error:
        # A tensor or series raises errors of its own library where it cannot be converted.
        reason = str(error).partition("\n")[0]
        raise TypeError(f"{name} cannot be made an array: {reason}") from error


def family(array: NDArray[Any]) -> str:
    """Return the kind of the labels, all of one, that an array holds, in words."""
    if array.dtype.kind == "O" and len(array):
        return _FAMILY_OF_KIND.get(kind_of(type(array[0])), "objects")
    return _FAMILIES[array.dtype.kind]


def kind_of(type_: type) -> type:
    """Return the type that stands for all types of the same kind of label."""
    for types, kind in _KINDS:
        if issubclass(type_, types):
            return kind
    return type_


def shown(value: object) -> str:
    """Return a label or number as an error shows it: without NumPy's wrapping, and not too long."""
    if isinstance(value, np.datetime64 | np.timedelta64):
        return str(value)
    text = repr(value.item() if isinstance(value, np.generic) else value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def listed(labels: Iterable[object], most: int = 12) -> str:
    """Return labels beside each other as an error shows them, and how many more there are.

    Examples
    --------
    >>> listed(["a", "b", "c"], most=2)
    "'a', 'b' and 1 more"
    """
    names = list(labels)
    rest = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(map(shown, names[:most])) + rest


def is_missing(label: object) -> bool:
    """Tell whether a value says that there is none: None, NA, NaT or a NaN of any type."""
    # pandas marks what is missing with classes of its own, and pandas need not be there.
    if label is None or type(label).__name__ in {"NAType", "NaTType"}:
        return True
    if isinstance(label, tuple):
        return any(map(is_missing, label))
    if hasattr(label, "is_nan"):  # a decimal that signals cannot be compared
        return bool(label.is_nan())
    return isinstance(label, Number | np.generic) and bool(label != label)  # noqa: PLR0124


def first_missing(array: NDArray[Any]) -> int | None:
    """Return the first row of an array that holds no value, or None where all do."""
    if array.dtype.kind == "O":
        return next((row for row, value in enumerate(array.tolist()) if is_missing(value)), None)
    if array.dtype.kind not in "fcMm":
        return None
    missing = np.isnat(array) if array.dtype.kind in "Mm" else np.isnan(array)
    return int(missing.argmax()) if missing.any() else None


def refuse_missing(array: NDArray[Any], row: int, name: str) -> None:
    """Refuse the value of a row, which is none."""
    raise ValueError(f"{name} must not be missing: {name}[{row}]={shown(array[row])}")


def refuse_infinite(array: NDArray[Any], row: int, name: str) -> None:
    """Refuse the value of a row, which is infinite: no id, but what a division left."""
    raise ValueError(f"{name} must be finite: {name}[{row}]={shown(array[row])}")


def is_infinite(label: object) -> bool:
    """Tell whether a label is an infinite number."""
    if isinstance(label, tuple):
        return any(map(is_infinite, label))
    ends: tuple[Any, ...] = (np.inf, -np.inf)
    return isinstance(label, Number) and label in ends


def id_array(labels: list[Any]) -> NDArray[Any]:
    """Return distinct labels of one kind, at least one, as an array that holds them exactly."""
    kind = kind_of(type(labels[0]))
    if kind is int:
        low, high = int(min(labels)), int(max(labels))
        for dtype in (np.int64, np.uint64):
            if np.iinfo(dtype).min <= low and high <= np.iinfo(dtype).max:
                return np.array(labels, dtype)
        return objects(map(int, labels))
    if kind is str:
        labels = [str.__str__(label) for label in labels]  # NumPy takes the name of an enum
    if kind in (bool, float) or (kind in (str, bytes) and _fits_an_array(labels)):
        return np.array(labels)
    if issubclass(kind, np.datetime64 | np.timedelta64) and len({x.dtype for x in labels}) == 1:
        return np.array(labels)
    return objects(labels)  # tuples and the like stay whole


def objects(labels: Iterable[Any]) -> NDArray[Any]:
    """Return an array of the labels themselves."""
    return np.fromiter(labels, dtype=object)


def joined(arrays: Sequence[NDArray[Any]], name: str) -> NDArray[Any]:
    """Return arrays of labels of one family as one, no label changed.

    Raises
    ------
    TypeError
        If dates or durations have units that are multiples of no common one.
    ValueError
        If dates or durations do not fit into their common unit.
    """
    kinds = {array.dtype.kind for array in arrays}
    if "O" in kinds:
        return np.concatenate([array.astype(object) for array in arrays])
    if kinds == {"i", "u"} and np.result_type(*arrays).kind == "f":
        # int64 and uint64 meet in float64, which holds integers up to 2**53.
        negative = any(array.dtype.kind == "i" and (array < 0).any() for array in arrays)
        return np.concatenate([a.astype(object if negative else np.uint64) for a in arrays])
    if not kinds & {"M", "m"}:
        n, widest = sum(map(len, arrays)), max(array.dtype.itemsize for array in arrays)
        if n * widest > 4 * max(_WIDE, sum(array.nbytes for array in arrays)):
            return np.concatenate([array.astype(object) for array in arrays])
        return np.concatenate(arrays)
    try:
        whole = np.concatenate(arrays)
    except TypeError as error:
        raise TypeError(f"{name} holds dates or durations of other units: {error}") from error
    for array, part in zip(
        arrays, np.split(whole, np.cumsum([len(a) for a in arrays])[:-1]), strict=True
    ):
        bad = part.astype(array.dtype) != array
        if bad.any():
            raise ValueError(
                f"{name} holds dates or durations of other units: "
                f"{shown(array[bad.argmax()])} does not fit into {whole.dtype}"
            )
    return whole


def positions_of(labels: NDArray[Any], table: NDArray[Any], name: str) -> NDArray[np.int64]:
    """Return where labels stand in a table of distinct ones, in any order; -1 where nowhere."""
    if not len(table) or not len(labels) or family(labels) != family(table):
        return np.full(len(labels), -1, np.int64)
    both = joined([table, labels], name)
    if both.dtype.kind in "Mm":
        both = both.view(np.int64)
    n = len(table)
    if both.dtype.kind in "iu":
        order = np.argsort(both[:n], kind="stable")
        at = order[np.minimum(np.searchsorted(both[:n], both[n:], sorter=order), n - 1)]
        return np.where(both[at] == both[n:], at, -1)
    place = {label: row for row, label in enumerate(both[:n].tolist())}
    return np.fromiter((place.get(label, -1) for label in both[n:].tolist()), np.int64, len(labels))


def _array_of_sequence(values: Sequence[Any], name: str) -> NDArray[Any]:
    types = set(map(type, values))
    if any(issubclass(type_, list | np.ndarray) for type_ in types):
        return plain_array(values, name)
    if not types:
        return np.asarray(values)
    if len(types) == 1 and issubclass(next(iter(types)), _NUMPY_KNOWS):
        array = np.asarray(values)
        if (array.dtype.kind == "f") == (kind_of(next(iter(types))) is float):
            return array
    return objects(values)


def _fits_an_array(labels: list[Any]) -> bool:
    """Tell whether NumPy's fixed width holds strings or bytes, in a bearable space."""
    end = "\0" if isinstance(labels[0], str) else b"\0"
    if any(label.endswith(end) for label in labels):
        return False
    n_characters = len(labels) * max(map(len, labels))
    return n_characters < _WIDE or n_characters < 4 * sum(map(len, labels))
