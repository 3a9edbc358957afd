"""Records out of what is in memory: lists of dictionaries, columns, data frames."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

__all__ = ["records_of", "records_of_columns"]

_BATCH = 4096


def records_of(source: object, name: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Return the rows of a list of dictionaries, of a dictionary of columns, or of a frame."""
    if isinstance(source, Mapping):
        yield from records_of_columns(source)
        return
    if isinstance(source, Iterable) and not hasattr(source, "columns"):
        for row, record in enumerate(source):
            if not isinstance(record, Mapping):
                raise TypeError(
                    f"{name} must hold records, dictionaries of fields and values, but "
                    f"{name}[{row}] is {type(record).__name__}"
                )
            yield row, record
        return
    yield from _rows_of_frame(source, name)


def records_of_columns(columns: Mapping[str, Any]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Return the rows of columns of one length."""
    lengths: dict[str, int] = {}
    for name, column in columns.items():
        if isinstance(column, str) or not isinstance(column, (Sequence, np.ndarray)):
            raise TypeError(f"column {name!r} must hold a list of values, not {column!r}")
        lengths[name] = len(column)
    if len(set(lengths.values())) > 1:
        one, two = min(lengths, key=lengths.__getitem__), max(lengths, key=lengths.__getitem__)
        raise ValueError(
            f"columns must be of one length: {one!r} has {lengths[one]} values and {two!r} "
            f"{lengths[two]}"
        )
    plain = {
        name: column.tolist() if isinstance(column, np.ndarray) else column
        for name, column in columns.items()
    }
    for row, values in enumerate(zip(*plain.values(), strict=True)):
        yield row, dict(zip(plain, values, strict=True))


def _rows_of_frame(frame: object, name: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    import narwhals as nw

    known = nw.from_native(frame, pass_through=True)
    if isinstance(known, nw.LazyFrame):
        known = known.collect()
    if not isinstance(known, nw.DataFrame):
        raise TypeError(
            f"{name} must be a path, a list of dictionaries, a dictionary of columns or a data "
            f"frame, not {type(frame).__name__}"
        )
    for first in range(0, len(known), _BATCH):
        batch = known[first : first + _BATCH]
        columns = {column: _plain(batch[column]) for column in batch.columns}
        for row, values in enumerate(zip(*columns.values(), strict=True), first):
            yield row, dict(zip(columns, values, strict=True))


def _plain(series: Any) -> list[Any]:
    """Return values of a column as Python has them; what is missing is None."""
    values: list[Any] = series.to_list()
    return [None if value != value else value for value in values]  # noqa: PLR0124 -- NaN
