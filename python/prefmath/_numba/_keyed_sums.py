"""Sums of rows of values by key, each key's in the tree of ``_blocks``.

Blocks in which a key is not are left out of its tree, which changes nothing: what is left out is
the addition of zeros.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ._njit import njit
from ._tasks import in_order, rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    _F64 = NDArray[np.float64]
    _I64 = NDArray[np.int64]

__all__ = ["sums_by_key"]

_KEYS_PER_TASK = 1024
# Levels of the tree: as many as the number of blocks may have bits.
_LEVELS = 64


def sums_by_key(
    keys: NDArray[np.int32], values: _F64, edges: _I64, n_keys: int, n_threads: int
) -> _F64:
    """Sum the rows of each key, in blocks with these edges; keys below zero are of no row."""
    out = np.zeros((n_keys, values.shape[1]))
    block = np.repeat(np.arange(len(edges) - 1), np.diff(edges))
    starts, members = _by_key(keys, n_keys)

    def run(first: int, last: int) -> None:
        _sum(starts, members, block, values, first, last, out)

    for _ in in_order(run, rows(n_keys, _KEYS_PER_TASK), n_threads):
        pass
    return out


@njit
def _by_key(keys, n_keys):
    starts = np.zeros(n_keys + 1, np.int64)
    for key in keys:
        if key >= 0:
            starts[key + 1] += 1
    for key in range(n_keys):
        starts[key + 1] += starts[key]
    place = starts.copy()
    members = np.empty(starts[n_keys], np.int64)
    for row in range(len(keys)):
        key = keys[row]
        if key >= 0:
            members[place[key]] = row
            place[key] += 1
    return starts, members


@njit
def _sum(starts, members, block, values, first, last, out):
    width = values.shape[1]
    nodes = np.empty((_LEVELS, width))
    used = np.zeros(_LEVELS, np.bool_)
    for key in range(first, last):
        before = -1
        top = np.zeros(width)
        for at in range(starts[key], starts[key + 1]):
            row = members[at]
            if block[row] != before:
                if before >= 0:
                    _push(nodes, used, top, before, block[row])
                    top = np.zeros(width)
                before = block[row]
            for k in range(width):
                top[k] += values[row, k]
        if before >= 0:
            for level in range(_LEVELS):
                if used[level]:
                    for k in range(width):
                        top[k] = nodes[level, k] + top[k]
                    used[level] = False
            out[key] = top


@njit
def _push(nodes, used, node, block, following):
    """Add the node of a block to those on its left that are halves of one node with it.

    The next leaf is `following`: nodes below the highest bit in which it differs from `block` are
    complete.
    """
    differing = block ^ following
    level = 0
    while differing > 1:
        if used[level]:
            for k in range(len(node)):
                node[k] = nodes[level, k] + node[k]
            used[level] = False
        differing >>= 1
        level += 1
    nodes[level] = node
    used[level] = True
