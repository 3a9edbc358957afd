"""How many people, or judgements where nobody is named, a row stands for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from prefmath._labels import shown
from prefmath.choices import checks as check

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath._labels import Coded

    _F64 = NDArray[np.float64]

__all__ = ["count_text", "counts_of", "product", "refuse_unequal"]


def counts_of(count: object, n: int, annotators: Coded | None, weight: _F64 | None) -> _F64 | None:
    """Return counts of rows as float64, those of one annotator equal."""
    counts = check.weights(count, n, "count")  # type: ignore[arg-type]
    if counts is None:
        return None
    if annotators is not None:
        refuse_unequal(counts, annotators)
    if weight is not None:
        total = float((counts * weight).sum())
        if total == 0:
            raise ValueError("weight and count must both be above 0 in a row at least")
        check.refuse_sum(total, "weight times count")
    return counts


def refuse_unequal(counts: _F64, annotators: Coded) -> None:
    """Refuse counts that differ between rows of one annotator.

    Raises
    ------
    ValueError
        With the caller's rows, and the annotator.
    """
    ids, codes = annotators
    rows = np.arange(len(codes))
    first = np.empty(len(ids), np.int64)
    first[codes[::-1]] = rows[::-1]  # the last written is the first row
    differs = counts != counts[first[codes]]
    if differs.any():
        row = int(differs.argmax())
        before = int(first[codes[row]])
        raise ValueError(
            f"count must be the same in all rows of an annotator: count[{row}]={counts[row]:g} but "
            f"count[{before}]={counts[before]:g} for {shown(ids[codes[row]])}"
        )


def product(one: _F64 | None, other: _F64 | None) -> _F64 | None:
    """Return what rows weigh by both; None where each is 1."""
    if one is None or other is None:
        return other if one is None else one
    return one * other


def count_text(value: float) -> str:
    """Return a count for a text, without digits where it is whole."""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"
