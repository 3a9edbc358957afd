"""Searches beyond the greedy choice: which objectives they are for, and which pools."""

from __future__ import annotations

from math import comb
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from prefmath.selection._call import Call

__all__ = ["check_search"]

# Pools of which all sets are searched, and what larger ones may have.
_ROWS, _MOST_ROWS, _SETS = 32, 64, 1_000_000


def check_search(call: Call, *, exact: bool, refine: bool) -> None:
    """Refuse what cannot be searched.

    Raises
    ------
    ValueError
        If both searches are asked for, if the objective depends on the order of choice, or if a
        pool has too many sets to search.
    """
    if exact and refine:
        raise ValueError("exact finds the best choice, so that there is nothing to refine")
    if call.method == "mmr" and (exact or refine):
        name = "exact" if exact else "refine"
        raise ValueError(
            f"{name} compares sets, and the value of 'mmr' depends on the order of choice"
        )
    if not exact:
        return
    sizes = np.diff(call.cuts)
    for pool in np.flatnonzero(sizes > _ROWS):
        n, k = int(sizes[pool]), int(call.ks[pool])
        if n > _MOST_ROWS or comb(n, k) > _SETS:
            where = f"pool {pool}" if call.in_pools else "X"
            raise ValueError(
                f"exact searches pools of up to {_ROWS} rows, or of {_MOST_ROWS} where there are "
                f"no more than a million sets: {where} has {n}, and k={k}"
            )
