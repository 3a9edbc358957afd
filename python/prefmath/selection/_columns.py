"""Columns of a table as arrays; errors name the column and the row of the table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._labels import code_labels, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["categories", "column", "embeddings", "pools"]


def column(frame: Any, role: str, name: str) -> NDArray[Any]:
    """Return a column without nulls."""
    if name not in frame.columns:
        has = ", ".join(map(repr, frame.columns))
        raise ValueError(f"table has no column {name!r} for {role}: it has {has}")
    series = frame[name]
    for row in np.flatnonzero(series.is_null().to_numpy())[:1]:
        raise ValueError(f"column {name!r} for {role} has no value in row {row}")
    array: NDArray[Any] = series.to_numpy()
    return array


def categories(frame: Any, name: str) -> tuple[Any, ...]:
    """Return the labels that a categorical column may have; none of another column."""
    native = frame[name].to_native()
    # Of pandas and Polars the type knows them, of Arrow each chunk of a dictionary.
    known: Any = getattr(getattr(native, "dtype", None), "categories", None)
    if hasattr(known, "tolist") or hasattr(known, "to_list"):
        return tuple(known.tolist() if hasattr(known, "tolist") else known.to_list())
    chunks = getattr(native, "chunks", ())
    dictionaries = [chunk.dictionary for chunk in chunks if hasattr(chunk, "dictionary")]
    return tuple(label for labels in dictionaries for label in labels.to_pylist())


def pools(
    frame: Any, names: Sequence[str]
) -> tuple[NDArray[np.int64], NDArray[np.int64], list[str]]:
    """Return the rows pool after pool, where each pool begins, and what each is called.

    Rows with the same labels in all columns are a pool; pools come as they first appear.
    """
    codes, labels = np.zeros(len(frame), np.int64), []
    for name in names:
        ids, of_column = code_labels(column(frame, "by", name), f"column {name!r}")
        labels.append((name, ids, of_column))
        _, codes = np.unique(codes * len(ids) + of_column, return_inverse=True)
    _, first, inverse = np.unique(codes, return_index=True, return_inverse=True)
    place = np.argsort(np.argsort(first))[inverse]
    sizes = np.bincount(place, minlength=len(first))
    offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    called = [
        ", ".join(f"{name}={shown(ids[of_column[row]])}" for name, ids, of_column in labels)
        for row in np.sort(first)
    ]
    return np.argsort(place, kind="stable"), offsets, called


def embeddings(frame: Any, names: str | Sequence[str]) -> NDArray[Any]:
    """Return a column of lists of numbers, or columns of numbers, as a matrix."""
    if not isinstance(names, str):
        parts = [_numbers(column(frame, "embedding", name), name) for name in names]
        return np.stack(parts, axis=1)
    values = column(frame, "embedding", names)
    if values.dtype.kind in "fiu":
        return values[:, None] if values.ndim == 1 else values
    series = frame[names].to_native()
    if hasattr(series, "to_arrow"):
        series = series.to_arrow()
    if hasattr(series, "combine_chunks"):
        series = series.combine_chunks()
    if not hasattr(series, "flatten") or not hasattr(series, "value_lengths"):
        return _stacked(values, names)
    lengths = np.asarray(series.value_lengths()).astype(np.int64)
    _check_lengths(lengths, names)
    flat = series.flatten()
    if flat.null_count:
        at = int(np.asarray(flat.is_null()).argmax())
        _refuse_null(names, *divmod(at, int(lengths[0])))
    matrix: NDArray[Any] = flat.to_numpy(zero_copy_only=False)
    return _numbers(matrix, names).reshape(len(lengths), -1)


def _numbers(values: NDArray[Any], name: str) -> NDArray[Any]:
    if values.dtype.kind not in "fiu" and values.dtype.name != "bfloat16":
        what = "texts: embed them first" if _is_text(values) else f"{values.dtype}"
        raise TypeError(f"column {name!r} for embedding must hold numbers, and holds {what}")
    return values


def _is_text(values: NDArray[Any]) -> bool:
    return values.dtype.kind in "UT" or (values.size > 0 and isinstance(values.flat[0], str))


def _stacked(values: NDArray[Any], name: str) -> NDArray[Any]:
    for row, value in enumerate(values):
        if isinstance(value, str | bytes) or not hasattr(value, "__len__"):
            return _numbers(values, name)
        if not hasattr(value, "dtype"):
            for at, number in enumerate(value):
                if number is None:
                    _refuse_null(name, row, at)
    _check_lengths(np.array([len(row) for row in values], np.int64), name)
    return _numbers(np.stack([np.asarray(row) for row in values]), name)


def _refuse_null(name: str, row: int, at: int) -> None:
    raise ValueError(
        f"column {name!r} for embedding holds a null inside the list of row {row}, at place {at}"
    )


def _check_lengths(lengths: NDArray[np.int64], name: str) -> None:
    for row in np.flatnonzero(lengths != lengths[:1])[:1]:
        raise ValueError(
            f"column {name!r} holds lists of unequal length: {lengths[row]} values in row {row} "
            f"after {lengths[0]}"
        )
