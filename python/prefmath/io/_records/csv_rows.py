"""Records out of separated values: CSV, TSV and their relatives."""

from __future__ import annotations

import csv
import io
from itertools import chain
from typing import IO, TYPE_CHECKING, Any

from prefmath.io._records.streams import text_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["read_csv_rows"]

_SEPARATORS = ",;\t|"
_LARGEST_CELL = 1 << 30
_HEAD = 1 << 16
# Survey exports of Qualtrics have the questions in a second row and this in the cells of a third.
_IMPORT_ID = '{"ImportId"'


def read_csv_rows(path: Path, separator: str | None) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Read rows as records of texts, under the line in which each begins.

    The separator is found in the header where none is given. The two further header rows of a
    Qualtrics export are skipped.
    """
    # One setting for all readers of the process: only ever raised.
    csv.field_size_limit(max(csv.field_size_limit(), _LARGEST_CELL))
    with text_of(path) as stream:
        try:
            yield from _rows(path, stream, separator)
        except UnicodeDecodeError as error:
            raise ValueError(f"{str(path)!r} is not in UTF-8: {error.reason}") from error


def _rows(
    path: Path, stream: IO[str], separator: str | None
) -> Iterator[tuple[int, Mapping[str, Any]]]:
    head = stream.read(_HEAD)
    lines = chain(_first_lines(head, stream), stream)
    between = separator or _separator_of(head)
    reader = csv.reader(lines, delimiter=between, strict=True)
    begins = 1
    names: list[str] | None = None
    held: tuple[int, list[str]] | None = None
    n_rows = 0
    try:
        for cells in reader:
            line, begins = begins, reader.line_num + 1
            if not cells:
                continue
            if names is None:
                names = _header(path, cells)
                continue
            if len(cells) != len(names):
                raise ValueError(
                    f"{str(path)!r}, line {line} has {len(cells)} values under {len(names)} names "
                    f"(separator {between!r}; name another as separator)"
                )
            n_rows += 1
            if n_rows == 1:  # the next row tells whether this one holds questions
                held = line, cells
                continue
            if n_rows == 2 and all(cell.startswith(_IMPORT_ID) for cell in cells):
                held = None
                continue
            if held is not None:
                yield held[0], dict(zip(names, held[1], strict=True))
                held = None
            yield line, dict(zip(names, cells, strict=True))
        if names is not None and held is not None:
            yield held[0], dict(zip(names, held[1], strict=True))
    except csv.Error as error:
        raise ValueError(
            f"{str(path)!r}, line {begins} cannot be read, or a row that begins there: {error}"
        ) from error


def _first_lines(head: str, stream: IO[str]) -> Iterator[str]:
    """Return the lines of what was read already; the last goes on in the stream."""
    # Not by splitlines, which takes more characters for ends of lines than files have.
    lines = io.StringIO(head, newline="").readlines()
    for at, line in enumerate(lines):
        whole = line
        if at == len(lines) - 1 and not line.endswith("\n"):
            whole += stream.readline()
        yield whole


def _header(path: Path, cells: list[str]) -> list[str]:
    names = [cell.strip() for cell in cells]
    for at, name in enumerate(names):
        if name in names[:at]:
            raise ValueError(f"{str(path)!r} has two columns of the name {name!r}")
    return names


def _separator_of(head: str) -> str:
    """Return the separator that stands most often in the first row, outside quotes."""
    quoted = False
    counts = dict.fromkeys(_SEPARATORS, 0)
    for character in head:
        if character == '"':
            quoted = not quoted
        elif not quoted and character in "\r\n":
            break
        elif not quoted and character in counts:
            counts[character] += 1
    return max(counts, key=counts.__getitem__)
