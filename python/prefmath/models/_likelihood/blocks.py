"""Blocks of whole annotators: what is summed apart, so that it may be summed elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    _I64 = NDArray[np.int64]

__all__ = ["aligned", "block_ends_of"]

# Enough that the table which the kernels add for every block costs little.
_JUDGEMENTS = 8192


def block_ends_of(annotator_offsets: _I64) -> _I64:
    """Cut annotators into blocks of at least so many judgements; return where each block ends.

    From the first annotator of a block on, blocks are the same whatever stands before it: those who
    have the data from there on cut them alike.
    """
    ends = []
    first, n_annotators = 0, len(annotator_offsets) - 1
    while first < n_annotators:
        enough = annotator_offsets[first] + _JUDGEMENTS
        first = min(int(np.searchsorted(annotator_offsets, enough)), n_annotators)
        ends.append(first)
    return np.array(ends, np.int64)


def aligned(first: int, end: int) -> list[tuple[int, int]]:
    """Cut blocks into as few runs as may be, each a node of the tree in which blocks are added.

    Such a run has a power of two blocks, of which the number of the first is a multiple.
    """
    runs = []
    while first < end:
        largest = 1 << (end - first).bit_length() - 1
        n = min(first & -first, largest) if first else largest
        runs.append((first, first + n))
        first += n
    return runs
