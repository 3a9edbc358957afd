"""Row numbers of items so far apart that they can be no rows of a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from prefmath.choices import Choices

__all__ = ["refuse_sparse_rows"]

_FEW_ROWS = 1 << 20
"""A table of so many rows is made whatever stands in it."""

_ROWS_AN_ITEM = 64
"""Rows of a larger table for each item that was judged."""


def refuse_sparse_rows(choices: Choices) -> None:
    """Refuse to make a parameter of every row where hardly any row was judged.

    Without `item_ids` integers are rows of the item table, which then is as long as the largest of
    them says: a single damaged id of 2**31 - 1 would make one of 17 GB. A table that the caller
    made, of features or utilities, may have as many rows as it has.

    Raises
    ------
    ValueError
        If the table has over 2**20 rows and over 64 for each item that was judged.
    """
    n_items = choices.n_items
    if choices.item_ids is not None or n_items <= max(_FEW_ROWS, len(choices.items)):
        return
    judged = len(np.unique(choices.items))
    if n_items <= _ROWS_AN_ITEM * judged:
        return
    at = int(choices.items.argmax())
    row = int(np.searchsorted(choices.offsets, at, side="right")) - 1
    if choices.order is not None:
        row = int(choices.order[row])
    raise ValueError(
        f"items without item_ids are row numbers, and item {choices.items[at]} of judgement {row} "
        f"makes a table of {n_items:,} rows for {judged:,} items that were judged: mend it, or "
        f"name the items by item_ids"
    )
