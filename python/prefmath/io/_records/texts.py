"""Texts beside memory: a sequence whose content is in a temporary file once it is large."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from tempfile import SpooledTemporaryFile
from threading import Lock
from typing import Any, overload
from weakref import finalize

__all__ = ["Texts"]

# Texts of so many bytes in all are kept in memory.
_IN_MEMORY = 1 << 26
_MISSING = -1


class Texts(Sequence[str | None]):
    """Texts by their number, read when they are asked for; None where there is none."""

    def __init__(self) -> None:
        self._file = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 -- closed with its reader
        finalize(self, self._file.close)
        self._starts = array("q")
        self._sizes = array("q")
        self._end = 0
        self._moved = False  # by a reading, away from the end
        self._lock = Lock()

    def append(self, text: str | None) -> None:
        """Add a text."""
        if text is None:
            self._starts.append(self._end)
            self._sizes.append(_MISSING)
            return
        content = text.encode("utf-8", "surrogatepass")
        with self._lock:
            if self._moved:
                self._file.seek(self._end)
                self._moved = False
            self._file.write(content)
            self._starts.append(self._end)
            self._sizes.append(len(content))
            self._end += len(content)

    def __len__(self) -> int:
        return len(self._starts)

    @overload
    def __getitem__(self, at: int) -> str | None: ...
    @overload
    def __getitem__(self, at: slice) -> list[str | None]: ...
    def __getitem__(self, at: int | slice) -> str | list[str | None] | None:
        if isinstance(at, slice):
            return [self[each] for each in range(*at.indices(len(self)))]
        size = self._sizes[at]
        if size == _MISSING:
            return None
        with self._lock:
            self._moved = True
            self._file.seek(self._starts[at])
            return self._file.read(size).decode("utf-8", "surrogatepass")

    def __iter__(self) -> Iterator[str | None]:
        return (self[at] for at in range(len(self)))

    def __reduce__(self) -> tuple[Any, ...]:
        return _texts_of, (list(self),)


def _texts_of(values: list[str | None]) -> Texts:
    texts = Texts()
    for value in values:
        texts.append(value)
    return texts
