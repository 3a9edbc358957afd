"""A data frame of any kind, read column by column into NumPy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import narwhals as nw
    from numpy.typing import NDArray


class Table:
    """The columns of a frame; errors name the argument that asked for a column."""

    def __init__(self, frame: object) -> None:
        self._frame = _eager(frame)
        if not len(self):
            raise ValueError("there are no judgements: frame has no rows")

    def __len__(self) -> int:
        return len(self._frame)

    def column(self, role: str, name: str) -> NDArray[Any]:
        """Return a column; what is null in it comes as NumPy has it: None, NaN or NaT."""
        series = self._series(role, name)
        array = series.to_numpy()
        if array.dtype.kind == "O" and series.null_count():
            array = array.copy()
            array[series.is_null().to_numpy()] = None  # pandas has several of its own
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

    def columns(self, role: str, names: Any) -> dict[str, NDArray[Any]]:
        """Return several columns by their names."""
        if isinstance(names, str) or not isinstance(names, Sequence) or not len(names):
            raise TypeError(f"{role} must be a list of column names, got {names!r}")
        columns: dict[str, NDArray[Any]] = {}
        for name in names:
            if name in columns:
                raise ValueError(f"{role} must name each column once, got {name!r} twice")
            columns[name] = self.column(role, name)
        return columns

    def context(self, names: str | Sequence[str]) -> NDArray[Any]:
        """Return one column as it is, or several as the columns of a table."""
        if isinstance(names, str):
            return self.column("context", names)
        arrays = list(self.columns("context", names).values())
        numeric = all(array.dtype.kind in "biuf" for array in arrays)
        if numeric or len({array.dtype.kind for array in arrays}) == 1:
            return np.stack(arrays, axis=1)
        # NumPy would make numbers beside text into text.
        return np.stack([array.astype(object) for array in arrays], axis=1)

    def _series(self, role: str, name: str) -> nw.Series[Any]:
        if name not in self._frame.columns:
            has = ", ".join(map(repr, self._frame.columns))
            raise ValueError(f"frame has no column {name!r} for {role}: it has {has}")
        return self._frame[name]


def _eager(frame: object) -> nw.DataFrame[Any]:
    try:
        import narwhals as nw
    except ImportError as error:
        raise ImportError(
            'reading a data frame needs narwhals: pip install "prefmath[frames]"'
        ) from error
    table: Any = nw.from_native(frame, pass_through=True)
    if isinstance(table, nw.LazyFrame):
        return table.collect()
    if isinstance(table, nw.DataFrame):
        return table
    if hasattr(frame, "__arrow_c_stream__"):
        import pyarrow as pa

        return nw.from_native(pa.table(frame), eager_only=True)
    raise TypeError(
        f"frame must be a data frame (pandas, Polars, Arrow, …), got {type(frame).__name__}"
    )
