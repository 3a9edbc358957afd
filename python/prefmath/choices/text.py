"""Choices in a line of words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath.choices.counts import count_text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.choices.sorted_judgements import SortedJudgements


def described(choices: SortedJudgements) -> str:
    """Return how many judgements of what kind there are, by how many, over how many items."""
    return f"{judged(choices)} over {_counted(choices.n_items, 'item')}"


def judged(choices: SortedJudgements) -> str:
    """Return how many judgements of what kind there are, and by how many."""
    return f"{_what(choices)}{_by(choices)}"


def people(n: int, counts: NDArray[np.float64] | None) -> str:
    """Return how many annotators there are, and how many were told apart."""
    if counts is None:
        return _counted(n, "annotator")
    total = float(counts.sum())
    return f"{count_text(total)} annotator{'' if total == 1 else 's'} ({n:,} distinct)"


def _by(choices: SortedJudgements) -> str:
    if choices.has_annotators:
        return f" by {people(choices.n_annotators, choices.annotator_counts)}"
    if choices.count is None:
        return ""
    return f" that stand for {count_text(float(choices.count.sum()))}"


def _what(choices: SortedJudgements) -> str:
    if choices.layout == "pairs":
        parts = [_counted(len(choices), "pair")]
        if choices.tied is not None:
            parts.append(f"{choices.tied.sum():,} tied")
        if choices.first is not None:
            parts.append("in known order")
        return ", ".join(parts) + ("," if len(parts) > 1 else "")
    sizes = np.diff(choices.offsets)
    if choices.n_ranked is None:
        return f"{_counted(len(choices), 'choice')} among {_span(sizes)}"
    if (choices.n_ranked == sizes).all():
        return f"{_counted(len(choices), 'ranking')} of {_span(sizes)}"
    first = f"the first {_span(choices.n_ranked)} among {_span(sizes)}"
    return f"{_counted(len(choices), 'ranking')} of {first}"


def _counted(n: int, noun: str) -> str:
    return f"{n:,} {noun}" + ("" if n == 1 else "s")


def _span(numbers: NDArray[Any]) -> str:
    low, high = numbers.min(), numbers.max()
    return f"{low}" if low == high else f"{low} to {high}"
