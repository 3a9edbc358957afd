"""Records out of JSON: a line each, a list, or columns under their names."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from prefmath.io._records.memory import records_of_columns
from prefmath.io._records.streams import bytes_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

__all__ = ["read_json"]

_CHUNK = 1 << 20
_SPACE = b" \t\r\n"


def read_json(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Read a file of JSON, told by how it begins; memory holds a record at a time.

    A list, which may be the only one in an object, is read as it comes; an object that spreads
    over lines is read whole.
    """
    with bytes_of(path) as stream:
        head = stream.peek(_CHUNK)[:_CHUNK].lstrip(_SPACE)
        if head[:1] == b"[":
            yield from _elements(path, stream)
            return
        first, _, rest = head.partition(b"\n")
        if rest.strip(_SPACE) and not _is_value(first):
            yield from _whole(path, stream)
            return
        yield from _lines(path, stream)


def _lines(path: Path, stream: Any) -> Iterator[tuple[int, Mapping[str, Any]]]:
    loads = _loads()
    for number, line in enumerate(stream, 1):
        if line.isspace():
            continue
        try:
            record = loads(line)
        except (ValueError, RecursionError) as error:
            raise ValueError(_said(path, number, error)) from error
        if not isinstance(record, dict):
            raise ValueError(  # noqa: TRY004 -- of a file's content
                f"{str(path)!r}, line {number} must hold an object of fields and values, not "
                f"{type(record).__name__}"
            )
        yield number, record


def _elements(path: Path, stream: Any) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Read the elements of a list, each when it is whole."""
    decoder = json.JSONDecoder()
    text, line, at_end = "", 1, False
    decode = _incremental()
    begun = False
    while True:
        text = text.lstrip(" \t\r")
        while text[:1] == "\n" or (text[:1] in {"[", ","} and not (begun and text[0] == "[")):
            begun = begun or text[0] == "["
            line += text[0] == "\n"
            text = text[1:].lstrip(" \t\r")
        if text[:1] == "]":
            return
        try:
            record, end = decoder.raw_decode(text)
        except (ValueError, RecursionError) as error:
            if at_end:
                raise ValueError(_said(path, line, error)) from error
            more = stream.read(max(_CHUNK, len(text)))
            at_end = not more
            try:
                text += decode(more, at_end)
            except UnicodeDecodeError as undecoded:
                raise ValueError(f"{str(path)!r} is not in UTF-8: {undecoded}") from undecoded
            continue
        if not isinstance(record, dict):
            raise ValueError(  # noqa: TRY004 -- of a file's content
                f"{str(path)!r}, line {line} must hold an object of fields and values, not "
                f"{type(record).__name__}"
            )
        yield line, record
        line += text.count("\n", 0, end)
        text = text[end:]


def _whole(path: Path, stream: Any) -> Iterator[tuple[int, Mapping[str, Any]]]:
    try:
        value = json.loads(stream.read())
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 1)
        raise ValueError(_said(path, line, error)) from error
    lists = [of for of in value.values() if isinstance(of, list)]
    if len(lists) == 1 and all(isinstance(element, dict) for element in lists[0]):
        yield from enumerate(lists[0])
    elif lists and len(lists) == len(value):
        yield from records_of_columns(value)
    else:
        yield 0, value


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
