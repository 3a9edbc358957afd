"""Virtual comparisons with an item of utility 0: a prior that keeps all utilities finite."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.models._likelihood.observation import Observation

    _F64 = NDArray[np.float64]

__all__ = ["virtual_terms", "virtual_utility", "with_virtual_pairs"]


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


def virtual_utility(utilities: _F64) -> float:
    """Return the utility of the item that virtual pairs are against, where that is most likely."""
    best = float(utilities.mean())
    for _ in range(100):
        share = 1 / (1 + np.exp(best - utilities))
        step = float((2 * share - 1).sum() / (2 * share * (1 - share)).sum())
        # Steps of 1 cannot overshoot far: half the sum of shares is all that is looked for.
        best += min(max(step, -1.0), 1.0)
        if abs(step) < 1e-14:
            break
    return best


def virtual_terms(params: _F64, n_coef: int, prior: float) -> tuple[_F64, _F64]:
    """Slope and information of the virtual pairs, whose item is the last of `n_coef`."""
    n = n_coef - 1
    share = 1 / (1 + np.exp(params[n] - params[:n]))
    slope, information = np.zeros(len(params)), np.zeros((len(params),) * 2)
    slope[:n] = prior * (1 - 2 * share)
    slope[n] = -slope[:n].sum()
    items = np.arange(n)
    information[items, items] = 2 * prior * share * (1 - share)
    information[items, n] = information[n, items] = -information[items, items]
    information[n, n] = -information[n].sum()
    return slope, information


def _longer(array: NDArray[Any] | None, end: NDArray[Any]) -> NDArray[Any] | None:
    return None if array is None else np.concatenate([array, end])
