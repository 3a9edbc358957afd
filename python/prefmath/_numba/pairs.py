"""Pairs counted in a table of all pairs of items."""

from __future__ import annotations

from operator import iadd
from typing import TYPE_CHECKING, Any

import numpy as np

from ._blocks import pieces_of_rows, reduce
from ._njit import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    _F64 = NDArray[np.float64]

__all__ = ["check_pairs", "count_pairs", "pair_refusal"]

_PAIRS_PER_TASK = 1 << 16
_MOST_ITEMS = 1 << 15
_NO_TIES = np.empty(0, np.bool_)
_NO_WEIGHT = np.empty(0)


def count_pairs(
    winner: NDArray[Any],
    loser: NDArray[Any],
    tied: NDArray[np.bool_] | None,
    weight: _F64 | None,
    n_items: int,
    n_threads: int,
) -> tuple[_F64, _F64 | None]:
    """Count how often the row won against the column, and how often the two tied."""
    check_pairs(winner, loser, tied, weight)
    n = len(winner)
    if not 1 <= n_items <= _MOST_ITEMS:
        raise ValueError(f"n_items must lie between 1 and {_MOST_ITEMS}, not {n_items}")
    size = n_items**2 * (1 if tied is None else 2)
    ties = _NO_TIES if tied is None else tied
    weights = _NO_WEIGHT if weight is None else weight

    def run(first: int, last: int) -> _F64:
        own = np.zeros(size)
        wrong = _count(winner, loser, ties, weights, n_items, first, last, own)
        if wrong >= 0:
            raise ValueError(pair_refusal(winner, loser, wrong, n_items))
        return own

    pieces = pieces_of_rows(None, n, max(_PAIRS_PER_TASK, size))
    total = reduce(run, pieces, iadd, n_threads)
    total = np.zeros(size) if total is None else total
    tables = total.reshape(-1, n_items, n_items)
    return tables[0], None if tied is None else tables[1]


def check_pairs(
    winner: NDArray[Any],
    loser: NDArray[Any],
    tied: NDArray[np.bool_] | None,
    weight: _F64 | None,
) -> None:
    """Refuse vectors of unequal length, and weights that are not finite."""
    n = len(winner)
    others = [array for array in (loser, tied, weight) if array is not None]
    if any(len(array) != n for array in others):
        raise ValueError(f"loser, tied and weight must have one entry a pair, as winner has {n}")
    if weight is not None and not np.isfinite(weight).all():
        row = int((~np.isfinite(weight)).argmax())
        raise ValueError(f"weight must be finite: weight[{row}, 0] is {weight[row]}")


@njit
def _count(winner, loser, tied, weight, n_items, first, last, own):
    for s in range(first, last):
        i, j = winner[s], loser[s]
        if i < 0 or i >= n_items or j < 0 or j >= n_items or i == j:
            return s
        cell = i * n_items + j
        if len(tied) and tied[s]:
            cell += n_items * n_items
        own[cell] += weight[s] if len(weight) else 1.0
    return -1


def pair_refusal(winner: NDArray[Any], loser: NDArray[Any], row: int, n_items: int) -> str:
    """Say what is wrong with a pair."""
    for name, values in (("winner", winner), ("loser", loser)):
        if not 0 <= values[row] < n_items:
            return (
                f"{name} must be below the {n_items} items and not negative: "
                f"{name}[{row}]={values[row]}"
            )
    return f"the same item twice in a pair: winner[{row}] and loser[{row}] are {winner[row]}"
