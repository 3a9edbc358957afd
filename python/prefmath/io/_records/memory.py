"""Records out of what is in memory: lists of dictionaries, columns, data frames."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from prefmath.io._table import eager

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
    known = eager(frame, name, "a path, a list of dictionaries, a dictionary of columns or ")
    for first in range(0, len(known), _BATCH):
        batch = known[first : first + _BATCH]
        columns = {column: _plain(batch[column]) for column in batch.columns}
        for row, values in enumerate(zip(*columns.values(), strict=True), first):
            yield row, dict(zip(columns, values, strict=True))


def _plain(series: Any) -> list[Any]:
    """Return values of a column as Python has them; what is missing is None."""
    return [
        None if missing or (isinstance(value, float) and math.isnan(value)) else _listed(value)
        for value, missing in zip(series.to_list(), series.is_null().to_list(), strict=True)
    ]


def _listed(value: Any) -> Any:
    """Return arrays within a cell, as pandas has them, as lists."""
    if isinstance(value, np.ndarray):
        return [_listed(each) for each in value.tolist()]
    if isinstance(value, dict):
        return {name: _listed(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_listed(each) for each in value]
    return value
