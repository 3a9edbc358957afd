"""Refits of a model to other weights of its annotators or outcomes, as a bootstrap draws them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath.models._determined.run_away import (
    FINITE,
    edges_of,
    sides_of_items,
    sides_of_parameters,
)
from prefmath.models._fit.ascent import maximize
from prefmath.models._fit.gating import refitted_coef
from prefmath.models._fit.win_table import WinTable
from prefmath.models._fit.wins_newton import fit_wins
from prefmath.models._inference.collected import Refit
from prefmath.models._inference.uncertain import point_of
from prefmath.models._inference.units_behind import Behind, units_behind
from prefmath.models._likelihood.data import Data
from prefmath.models._likelihood.penalty.l2 import L2
from prefmath.models._likelihood.posing import as_choices_of_one, pose_of_outcomes
from prefmath.models._likelihood.problem import Problem
from prefmath.models._likelihood.utility.units import units_of_columns

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    from prefmath.choices import Choices
    from prefmath.models._determined.run_away import Edges
    from prefmath.models._fit.choice_model import ChoiceModel
    from prefmath.models._fit.fitted import Fitted
    from prefmath.models._inference.point import Point
    from prefmath.models._likelihood.state import State

    _F64 = NDArray[np.float64]

__all__ = ["Pose", "posed"]

# Newton's method on a table of wins takes the cube of the number of items.
_FEW_ITEMS = 500
# A penalty, beside the weight of an outcome, that changes no figure that is finite without.
_NEXT_TO_NOTHING = 1e-6


@dataclass(frozen=True, eq=False)
class Pose:
    """The problem that a model solved, for annotators who may stand for several or for none.

    `edges` are there where they tell which utilities are finite, and `sides_of_all` are what a
    resample says that has all outcomes, as most do where these are frequent.
    """

    model: ChoiceModel
    fitted: Fitted
    problem: Problem
    units: NDArray[np.int64]
    start: _F64
    point: Point
    behind: Behind
    edges: Edges | None
    sides_of_all: NDArray[np.int8] | None

    def refit(self, counts: _F64, check: Callable[[], None]) -> Refit:
        """Return parameters, shares, and whether they settled, with so many of each unit."""
        if self.problem.population.n_columns == 1:
            return self.refit_weighed(self._weight(counts), check)
        data = replace(self.problem.data, counts=counts)
        return self._climbed(replace(self.problem, data=data), None, check)

    def refit_weighed(self, weight: _F64, check: Callable[[], None]) -> Refit:
        """Return the same of a single class, of which the weights of outcomes alone matter."""
        check()
        sides = None
        if self.edges is not None:
            sides = self.sides_of_all
            if not (weight > 0).all():
                sides = sides_of_items(self.edges, weight, self.model.coef_.shape[1])
        if self.by_table:
            return self._refit_table(weight, sides)
        problem = pose_of_outcomes(self.problem, weight)
        if sides is not None and sides.any():
            # Far from what keeps the others finite, so that those which are stay as they are.
            penalty = L2(_NEXT_TO_NOTHING * float(weight.mean()))
            problem = replace(problem, penalty=penalty)
        return self._climbed(problem, sides, check)

    def _climbed(
        self, problem: Problem, sides: NDArray[np.int8] | None, check: Callable[[], None]
    ) -> Refit:
        model = self.model
        run = maximize(
            problem,
            problem.expect(self.start, self.fitted.mixing),
            tol=model.tol,
            max_iter=model.max_iter,
            report=lambda *_: check(),
        )
        order = np.zeros(1, np.int64)
        if problem.population.n_columns > 1:
            # Those who stand for several are as many.
            latent = self.fitted.latent * self.base[:, None]
            order = problem.population.matched(latent, run.state.latent)
        params = problem.utility.reported(run.state.coef, fixed=problem.penalty.fixes_level)
        of_all = np.zeros(params.shape, np.int8)
        if self.unpenalised and (sides is None or problem.utility.n_extra > 0):
            of_all = self._sides(problem, run.state)
        if sides is not None:
            of_all[0, : len(sides)][sides != FINITE] = sides[sides != FINITE]
        mixing = problem.population.reordered(run.state.mixing, order)
        shares = problem.population.shares(mixing, problem.data)
        gate = self.fitted.gate
        membership = None if gate is None else refitted_coef(problem, gate, mixing)
        return Refit(params[order], shares, run.converged, of_all[order], membership)

    def _sides(self, problem: Problem, state: State) -> NDArray[np.int8]:
        """Say which parameters have no finite estimate, by the curvature where the refit ended."""
        utility = problem.utility
        # Of the likelihood alone, in the coefficients: parameters are these times their units.
        of_penalty = problem.penalty.gradient(utility, state.coef)
        slope = utility.from_coef(state.gradient + of_penalty)
        params = utility.reported(state.coef, fixed=False)
        if state.tabulated is not None:
            weights = state.tabulated.outcome_weights
        else:
            weights = problem.data.outcome_weights(state.latent)
        return sides_of_parameters(
            self.point.utility, problem.observation, params, weights, slope, self.behind
        )

    @property
    def base(self) -> _F64:
        """How many each unit stands for."""
        return self.point.problem.data.of_each

    @property
    def unpenalised(self) -> bool:
        """Whether nothing but the data keeps estimates finite."""
        return self.model.l2 == 0 and self.model.prior == 0

    @property
    def weighs_outcomes(self) -> bool:
        """Whether a resample is weights of outcomes that several judgements have."""
        return self.problem.population.n_columns == 1 and self.problem.data.outcome is not None

    @property
    def by_table(self) -> bool:
        """Whether a table of wins says all that the outcomes say, and is not large."""
        observation, utility = self.problem.observation, self.problem.utility
        pairs = observation.kind == "pair" and observation.simple
        return pairs and utility.linear is None and utility.n_items <= _FEW_ITEMS

    @cached_property
    def cells(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Where a pair stands in the table of wins, and where it would had the other won."""
        observation, n = self.problem.observation, self.model.coef_.shape[1]
        winner, loser = (side.astype(np.int64) for side in (observation.winner, observation.loser))
        return winner * n + loser, loser * n + winner

    def _weight(self, counts: _F64) -> _F64:
        """Return what each judgement weighs."""
        weight: _F64 = np.repeat(counts, np.diff(self.units))
        data = self.problem.data
        if data.weight is not None:
            weight *= data.weight
        return weight

    def _refit_table(self, weight: _F64, sides: NDArray[np.int8] | None) -> Refit:
        observation, model = self.problem.observation, self.model
        n = model.coef_.shape[1]
        won, lost = self.cells
        half = np.zeros(1) if observation.tied is None else observation.tied / 2
        wins = np.bincount(won, weight * (1 - half), n * n).astype(np.float64)
        if observation.tied is not None:
            wins += np.bincount(lost, weight * half, n * n)
        wins = wins.reshape(n, n)
        begin = self.start[0, :n]
        if sides is None or not sides.any():
            found = fit_wins(
                WinTable(wins), model.l2, model.prior, begin, model.tol, model.max_iter
            )
            finite = np.zeros((1, n), np.int8)
            return Refit(found.utility[None], np.ones(1), found.converged, finite)
        # Differences among those that are finite rest on the games between them alone.
        utility, converged = np.zeros(n), True
        core = np.flatnonzero(sides == FINITE)
        if len(core) > 1:
            among = wins[np.ix_(core, core)]
            found = fit_wins(WinTable(among), 0.0, 0.0, begin[core], model.tol, model.max_iter)
            utility[core], converged = found.utility, found.converged
        return Refit(utility[None], np.ones(1), converged, sides[None])


def posed(
    model: ChoiceModel, choices: Choices, features: ArrayLike | None, membership: Any
) -> Pose:
    """Pose the problem that a model solved, with its choices."""
    fitted = replace(model._fitted_for(choices, membership), n_threads=1)  # noqa: SLF001
    point = point_of(fitted, choices, features)
    utility, of_units = point.utility, point.problem.data
    if utility.linear is not None:
        units = utility.spreads
        if units is None:
            units = units_of_columns(utility.linear.features)
        utility = replace(utility.linear, units=units)
    data = Data(
        of_units.observation,
        as_choices_of_one(choices).annotator_offsets,
        of_units.weight,
        1,
        outcome=of_units.outcome,
        covariates=of_units.covariates,
    )
    problem = Problem(utility, fitted.population, fitted.penalty, data)
    edges = sides = None
    one_of_items = fitted.population.n_columns == 1 and utility.linear is None
    if one_of_items and fitted.penalty.is_none:
        edges = edges_of(of_units.observation)
        everything = np.ones(of_units.observation.n_outcomes)
        sides = sides_of_items(edges, everything, utility.n_items)
    return Pose(
        model=model,
        fitted=fitted,
        problem=problem,
        units=of_units.annotator_offsets,
        start=fitted.penalty.levelled(utility, utility.from_coef(fitted.params)),
        point=point,
        behind=units_behind(point),
        edges=edges,
        sides_of_all=sides,
    )
