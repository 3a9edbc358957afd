"""The same problem for some of the annotators, or for some of the judgements."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.models._likelihood.observation import Observation
    from prefmath.models._likelihood.problem import Problem

    _I64 = NDArray[np.int64]

__all__ = ["of_annotators", "of_judgements", "of_shown", "spread", "taken"]


def of_annotators(problem: Problem, annotators: _I64) -> Problem:
    """Return the problem of some annotators, in the order given; penalised by their part."""
    data = problem.data
    sizes = np.diff(data.annotator_offsets)[annotators]
    offsets = np.concatenate([[0], np.cumsum(sizes)])
    rows = _ranges(data.annotator_offsets[annotators], sizes)
    counts = None if data.counts is None else data.counts[annotators]
    covariates = None if data.covariates is None else data.covariates[annotators]
    return _reduced(problem, rows, offsets, counts, covariates)


def of_judgements(problem: Problem, rows: _I64) -> Problem:
    """Return the problem of some judgements, no matter whose; penalised by their part."""
    # A judgement of so many people is as many.
    data = replace(problem.data, weight=problem.data.counted_weight, counts=None)
    return _reduced(replace(problem, data=data), rows, np.array([0, len(rows)]), None)


def spread(n: int, wanted: int) -> _I64:
    """Return `wanted` of `n` numbers, evenly spread."""
    return np.arange(wanted, dtype=np.int64) * n // wanted


def taken(observation: Observation, rows: _I64) -> Observation:
    """Return some of the outcomes of an observation."""
    starts, sizes = observation.offsets[rows], np.diff(observation.offsets)[rows]
    entries = _ranges(starts, sizes)

    def of(values: NDArray[Any] | None, at: _I64) -> NDArray[Any] | None:
        return None if values is None else values[at]

    return replace(
        observation,
        offsets=np.concatenate([[0], np.cumsum(sizes)]),
        items=observation.items[entries],
        chosen=observation.chosen[rows],
        tied=of(observation.tied, rows),
        extra=of(observation.extra, entries),
        n_ranked=of(observation.n_ranked, rows),
        whole=None,
    )


def of_shown(observation: Observation, n_items: int) -> tuple[_I64, Observation]:
    """Return the items that are shown, and the observation over a table of these alone."""
    seen = np.zeros(n_items, np.bool_)
    seen[observation.items] = True
    shown, row = np.flatnonzero(seen), np.cumsum(seen, dtype=np.int32) - np.int32(1)
    fewer, extra, tie_row = n_items - len(shown), observation.extra, observation.tie_row
    if extra is not None:
        extra = np.where(extra < 0, -1, extra - fewer).astype(np.int32)
    narrow = replace(
        observation,
        items=row[observation.items],
        extra=extra,
        tie_row=tie_row if tie_row < 0 else tie_row - fewer,
        n_rows=observation.n_rows - fewer,
    )
    return shown, narrow


def _reduced(
    problem: Problem,
    rows: _I64,
    offsets: _I64,
    counts: NDArray[np.float64] | None,
    covariates: NDArray[np.float64] | None = None,
) -> Problem:
    data = problem.data
    seen, outcome = data.observation, data.outcome
    some = replace(
        data,
        observation=taken(seen, rows) if outcome is None else seen,
        outcome=None if outcome is None else outcome[rows],
        annotator_offsets=offsets,
        weight=None if data.weight is None else data.weight[rows],
        counts=counts,
        covariates=covariates,
    )
    share = some.mass / data.mass if some.mass > 0 else len(rows) / data.n_judgements
    return replace(problem, data=some, penalty=problem.penalty.of_share(share))


def _ranges(starts: _I64, sizes: _I64) -> _I64:
    """Return the numbers from each start on, as many as its size, one range after the other."""
    ends = np.cumsum(sizes)
    rows: _I64 = np.arange(ends[-1] if len(ends) else 0, dtype=np.int64)
    rows += np.repeat(starts - (ends - sizes), sizes)
    return rows
