"""The score of each unit in each column: the gradient of the log-likelihood of its judgements."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from prefmath._kernels import kernels
from prefmath.choices.judgements import spans

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from prefmath.models._likelihood.data import Data
    from prefmath.models._likelihood.observation import Observation
    from prefmath.models._likelihood.utility import Utility

    _F64 = NDArray[np.float64]
    _Residuals = tuple[_F64, _F64 | None]

__all__ = ["unit_scores"]

# Numbers held at a time, residuals of entries and scores of units: 32 MB.
_BLOCK = 1 << 22


def unit_scores(
    utility: Utility, data: Data, params: _F64, table: _F64 | None = None
) -> Iterator[tuple[slice, _F64]]:
    """Yield some units after the others, and their scores in every column, (b, K, p).

    Units are the annotators of `data`. The score of unit h in column z is the gradient of the
    log-likelihood of its judgements, were its utilities those of the column, at the parameters of
    that column. `table` is the utility table at `params`, if the caller has it.
    """
    table = utility.table(params) if table is None else table
    # Outcomes that many judgements share are worked out once, others where they stand.
    known = None if data.outcome is None else _residuals(data.observation, table)
    size = int(np.diff(data.observation.offsets).max())
    n_columns, n_parameters = params.shape
    units = data.annotator_offsets
    held = n_columns * (size * units + n_parameters * np.arange(data.n_rows + 1))
    first = 0
    while first < data.n_rows:
        ends = held[first + 1 :] - held[first]
        last = first + max(1, int(np.searchsorted(ends, _BLOCK, side="right")))
        outcomes, residuals, tie = _outcomes(data, table, known, first, last)
        judgements = units[first : last + 1] - units[first]
        yield slice(first, last), _scores(utility, outcomes, residuals, tie, judgements)
        first = last


def _residuals(observation: Observation, table: _F64) -> _Residuals:
    return kernels.residuals(table, observation.described, observation.n_threads)


def _outcomes(
    data: Data, table: _F64, known: _Residuals | None, first: int, last: int
) -> tuple[Observation, _F64, _F64 | None]:
    """Return the judgements of some units, one outcome each, and the residuals of these."""
    begin, end = data.annotator_offsets[first], data.annotator_offsets[last]
    whole = data.observation
    if known is None or data.outcome is None:
        rows = np.arange(begin, end)
    else:
        rows = data.outcome[begin:end].astype(np.int64)
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
        residuals, tie = _residuals(outcomes, table)
    else:
        residuals, tie = known[0][entries], None if known[1] is None else known[1][rows]
    if data.weight is not None:
        weight = data.weight[begin:end, None]
        residuals *= np.repeat(weight, sizes, axis=0)
        tie = None if tie is None else tie * weight
    return outcomes, residuals, tie


def _scores(
    utility: Utility,
    outcomes: Observation,
    residuals: _F64,
    tie: _F64 | None,
    judgements: NDArray[np.int64],
) -> _F64:
    """Sum residuals by unit and parameter."""
    entries, n_units = outcomes.offsets[judgements], len(judgements) - 1
    of_utility = utility.scores(outcomes.items, residuals, entries)
    if utility.n_extra == 0:
        return of_utility
    n_coef = utility.n_coef
    scores = np.zeros((n_units, residuals.shape[1], utility.n_parameters))
    scores[:, :, :n_coef] = of_utility
    if outcomes.extra is not None:
        # Their rows of the table follow those of the items, their parameters those of utility.
        shown = np.flatnonzero(outcomes.extra >= 0)
        unit = np.repeat(np.arange(n_units), np.diff(entries))[shown]
        row = outcomes.extra[shown].astype(np.int64) - utility.n_items
        cells = unit * utility.n_extra + row
        for z, residual in enumerate(residuals[shown].T):
            sums = np.bincount(cells, residual, n_units * utility.n_extra)
            scores[:, z, n_coef:] += sums.reshape(n_units, utility.n_extra)
    if tie is not None:
        unit = np.repeat(np.arange(n_units), np.diff(judgements))
        for z, residual in enumerate(tie.T):
            scores[:, z, -1] = np.bincount(unit, residual, n_units)
    return scores
