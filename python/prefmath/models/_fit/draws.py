"""Draws of what annotators would do, as choices of the same sets."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath.choices.judgements import sides, spans

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.choices import Choices

    _F64 = NDArray[np.float64]

__all__ = ["drawn_choices"]


def drawn_choices(
    choices: Choices, utility: _F64, tie_chance: _F64 | None, rng: np.random.Generator
) -> Choices:
    """Draw an outcome of every set, given the utility of each entry of `items`.

    Utilities with noise of Gumbel's distribution, in order, are a draw from Plackett and Luce's
    model (Yellott 1977).
    """
    noisy = utility + rng.gumbel(size=len(utility))
    sizes = np.diff(choices.offsets)
    if choices.layout == "choice_sets":
        starts = choices.offsets[:-1]
        best = np.repeat(np.maximum.reduceat(noisy, starts), sizes) == noisy
        position = spans(np.zeros_like(sizes), sizes)
        chosen = np.minimum.reduceat(np.where(best, position, len(noisy)), starts)
        return replace(choices, chosen=chosen.astype(np.int32))
    fields: dict[str, Any] = {}
    if choices.layout == "pairs":
        first, second = sides(noisy)
        won = first >= second
        pairs = choices.items.reshape(-1, 2)
        fields["items"] = np.where(won[:, None], pairs, pairs[:, ::-1]).reshape(-1)
        fields["tied"] = None
        if choices.first is not None:
            fields["first"] = choices.first == won
        if tie_chance is not None:
            tied = rng.random(len(choices)) < tie_chance
            fields["tied"] = tied if tied.any() else None
    else:
        judgement = np.repeat(np.arange(len(sizes)), sizes)
        fields["items"] = choices.items[np.lexsort((-noisy, judgement))]
    # What is drawn stands in another order than the rows of a long data frame did.
    return replace(choices, **fields, item_order=None)
