"""Matrices and labels out of the columns of a table that a user names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from prefmath.io.files import read_array

if TYPE_CHECKING:
    import os
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray


class Matrix(NamedTuple):
    """Numbers out of a file: one row a row of the file."""

    values: NDArray[Any]
    """Shape (n, d)."""
    names: list[str]
    """One name a column."""
    sources: list[str]
    """The columns of the table, or the file, that the numbers come from."""


def split(names: str) -> list[str]:
    """Return the names in a list with commas.

    Examples
    --------
    >>> split("pf, cl")
    ['pf', 'cl']
    """
    return [name.strip() for name in names.split(",") if name.strip()]


def require(table: Any, names: Sequence[str]) -> None:
    """Refuse a name that is not a column of the table.

    Examples
    --------
    >>> import pyarrow
    >>> require(pyarrow.table({"a": [1], "b": [2]}), ["c"])
    Traceback (most recent call last):
    ...
    ValueError: no column 'c': there are 'a', 'b'
    """
    for name in names:
        count = table.column_names.count(name)
        if count == 0:
            raise ValueError(f"no column {name!r}: there are {_listed(table.column_names)}")
        if count > 1:
            raise ValueError(f"{count} columns are named {name!r}")


def embedding(
    table: Any, wanted: str | None, others: Collection[str], *, guess: bool = True
) -> Matrix:
    """Return the embedding of each row of a table.

    Parameters
    ----------
    table : pyarrow.Table
        The table.
    wanted : str or None
        A column of lists, a column of numbers, several names with commas between, what the names of
        the columns begin with, or a .npy file with a row for each row of the table. None: the
        column ``embedding``, or else, with `guess`, every column of numbers.
    others : collection of str
        Columns that have another use.
    guess : bool
        Whether all columns of numbers may stand for the embedding.

    Returns
    -------
    Matrix
        Of float32, or of what the one column of lists holds.

    Raises
    ------
    ValueError
        If a column is not there, holds no numbers, or lacks one in some row.

    Examples
    --------
    >>> import pyarrow
    >>> table = pyarrow.table({"id": [7, 8], "e_0": [0.5, 1.0], "e_1": [2.0, 3.0]})
    >>> embedding(table, "e_", []).values
    array([[0.5, 2. ],
           [1. , 3. ]], dtype=float32)
    """
    import pyarrow as pa

    if wanted is None and "embedding" in table.column_names:
        wanted = "embedding"
    if wanted is None:
        names = [
            field.name
            for field in table.schema
            if _is_number(field.type) and field.name not in others
        ]
        if not guess or not names:
            raise ValueError(
                f"no column 'embedding': there are {_listed(table.column_names)};"
                " name the column or columns with --embedding"
            )
        return _of_columns(table, names, np.float32)
    if wanted in table.column_names:
        require(table, [wanted])
        kind = table.schema.field(wanted).type
        if pa.types.is_list(kind) or pa.types.is_large_list(kind) or _is_fixed_list(kind):
            return _of_lists(table[wanted], wanted)
        return _of_columns(table, [wanted], np.float32)
    if wanted.lower().endswith(".npy"):
        matrix = from_array(wanted)
        if len(matrix.values) != table.num_rows:
            raise ValueError(
                f"{wanted!r} has {len(matrix.values):,} rows, but the table {table.num_rows:,}"
            )
        return matrix
    if "," in wanted:
        return _of_columns(table, split(wanted), np.float32)
    names = [name for name in table.column_names if name.startswith(wanted)]
    if not wanted or not names:
        raise ValueError(
            f"no column is or begins with {wanted!r}: there are {_listed(table.column_names)}"
        )
    return _of_columns(table, names, np.float32)


def from_array(path: str | os.PathLike[str]) -> Matrix:
    """Return the matrix in a .npy file, as a view of the file.

    Raises
    ------
    ValueError
        If it holds something else.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.save(f"{folder}/x.npy", np.eye(2))
    ...     from_array(f"{folder}/x.npy").names
    ['column 0', 'column 1']
    """
    values = read_array(path)
    if values.ndim != 2 or values.dtype.kind not in "fiu":
        raise ValueError(
            f"{str(path)!r} must hold a matrix of numbers, not {values.dtype} of shape"
            f" {values.shape}"
        )
    return Matrix(values, [f"column {j}" for j in range(values.shape[1])], [str(path)])


def numbers(table: Any, names: Sequence[str]) -> Matrix:
    """Return columns of numbers side by side, as float64.

    Raises
    ------
    ValueError
        If a column is not there, holds no numbers, or lacks one in some row.

    Examples
    --------
    >>> import pyarrow
    >>> numbers(pyarrow.table({"a": [1, 2], "b": [0.5, 1.5]}), ["b", "a"]).values
    array([[0.5, 1. ],
           [1.5, 2. ]])
    """
    return _of_columns(table, names, np.float64)


def pools(table: Any, name: str) -> tuple[NDArray[np.int64], list[Any]]:
    """Return the pool of each row, pools numbered as they first appear, and their labels.

    Raises
    ------
    ValueError
        If the column is not there or a row has no label.

    Examples
    --------
    >>> import pyarrow
    >>> pools(pyarrow.table({"prompt": ["b", "a", "b"]}), "prompt")
    (array([0, 1, 0]), ['b', 'a'])
    """
    import pyarrow as pa

    require(table, [name])
    column = table[name]
    if pa.types.is_dictionary(column.type):
        # its codes stand in an order of their own, and some may not be in use
        column = column.cast(column.type.value_type)
    if pa.types.is_nested(column.type):
        raise ValueError(f"column {name!r} must hold one label a row, not {column.type}")
    _refuse_null(column, name)
    coded = column.dictionary_encode().unify_dictionaries()
    if coded.num_chunks == 0:
        return np.zeros(0, np.int64), []
    codes = [chunk.indices.to_numpy() for chunk in coded.chunks]
    return np.concatenate(codes).astype(np.int64), coded.chunk(0).dictionary.to_pylist()


def refuse_not_finite(matrix: Matrix) -> None:
    """Refuse NaN and infinity, with the row and the column.

    Examples
    --------
    >>> refuse_not_finite(Matrix(np.array([[1.0], [np.nan]]), ["price"], ["price"]))
    Traceback (most recent call last):
    ...
    ValueError: price is nan in row 1
    """
    values = matrix.values
    with np.errstate(invalid="ignore", over="ignore"):
        total = np.sum(values, dtype=np.float64)
    if np.isfinite(total):
        return
    bad = ~np.isfinite(values)
    if bad.any():
        row, column = np.argwhere(bad)[0]
        raise ValueError(f"{matrix.names[column]} is {values[row, column]} in row {row}")


def _of_columns(table: Any, names: Sequence[str], dtype: type[np.floating[Any]]) -> Matrix:
    require(table, names)
    values = np.empty((table.num_rows, len(names)), dtype)
    for j, name in enumerate(names):
        column = table[name]
        if not _is_number(column.type):
            raise ValueError(f"column {name!r} must hold numbers, not {column.type}")
        _refuse_null(column, name)
        values[:, j] = column.to_numpy()
    return Matrix(values, list(names), list(names))


def _of_lists(column: Any, name: str) -> Matrix:
    _refuse_null(column, name)
    if not _is_number(column.type.value_type):
        raise ValueError(f"column {name!r} must hold lists of numbers, not {column.type}")
    parts, first, size = [], 0, None
    for chunk in column.chunks:
        lengths = chunk.value_lengths().to_numpy() if len(chunk) else np.zeros(0, int)
        size = int(lengths[0]) if size is None and len(chunk) else size
        for row in np.flatnonzero(lengths != size)[:1]:
            raise ValueError(
                f"column {name!r} holds {lengths[row]} numbers in row {first + row},"
                f" but {size} in row 0"
            )
        flat = chunk.flatten()
        for position in np.flatnonzero(flat.is_null())[:1]:
            raise ValueError(
                f"{name}[{position % size}] is missing in row {first + position // size}"
            )
        parts.append(flat.to_numpy(zero_copy_only=False))
        first += len(chunk)
    if not size:
        raise ValueError(f"column {name!r} holds no numbers")
    values = parts[0] if len(parts) == 1 else np.concatenate(parts)
    names = [f"{name}[{j}]" for j in range(size)]
    return Matrix(values.reshape(-1, size), names, [name])


def _refuse_null(column: Any, name: str) -> None:
    if column.null_count:
        row = int(np.flatnonzero(column.is_null())[0])
        raise ValueError(f"column {name!r} has no value in row {row}")


def _is_number(kind: Any) -> bool:
    import pyarrow as pa

    return bool(
        pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)
    )


def _is_fixed_list(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_fixed_size_list(kind))


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(map(repr, names[:12]))
    return f"{shown} and {len(names) - 12} more" if len(names) > 12 else shown
