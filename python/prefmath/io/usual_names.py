"""Columns found by the names that they usually have."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["found_by_name", "usual_names"]

_USUAL = {
    "winner": ("winner", "won", "preferred", "chosen", "better"),
    "loser": ("loser", "lost", "other", "rejected", "worse"),
    "tie": ("tie", "tied", "draw"),
    "first": ("first", "winner_first", "shown_first"),
    "choice_set": ("choice_set", "set", "set_id", "chid", "task", "question", "ballot"),
    "item": ("item", "item_id", "alternative", "alt", "option", "candidate"),
    "chosen": ("chosen", "choice", "picked", "selected"),
    "rank": ("rank", "place", "position"),
    "annotator": ("annotator", "annotator_id", "user_id", "worker_id", "judge", "person", "id"),
    "weight": ("weight", "weights"),
    "count": ("count", "counts", "n"),
}


def usual_names(role: str) -> tuple[str, ...]:
    """Return the names by which the column of an argument is looked for."""
    return _USUAL.get(role, ())


def found_by_name(roles: Iterable[str], columns: Iterable[str]) -> dict[str, str]:
    """Return the column of each role that has one by a usual name, whatever its case.

    Examples
    --------
    >>> found_by_name(["winner", "loser", "tie"], ["Winner", "rejected", "text"])
    {'winner': 'Winner', 'loser': 'rejected'}
    """
    by_word = {str(name).strip().lower(): name for name in columns}
    found: dict[str, str] = {}
    for role in roles:
        for word in _USUAL.get(role, ()):
            if word in by_word and by_word[word] not in found.values():
                found[role] = by_word[word]
                break
    return found
