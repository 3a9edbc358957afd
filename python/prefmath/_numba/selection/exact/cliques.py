"""Sets whose smallest pair is largest: k rows of which every two are more than the best so far."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._numba._njit import njit

from .branches import left_open

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["best_clique"]


def best_clique(
    pair: NDArray[np.float64],
    together: NDArray[np.bool_],
    eligible: NDArray[np.bool_],
    include: NDArray[np.int64],
    quotas: Any,
    k: int,
    value: float,
) -> tuple[NDArray[np.int64], float]:
    """Return the set of `k` rows of the largest smallest pair above `value`, and that; or none."""
    best = np.empty(0, np.int64)
    while True:
        need = value + (1e-9 * (1.0 + abs(value)) if np.isfinite(value) else 0.0)
        kernel: Any = _clique
        rows = kernel(together & (pair > need), eligible, include, quotas, k)
        if not len(rows):
            return best, value
        i, j = np.triu_indices(k, 1)
        reached = float(pair[rows[i], rows[j]].min()) if k > 1 else 0.0
        if reached <= need:
            return best, value
        best, value = rows, reached


@njit
def _clique(with_, eligible, include, quotas, k):
    """Return the first k rows, in lexicographic order, of which every two go together; or none."""
    none = np.empty(0, np.int64)
    n, start = len(with_), len(include)
    if start > k:
        return none
    chosen = np.zeros(k, np.int64)
    open_ = np.zeros((k + 1, n), np.bool_)
    open_[start] = eligible
    for depth in range(start):
        for earlier in range(depth):
            if not with_[include[depth], chosen[earlier]]:
                return none
        chosen[depth] = include[depth]
        open_[start] &= with_[include[depth]]
    for depth in range(start):
        open_[start, include[depth]] = False
    kept = left_open(open_[start], chosen[:start], quotas, k - start)
    if start == k:
        return chosen if kept else none
    depth = start
    while depth < k:
        if open_[depth].sum() < k - depth:
            if depth == start:
                return none
            depth -= 1
            continue
        row = np.argmax(open_[depth])
        open_[depth, row] = False
        chosen[depth] = row
        later, n_left = open_[depth] & with_[row], k - depth - 1
        left_open(later, chosen[: depth + 1], quotas, n_left)
        if later.sum() >= n_left:
            depth += 1
            open_[depth] = later
    return chosen
