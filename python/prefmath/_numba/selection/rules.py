"""What a search starts from: codes, rows, norms, and the candidates that the rules leave open.

What is chosen from is a matrix of float32 embeddings, pool after pool, or a vector of float64: the
similarities of every two rows of each pool, matrix after matrix. The candidates of a pool are then
that matrix, and a float64 matrix means similarities wherever candidates are looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from prefmath._numba._njit import njit
from prefmath._numba.dot import squared_norms

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "CODES",
    "as_arrays",
    "begins",
    "close_similar",
    "inverse_norms_of",
    "open_candidates",
    "pool_of",
    "refuse_included",
]

CODES = {
    "dpp": 0,
    "mmr": 1,
    "max_sum": 2,
    "max_min": 3,
    "facility_location": 4,
    "saturated_coverage": 5,
    "k_medoids": 6,
}


def as_arrays(n_pools: int, bonus: NDArray[np.float64] | None, rules: Any) -> tuple[Any, ...]:
    """Return bonus and rules with empty arrays for what is not given: numba knows no None."""
    nothing = np.empty(0, np.int64)
    if rules is None:
        rules = None, nothing, np.zeros(n_pools + 1, np.int64), None, nothing, nothing, np.inf
    eligible, include, include_offsets, group, least, most, max_similarity = rules
    return (
        np.empty(0) if bonus is None else bonus,
        np.empty(0, np.bool_) if eligible is None else eligible,
        include,
        include_offsets,
        np.empty(0, np.int32) if group is None else group,
        least,
        most,
        max_similarity,
    )


def begins(x: NDArray[Any], offsets: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return where the matrix of each pool begins; for embeddings zeros."""
    areas = np.diff(offsets) ** 2
    ends = np.concatenate([[0], np.cumsum(areas)])
    if x.ndim == 2:
        return np.zeros_like(ends)
    if ends[-1] != len(x):
        msg = f"the matrices of the pools have {ends[-1]} values, and {len(x)} are given"
        raise ValueError(msg)
    return ends


def refuse_included(row: int) -> NoReturn:
    """Refuse a row that must be included and cannot be."""
    msg = f"include cannot hold row {row}: it adds nothing to those before it"
    raise ValueError(msg)


@njit
def pool_of(x, start, stop, begin):
    """Return the candidates of a pool: its embeddings, or the matrix of their similarities."""
    if x.ndim == 1:
        n = stop - start
        return x[begin : begin + n * n].reshape(n, n)
    return x[start:stop]


@njit
def inverse_norms_of(candidates, out):
    """Write 1 / norm of each row, 1 for similarities; return the first row without one, or -1."""
    if candidates.itemsize == 8:
        out[:] = 1.0
        return -1
    squared_norms(candidates, out)
    for i in range(len(out)):
        if not np.isfinite(out[i]) or out[i] == 0.0:
            return i
        out[i] = 1.0 / np.sqrt(out[i])
    return -1


@njit
def open_candidates(allowed, out, must, group, counts, least, most, step, k):
    """Write which candidates the rules leave for the next of `k` choices."""
    if step < len(must):
        out[:] = False
        out[must[step]] = True
        return
    out[:] = allowed
    if len(group) == 0:
        return
    owed = 0
    for code in range(len(least)):
        owed += max(least[code] - counts[code], 0)
    for i in range(len(out)):
        code = group[i]
        full = counts[code] >= most[code]
        out[i] = out[i] and not full and (owed < k - step or counts[code] < least[code])


@njit
def close_similar(allowed, similarity, max_similarity):
    """Close candidates that are too like one that was chosen."""
    for i in range(len(allowed)):
        if similarity[i] > max_similarity:
            allowed[i] = False
