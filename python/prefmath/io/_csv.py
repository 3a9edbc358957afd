"""Tables out of CSV files, with line breaks inside quotes, of any size."""

from __future__ import annotations

import csv
import gzip
import io
import re
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

import numpy as np

if TYPE_CHECKING:
    import os

    import pyarrow as pa

CHUNK = 1 << 22
"""Bytes that are looked at together for quotation marks."""
BLOCK = 1 << 20
"""Bytes that are parsed together; more where a row is longer."""
_LARGEST_BLOCK = (1 << 31) - 1
_MARK = ord('"')
_BESIDE = np.frombuffer(b',\n\r"', np.uint8)
_BOM = b"\xef\xbb\xbf"


def read_csv(path: str | os.PathLike[str]) -> pa.Table:
    """Read a CSV file in UTF-8, compressed where its name ends in .gz.

    Parameters
    ----------
    path : str or path-like
        The file.

    Returns
    -------
    pyarrow.Table
        All its columns and rows.

    Raises
    ------
    ValueError
        If the quotation marks do not pair up, so that rows would be swallowed; if rows differ in
        length; or if the file is not in UTF-8. The message says what follows "the file …".

    Notes
    -----
    Line breaks inside quotes need a parser that looks for the ends of rows from the start of the
    file (``newlines_in_values``). Such a parser takes all that follows a quotation mark which is
    never closed for one cell, without a word, so the marks are counted before.
    """
    _refuse_encoding(path)
    if not _is_well_quoted(path):
        _refuse_quotes(path)
    block = BLOCK
    while True:
        try:
            table = _parse(path, block)
            break
        except ValueError as error:
            if "straddl" in str(error) and block < _LARGEST_BLOCK:
                block = min(block * 16, _LARGEST_BLOCK)
                continue
            raise ValueError(_reason(path, block, str(error))) from error
    _refuse_bytes(table)
    return table


def _parse(path: str | os.PathLike[str], block: int, *, parallel: bool = True) -> pa.Table:
    from pyarrow import csv as arrow

    return arrow.read_csv(
        path,
        read_options=arrow.ReadOptions(block_size=block, use_threads=parallel),
        parse_options=arrow.ParseOptions(newlines_in_values=True),
    )


def _reason(path: str | os.PathLike[str], block: int, message: str) -> str:
    """Return what is wrong with a file that could not be parsed."""
    if message == "Empty CSV file" or "cannot infer number of columns" in message:
        return "is empty"
    if "straddl" in message:
        return "has a row of more than two gigabytes"
    pattern = re.compile(r"Expected (\d+) columns, got (\d+): (.*)", re.DOTALL)
    if not (found := pattern.search(message)):
        return message
    number = ""
    try:  # the number of the row is known to a parser that goes from row to row alone
        _parse(path, block, parallel=False)
    except ValueError as error:
        if again := re.search(r"Row #(\d+)", str(error)):
            number = f" {int(again[1]) - 2}"
    text = found[3] if len(found[3]) <= 60 else f"{found[3][:60]}…"
    return f"has {found[1]} columns, but {found[2]} in row{number}: {text!r}"


def _open(path: str | os.PathLike[str]) -> IO[bytes]:
    if Path(path).name.lower().endswith(".gz"):
        return cast("IO[bytes]", gzip.open(path))
    return Path(path).open("rb")


def _is_well_quoted(path: str | os.PathLike[str]) -> bool:
    """Return whether every quotation mark opens or closes a cell, or is doubled in one.

    Marks open and close in turn. One that opens stands at the start of a cell, or is the second
    of two; one that closes stands at the end of a cell, or is the first of two.
    """
    n_marks, last = 0, b"\n"
    with _open(path) as stream:
        if stream.read(len(_BOM)) != _BOM:
            stream.seek(0)
        while chunk := stream.read(CHUNK):
            # the last byte waits for the one after it
            data = np.frombuffer(last + chunk, np.uint8)
            n_marks, good = _check_marks(data, n_marks)
            if not good:
                return False
            last = (last + chunk)[-2:]
    n_marks, good = _check_marks(np.frombuffer(last + b"\n", np.uint8), n_marks)
    return good and n_marks % 2 == 0


def _check_marks(data: Any, n_before: int) -> tuple[int, bool]:
    """Look at all bytes but the first and the last, which are there for their neighbours."""
    at = np.flatnonzero(data[1:-1] == _MARK) + 1
    opens = (n_before + np.arange(len(at))) % 2 == 0
    neighbour = np.where(opens, data[at - 1], data[at + 1])
    return n_before + len(at), bool(np.isin(neighbour, _BESIDE).all())


def _refuse_quotes(path: str | os.PathLike[str]) -> None:
    """Refuse a mark that is never closed, or text behind a closing one, with the line.

    A mark inside a cell that none opened, as in 5" pipe, is a character like others.
    """
    limit = csv.field_size_limit(sys.maxsize)
    try:
        with _open(path) as stream:
            text = io.TextIOWrapper(stream, "utf-8-sig", errors="replace", newline="")
            reader = csv.reader(text, strict=True)
            first = 1
            try:
                for _ in reader:
                    first = reader.line_num + 1
            except csv.Error as error:
                raise ValueError(
                    "has quotation marks that do not pair up in the row that begins in line"
                    f" {first}: one inside quotes must be doubled"
                ) from error
    finally:
        csv.field_size_limit(limit)


def _refuse_encoding(path: str | os.PathLike[str]) -> None:
    with _open(path) as stream:
        start = stream.read(2)
    if start in {b"\xff\xfe", b"\xfe\xff"}:
        raise ValueError("is in UTF-16: save it in UTF-8")


def _refuse_bytes(table: pa.Table) -> None:
    """Refuse a column that Arrow left as bytes, since they are not UTF-8."""
    import pyarrow as pa

    for name in table.column_names:
        column = table[name]
        if not pa.types.is_binary(column.type):
            continue
        for row, cell in enumerate(column.to_pylist()):
            try:
                (cell or b"").decode()
            except UnicodeDecodeError as error:
                raise ValueError(
                    f"is not in UTF-8: column {name!r} holds {cell[:40]!r} in row {row}"
                ) from error
