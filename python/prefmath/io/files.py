"""Arrays and tables from files and to files."""

from __future__ import annotations

import gzip
import os
import stat
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from prefmath.io._csv import read_csv
from prefmath.io._npy import read_header, read_values
from prefmath.io.replace import kind_of, mode_of, replace_file

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

TABLES = (".parquet", ".csv", ".csv.gz")
"""Suffixes of the tables that can be read and written."""


def suffix_of(path: str | os.PathLike[str], allowed: Sequence[str]) -> str:
    """Return the suffix that says what a file holds.

    Parameters
    ----------
    path : str or path-like
        The file; it need not exist.
    allowed : sequence of str
        Suffixes to choose from, in lower case with their dots, such as ``".csv.gz"``.

    Returns
    -------
    str
        The member of `allowed` that the name ends with, whatever its case.

    Raises
    ------
    ValueError
        If the name ends with none of them.

    Examples
    --------
    >>> suffix_of("pools.CSV", [".npy", ".csv"])
    '.csv'
    """
    name = Path(path).name.lower()
    for suffix in allowed:
        if name.endswith(suffix):
            return suffix
    msg = f"{str(path)!r} must end in {' or '.join(allowed)}"
    raise ValueError(msg)


def read_array(path: str | os.PathLike[str]) -> NDArray[Any]:
    """Read one array from a .npy file.

    Parameters
    ----------
    path : str or path-like
        A file that ``numpy.save`` wrote.

    Returns
    -------
    ndarray
        The array, any shape and dtype but objects; a read-only view of the file, so that only
        what is used is read.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file holds no array, or one of Python objects.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_array(f"{folder}/x.npy", np.arange(3))
    ...     np.array(read_array(f"{folder}/x.npy"))
    array([0, 1, 2])
    """
    refuse_unreadable(path)
    try:
        with Path(path).open("rb") as stream:
            header = read_header(stream, os.fstat(stream.fileno()).st_size)
            if 0 in header.shape:  # memory cannot be mapped over nothing
                return read_values(stream, header)
    except ValueError as error:
        msg = f"{str(path)!r} holds no array that NumPy reads: {error}"
        raise ValueError(msg) from error
    order: Literal["F", "C"] = "F" if header.fortran else "C"
    return np.memmap(path, header.dtype, "r", header.offset, header.shape, order)


def read_table(path: str | os.PathLike[str]) -> Any:
    r"""Read a table from a .parquet, .csv or .csv.gz file.

    Parameters
    ----------
    path : str or path-like
        The file; its suffix says what it is.

    Returns
    -------
    pyarrow.Table
        All its columns and rows.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ImportError
        If pyarrow is not installed.
    ValueError
        If the suffix is another, or the content is not what the suffix says.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "x.csv")
    ...     _ = file.write_text("a,b\n1,x\n2,y\n")
    ...     read_table(file).to_pydict()
    {'a': [1, 2], 'b': ['x', 'y']}
    """
    suffix = suffix_of(path, TABLES)
    refuse_unreadable(path)
    pa = _import_arrow()
    try:
        if suffix == ".parquet":
            from pyarrow import parquet

            return parquet.ParquetFile(path).read()
    except MemoryError:
        raise
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        if isinstance(error, OSError) and error.strerror:
            raise  # what the system says; what Arrow says has no code
        first = str(error).partition("\n")[0]
        msg = f"{str(path)!r} is not a parquet file that can be read: {first}"
        raise ValueError(msg) from error
    try:
        return read_csv(path)
    except (OSError, EOFError, zlib.error) as error:
        if isinstance(error, OSError) and error.strerror:
            raise
        msg = f"{str(path)!r} is not compressed as its name says, or is cut short: {error}"
        raise ValueError(msg) from error
    except MemoryError:
        raise
    except ValueError as error:
        raise ValueError(f"{str(path)!r} {error}") from error


def write_array(path: str | os.PathLike[str], array: NDArray[Any]) -> None:
    """Write one array to a .npy file, whole or not at all.

    Parameters
    ----------
    path : str or path-like
        The file, replaced where it exists.
    array : ndarray
        Any shape and dtype but objects.

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    ValueError
        If the suffix is not .npy or the array holds Python objects.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_array(f"{folder}/x.npy", np.zeros((2, 3)))
    ...     read_array(f"{folder}/x.npy").shape
    (2, 3)
    """
    suffix_of(path, (".npy",))
    with replace_file(path) as stream:
        np.save(stream, array, allow_pickle=False)


def write_table(path: str | os.PathLike[str], table: Any) -> None:
    """Write a table to a .parquet, .csv or .csv.gz file, whole or not at all.

    Parameters
    ----------
    path : str or path-like
        The file, replaced where it exists.
    table : pyarrow.Table
        What to write; CSV holds no lists.

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    ValueError
        If the suffix is another, or the table has a column that the format cannot hold.

    Examples
    --------
    >>> import tempfile, pyarrow
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_table(f"{folder}/x.parquet", pyarrow.table({"a": [1, 2]}))
    ...     read_table(f"{folder}/x.parquet").num_rows
    2
    """
    suffix = suffix_of(path, TABLES)
    pa = _import_arrow()
    with replace_file(path) as stream:
        try:
            if suffix == ".parquet":
                from pyarrow import parquet

                parquet.write_table(table, stream)
                return
            from pyarrow import csv

            if suffix == ".csv":
                csv.write_csv(table, stream)
                return
            # no name and no time inside: equal tables are equal files
            with gzip.GzipFile("", "wb", fileobj=stream, mtime=0) as packed:
                csv.write_csv(table, packed)
        except pa.ArrowException as error:
            msg = f"{str(path)!r} cannot hold this table: {error}"
            raise ValueError(msg) from error


def refuse_unreadable(path: str | os.PathLike[str]) -> None:
    """Refuse what is no file, such as a pipe, which could be waited for without end.

    Parameters
    ----------
    path : str or path-like
        What is to be read.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    IsADirectoryError
        If `path` is a folder.
    OSError
        If it is a pipe, a socket or a device.

    Examples
    --------
    >>> refuse_unreadable("/dev/null")
    Traceback (most recent call last):
    ...
    OSError: '/dev/null' is a device, not a file: save what it gives in a file first
    """
    mode = mode_of(path)
    if mode is None:
        msg = f"no such file: {str(path)!r}"
        raise FileNotFoundError(msg)
    if stat.S_ISDIR(mode):
        msg = f"{str(path)!r} is a folder"
        raise IsADirectoryError(msg)
    if not stat.S_ISREG(mode):
        msg = f"{str(path)!r} is {kind_of(mode)}, not a file: save what it gives in a file first"
        raise OSError(msg)


def _import_arrow() -> Any:
    try:
        import pyarrow as pa
    except ImportError as error:
        msg = 'reading and writing tables needs pyarrow: pip install "prefmath[cli]"'
        raise ImportError(msg) from error
    return pa
