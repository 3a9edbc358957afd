"""Tiers: neighbours in rank that the data do not tell apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["tiers_of"]


def tiers_of(order: NDArray[np.int64], above: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the tier of each item, 1 the best: from the top, as long as nobody in it is ahead.

    `order` has the items from the best to the worst, ``above[i]`` says which are clearly better
    than i. An item opens a tier where one of the tier before is clearly better.

    Examples
    --------
    >>> above = np.zeros((3, 3), bool)
    >>> above[2, 0] = True
    >>> tiers_of(np.array([0, 1, 2]), above)
    array([1, 1, 2])
    """
    tiers = np.empty(len(order), np.int64)
    members: list[int] = []
    tier = 1
    for item in order.tolist():
        if above[item, members].any():
            tier, members = tier + 1, []
        members.append(item)
        tiers[item] = tier
    return tiers
