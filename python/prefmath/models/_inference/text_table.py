"""Rows of words and numbers under each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["text_table"]


def text_table(header: Sequence[str] | None, rows: Sequence[Sequence[str]]) -> str:
    """Return lines whose columns stand under each other, the first to the left, others right.

    Without a header the rows stand alone.

    Examples
    --------
    >>> print(text_table(["", "share"], [["tea", "0.5"], ["water", "12.5"]]))
           share
    tea      0.5
    water   12.5
    """
    lines = [*([] if header is None else [header]), *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )
