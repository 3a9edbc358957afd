"""Probability that each item is chosen from its set, under each class."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from prefmath.choices.judgements import sides
from prefmath.models._likelihood.ties import tie_model

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.models._likelihood.observation import Observation

    _F64 = NDArray[np.float64]

__all__ = ["chances", "tie_chance"]


def chances(observation: Observation, table: _F64) -> _F64:
    """Probability of each entry of `items`, (n_entries, n_classes).

    They sum to 1 over each set, or to 1 less the probability of a tie.
    """
    utility = table[observation.items]
    if observation.extra is not None:
        shown = observation.extra >= 0
        utility[shown] += table[observation.extra[shown]]
    ties = tie_model(observation.ties)
    if ties is not None:
        first, second = sides(utility)
        first[:], second[:] = ties.probabilities(first, second, table[observation.tie_row])
        return utility
    starts, sizes = observation.offsets[:-1], np.diff(observation.offsets)
    utility -= np.repeat(np.maximum.reduceat(utility, starts), sizes, axis=0)
    np.exp(utility, out=utility)
    utility /= np.repeat(np.add.reduceat(utility, starts), sizes, axis=0)
    return utility


def tie_chance(pairs: _F64) -> _F64:
    """Probability of a tie from those of the two items of each pair, one after the other."""
    first, second = sides(pairs)
    tied: _F64 = np.maximum(1 - first - second, 0)
    return tied
