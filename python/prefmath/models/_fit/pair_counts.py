"""Pairs in index arrays, counted into as many as are distinct."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from prefmath._kernels import kernels
from prefmath.choices import Choices

if TYPE_CHECKING:
    from numpy.typing import NDArray

    _F64 = NDArray[np.float64]

__all__ = ["counted_pairs"]


def counted_pairs(
    winner: NDArray[np.integer],
    loser: NDArray[np.integer],
    tied: NDArray[np.bool_] | None,
    first: NDArray[np.bool_] | None,
    weight: _F64 | None,
    n_items: int,
    n_threads: int,
) -> Choices:
    """Count pairs in a table of all pairs of items.

    Parameters
    ----------
    winner, loser : ndarray of int32 or int64, shape (n,)
        Rows of items.
    tied, first : ndarray of bool, shape (n,), or None
        As in `Choices.from_pairs`; `first` is None where it does not matter.
    weight : ndarray of float64, shape (n,), or None
        What each pair counts.
    n_items : int
        Of these, so few that the table is smaller than the data.
    n_threads : int
        Number of threads.

    Returns
    -------
    Choices
        Pairs of their total weights; those of weight 0 are left out.

    Raises
    ------
    ValueError
        If a row is not below `n_items`, or a pair is of one item twice.
    """
    parts = []
    for shown in (None,) if first is None else (True, False):
        here = slice(None) if shown is None else first == shown
        wins, ties = kernels.count_pairs(
            winner[here],
            loser[here],
            None if tied is None else tied[here],
            None if weight is None else weight[here],
            n_items,
            n_threads,
        )
        parts.append((wins, shown, False))
        if ties is not None:
            # Which of a tie is called the winner does not matter, unless it was shown first.
            parts.append((ties if shown is not None else np.triu(ties + ties.T), shown, True))
    found = [np.flatnonzero(table) for table, _, _ in parts]
    sizes = [len(cells) for cells in found]
    better, worse = np.divmod(np.concatenate(found), n_items)
    tables = [table.ravel() for table, _, _ in parts]
    total = np.concatenate([table[cells] for table, cells in zip(tables, found, strict=True)])
    n = len(total)
    return Choices(
        layout="pairs",
        offsets=np.arange(0, 2 * n + 1, 2, dtype=np.int64),
        items=np.stack([better, worse], axis=1).astype(np.int32).reshape(-1),
        chosen=np.zeros(n, np.int32),
        tied=None if tied is None else np.repeat([part[2] for part in parts], sizes),
        first=None if first is None else np.repeat([part[1] is True for part in parts], sizes),
        weight=total,
        annotator_offsets=np.array([0, n]),
        annotator_ids=None,
        item_ids=None,
        n_items=n_items,
        order=None,
    )
