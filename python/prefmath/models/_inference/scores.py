"""The slope of the log-likelihood, one unit (an annotator) at a time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from prefmath._kernel_view import kernel_view
from prefmath._kernels import kernels
from prefmath.choices.judgements import spans
from prefmath.models._likelihood.utility.linear import LinearUtility

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from prefmath.models._likelihood.observation import Observation
    from prefmath.models._likelihood.penalty import Penalty
    from prefmath.models._likelihood.utility import Utility

    _F64 = NDArray[np.float64]

__all__ = ["Point", "score_blocks"]

# Numbers held at a time, slopes of entries and scores of units: 32 MB.
_BLOCK = 1 << 22


@dataclass(frozen=True, eq=False)
class Point:
    """A fitted model beside the judgements it was fitted to.

    Judgement s has outcome ``outcome[s]``, or s where that is None; unit h, whose judgements belong
    together, made ``units[h]:units[h + 1]``. The
    parameters are at the level of utility that the penalty prefers.
    """

    utility: Utility
    observation: Observation
    outcome: NDArray[np.int32] | None
    units: NDArray[np.int64]
    weight: _F64 | None
    penalty: Penalty
    params: _F64
    weights: _F64
    responsibilities: _F64

    @property
    def n_units(self) -> int:
        """Units: annotators, or judgements where nobody is named."""
        return len(self.units) - 1


def score_blocks(point: Point) -> Iterator[tuple[_F64, _F64]]:
    """Yield responsibilities (b, K) and class scores (b, K, p) of some units after the others.

    The score of unit h in class z is the slope of the log-likelihood of its judgements, were it in
    class z, at the parameters of that class.
    """
    table = point.utility.table(point.params)
    # Outcomes that many judgements share are worked out once, others where they stand.
    known = None if point.outcome is None else _slopes(point.observation, table)
    size = int(np.diff(point.observation.offsets).max())
    n_classes, n_parameters = point.params.shape
    held = n_classes * (size * point.units + n_parameters * np.arange(point.n_units + 1))
    first = 0
    while first < point.n_units:
        ends = held[first + 1 :] - held[first]
        last = first + max(1, int(np.searchsorted(ends, _BLOCK, side="right")))
        outcomes, slopes, tie = _outcomes(point, table, known, first, last)
        scores = _scores(point, outcomes, slopes, tie, first, last)
        yield point.responsibilities[first:last], scores
        first = last


def _slopes(observation: Observation, table: _F64) -> tuple[_F64, _F64 | None]:
    return kernels.residuals(table, observation.described, observation.n_threads)


def _outcomes(
    point: Point, table: _F64, known: tuple[_F64, _F64 | None] | None, first: int, last: int
) -> tuple[Observation, _F64, _F64 | None]:
    """Return the judgements of some units, one outcome each, and the slopes of these."""
    begin, end = point.units[first], point.units[last]
    whole = point.observation
    if known is None or point.outcome is None:
        rows = np.arange(begin, end)
    else:
        rows = point.outcome[begin:end].astype(np.int64)
    sizes = np.diff(whole.offsets)[rows]
    entries = spans(whole.offsets[rows], sizes)
    outcomes = replace(
        whole,
        offsets=np.concatenate([[0], np.cumsum(sizes)]),
        items=whole.items[entries],
        chosen=whole.chosen[rows],
        tied=None if whole.tied is None else whole.tied[rows],
        extra=None if whole.extra is None else whole.extra[entries],
        n_ranked=None if whole.n_ranked is None else whole.n_ranked[rows],
    )
    if known is None:
        slopes, tie = _slopes(outcomes, table)
    else:
        slopes, tie = known[0][entries], None if known[1] is None else known[1][rows]
    if point.weight is not None:
        weight = point.weight[begin:end, None]
        slopes *= np.repeat(weight, sizes, axis=0)
        tie = None if tie is None else tie * weight
    return outcomes, slopes, tie


def _scores(
    point: Point, outcomes: Observation, slopes: _F64, tie: _F64 | None, first: int, last: int
) -> _F64:
    """Sum slopes by unit and parameter."""
    judgements = point.units[first : last + 1] - point.units[first]
    entries = outcomes.offsets[judgements]
    n_units, n_coef = last - first, point.utility.n_coef
    scores = np.zeros((n_units, slopes.shape[1], point.params.shape[1]))
    unit = np.repeat(np.arange(n_units), np.diff(entries))
    if isinstance(point.utility, LinearUtility):
        utility = point.utility
        n_items = len(utility.features)
        sums = kernels.linear_scores(
            kernel_view(utility.features), outcomes.items, slopes, entries, utility.n_threads
        )
        scores[:, :, :n_coef] = utility.gradient(sums)
    else:
        n_items = n_coef
        _add(scores, slopes, unit, outcomes.items)
    if outcomes.extra is not None:
        shown = outcomes.extra >= 0
        _add(scores, slopes[shown], unit[shown], outcomes.extra[shown] - n_items + n_coef)
    if tie is not None:
        for z, slope in enumerate(tie.T):
            scores[:, z, -1] = np.add.reduceat(slope, judgements[:-1])
    return scores


def _add(
    scores: _F64, slopes: _F64, unit: NDArray[np.int64], parameter: NDArray[np.integer]
) -> None:
    n_units, _, n_parameters = scores.shape
    cell = unit * n_parameters + parameter
    for z, slope in enumerate(slopes.T):
        total = np.bincount(cell, slope, minlength=n_units * n_parameters)
        scores[:, z] += total.reshape(n_units, n_parameters)
