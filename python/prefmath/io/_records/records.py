"""Records, one after the other, with the place that each came from."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

__all__ = ["Records"]


@dataclass(frozen=True)
class Records:
    """What a source holds; every iteration reads it from its start.

    `name` is how an error calls the source, `unit` what it counts: lines of a text file from 1, as
    editors do, rows of a table from 0.
    """

    name: str
    unit: str
    read: Callable[[], Iterator[tuple[int, Mapping[str, Any]]]]

    def __iter__(self) -> Iterator[tuple[int, Mapping[str, Any]]]:
        return self.read()

    def peeked(self) -> tuple[Mapping[str, Any], Iterator[tuple[int, Mapping[str, Any]]]]:
        """Return the first record, and all of them, or refuse a source without any."""
        records = iter(self)
        first = next(records, None)
        if first is None:
            raise ValueError(f"{self.name} holds no records")
        return first[1], chain([first], records)

    def place(self, row: int) -> str:
        """Return how an error calls a record."""
        return f"{self.name}, {self.unit} {row}"
