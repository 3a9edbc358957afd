"""Pools of rows as the work of threads: several small ones at a time, large ones in parts."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from prefmath._numba._tasks import groups, rows
from prefmath._numba._widened import widen
from prefmath._numba.dot import refuse_row

from .rows import refuse_squares

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["parts", "refuse", "refuse_pools_without_pairs"]

_ROWS = 2048

# Rows that a thread compares with others at a time: few enough to stop soon when asked to.
_COMPARED = 1 << 19

Part = tuple[tuple[int, int], tuple[int, int]]
"""Some pools, and their rows; or one pool, and some of its rows."""


def parts(offsets: NDArray[np.int64], n_others: NDArray[np.int64] | None = None) -> list[Part]:
    """Cut pools into the work of a thread at a time; a row meets so many others of its pool."""
    n_pools, sizes = len(offsets) - 1, np.diff(offsets)
    most = np.full(n_pools, _ROWS)
    if n_others is not None:
        most = np.clip(_COMPARED // np.maximum(n_others, 1), 1, _ROWS)
    large = np.flatnonzero(sizes > most).tolist()
    found: list[Part] = []
    for before, pool in pairwise([-1, *large, n_pools]):
        small = offsets[before + 1 : pool + 1]
        for first, last in groups(small - small[0], _ROWS):
            own = int(small[first]), int(small[last])
            found.append(((before + 1 + first, before + 1 + last), own))
        if pool < n_pools:
            start, stop = int(offsets[pool]), int(offsets[pool + 1])
            cuts = rows(stop - start, int(most[pool]))
            found += [((pool, pool + 1), (start + one, start + two)) for one, two in cuts]
    return found


def refuse_pools_without_pairs(offsets: NDArray[np.int64]) -> None:
    """Refuse pools of fewer than two rows."""
    for pool in np.flatnonzero(np.diff(offsets) < 2):
        n = "1 row" if offsets[pool + 1] > offsets[pool] else "no rows"
        msg = f"a pair takes two rows: pool {pool} has {n}"
        raise ValueError(msg)


def refuse(x: NDArray[Any], row: int) -> NoReturn:
    """Refuse a row whose squared norm is no ordinary number: name what is wrong with it."""
    values = widen(x[row : row + 1])
    if np.isfinite(values).all() and values.any():
        refuse_squares("X", row, "large" if np.abs(values).max() > 1 else "small")
    refuse_row(values, 0, row)
