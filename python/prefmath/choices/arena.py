"""Columns that say which side won, as files of model arenas have them, in place of items."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._label_values import shown

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SIDES = frozenset(
    f"{of}{between}{side}"
    for of in ("model", "response", "assistant", "output", "answer", "completion")
    for between in ("_", " ", "-")
    for side in "ab"
)
_OTHER_SIDES = frozenset(("a", "b", "left", "right", "first", "second"))
"""May as well be names of items, unless a tie stands beside them."""

_TIES = frozenset(
    (
        "tie",
        "tied",
        "draw",
        "tie (bothbad)",
        "tie (both bad)",
        "tie (inconsistent)",
        "both_bad",
        "both bad",
        "bothbad",
        "both_good",
        "both_equal",
        "neither",
    )
)


def refuse_sides(winner: NDArray[np.int32], loser: NDArray[np.int32], ids: NDArray[Any]) -> None:
    """Refuse a column of which side won, whose "tie" would be ranked as an item.

    Such a column holds names of sides and of ties alone, and the other one holds no name like them.

    Raises
    ------
    ValueError
        With what the columns should hold.
    """
    for name, column, other in (("winner", winner, loser), ("loser", loser, winner)):
        if not _is_word(ids[column[0]]):  # nearly always, so that nothing is sorted
            continue
        words = {_word(label) for label in ids[np.unique(column)].tolist()}
        if not words <= _SIDES | _OTHER_SIDES | _TIES or not (
            words & _SIDES or (words & _OTHER_SIDES and words & _TIES)
        ):
            continue
        alike = tuple({word[:-1] for word in words & _SIDES})
        others = {_word(label) for label in ids[np.unique(other)].tolist()}
        if others & words or any(label.startswith(alike) for label in others):
            continue
        of = shown(ids[column[0]])
        raise ValueError(
            f"{name} must name items, not which side won: {name}[0]={of}; give the winner's and "
            f"the loser's names as winner and loser, both sides' names where neither won, and tie "
            f"as booleans"
        )


def _is_word(label: object) -> bool:
    return isinstance(label, str) and _word(label) in _SIDES | _OTHER_SIDES | _TIES


def _word(label: str) -> str:
    return label.strip().lower()
