"""A pass over some blocks of annotators, and what those over all blocks give together."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from prefmath.models._likelihood.state import Expectation, Tabulated
from prefmath.models._likelihood.stats import Stats, Sums
from prefmath.models._likelihood.subset import taken

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.models._likelihood.data import Data
    from prefmath.models._likelihood.problem import Problem

    _F64 = NDArray[np.float64]

__all__ = ["expectation_of", "shard_of", "stats_of"]


def shard_of(data: Data, first: int, end: int) -> Data:
    """Return the blocks from `first` to before `end`; how passes are made all data decide."""
    edges = np.concatenate([[0], data.block_ends])
    annotators = slice(edges[first], edges[end])
    offsets = data.annotator_offsets[edges[first] : edges[end] + 1]
    rows = slice(offsets[0], offsets[-1])
    seen, outcome = data.observation, data.outcome
    if outcome is None:
        n_entries = seen.n_entries_of_all
        seen = replace(taken(seen, np.arange(rows.start, rows.stop)), whole=n_entries)
    return replace(
        data,
        observation=seen,
        outcome=None if outcome is None else outcome[rows],
        annotator_offsets=offsets - offsets[0],
        weight=None if data.weight is None else data.weight[rows],
        counts=None if data.counts is None else data.counts[annotators],
        covariates=None if data.covariates is None else data.covariates[annotators],
    )


def stats_of(
    problem: Problem, shard: Data, first: int, end: int, coef: _F64, mixing: _F64
) -> tuple[Stats, _F64]:
    """Pass over a shard, a node of the tree of blocks; return sums, and what annotators are."""
    # Units are divided by after the sum: it would differ in the last bit from that of quotients.
    utility = problem.utility.without_units
    coef = problem.utility.reported(coef, fixed=True)
    found = problem.population.expect(utility, shard, coef, mixing)
    seen, outcomes = found.tabulated, shard.outcome is not None
    on_table = seen is not None and not outcomes
    sums = Sums(
        log_likelihood=np.array(found.log_likelihood),
        n_units=np.array(shard.n_annotators),
        of_population=found.masses,
        of_coef=found.gradient if seen is None else None,
        of_table=seen.gradient if seen is not None and on_table else None,
        diagonal=seen.diagonal if seen is not None and on_table else None,
        of_outcomes=seen.outcome_weights if seen is not None and outcomes else None,
    )
    return Stats.of(first, end, sums), found.latent


def expectation_of(problem: Problem, sums: Sums, latent: _F64, coef: _F64) -> Expectation:
    """Return what a pass over all data returns, from the sums over all blocks."""
    utility, data = problem.utility, problem.data
    if sums.of_coef is not None:
        gradient, tabulated = utility.gradient(sums.of_coef), None
    else:
        weights, on_table, diagonal = sums.of_outcomes, sums.of_table, sums.diagonal
        table = utility.table(coef)
        if weights is None:
            weights = data.outcome_weights(latent)
        else:
            on_table, diagonal = data.gradient(table, weights)
        if on_table is None or diagonal is None:
            raise ValueError("stats must hold a gradient, or what outcomes weigh")
        gradient = utility.pull_back(on_table)
        tabulated = Tabulated(table, weights, diagonal, on_table)
    return Expectation(latent, sums.of_population, float(sums.log_likelihood), gradient, tabulated)
