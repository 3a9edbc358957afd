"""A summary as lines of text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prefmath.models._inference.summary_rows import HEADER, cells_of, figures_of
from prefmath.models._inference.text_table import text_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from prefmath.models._inference.fit_statistics import FitStatistics
    from prefmath.models._inference.summary_rows import Block

__all__ = ["text_of"]

# How well it fits stands left, criteria and numbers right.
_LEFT = 4


def text_of(
    title: str,
    statistics: FitStatistics,
    blocks: Sequence[Block],
    notes: Sequence[str],
    level: float,
) -> str:
    """Return the figures of fit, then a block a class whose columns stand under each other."""
    return "\n".join([title, statistics_text(statistics), "", *_tables(blocks, level), "", *notes])


def statistics_text(statistics: FitStatistics) -> str:
    """Return the figures of fit in two columns."""
    figures = figures_of(statistics)
    left, right = figures[:_LEFT], figures[_LEFT:]
    left += [("", "")] * (len(right) - _LEFT)
    right += [("", "")] * (_LEFT - len(right))
    width = max(len(name) for name, _ in right)
    rows = [
        [name, figure, f"   {other.ljust(width)}", value]
        for (name, figure), (other, value) in zip(left, right, strict=True)
    ]
    return text_table(None, rows)


def _tables(blocks: Sequence[Block], level: float) -> list[str]:
    any_marked = any(row.mark for block in blocks for row in block.rows)
    header = ["", *HEADER, f"{100 * level:.10g}% interval"]
    cells = [cells_of(row, any_marked=any_marked) for block in blocks for row in block.rows]
    head, *lines = text_table(header, cells).splitlines()
    found = [head]
    for block in blocks:
        found += [block.title] if block.title else []
        found += lines[: len(block.rows)]
        found += [f"… {block.rest:,} more"] if block.rest else []
        lines = lines[len(block.rows) :]
    return found
