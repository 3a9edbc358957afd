"""Opening a source: which reader of records its name and its content ask for."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prefmath.io._records.columnar import read_arrow, read_parquet
from prefmath.io._records.csv_rows import read_csv_rows
from prefmath.io._records.json_values import read_json, spreads_over_lines
from prefmath.io._records.memory import records_of
from prefmath.io._records.records import Records
from prefmath.io._records.streams import plain_suffix

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["open_records"]

_JSON = (".json", ".jsonl", ".ndjson")
_CSV = (".csv", ".tsv", ".tab", ".txt")
_TEXT = (*_JSON, *_CSV)
_SUFFIXES = (*_TEXT, ".parquet", ".arrow")


def open_records(source: object, separator: str | None = None, name: str = "source") -> Records:
    """Return the records of a file, a folder of a stored data set, or of what is in memory.

    Raises
    ------
    ValueError
        If the suffix is none that is read.
    TypeError
        If `source` is nothing that holds records.
    """
    if separator is not None and len(separator) != 1:
        raise ValueError(f"separator must be one character, got {separator!r}")
    if isinstance(source, Records):
        return source
    if isinstance(source, Iterator):  # which can be gone through once
        source = list(source)
    if not isinstance(source, (str, os.PathLike)):
        return Records(name, "row", lambda: records_of(source, name))
    path = Path(source)
    if path.is_dir():
        files = _files_of_dataset(path)
        return Records(repr(str(path)), "row", lambda: _joined(files))
    called = repr(str(path))
    suffix = plain_suffix(path)
    between = separator or ("\t" if suffix in (".tsv", ".tab") else None)
    readers = {
        **dict.fromkeys(_JSON, lambda: read_json(path)),
        **dict.fromkeys(_CSV, lambda: read_csv_rows(path, between)),
        ".parquet": lambda: read_parquet(path),
        ".arrow": lambda: read_arrow(path),
    }
    if suffix in readers:
        by_row = suffix not in _TEXT or (suffix in _JSON and spreads_over_lines(path))
        return Records(called, "row" if by_row else "line", readers[suffix])
    raise ValueError(
        f"{called} must end in {', '.join(_SUFFIXES)} (text may be packed, .gz or .zst), or be the "
        f"folder of a stored data set"
    )


def _files_of_dataset(folder: Path) -> list[Path]:
    """Return the files of a data set that `datasets` saved to disk, or of a folder of parquet."""
    state = folder / "state.json"
    if state.is_file():
        try:
            named = json.loads(state.read_text("utf-8"))["_data_files"]
            return [folder / file["filename"] for file in named]
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{str(state)!r} does not say which files the data are in") from error
    files = sorted(folder.glob("*.arrow")) or sorted(folder.rglob("*.parquet"))
    if not files:
        splits = [path.parent.name for path in sorted(folder.glob("*/state.json"))]
        what = (
            f"holds the parts {', '.join(splits)}: give the folder of one"
            if splits
            else "holds neither .arrow nor .parquet files"
        )
        raise ValueError(f"{str(folder)!r} {what}")
    return files


def _joined(files: list[Path]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    row = 0
    for file in files:
        read = read_arrow if file.suffix == ".arrow" else read_parquet
        for _, record in read(file):
            yield row, record
            row += 1
