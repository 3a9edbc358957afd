"""Warnings of choices that say less, or something else, than the model looks as if it asked."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from prefmath.choices import Choices

__all__ = ["UndeterminedWarning", "WeightWarning", "warn_of_little", "warn_of_weights"]


class UndeterminedWarning(UserWarning):
    """The choices do not determine all that the model looks as if it told."""


class WeightWarning(UserWarning):
    """Weights are used where counts may be meant, which makes another model."""


def warn_of_weights(choices: Choices, n_components: int, stacklevel: int) -> None:
    """Warn of several classes of people whose judgements all weigh alike, but not as others' do.

    Then weights say how often people count, in all likelihood, and not their judgements.

    Parameters
    ----------
    choices : Choices
        Those of a fit.
    n_components : int
        Number of classes.
    stacklevel : int
        Of the caller of `fit`, as seen from the caller of this.
    """
    weight = choices.weight
    counted = choices.count is not None  # the difference is known
    if n_components == 1 or weight is None or counted or not choices.has_annotators:
        return
    of_people = weight[choices.annotator_offsets[:-1]]
    alike = weight == np.repeat(of_people, np.diff(choices.annotator_offsets))
    if (of_people != of_people[0]).any() and alike.all():
        msg = (
            "weight is the same in all judgements of a person and differs between people: it says "
            "more of one person's class, and not that the person counts for several, as ballots or "
            "survey weights do, which Choices takes as count="
        )
        warnings.warn(msg, WeightWarning, stacklevel=stacklevel + 1)


def warn_of_little(choices: Choices, *, position_effect: bool, stacklevel: int) -> None:
    """Warn of choices of one alternative, and of effects of position in sets of unequal size.

    Parameters
    ----------
    choices : Choices
        Those of a fit.
    position_effect : bool
        Whether positions have effects.
    stacklevel : int
        Of the caller of `fit`, as seen from the caller of this.
    """
    if choices.layout == "pairs":
        return
    sizes = np.diff(choices.offsets)
    alone = int((sizes < 2).sum())
    if alone:
        ranked = choices.layout == "rankings"
        noun, done = ("rankings", "ranked") if ranked else ("choice sets", "chosen")
        msg = (
            f"{alone:,} of {len(sizes):,} {noun} have a single alternative, which says nothing of "
            f"preferences: look whether alternatives that were not {done} are missing"
        )
        warnings.warn(msg, UndeterminedWarning, stacklevel=stacklevel + 1)
    if position_effect and sizes.min() != sizes.max():
        msg = (
            "position_effect is of positions, not of alternatives, and as choice sets have "
            f"{sizes.min()} to {sizes.max()} alternatives, a position need not hold the same one "
            "in all: for constants of alternatives pass an indicator of each but one as a feature"
        )
        warnings.warn(msg, UndeterminedWarning, stacklevel=stacklevel + 1)
