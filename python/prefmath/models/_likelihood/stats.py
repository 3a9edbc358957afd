"""What a pass over data returns, as a value that adds up to the last bit."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    _F64 = NDArray[np.float64]

__all__ = ["Stats", "Sums"]


@dataclass(frozen=True, eq=False)
class Sums:
    """Sums over some annotators; what is not summed is None.

    `of_population` are the statistics that the population's parameters depend on. The gradient is
    that in the coefficients, where items are not shared, or that on the table, with its `diagonal`;
    where judgements have outcomes in common, it is worked out from `of_outcomes`, what these weigh.
    """

    log_likelihood: _F64
    n_units: _F64
    of_population: _F64
    of_coef: _F64 | None = None
    of_table: _F64 | None = None
    diagonal: _F64 | None = None
    of_outcomes: _F64 | None = None

    def plus(self, other: Sums) -> Sums:
        """Add sums over the annotators that follow."""
        added: dict[str, _F64] = {}
        for name in self.given:
            one, two = getattr(self, name), getattr(other, name)
            if two is None or one.shape != two.shape:
                raise ValueError(f"stats must be of one problem: {name} differs in shape")
            added[name] = one + two
        return Sums(**added)

    @property
    def given(self) -> list[str]:
        """Names of what is summed."""
        names = [field.name for field in fields(self)]
        return [name for name in names if getattr(self, name) is not None]


@dataclass(frozen=True, eq=False)
class Stats:
    """Sums over consecutive blocks of annotators: ``one + two`` where `two` follows `one`.

    Kept are the nodes of the tree in which blocks are added, (first block, block after the last,
    sums): as few as there may be. So the sums over all blocks are the same to the last bit however
    these were split.
    """

    nodes: tuple[tuple[int, int, Sums], ...]

    @classmethod
    def of(cls, first: int, end: int, sums: Sums) -> Stats:
        """Take sums over the blocks from `first` to before `end`, which are a node of the tree.

        The last node of all data may lack blocks on its right.
        """
        whole = 1 << (end - first - 1).bit_length()
        if end <= first or first % whole:
            raise ValueError(f"blocks {first} to {end - 1} are no node of the tree of sums")
        return cls(((first, end, sums),))

    def __add__(self, other: Stats) -> Stats:
        """Join with the stats of the blocks that follow."""
        nodes = list(self.nodes)
        for first, end, sums in other.nodes:
            if nodes and nodes[-1][1] != first:
                raise ValueError(f"block {nodes[-1][1]} must follow, not block {first}")
            if nodes and (first - nodes[-1][0]).bit_count() != 1:
                raise ValueError(f"blocks up to {first - 1} were summed as the last of all")
            before, node = first, sums
            while nodes and _are_halves(nodes[-1][0], nodes[-1][1], end):
                before, _, left = nodes.pop()
                node = left.plus(node)
            nodes.append((before, end, node))
        return Stats(tuple(nodes))

    def total(self) -> Sums:
        """Return the sums over all blocks; what is missing on the right is nothing."""
        if not self.nodes or self.nodes[0][0] != 0:
            raise ValueError("stats must begin with block 0 to be those of all data")
        *_, (_, _, sums) = self.nodes
        for _, _, left in reversed(self.nodes[:-1]):
            sums = left.plus(sums)
        return sums

    def to_bytes(self) -> bytes:
        """Return the same as bytes, for `from_bytes` of any process."""
        shapes = [
            [first, end, {name: getattr(sums, name).shape for name in sums.given}]
            for first, end, sums in self.nodes
        ]
        parts = [json.dumps(shapes).encode(), b"\n"]
        for _, _, sums in self.nodes:
            parts += [getattr(sums, name).astype("<f8").tobytes() for name in sums.given]
        return b"".join(parts)

    @classmethod
    def from_bytes(cls, data: bytes) -> Stats:
        """Return what `to_bytes` was called on."""
        header, _, rest = data.partition(b"\n")
        nodes = []
        at = 0
        for first, end, shapes in json.loads(header):
            arrays = {}
            for name, shape in shapes.items():
                n = int(np.prod(shape, dtype=np.int64))
                arrays[name] = np.frombuffer(rest, "<f8", n, at).reshape(shape).astype(np.float64)
                at += 8 * n
            nodes.append((first, end, Sums(**arrays)))
        return cls(tuple(nodes))


def _are_halves(first: int, middle: int, end: int) -> bool:
    """Whether blocks before and from `middle` on are the halves of a node."""
    n = middle - first
    return n & (n - 1) == 0 and first % (2 * n) == 0 and end - middle == n
