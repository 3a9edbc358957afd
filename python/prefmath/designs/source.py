"""The columns of a data frame, a dict of columns or a list of dicts, read by name."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from prefmath._column_numbers import column_numbers
from prefmath._label_values import label_array, listed
from prefmath.io._table import Table, refuse_what_names_no_column

if TYPE_CHECKING:
    import numpy as np
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
        return column_numbers(self._table.column(role, name), role, name)


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
        return column_numbers(self.column(role, name), role, name)

    def _array(self, name: Any) -> NDArray[Any]:
        return label_array(self._columns[name], f"frame[{name!r}]")
