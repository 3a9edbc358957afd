"""Matrices and labels out of the columns of a table that a user names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from prefmath.io.files import read_array

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from numpy.typing import NDArray


class Matrix(NamedTuple):
    """Numbers out of a file: one row a row of the file."""

    values: NDArray[Any]
    """Shape (n, d)."""
    names: list[str]
    """One name a column."""
    sources: list[str]
    """The columns of the table, or the file, that the numbers come from."""

    def described(self) -> str:
        """Return how many numbers a row has and where they come from, for a summary."""
        d, sources = self.values.shape[1], self.sources
        shown = ", ".join(sources) if len(sources) <= 4 else f"{sources[0]} to {sources[-1]}"
        return f"{d} number{'' if d == 1 else 's'} in {shown}"


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
            raise ValueError(
                f"no column {name!r}: there are {listed(table.column_names)}"
                f"{_other_separator(table.column_names)}"
            )
        if count > 1:
            raise ValueError(f"{count} columns are named {name!r}")


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
    return of_columns(table, names, np.float64)


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
    column = without_empty_labels(table, [name])[name]
    if pa.types.is_dictionary(column.type):
        # its codes stand in an order of their own, and some may not be in use
        column = column.cast(column.type.value_type)
    if pa.types.is_nested(column.type):
        raise ValueError(f"column {name!r} must hold one label a row, not {column.type}")
    refuse_null(column, name)
    refuse_rounded(column, name)
    coded = column.dictionary_encode().unify_dictionaries()
    if coded.num_chunks == 0:
        return np.zeros(0, np.int64), []
    codes = [chunk.indices.to_numpy() for chunk in coded.chunks]
    return np.concatenate(codes).astype(np.int64), coded.chunk(0).dictionary.to_pylist()


def refuse_rounded(column: Any, name: str) -> None:
    """Refuse labels that are numbers beyond what a float tells apart.

    Whole numbers that 64 bits do not hold are read from CSV as floats: two ids become one.

    Examples
    --------
    >>> import pyarrow
    >>> refuse_rounded(pyarrow.chunked_array([[1.0, 2.0**63]]), "id")
    Traceback (most recent call last):
    ...
    ValueError: column 'id' holds labels too large to tell apart, 9.2e+18 in row 1: write text
    """
    import pyarrow as pa

    if not pa.types.is_floating(column.type):
        return
    with np.errstate(invalid="ignore"):
        large = np.abs(column.to_numpy()) >= 2.0**53
    for row in np.flatnonzero(large)[:1]:
        raise ValueError(
            f"column {name!r} holds labels too large to tell apart,"
            f" {column[int(row)].as_py():.1e} in row {row}: write text"
        )


def without_empty_labels(table: Any, names: Sequence[str]) -> Any:
    """Return the table with null for text of no length, which in CSV is what a cell left out is.

    Examples
    --------
    >>> import pyarrow
    >>> without_empty_labels(pyarrow.table({"who": ["a", ""]}), ["who"])["who"].to_pylist()
    ['a', None]
    """
    import pyarrow as pa
    from pyarrow import compute

    for name in dict.fromkeys(names):
        column = table[name]
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            empty = compute.equal(column, "")
            if compute.any(empty).as_py():
                kept = compute.if_else(empty, pa.scalar(None, column.type), column)
                table = table.set_column(table.column_names.index(name), name, kept)
    return table


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


def _other_separator(names: Sequence[str]) -> str:
    if len(names) == 1 and (found := [mark for mark in ";\t|" if mark in names[0]]):
        return f"; columns are separated by commas, not by {found[0]!r}"
    return ""


def of_columns(table: Any, names: Sequence[str], dtype: type[np.floating[Any]]) -> Matrix:
    """Return columns of numbers side by side; what is no number is refused with its row."""
    require(table, names)
    values = np.empty((table.num_rows, len(names)), dtype)
    for j, name in enumerate(names):
        column = table[name]
        if not is_number(column.type):
            _refuse_cell(column, name)
            raise ValueError(f"column {name!r} must hold numbers, not {column.type}")
        refuse_null(column, name)
        given = column.to_numpy()
        with np.errstate(over="ignore"):
            values[:, j] = given
        for row in np.flatnonzero(np.isinf(values[:, j]) & np.isfinite(given))[:1]:
            raise ValueError(f"column {name!r} holds {given[row]} in row {row}, beyond 32 bits")
    return Matrix(values, list(names), list(names))


def _refuse_cell(column: Any, name: str) -> None:
    """Refuse the first cell that makes a column one of text, or lists in the text of a CSV file."""
    import pyarrow as pa

    if pa.types.is_null(column.type):
        refuse_null(column, name)
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return
    for row, cell in enumerate(column.to_pylist()):
        if cell is not None and cell.strip()[:1] == "[":
            raise ValueError(
                f"column {name!r} holds lists as text, {shortened(cell)} in row {row}: CSV holds no"
                " lists; save the table as .parquet, or the lists as .npy for --embedding"
            )
        try:
            float(cell or "")
        except ValueError:
            said = "nothing" if cell is None or not cell.strip() else shortened(cell)
            raise ValueError(f"column {name!r} must hold numbers: row {row} has {said}") from None


def shortened(cell: str) -> str:
    """Return how an error shows a cell.

    Examples
    --------
    >>> shortened("abc")
    "'abc'"
    """
    return repr(cell) if len(cell) <= 40 else f"{cell[:40]!r}…"


def of_lists(column: Any, name: str) -> Matrix:
    """Return lists of numbers, all of one length, as rows."""
    refuse_null(column, name)
    if not is_number(column.type.value_type):
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


def refuse_null(column: Any, name: str) -> None:
    """Refuse a column that has no value in some row, with the row."""
    if column.null_count:
        row = int(np.flatnonzero(column.is_null())[0])
        raise ValueError(f"column {name!r} has no value in row {row}")


def is_number(kind: Any) -> bool:
    """Return whether an Arrow type is one of numbers or booleans."""
    import pyarrow as pa

    return bool(
        pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)
    )


def is_list(kind: Any) -> bool:
    """Return whether an Arrow type is one of lists, of one length or several."""
    import pyarrow as pa

    return bool(
        pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    )


def listed(names: Sequence[str]) -> str:
    """Return names for a message, the first dozen if there are many.

    Examples
    --------
    >>> listed(["a", "b"])
    "'a', 'b'"
    """
    shown = ", ".join(map(repr, names[:12]))
    return f"{shown} and {len(names) - 12} more" if len(names) > 12 else shown
