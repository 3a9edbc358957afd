"""A data frame of any kind, read column by column into NumPy."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from prefmath._label_values import listed, objects, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import narwhals as nw
    from numpy.typing import NDArray


_T = TypeVar("_T")

_EXACT = 2**53
"""Integers up to here are floats."""

_COLUMNS = 24
"""So many names of columns are shown where one is lacking."""


class Table:
    """The columns of a frame; errors name the argument that asked for a column."""

    def __init__(self, frame: object) -> None:
        self._frame = eager(frame)
        if not len(self):
            raise ValueError("there are no judgements: frame has no rows")

    def __len__(self) -> int:
        return len(self._frame)

    @property
    def names(self) -> list[Any]:
        """Names of the columns."""
        return list(self._frame.columns)

    def is_numeric(self, role: str, name: str) -> bool:
        """Tell whether a column has a type of numbers."""
        return self._series(role, name).dtype.is_numeric()

    def column(self, role: str, name: str) -> NDArray[Any]:
        """Return a column; what is null in it is None, or NaN or NaT as the frame has it."""
        series = self._series(role, name)
        array = _array(series)
        if series.null_count() and series.dtype.is_integer():
            array = array.astype(object)  # NumPy has made them floats
            array[series.is_null().to_numpy()] = None
        return array

    def optional(self, role: str, name: str | None) -> NDArray[Any] | None:
        """Return a column, or None where none was named."""
        return None if name is None else self.column(role, name)

    def numbers(self, role: str, name: str) -> NDArray[np.float64]:
        """Return a column of numbers as float64, NaN where it is null."""
        import narwhals as nw

        series = self._series(role, name)
        if not series.dtype.is_numeric():
            raise TypeError(f"{role} must hold numbers, column {name!r} is {series.dtype}")
        values = series.cast(nw.Float64).to_numpy()
        return values.astype(np.float64, copy=False)

    def labels(self, role: str, name: str) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        """Return a column and where it holds nothing; integers stay integers beside nulls."""
        series = self._series(role, name)
        missing = series.is_null().to_numpy().astype(np.bool_)  # a copy of what may be read-only
        if missing.any() and series.dtype.is_integer():
            series = series.fill_null(0)
        array = _array(series)
        if array.dtype.kind == "f":
            missing |= np.isnan(array)
        return array, missing

    def columns(self, role: str, names: Any, read: Callable[[str, str], _T]) -> dict[str, _T]:
        """Return several columns by their names, each as `read` reads it."""
        named = [] if isinstance(names, str) or not isinstance(names, Iterable) else list(names)
        if not named or not all(isinstance(name, Hashable) for name in named):
            raise TypeError(f"{role} must be a list of column names, got {names!r}")
        columns: dict[str, _T] = {}
        for name in named:
            if name in columns:
                raise ValueError(f"{role} must name each column once, got {name!r} twice")
            columns[name] = read(role, name)
        return columns

    def context(self, names: str | Sequence[str]) -> NDArray[Any]:
        """Return one column as it is, or several as the columns of a table."""
        if isinstance(names, str):
            return _array(self._series("context", names))
        read = self.columns("context", names, self._series)
        arrays = [_array(series) for series in read.values()]
        if len({array.dtype for array in arrays}) == 1 or _meet_exactly(arrays):
            return np.stack(arrays, axis=1)
        # NumPy would make numbers beside text into text, and large integers beside floats floats.
        return np.stack([array.astype(object) for array in arrays], axis=1)

    def _series(self, role: str, name: Any) -> nw.Series[Any]:
        refuse_what_names_no_column(role, name)
        if name not in self._frame.columns:
            has = listed(self._frame.columns, _COLUMNS)
            index = getattr(getattr(self._frame.to_native(), "index", None), "names", None)
            if index is not None and name in list(index):
                has += f", and {name!r} in its index, which reset_index() makes columns of"
            raise ValueError(f"frame has no column {name!r} for {role}: it has {has}")
        return self._frame.get_column(name)  # a name may be a number in pandas


def refuse_what_names_no_column(role: str, name: Any) -> None:
    """Refuse what cannot be the name of a column: a list of names, or the column itself."""
    if not isinstance(name, Hashable):
        kind = shown(name) if isinstance(name, list | dict | set) else type(name).__name__
        raise TypeError(f"{role} must be the name of a column, got {kind}")


def _array(series: nw.Series[Any]) -> NDArray[Any]:
    """Return a series as NumPy has it, but for nulls: pandas has several of its own."""
    if str(series.dtype) in {"Int128", "UInt128"}:  # which NumPy has not
        array = objects(series.to_list())
    else:
        array = series.to_numpy()
    if array.dtype.kind == "O" and series.null_count():
        array = array.copy()
        array[series.is_null().to_numpy()] = None
    return array


def _meet_exactly(arrays: list[NDArray[Any]]) -> bool:
    """Tell whether NumPy has a type that holds the values of all arrays as they are."""
    kinds = {array.dtype.kind for array in arrays}
    if kinds == {"U"}:
        return True
    if not kinds <= set("biuf"):
        return False
    if np.result_type(*arrays).kind != "f":
        return True
    return all(
        array.dtype.kind not in "iu" or not ((array > _EXACT) | (array < -_EXACT)).any()
        for array in arrays
    )


def _collected(lazy: nw.LazyFrame[Any]) -> nw.DataFrame[Any]:
    try:
        return lazy.collect()
    except MemoryError:
        raise
    except Exception as error:
        # An engine raises errors of its own where its plan does not hold, over many lines.
        reason = str(error).partition("\n")[0]
        raise ValueError(f"frame is lazy and cannot be collected: {reason}") from error


def eager(frame: object, name: str = "frame", others: str = "") -> nw.DataFrame[Any]:
    """Return a frame of any library, collected; `others` says what else the argument may be."""
    try:
        import narwhals as nw
    except ImportError as error:
        raise ImportError(
            'reading a data frame needs narwhals: pip install "prefmath[frames]"'
        ) from error
    try:
        table: Any = nw.from_native(frame, pass_through=True)
    except ValueError as error:  # two columns of one name
        raise ValueError(f"{name} cannot be read: {' '.join(str(error).split())}") from error
    if isinstance(table, nw.LazyFrame):
        return _collected(table)
    if isinstance(table, nw.DataFrame):
        return table
    if hasattr(frame, "__arrow_c_stream__"):
        import pyarrow as pa

        return nw.from_native(pa.table(frame), eager_only=True)
    raise TypeError(
        f"{name} must be {others}a data frame (pandas, Polars, Arrow, …), got "
        f"{type(frame).__name__}"
    )
