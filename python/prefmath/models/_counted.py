"""Equal pairs counted once, where that makes the data smaller and annotators do not matter."""

from __future__ import annotations

import numpy as np

from prefmath.choices import Choices

__all__ = ["counted"]


def counted(choices: Choices) -> Choices:
    """Return anonymous pairs of the same likelihood: equal ones are one of their total weight.

    Only where a table of all pairs of items is smaller than the data; otherwise, and for other
    layouts, the choices themselves.
    """
    n_items = choices.n_items
    if choices.layout != "pairs" or 2 * n_items**2 > len(choices):
        return choices
    place = choices.items[0::2].astype(np.int64) * n_items + choices.items[1::2]
    place *= 2
    if choices.tied is not None:
        place += choices.tied
    total = np.bincount(place, weights=choices.weight)
    found = np.flatnonzero(total)
    if not len(found):
        return choices
    pair, tied = np.divmod(found, 2)
    winner, loser = np.divmod(pair, n_items)
    return Choices.from_pairs(winner, loser, tie=tied.astype(np.bool_), weight=total[found])
