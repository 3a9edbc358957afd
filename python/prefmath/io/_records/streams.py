"""Byte streams out of files, compressed or not."""

from __future__ import annotations

import gzip
import io
import zlib
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from prefmath.io.files import refuse_unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["bytes_of", "plain_suffix", "text_of"]

_BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_COMPRESSED = (".gz", ".zst")
_BUFFER = 1 << 20


def plain_suffix(path: Path) -> str:
    """Return the suffix that says what a file holds once it is unpacked, in lower case."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] in _COMPRESSED:
        suffixes.pop()
    return suffixes[-1] if suffixes else ""


@contextmanager
def bytes_of(path: Path) -> Iterator[io.BufferedReader]:
    """Open a file of UTF-8 behind its byte-order mark, unpacked as its name says."""
    refuse_unreadable(path)
    try:
        with _opened(path) as stream:
            buffered: io.BufferedReader = io.BufferedReader(cast("io.RawIOBase", stream), _BUFFER)
            start = buffered.peek(3)[:3]
            if start[:2] in _UTF16:
                raise ValueError(f"{str(path)!r} is in UTF-16: save it in UTF-8")
            if start == _BOM:
                buffered.read(3)
            yield buffered
    except (OSError, EOFError, zlib.error) as error:
        if isinstance(error, OSError) and error.strerror:
            raise  # what the system says; what unpackers say has no code
        message = f"{str(path)!r} is not compressed as its name says, or is cut short: {error}"
        raise ValueError(message) from error


@contextmanager
def text_of(path: Path) -> Iterator[IO[str]]:
    """Open a file of UTF-8 as text, with the line breaks that it has."""
    with bytes_of(path) as stream:
        yield io.TextIOWrapper(stream, "utf-8", newline="")


def _opened(path: Path) -> IO[bytes]:
    name = path.name.lower()
    if name.endswith(".gz"):
        return cast("IO[bytes]", gzip.open(path))
    if name.endswith(".zst"):
        try:
            import pyarrow as pa
        except ImportError as error:
            raise ImportError(
                f"{str(path)!r} needs pyarrow to be unpacked: pip install 'prefmath[files]'"
            ) from error
        return cast("IO[bytes]", pa.CompressedInputStream(pa.OSFile(str(path)), "zstd"))
    return path.open("rb", buffering=0)
