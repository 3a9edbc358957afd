"""Records out of JSON: a line each, a list, or columns under their names."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from prefmath.io._records.memory import records_of_columns
from prefmath.io._records.streams import bytes_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

__all__ = ["read_json", "spreads_over_lines"]

_CHUNK = 1 << 20
_SPACE = b" \t\r\n"
_BETWEEN = re.compile(r"[ \t\r\n,]*")
# What lists of records are called in objects that hold more than these.
_WRAPPERS = ("data", "rows", "records", "examples", "instances", "items")


def spreads_over_lines(path: Path) -> bool:
    """Whether a file is one object over several lines, whose records have no lines of their own."""
    with bytes_of(path) as stream:
        head = stream.peek(_CHUNK)[:_CHUNK].lstrip(_SPACE)
    first, _, rest = head.partition(b"\n")
    return head[:1] != b"[" and bool(rest.strip(_SPACE)) and not _is_value(first)


def read_json(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Read a file of JSON, told by how it begins.

    A list is read as it comes, as lines are: memory holds a record at a time. An object that
    spreads over lines is read whole: columns, a record, or a list of records called `data`, `rows`
    or the like, which are numbered from 0.
    """
    whole = spreads_over_lines(path)
    with bytes_of(path) as stream:
        head = stream.peek(_CHUNK)[:_CHUNK].lstrip(_SPACE)
        read = _elements if head[:1] == b"[" else _whole if whole else _lines
        yield from read(path, stream)


def _lines(path: Path, stream: Any) -> Iterator[tuple[int, Mapping[str, Any]]]:
    loads = _loads()
    for number, line in enumerate(stream, 1):
        if line.isspace():
            continue
        try:
            record = loads(line)
        except (ValueError, RecursionError):
            try:  # the standard library reads what some readers refuse: NaN, halves of characters
                record = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise ValueError(_said(path, number, error)) from error
        yield number, _as_record(path, number, record)


def _elements(path: Path, stream: Any) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Read the elements of a list, each when it is whole."""
    decoder, decode = json.JSONDecoder(), _incremental()
    text, at, line, at_end, opened = "", 0, 1, False, False
    while True:
        begin = _end_of(_BETWEEN, text, at)
        line += text.count("\n", at, begin)
        at = begin
        if not opened and text[at : at + 1] == "[":
            at, opened = at + 1, True
            continue
        if text[at : at + 1] == "]":
            return
        try:
            record, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            if at_end or isinstance(error, RecursionError):
                raise ValueError(_said(path, line, error)) from error
            more = stream.read(max(_CHUNK, len(text) - at))
            at_end = not more
            try:
                text, at = text[at:] + decode(more, at_end), 0
            except UnicodeDecodeError as undecoded:
                raise ValueError(f"{str(path)!r} is not in UTF-8: {undecoded}") from undecoded
            continue
        yield line, _as_record(path, line, record)
        line += text.count("\n", at, end)
        at = end


def _end_of(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return at if found is None else found.end()


def _whole(path: Path, stream: Any) -> Iterator[tuple[int, Mapping[str, Any]]]:
    try:
        value = json.loads(stream.read())
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 1)
        raise ValueError(_said(path, line, error)) from error
    lists = {name: of for name, of in value.items() if isinstance(of, list)}
    rows = next((lists[name] for name in _WRAPPERS if name in lists), None)
    if rows is None and len(value) == 1:
        rows = next(iter(lists.values()), None)
    if rows is not None and all(isinstance(element, dict) for element in rows):
        yield from enumerate(rows)
    elif lists and len(lists) == len(value):
        yield from records_of_columns(value)
    else:
        yield 0, value


def _as_record(path: Path, line: int, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(  # noqa: TRY004 -- of a file's content
            f"{str(path)!r}, line {line} must hold an object of fields and values, not "
            f"{type(value).__name__}"
        )
    return value


def _is_value(line: bytes) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _said(path: Path, line: int, error: Exception) -> str:
    reason = str(error).partition(": line")[0] or type(error).__name__
    return f"{str(path)!r}, line {line} is not JSON: {reason}"


def _loads() -> Callable[[bytes], Any]:
    """Return the fastest reader of a value that is installed."""
    try:
        import orjson
    except ImportError:
        return json.loads
    loads: Callable[[bytes], Any] = orjson.loads
    return loads


def _incremental() -> Callable[[bytes, bool], str]:
    import codecs

    return codecs.getincrementaldecoder("utf-8")().decode
