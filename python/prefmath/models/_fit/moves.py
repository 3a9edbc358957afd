"""Moves from one optimum to where a better one may be: a column is given up, another is split.

Ueda, Nakano, Ghahramani and Hinton (2000), SMEM algorithm for mixture models, Neural Computation
12: EM cannot carry a column from where there are too many to where there are too few, since it
would pass through places of lower likelihood. Here many moves are tried at once, a few steps each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.models._fit.seeding import Seeding
    from prefmath.models._likelihood.state import State

    _F64 = NDArray[np.float64]

__all__ = ["moves"]

# One move of so many puts a column where annotators are explained worst.
_WORST_OF_MANY = 2
# Annotators move to a new column by so much at first.
_MOVED = 0.75
_NEVER = 1e-12


def moves(
    state: State, seeding: Seeding, n_moves: int, rng: np.random.Generator
) -> tuple[_F64, list[_F64]]:
    """Draw moves; return coefficients of one after the other, and guesses of what annotators are.

    Columns without which annotators are explained almost as well are given up most often. Columns
    are split the more often, the more their annotators differ. On small data the best optimum often
    has a column for one annotator, whom no other explains: some moves put one there.
    """
    latent = state.latent
    losses = -np.log(np.maximum(1 - latent, _NEVER)).sum(axis=0)
    above = losses - losses.min()
    scale = np.median(above) if np.median(above) > 0 else 1.0
    odds_given_up = np.exp(-above / scale)
    differing = seeding.differences(latent)
    coefs, guesses = [], []
    for number in range(n_moves):
        gone = _drawn(odds_given_up, rng)
        if number % _WORST_OF_MANY == _WORST_OF_MANY - 1:
            members = seeding.worst_explained(latent, rng)
        else:
            odds = differing.copy()
            odds[gone] = 0
            members = seeding.part(latent[:, _drawn(odds, rng)], rng)
        guess = latent.copy()
        guess[:, gone] = _NEVER
        guess /= guess.sum(axis=1, keepdims=True)
        guess *= 1 - _MOVED * members[:, None]
        guess[:, gone] = _MOVED * members
        coef = state.coef.copy()
        coef[gone] = seeding.fitted_to(members)
        coefs.append(coef)
        guesses.append(guess)
    return np.concatenate(coefs), guesses


def _drawn(odds: _F64, rng: np.random.Generator) -> int:
    total = odds.sum()
    if not total > 0:
        return int(rng.integers(len(odds)))
    return int(rng.choice(len(odds), p=odds / total))
