"""Judgements as flat arrays, gathered and sorted by annotator without a loop over rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Layout: TypeAlias = Literal["pairs", "choice_sets", "rankings"]

_DIGIT_BITS = 16
"""NumPy's stable sort is a radix sort for integers of 16 bits, several times faster than for 32."""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True, slots=True)
class Judgements:
    """One judgement after the other; the attributes are described at `prefmath.Choices`."""

    layout: Layout
    offsets: NDArray[np.int64]
    items: NDArray[np.int32]
    chosen: NDArray[np.int32] | None = None
    tied: NDArray[np.bool_] | None = None
    first: NDArray[np.bool_] | None = None
    n_ranked: NDArray[np.int32] | None = None
    weight: NDArray[np.float64] | None = None
    count: NDArray[np.float64] | None = None
    context: NDArray[Any] | None = None

    def gathered(self, rows: NDArray[np.int64] | None) -> Judgements:
        """Return the judgements in `rows`, in that order; None for as they are."""
        if rows is None:
            return self
        size = self.common_size()
        tied = _taken(self.tied, rows)
        return Judgements(
            layout=self.layout,
            offsets=(
                offsets_of(np.diff(self.offsets)[rows])
                if size is None
                else np.arange(0, size * len(rows) + 1, size, dtype=np.int64)
            ),
            items=self.pick(self.items, rows),
            chosen=_taken(self.chosen, rows),
            tied=None if tied is None or not tied.any() else tied,
            first=_taken(self.first, rows),
            n_ranked=_taken(self.n_ranked, rows),
            weight=_taken(self.weight, rows),
            count=_taken(self.count, rows),
            context=_taken(self.context, rows),
        )

    def pick(self, values: NDArray[Any], rows: NDArray[np.int64]) -> NDArray[Any]:
        """Return those of the values aligned with `items` that belong to the judgements `rows`."""
        size = self.common_size()
        if size is not None:
            return np.take(values.reshape(-1, size), rows, axis=0).reshape(-1)
        return values[spans(self.offsets[rows], np.diff(self.offsets)[rows])]

    @property
    def winner(self) -> NDArray[np.int32]:
        """Row of the item that won each pair, or of the first of a tie; a copy."""
        return np.ascontiguousarray(self._sides()[0])

    @property
    def loser(self) -> NDArray[np.int32]:
        """Row of the item that lost each pair, or of the second of a tie; a copy."""
        return np.ascontiguousarray(self._sides()[1])

    def _sides(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        if self.layout != "pairs":
            raise ValueError(f"only pairs have a winner and a loser, not {self.layout}")
        return sides(self.items)

    def common_size(self) -> int | None:
        """Return the size of every choice set, or None where they differ."""
        if self.layout == "pairs":
            return 2
        sizes = np.diff(self.offsets)
        return int(sizes[0]) if (sizes == sizes[0]).all() else None


def _taken(values: NDArray[Any] | None, rows: NDArray[np.int64]) -> NDArray[Any] | None:
    return None if values is None else values[rows]


def sides(values: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Take apart values of the items of pairs: views of the first of each pair, and the second.

    Everything else that knows in which order the items of pairs are stored is in the kernels.
    """
    return values[0::2], values[1::2]


def offsets_of(sizes: NDArray[Any]) -> NDArray[np.int64]:
    """Return where groups of these sizes begin, and where the last ends."""
    offsets = np.zeros(len(sizes) + 1, dtype=np.int64)
    np.cumsum(sizes, out=offsets[1:])
    return offsets


def ends_of(codes: NDArray[np.int32], n_codes: int) -> NDArray[np.int64]:
    """Return the offsets of groups, group c as long as c stands in `codes`."""
    return offsets_of(np.bincount(codes, minlength=n_codes))


def spans(starts: NDArray[np.int64], sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return ``start, start + 1, …`` for each start, as many as its size says, one array."""
    offsets = offsets_of(sizes)
    return np.arange(offsets[-1], dtype=np.int64) + np.repeat(starts - offsets[:-1], sizes)


def stable_order(codes: NDArray[np.int32], n_codes: int) -> NDArray[np.int64] | None:
    """Return the stable order that sorts `codes`, or None where they are sorted already."""
    if (codes[1:] >= codes[:-1]).all():
        return None
    order = np.argsort(codes.astype(np.uint16), kind="stable")
    if n_codes > 1 << _DIGIT_BITS:
        upper = (codes >> _DIGIT_BITS).astype(np.uint16)
        order = order[np.argsort(upper[order], kind="stable")]
    return order.astype(np.int64, copy=False)
