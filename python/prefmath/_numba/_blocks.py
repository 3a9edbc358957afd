"""Sums over data that are the same to the last bit however the data are split.

Data are cut into blocks of whole annotators by the caller, and blocks into pieces for threads to
share. Sums of pieces make the sum of their block, and those of blocks the sum of all, in an aligned
binary tree: node i of level s is the sum of the blocks from i 2**s to (i + 1) 2**s, left half
before right half, and where there is no right half the left one.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np

from ._tasks import groups, in_order, rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    _I64 = NDArray[np.int64]

__all__ = ["Pieces", "add_arrays", "blocks_of", "pieces_of_groups", "pieces_of_rows", "reduce"]

_Result = TypeVar("_Result")
_Arrays = TypeVar("_Arrays", bound=tuple[Any, ...])
Pieces = list[list[tuple[int, int]]]
"""The pieces of each block."""


def blocks_of(block_ends: _I64 | None, n_rows: int) -> list[tuple[int, int]]:
    """Return the first row of each block and the row after its last; all without `block_ends`."""
    if block_ends is None:
        return [(0, n_rows)]
    edges = [0, *(int(end) for end in block_ends)]
    for at, (first, end) in enumerate(pairwise(edges)):
        if end < first:
            given = f"block_ends[{at}]={end} after {first}"
            raise ValueError(f"block_ends must not decrease: {given}")
    if edges[-1] != n_rows:
        raise ValueError(f"block_ends must end with the number of rows: {edges[-1]} for {n_rows}")
    return list(pairwise(edges))


def pieces_of_rows(block_ends: _I64 | None, n_rows: int, length: int) -> Pieces:
    """Cut every block into pieces of `length` rows."""
    return [
        [(first + a, first + b) for a, b in rows(end - first, length)]
        for first, end in blocks_of(block_ends, n_rows)
    ]


def pieces_of_groups(block_ends: _I64 | None, offsets: _I64, weight: int) -> Pieces:
    """Cut every block into runs of consecutive groups that hold about `weight` values each."""
    pieces: Pieces = []
    for first, end in blocks_of(block_ends, len(offsets) - 1):
        within = offsets[first : end + 1] - offsets[first]
        cut = groups(within, weight) if end > first else []
        pieces.append([(first + a, first + b) for a, b in cut])
    return pieces


def reduce(
    work: Callable[[int, int], _Result],
    pieces: Pieces,
    add: Callable[[_Result, _Result], _Result],
    n_threads: int,
) -> _Result | None:
    """Add up ``work(*piece)`` over all pieces in the tree; None where there is no piece."""
    results = in_order(work, [piece for block in pieces for piece in block], n_threads)
    of_blocks = _Tree(add)
    for block in pieces:
        of_pieces = _Tree(add)
        for _ in block:
            of_pieces.push(next(results))
        of_blocks.push(of_pieces.sum())
    return of_blocks.sum()


def add_arrays(sums: _Arrays, terms: _Arrays) -> _Arrays:
    """Add arrays to others, one by one."""
    for total, term in zip(sums, terms, strict=True):
        np.add(total, term, out=total)
    return sums


class _Tree(Generic[_Result]):
    """Nodes that are not yet part of a larger one: the bits of `n_leaves` say of which level."""

    def __init__(self, add: Callable[[_Result, _Result], _Result]) -> None:
        self._add = add
        self._nodes: list[_Result | None] = []
        self._n_leaves = 0

    def push(self, leaf: _Result | None) -> None:
        """Take the next leaf, or that there is nothing in it."""
        n, node = self._n_leaves, leaf
        while n % 2:
            node = self._joined(self._nodes.pop(), node)
            n //= 2
        self._nodes.append(node)
        self._n_leaves += 1

    def sum(self) -> _Result | None:
        """Add up all leaves."""
        total = None
        for node in reversed(self._nodes):
            total = self._joined(node, total)
        return total

    def _joined(self, left: _Result | None, right: _Result | None) -> _Result | None:
        if left is None or right is None:
            return right if left is None else left
        return self._add(left, right)
