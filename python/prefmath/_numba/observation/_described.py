"""An observation taken apart: its kind, its entries, and the parts that tasks work on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from prefmath._numba._blocks import blocks_of
from prefmath._numba._keyed_sums import sums_by_key

from . import choose_one, davidson, pair, ranking, rao_kupper
from ._checks import check_choose_one, check_extra, check_pair, check_ranking
from ._part import Part, Values

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Described", "Observation"]

_F64: TypeAlias = "NDArray[np.float64]"
_I32: TypeAlias = "NDArray[np.int32]"
_I64: TypeAlias = "NDArray[np.int64]"
_Bool: TypeAlias = "NDArray[np.bool_]"
Observation: TypeAlias = (
    "tuple[str, _I64 | None, _I32, _I32 | None, _Bool | None, _I32 | None, _I32 | None, str, int,"
    " _I64 | None]"
)


@dataclass(frozen=True, eq=False)
class Described:
    """An observation whose arrays have been checked."""

    kind: Any
    offsets: _I64
    items: _I32
    extra: _I32 | None
    chosen: _I32
    tied: _Bool
    n_ranked: _I32
    tie_row: int
    """Row of the parameter of ties, -1 where there is none."""
    blocks: list[tuple[int, int]]
    """The outcomes of each block."""

    @classmethod
    def of(cls, observation: Observation, n_rows: int) -> Described:
        """Check an observation against a table of `n_rows` rows, and take it apart."""
        kind, offsets, items, chosen, tied, extra, n_ranked, ties, tie_row, ends = observation
        module: Any
        if kind == "choose_one":
            module, tie_row = choose_one, -1
            offsets = check_choose_one(offsets, items, chosen, tied, n_rows)
        elif kind == "pair":
            offsets = check_pair(items, tied, ties, tie_row, n_rows)
            module = {"half": pair, "davidson": davidson, "rao_kupper": rao_kupper}[ties]
            tie_row = -1 if ties == "half" else tie_row
        elif kind == "ranking":
            module, tie_row = ranking, -1
            offsets = check_ranking(offsets, items, n_ranked, tied, extra, n_rows)
        else:
            raise ValueError(f'kind must be choose_one, pair or ranking, not "{kind}"')
        check_extra(extra, items, n_rows)
        n = len(offsets) - 1
        chosen = np.zeros(n, np.int32) if chosen is None else chosen
        tied = np.zeros(n, np.bool_) if tied is None else tied
        n_ranked = np.zeros(n, np.int32) if n_ranked is None else n_ranked
        blocks = blocks_of(ends, n)
        return cls(module, offsets, items, extra, chosen, tied, n_ranked, tie_row, blocks)

    @property
    def n_outcomes(self) -> int:
        """Number of outcomes."""
        return len(self.offsets) - 1

    def part(self, first: int, last: int, table: _F64) -> Part:
        """Take the outcomes from `first` to before `last`."""
        start, end = int(self.offsets[first]), int(self.offsets[last])
        each = slice(first, last)
        return Part(
            slice(start, end),
            self.offsets[first : last + 1] - start,
            self.chosen[each],
            self.tied[each],
            self.n_ranked[each],
            self.tie(table),
        )

    def tie(self, table: _F64) -> _F64:
        """Look the parameter of ties of each class up; zeros where there is none."""
        values: _F64 = table[self.tie_row] if self.tie_row >= 0 else np.zeros(table.shape[1])
        return values

    def gather(self, table: _F64, part: Part) -> _F64:
        """Look the values of the entries of a part up."""
        values: _F64 = table[self.items[part.entries]]
        if self.extra is not None:
            extra = self.extra[part.entries]
            values[extra >= 0] += table[extra[extra >= 0]]
        return values

    def scatter(self, table: _F64, values: Values, n_threads: int) -> None:
        """Add values of all entries to where their utilities come from."""
        edges = np.array([0, *(end for _, end in self.blocks)])
        of_entries = self.offsets[edges]
        for rows in (self.items, self.extra):
            if rows is not None:
                table += sums_by_key(rows, values.entries, of_entries, len(table), n_threads)
        if values.tie is not None:
            one = np.zeros(len(values.tie), np.int32)
            table[self.tie_row] += sums_by_key(one, values.tie, edges, 1, n_threads)[0]
