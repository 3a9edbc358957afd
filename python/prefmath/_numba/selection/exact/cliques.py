"""Sets whose smallest pair is largest: k rows of which every two are more than the best so far."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._numba._njit import njit

from .branches import left_open

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["best_clique"]

# Branches between two looks at whether to stop.
_BRANCHES = 1 << 16


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
        rows = _clique(together & (pair > need), eligible, include, quotas, k)
        if not len(rows):
            return best, value
        i, j = np.triu_indices(k, 1)
        reached = float(pair[rows[i], rows[j]].min()) if k > 1 else 0.0
        if reached <= need:
            return best, value
        best, value = rows, reached


def _clique(
    with_: NDArray[np.bool_],
    eligible: NDArray[np.bool_],
    include: NDArray[np.int64],
    quotas: Any,
    k: int,
) -> NDArray[np.int64]:
    """Return the first k rows, in lexicographic order, of which every two go together; or none."""
    start: Any = _start
    run: Any = _run
    chosen, open_ = np.zeros(k, np.int64), np.zeros((k + 1, len(with_)), np.bool_)
    depth = start(with_, eligible, include, quotas, k, chosen, open_)
    while 0 <= depth < k:
        depth = run(with_, len(include), quotas, k, chosen, open_, depth)
    return chosen if depth == k else chosen[:0]


@njit
def _start(with_, eligible, include, quotas, k, chosen, open_):
    """Take what is included; return the depth, or -1 where that rules out all."""
    start = len(include)
    if start > k:
        return -1
    open_[start] = eligible
    for depth in range(start):
        for earlier in range(depth):
            if not with_[include[depth], chosen[earlier]]:
                return -1
        chosen[depth] = include[depth]
        open_[start] &= with_[include[depth]]
    for depth in range(start):
        open_[start, include[depth]] = False
    kept = left_open(open_[start], chosen[:start], quotas, k - start)
    return start if kept or start < k else -1


@njit
def _run(with_, start, quotas, k, chosen, open_, depth):
    """Follow some branches; return the depth reached: k at the end, or -1 where there is none."""
    for _ in range(_BRANCHES):
        if depth == k:
            return k
        if open_[depth].sum() < k - depth:
            if depth == start:
                return -1
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
    return depth
