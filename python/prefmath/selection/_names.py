"""What errors call rows and pools: as the caller counts them, who may have given a table."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

__all__ = ["Names", "NamesInTable"]


@dataclass(frozen=True, eq=False)
class Names:
    """Names of the rows of X and of its pools; X is one pool if not `in_pools`."""

    in_pools: bool

    def row(self, row: int) -> str:
        """Return what a row is called."""
        return f"row {row}"

    def pool(self, pool: int) -> str:
        """Return what a pool is called."""
        return f"pool {pool}" if self.in_pools else "X"

    def of(self, pool: int) -> str:
        """Return of which pool something is, or nothing where there is one alone."""
        return f" of {self.pool(pool)}" if self.in_pools else ""

    @contextmanager
    def given_to_kernels(self) -> Iterator[None]:
        """Let errors of kernels, which know rows by their numbers in X, say the same names."""
        yield


@dataclass(frozen=True, eq=False)
class NamesInTable(Names):
    """Rows as they stand in the table, pools by their labels."""

    order: NDArray[np.int64]
    starts: NDArray[np.int64]
    called: list[str]
    columns: tuple[str, ...]

    def row(self, row: int) -> str:
        return f"row {self.order[row]}"

    def pool(self, pool: int) -> str:
        return f"pool {self.called[pool]}" if self.in_pools else "the table"

    @contextmanager
    def given_to_kernels(self) -> Iterator[None]:
        try:
            yield
        except ValueError as error:
            raise ValueError(self._renamed(str(error))) from None

    def _renamed(self, message: str) -> str:
        """Return a sentence of a kernel with the names of the table."""
        if found := re.search(r"X\[(\d+), (\d+)\] is (\S+)$", message):
            row, at, value = self.row(int(found[1])), int(found[2]), found[3]
            one = len(self.columns) == 1
            name, there = self.columns[0 if one else at], f", at place {at}" if one else ""
            return f"column {name!r} for embedding must be finite: it holds {value} in {row}{there}"
        if found := re.search(r"X\[(\d+)\] is all zeros$", message):
            return (
                f"cosine similarity needs non-zero rows: {', '.join(self.columns)} of "
                f"{self.row(int(found[1]))} is all zeros"
            )
        if found := re.match(r"include cannot hold row (\d+)", message):
            return message.replace(found[0], f"include cannot hold {self.row(int(found[1]))}")
        if found := re.match(r"no choice from rows (\d+) to \d+ of X", message):
            pool = int(np.searchsorted(self.starts, int(found[1]), side="right")) - 1
            return message.replace(found[0], f"no choice from {self.pool(pool)}")
        return message
