"""What follows from a fitted model for choices: probabilities, draws, and how well it explains."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from prefmath._validate import as_responsibilities
from prefmath.models._fit.draws import drawn_choices
from prefmath.models._likelihood.probabilities import tie_chance

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from prefmath.choices import Choices
    from prefmath.models._fit.fitted import Fitted

    _F64 = NDArray[np.float64]

__all__ = ["drawn", "entry_probabilities", "most_probable", "n_units_of", "total_weight"]


def entry_probabilities(
    fitted: Fitted, choices: Choices, features: ArrayLike | None, latent: ArrayLike | None
) -> _F64:
    """Probability of each item in its set, in the order in which the items are stored."""
    table, observation, judged = fitted.tabulated(choices, features)
    annotator = np.repeat(judged.annotator_index, np.diff(judged.offsets))
    given = _given(fitted, choices, latent)
    return fitted.population.probabilities(observation, table, given, annotator)


def most_probable(choices: Choices, probability: _F64) -> NDArray[np.int64]:
    """Position of the most probable item in each set, the first of equals."""
    starts, sizes = choices.offsets[:-1], np.diff(choices.offsets)
    best = np.repeat(np.maximum.reduceat(probability, starts), sizes) == probability
    positions = np.arange(len(probability)) - np.repeat(starts, sizes)
    first: NDArray[np.int64] = np.minimum.reduceat(
        np.where(best, positions, len(probability)), starts
    )
    return first


def drawn(
    fitted: Fitted,
    choices: Choices,
    features: ArrayLike | None,
    latent: ArrayLike | None,
    rng: np.random.Generator,
) -> Choices:
    """Draw who annotators are, and then what they do with their sets.

    Those who stand for several are drawn as so many people.
    """
    given = _given(fitted, choices, latent)
    counts = choices.annotator_counts
    choices = choices.written_out()
    if counts is not None:
        given = np.repeat(given, counts.astype(np.int64), axis=0)
    table, observation, judged = fitted.tabulated(choices, features)
    weights = fitted.population.drawn(given, rng)
    annotator = np.repeat(judged.annotator_index, np.diff(judged.offsets))
    probability = fitted.population.probabilities(observation, table, weights, annotator)
    with np.errstate(divide="ignore"):
        utility = np.log(probability)
    tied = tie_chance(probability) if fitted.form.has_tie else None
    return drawn_choices(choices, utility, tied, rng)


def _given(fitted: Fitted, choices: Choices, latent: ArrayLike | None) -> _F64:
    """Return what annotators are, as the caller gave it or as the model knows them."""
    if latent is None:
        return fitted.before(choices)
    return as_responsibilities(latent, (choices.n_annotators, fitted.population.n_columns))


def total_weight(choices: Choices) -> float:
    """Judgements, as often as their weights and counts say."""
    weight = choices.counted_weight
    return float(len(choices) if weight is None else weight.sum())


def decided_weight(choices: Choices) -> NDArray[np.float64]:
    """Return what each judgement counts, by weight and count; ties count nothing."""
    weight = choices.counted_weight
    weight = np.ones(len(choices)) if weight is None else weight
    return weight if choices.tied is None else np.where(choices.tied, 0.0, weight)


def n_units_of(choices: Choices) -> float:
    """Annotators, as often as they count; where none is known, judgements as often as they do."""
    if not choices.has_annotators:
        return total_weight(choices)
    counts = choices.annotator_counts
    return choices.n_annotators if counts is None else float(counts.sum())
