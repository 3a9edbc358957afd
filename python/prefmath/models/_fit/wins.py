"""Who won against whom, in a table or in rows, whichever is the smaller."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from prefmath._kernels import kernels
from prefmath.models._fit.win_rows import WinRows
from prefmath.models._fit.win_table import WinTable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["table_pays", "wins_of_pairs"]

# A table of wins, with a row an item, is for so many items at most, and so many cells a pair.
_FEW_ITEMS = 1024
_CELLS_A_PAIR = 4


def table_pays(n_items: int, n_pairs: int) -> bool:
    """Whether pairs are counted in a table of all pairs of items."""
    return n_items <= _FEW_ITEMS and n_items**2 <= _CELLS_A_PAIR * n_pairs


def wins_of_pairs(
    winner: NDArray[Any],
    loser: NDArray[Any],
    tied: NDArray[np.bool_] | None,
    weight: NDArray[np.float64] | None,
    n_items: int,
    n_threads: int,
) -> WinTable | WinRows:
    """Count pairs, a tie as half a win for each of the two.

    Parameters
    ----------
    winner, loser : ndarray of int32 or int64, shape (n,)
        Rows of items.
    tied : ndarray of bool, shape (n,), or None
        Which pairs are ties.
    weight : ndarray of float64, shape (n,), or None
        What each pair counts.
    n_items : int
        Items in all.
    n_threads : int
        Number of threads.

    Returns
    -------
    WinTable or WinRows

    Raises
    ------
    ValueError
        If a row is not below `n_items`, or a pair is of one item twice.
    """
    if not table_pays(n_items, len(winner)):
        return WinRows.of_pairs(winner, loser, tied, weight, n_items, n_threads)
    wins, ties = kernels.count_pairs(winner, loser, tied, weight, n_items, n_threads)
    if ties is not None:
        wins += (ties + ties.T) / 2
    return WinTable(wins)
