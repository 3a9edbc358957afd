"""Searches beyond the greedy choice: which objectives they are for, and which pools."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from prefmath._kernels import kernels
from prefmath.selection._call import MOST_ROWS, SEARCHED_ROWS, can_search, totals

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.selection._call import Call

__all__ = ["check_search", "refined"]


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
    for pool in np.flatnonzero(sizes > SEARCHED_ROWS).tolist():
        n, k = int(sizes[pool]), int(call.ks[pool])
        if not can_search(n, k):
            raise ValueError(
                f"exact searches pools of up to {SEARCHED_ROWS} rows, or of {MOST_ROWS} where "
                f"there are no more than a million sets: {call.names.pool(pool)} has {n}, and k={k}"
            )


def refined(
    call: Call, positions: NDArray[np.int32], gains: NDArray[np.float64], n_threads: int
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Return the sets after swaps, each in the order of the greedy choice among its rows."""
    if call.method == "k_medoids":  # whose greedy choice has been swapped already
        return positions, gains
    arguments = call.x, call.cuts, call.method, *call.terms, call.ks
    sets = kernels.refine_batch(*arguments, call.rules.for_kernels(), positions, n_threads)
    found = sets >= 0
    among = np.zeros(call.cuts[-1], np.bool_)
    among[(sets + call.cuts[:-1, None])[found]] = True
    rules = call.rules
    of_kernel = (
        among,
        rules.include,
        rules.include_offsets,
        rules.group,
        rules.least,
        rules.most,
        rules.max_similarity,
    )
    if len(call.ks) == 1:
        head = call.x, call.method, *call.terms
        rows, gained = kernels.greedy(*head, int(call.ks[0]), of_kernel, n_threads)
        best, of_best = np.full_like(positions, -1), np.zeros_like(gains)
        best[0, : len(rows)], of_best[0, : len(rows)] = rows, gained
    else:
        best, of_best = kernels.greedy_batch(*arguments, of_kernel, n_threads)
    # As close to the span of others as rounding, the order may not reach all.
    short = (best >= 0).sum(axis=1) < found.sum(axis=1)
    less = totals(call.method, of_best, found) < totals(call.method, gains, found)
    keep = (short | less)[:, None]
    return np.where(keep, positions, best), np.where(keep, gains, of_best)
