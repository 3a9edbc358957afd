"""An observation taken apart: its kind, its entries, and the parts that tasks work on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from prefmath._numba._njit import njit

from . import choose_one, pair
from ._checks import check_choose_one, check_extra, check_pair

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Described", "Observation", "Part"]

_I32: TypeAlias = "NDArray[np.int32]"
_I64: TypeAlias = "NDArray[np.int64]"
_Bool: TypeAlias = "NDArray[np.bool_]"
Observation: TypeAlias = (
    "tuple[str, _I64 | None, _I32, _I32 | None, _Bool | None, _I32 | None, _I32 | None, str, int]"
)


class Part(NamedTuple):
    """Consecutive outcomes; outcome i has the entries ``offsets[i]:offsets[i + 1]`` of the part."""

    entries: slice
    offsets: _I64
    chosen: _I32
    tied: _Bool


@dataclass(frozen=True, eq=False)
class Described:
    """An observation whose arrays have been checked."""

    kind: Any
    offsets: _I64
    items: _I32
    extra: _I32 | None
    chosen: _I32
    tied: _Bool

    @classmethod
    def of(cls, observation: Observation, n_rows: int) -> Described:
        """Check an observation against a table of `n_rows` rows, and take it apart."""
        kind, offsets, items, chosen, tied, extra, n_ranked, ties, tie_row = observation
        kinds: dict[str, Any] = {"choose_one": choose_one, "pair": pair}
        if tie_row >= 0 or n_ranked is not None:
            raise ValueError("not there yet")
        if kind == "choose_one":
            offsets, chosen = check_choose_one(offsets, items, chosen, tied, n_rows)
        elif kind == "pair":
            offsets = check_pair(items, tied, ties, n_rows)
        else:
            raise ValueError(f'kind must be choose_one or pair, not "{kind}"')
        check_extra(extra, items, n_rows)
        n = len(offsets) - 1
        chosen = np.zeros(n, np.int32) if chosen is None else chosen
        tied = np.zeros(n, np.bool_) if tied is None else tied
        return cls(kinds[kind], offsets, items, extra, chosen, tied)

    @property
    def n_outcomes(self) -> int:
        """Number of outcomes."""
        return len(self.offsets) - 1

    def part(self, first: int, last: int) -> Part:
        """Take the outcomes from `first` to before `last`."""
        start, end = int(self.offsets[first]), int(self.offsets[last])
        offsets = self.offsets[first : last + 1] - start
        return Part(slice(start, end), offsets, self.chosen[first:last], self.tied[first:last])

    def gather(self, table: NDArray[np.float64], part: Part) -> NDArray[np.float64]:
        """Look the values of the entries of a part up."""
        values: NDArray[np.float64] = table[self.items[part.entries]]
        if self.extra is not None:
            extra = self.extra[part.entries]
            values[extra >= 0] += table[extra[extra >= 0]]
        return values

    def scatter(self, table: NDArray[np.float64], part: Part, values: NDArray[np.float64]) -> None:
        """Add values of the entries of a part to where their utilities come from."""
        _scatter(table, self.items[part.entries], values)
        if self.extra is not None:
            _scatter(table, self.extra[part.entries], values)


@njit
def _scatter(table, rows, values):
    for at in range(len(rows)):
        if rows[at] >= 0:
            for k in range(table.shape[1]):
                table[rows[at], k] += values[at, k]
