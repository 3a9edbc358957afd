"""The columns of a data frame, a dict of columns or a list of dicts, read by name."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from numbers import Number
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

import numpy as np

from prefmath._label_values import is_missing, label_array, listed, shown
from prefmath.io._table import Table, refuse_what_names_no_column

if TYPE_CHECKING:
    from numpy.typing import NDArray

    _F64 = NDArray[np.float64]

__all__ = ["Source", "source_of"]


class Source(Protocol):
    """Columns by name; errors name the argument that asked for one."""

    def __len__(self) -> int:
        """Rows."""

    def has(self, name: Any) -> bool:
        """Tell whether there is a column of this name."""

    def column(self, role: str, name: Any) -> NDArray[Any]:
        """Return a column; what is null in it is None, NaN or NaT."""

    def numbers(self, role: str, name: Any) -> _F64:
        """Return a column of numbers as float64, NaN where it is null; booleans are 0 and 1."""


def source_of(frame: object) -> Source:
    """Return the columns of whatever the caller has.

    Examples
    --------
    >>> source_of([{"price": 1, "car": True}, {"price": 2.5}]).numbers("generic", "car")
    array([ 1., nan])
    """
    if isinstance(frame, Mapping):
        return _Columns(frame)
    if isinstance(frame, Sequence) and not isinstance(frame, str | bytes):
        for at, row in enumerate(frame):
            if not isinstance(row, Mapping):
                raise TypeError(
                    f"frame must be a data frame, a dict of columns or a list of dicts: frame[{at}]"
                    f" is {type(row).__name__}"
                )
        names = dict.fromkeys(name for row in frame for name in row)
        return _Columns({name: [row.get(name) for row in frame] for name in names})
    return _Frame(frame)


class _Frame:
    """Columns of a frame that narwhals knows."""

    def __init__(self, frame: object) -> None:
        self._table = Table(frame)

    def __len__(self) -> int:
        return len(self._table)

    def has(self, name: Any) -> bool:
        return isinstance(name, Hashable) and name in self._table.names

    def column(self, role: str, name: Any) -> NDArray[Any]:
        return self._table.column(role, name)

    def numbers(self, role: str, name: Any) -> _F64:
        if self._table.is_numeric(role, name):
            return self._table.numbers(role, name)
        return _as_numbers(self._table.column(role, name), role, name)


class _Columns:
    """Columns of a dict, each array-like, without any library of frames."""

    def __init__(self, columns: Mapping[Any, Any]) -> None:
        self._columns = columns
        for name in columns:
            self._n_rows = len(self._array(name))
            break
        else:
            raise ValueError("frame has no columns")
        self._first = name
        if not self._n_rows:
            raise ValueError("there are no judgements: frame has no rows")

    def __len__(self) -> int:
        return self._n_rows

    def has(self, name: Any) -> bool:
        return isinstance(name, Hashable) and name in self._columns

    def column(self, role: str, name: Any) -> NDArray[Any]:
        refuse_what_names_no_column(role, name)
        if name not in self._columns:
            raise ValueError(
                f"frame has no column {name!r} for {role}: it has {listed(self._columns)}"
            )
        array = self._array(name)
        if len(array) != len(self):
            raise ValueError(
                f"columns of frame must be of one length: {name!r} has {len(array):,} rows and "
                f"{self._first!r} has {len(self):,}"
            )
        return array

    def numbers(self, role: str, name: Any) -> _F64:
        return _as_numbers(self.column(role, name), role, name)

    def _array(self, name: Any) -> NDArray[Any]:
        return label_array(self._columns[name], f"frame[{name!r}]")


def _as_numbers(array: NDArray[Any], role: str, name: Any) -> _F64:
    """Return numbers and booleans as float64, or refuse what is neither."""
    if array.dtype.kind in "biuf":
        return array.astype(np.float64, copy=False)
    if array.dtype.kind != "O":
        _refuse_others(role, name, 0, array[0], str(array.dtype))
    values = array.tolist()
    wrong = {kind for kind in set(map(type, values)) if not _is_number(kind)}
    if wrong:
        for row, value in enumerate(values):
            if type(value) in wrong and not is_missing(value):
                _refuse_others(role, name, row, value, type(value).__name__)
        values = [None if type(value) in wrong else value for value in values]
    try:
        return np.array(values, np.float64)  # None becomes NaN
    except (TypeError, ValueError, OverflowError):
        for row, value in enumerate(values):
            try:
                np.float64(np.nan if value is None else value)
            except (TypeError, ValueError, OverflowError):
                _refuse_others(role, name, row, value, "a number beyond float64")
        raise


def _is_number(kind: type) -> bool:
    if issubclass(kind, complex | np.complexfloating):
        return False
    return issubclass(kind, Number | np.bool_ | type(None))


def _refuse_others(role: str, name: Any, row: int, value: Any, kind: str) -> NoReturn:
    if isinstance(value, str):
        kind = "text"
        try:
            float(value.replace(",", ".", 1))
        except ValueError:
            what = "make columns of 0 and 1 of it first"
        else:
            what = "make numbers of it first"
    else:
        what = "make numbers of it first"
    raise TypeError(
        f"{role} must hold numbers: column {name!r} has {kind}, {shown(value)} in row {row}; {what}"
    )
