"""Annotators drawn into parts, each of which is left out of a fit once."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from prefmath._validate import as_whole_number
from prefmath.choices.counts import count_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from prefmath.choices import Choices

    _F64 = NDArray[np.float64]
    _I64 = NDArray[np.int64]

__all__ = ["Fold", "folds_of"]

# NumPy draws without replacement from fewer than this; of more it hardly matters.
_MOST_DRAWN = 10**9


Fold: TypeAlias = "Callable[[], tuple[Choices, Choices]]"
"""Makes the choices without a part, and those of it, where they are needed."""


def folds_of(choices: Choices, n_folds: int, rng: np.random.Generator) -> list[Fold]:
    """Draw parts of the annotators, or of judgements where nobody is named.

    Those who stand for several are as many, drawn each for itself.

    Raises
    ------
    ValueError
        If there are more parts than annotators.
    """
    known = choices.has_annotators
    n_rows = choices.n_annotators if known else len(choices)
    counts = choices.annotator_counts if known else choices.count
    n_units = float(n_rows) if counts is None else float(counts.sum())
    if not 2 <= as_whole_number(n_folds, "n_folds", 2) <= n_units:
        raise ValueError(f"n_folds={n_folds} exceeds the {count_text(n_units)} annotators")
    unit = choices.restore(choices.annotator_index) if known else np.arange(n_rows)
    if counts is None:
        part = np.empty(n_rows, np.int64)
        part[rng.permutation(n_rows)] = np.arange(n_rows) % n_folds
        fold_of = part[unit]
        return [partial(_of_rows, choices, fold_of == fold) for fold in range(n_folds)]
    drawn = _drawn_counts(counts, n_folds, rng)
    return [partial(_of_counts, choices, unit, counts, left_out) for left_out in drawn]


def _of_rows(choices: Choices, left_out: NDArray[np.bool_]) -> tuple[Choices, Choices]:
    return choices.take(~left_out), choices.take(left_out)


def _of_counts(
    choices: Choices, unit: _I64, counts: _F64, left_out: _F64
) -> tuple[Choices, Choices]:
    return _counted(choices, unit, counts - left_out), _counted(choices, unit, left_out)


def _drawn_counts(counts: _F64, n_folds: int, rng: np.random.Generator) -> _F64:
    """Draw how many of each row are in each part, (n_folds, n_rows): parts of equal size.

    What is left of counts that are not whole is drawn into a part, each as one.
    """
    whole = np.floor(counts).astype(np.int64)
    n_units, drawn = int(whole.sum()), np.zeros((n_folds, len(counts)))
    if n_units < _MOST_DRAWN:
        left = whole
        for fold in range(n_folds - 1):
            size = n_units // n_folds + (fold < n_units % n_folds)
            taken = rng.multivariate_hypergeometric(left, size, method="marginals")
            drawn[fold], left = taken, left - taken
        drawn[-1] = left
    else:
        drawn[:] = rng.multinomial(whole, np.full(n_folds, 1 / n_folds)).T
    rest = np.flatnonzero(counts > whole)
    drawn[rng.permutation(len(rest)) % n_folds, rest] += (counts - whole)[rest]
    return drawn


def _counted(choices: Choices, unit: _I64, counts: _F64) -> Choices:
    """Return the choices of those who are there, as often as they are."""
    of_rows = counts[unit]
    kept = np.flatnonzero(of_rows > 0)
    some = choices.take(kept)
    rows = of_rows[kept]
    return replace(some, count=rows if some.order is None else rows[some.order])
