"""What is passed for choices: Choices, and not arrays and the like, which say too little."""

from __future__ import annotations

from typing import Any

from prefmath.choices import Choices

__all__ = ["refuse_other_than_choices"]


def refuse_other_than_choices(choices: Any) -> None:
    """Refuse arrays and the like, which say too little.

    Examples
    --------
    >>> refuse_other_than_choices([[0, 1]])
    Traceback (most recent call last):
        ...
    TypeError: choices must be prefmath.Choices, as Choices.from_pairs makes them, not list
    """
    if isinstance(choices, Choices):
        return
    kind = type(choices).__name__
    held = getattr(choices, "choices", None)
    if isinstance(held, Choices):
        msg = f"choices must be prefmath.Choices, not the {kind} that holds them: pass it with a *"
        raise TypeError(msg)
    msg = f"choices must be prefmath.Choices, as Choices.from_pairs makes them, not {kind}"
    raise TypeError(msg)
