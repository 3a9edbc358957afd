"""Virtual comparisons with an item of utility 0: a prior that keeps all utilities finite."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.models._observation import Observation

    _F64 = NDArray[np.float64]

__all__ = ["with_virtual_pairs"]


def with_virtual_pairs(
    observation: Observation, weight: _F64 | None, prior: float, n_items: int
) -> tuple[Observation, _F64]:
    """Append `prior` wins and as many losses of every item against the item of row `n_items`.

    Utilities are determined up to a constant, so that the utility of the item against which they
    are counted may be a parameter like the others: theirs are then taken less it.
    """
    others = np.arange(n_items, dtype=np.int32)
    virtual = np.full(n_items, n_items, np.int32)
    pairs = np.concatenate([np.stack([others, virtual], 1), np.stack([virtual, others], 1)])
    n = len(pairs)
    before = np.ones(observation.n_outcomes) if weight is None else weight
    ends = observation.offsets[-1] + np.arange(2, 2 * n + 1, 2)
    more = replace(
        observation,
        offsets=np.concatenate([observation.offsets, ends]),
        items=np.concatenate([observation.items, pairs.reshape(-1)]),
        chosen=np.concatenate([observation.chosen, np.zeros(n, np.int32)]),
        tied=_longer(observation.tied, np.zeros(n, np.bool_)),
        extra=_longer(observation.extra, np.full(2 * n, -1, np.int32)),
        n_ranked=_longer(observation.n_ranked, np.ones(n, np.int32)),
    )
    return more, np.concatenate([before, np.full(n, float(prior))])


def _longer(array: NDArray[Any] | None, end: NDArray[Any]) -> NDArray[Any] | None:
    return None if array is None else np.concatenate([array, end])
