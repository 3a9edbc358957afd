"""Distinct outcomes of judgements, so that what happened often is worked out once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.choices.judgements import Judgements

    _I64 = NDArray[np.int64]

__all__ = ["distinct_outcomes"]

# Distinct outcomes pay where there is at most one for so many judgements.
_JUDGEMENTS_AN_OUTCOME = 2
# A table of all outcomes that could be is made where it has at most so many cells a judgement.
_CELLS_A_JUDGEMENT = 4
_SMALL_TABLE = 1 << 16
# Codes looked at to see whether any come twice, and the largest set that is coded.
_SAMPLE = 4096
_LARGEST_SET = 24


def distinct_outcomes(
    judgements: Judgements, n_items: int, *, in_order: bool
) -> tuple[_I64, NDArray[np.int32]] | None:
    """Find judgements that stand for all those of the same likelihood.

    Two judgements are the same outcome if no utilities tell them apart: the same winner and loser,
    the same tie, the same chosen one among the same others, the same order before the same rest.

    Parameters
    ----------
    judgements : Judgements
        Their items are rows of the utility table.
    n_items : int
        Rows of it.
    in_order : bool
        Whether it matters which item was shown where.

    Returns
    -------
    rows : ndarray of int64, shape (n_outcomes,)
        The first judgement of each outcome.
    outcome : ndarray of int32, shape (n_judgements,)
        The outcome of each judgement.
    None
        Where there are hardly fewer outcomes than judgements, which a sample tells.
    """
    code = _pairs if judgements.layout == "pairs" else _sets
    n = len(judgements.offsets) - 1
    size = max(_SAMPLE, int(8 * n**0.5))
    if size < n:
        sample = judgements.gathered(np.arange(size, dtype=np.int64) * n // size)
        coded = code(sample, n_items, in_order=in_order)
        if coded is None or not _repeat(coded[0], n):
            return None
    coded = code(judgements, n_items, in_order=in_order)
    if coded is None:
        return None
    codes, n_cells = coded
    if n_cells > max(_CELLS_A_JUDGEMENT * n, _SMALL_TABLE):
        return _by_sorting(codes)
    place = np.full(n_cells, -1, np.int64)
    place[codes[::-1]] = np.arange(n - 1, -1, -1)  # the last written is the first row
    found = np.flatnonzero(place >= 0)
    if len(found) * _JUDGEMENTS_AN_OUTCOME > n:
        return None
    rows = place[found]
    place[found] = np.arange(len(found))
    return rows, place[codes].astype(np.int32)


def _pairs(judgements: Judgements, n_items: int, *, in_order: bool) -> tuple[_I64, int] | None:
    """Code the outcomes of pairs as numbers."""
    if 4 * n_items**2 >= np.iinfo(np.int64).max:
        return None
    first, second = judgements.winner, judgements.loser
    if judgements.tied is not None:
        # It does not matter which of a tie is called the winner.
        turned = judgements.tied & (first > second)
        first, second = np.where(turned, second, first), np.where(turned, first, second)
    codes = first.astype(np.int64)
    codes *= n_items
    codes += second
    n_cells = n_items**2
    if judgements.tied is not None:
        codes += n_cells * judgements.tied
        n_cells *= 2
    if in_order and judgements.first is not None:
        shown = judgements.first
        if judgements.tied is not None:
            shown = shown ^ turned
        codes += n_cells * shown
        n_cells *= 2
    return codes, n_cells


def _sets(judgements: Judgements, n_items: int, *, in_order: bool) -> tuple[_I64, int] | None:
    """Code the outcomes of choice sets or rankings as numbers to the base of the items."""
    sizes = np.diff(judgements.offsets)
    width = int(sizes.max())
    base = n_items + 1
    # Exact in Python's integers.
    n_cells = base**width * (width if in_order else 1)
    if width > _LARGEST_SET or n_cells >= np.iinfo(np.int64).max:
        return None
    table = np.full((len(sizes), width), n_items, np.int64)
    inside = np.arange(width) < sizes[:, None]
    table[inside] = judgements.items
    ordered = np.zeros(len(sizes), np.int64)
    if judgements.n_ranked is not None:
        ordered = np.minimum(judgements.n_ranked, sizes - 1)
    elif not in_order and judgements.chosen is not None:
        rows = np.arange(len(sizes))
        winner = table[rows, judgements.chosen]
        table[rows, judgements.chosen] = table[:, 0]
        table[:, 0] = winner
        ordered = np.ones(len(sizes), np.int64)
    if not in_order:
        _sort_tails(table, ordered)
    codes = np.zeros(len(sizes), np.int64)
    for column in table.T:
        codes *= base
        codes += column
    if in_order and judgements.chosen is not None:
        codes *= width
        codes += judgements.chosen
    elif judgements.n_ranked is not None and (ordered != ordered[0]).any():
        # The same items in the same order, but fewer of them ranked, are another outcome.
        if n_cells * width >= np.iinfo(np.int64).max:
            return None
        codes *= width
        codes += ordered
        n_cells *= width
    return codes, n_cells


def _sort_tails(table: _I64, ordered: NDArray[Any]) -> None:
    """Sort each row after its first `ordered` entries, which stay."""
    width = table.shape[1]
    for length in np.unique(ordered):
        if length < width - 1:
            rows = np.flatnonzero(ordered == length)
            table[rows, length:] = np.sort(table[rows, length:], axis=1)


def _repeat(sample: _I64, n: int) -> bool:
    """Whether codes drawn from `n` look as if each came twice or more."""
    sample = np.sort(sample)
    same = int((sample[1:] == sample[:-1]).sum())
    # Of n / 2 outcomes, all as frequent, so many pairs of the sample would be the same.
    return same >= len(sample) * (len(sample) - 1) / n / 2


def _by_sorting(codes: _I64) -> tuple[_I64, NDArray[np.int32]] | None:
    _, rows, outcome = np.unique(codes, return_index=True, return_inverse=True)
    if len(rows) * _JUDGEMENTS_AN_OUTCOME > len(codes):
        return None
    return rows.astype(np.int64, copy=False), outcome.astype(np.int32)
