"""Where one class begins: some of the judgements tell nearly all, where there are many."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from prefmath.models._fit.ascent import Run, maximize
from prefmath.models._fit.sampled_curvature import SampledCurvature, sampled_curvature
from prefmath.models._fit.shared_curvature import is_wide
from prefmath.models._likelihood.subset import of_judgements, of_shown, spread

if TYPE_CHECKING:
    from prefmath.models._fit.curvature import Curvature
    from prefmath.models._likelihood.problem import Problem
    from prefmath.models._likelihood.state import State
    from prefmath.models._likelihood.utility.linear import LinearUtility

__all__ = ["begin_one_class"]

# Alternatives to the chosen one that are looked at for each parameter, and the least: as many as
# make the matrix cost what so many passes over all data do, each an operation as slow as so many.
_MOST_ROWS, _LEAST_ROWS = 60, 20
_PASSES = 1.3
_OPERATIONS = 25
_LEAST_JUDGEMENTS = 4096
# All of the judgements are looked at at once where they are no more than so many times these.
_MANY_TIMES = 4
# The curvature at the origin is of so many of them.
_FIRST_SHARE = 4
# On a part of the data the top of all is half a unit for each parameter away: this part of it is
# not worth another step.
_ENOUGH = 1 / 50


def begin_one_class(problem: Problem, max_iter: int) -> Run:
    """Return where to begin: near the top of some of the judgements, with their curvature.

    At the origin where judgements are too few for that.
    """
    origin = np.zeros((1, problem.utility.n_parameters))
    linear, n = problem.utility.linear, problem.data.n_judgements
    wanted = 0 if linear is None or linear.n_coef == 0 else _n_judgements(problem)
    if linear is None or not wanted or n <= _MANY_TIMES * wanted:
        state = problem.begin_in_common(origin)
        return Run(state, [state.objective], converged=False)
    small = _gathered(of_judgements(problem, spread(n, wanted)), linear)
    state = small.begin_in_common(origin)
    curvature: Curvature | None = None
    if not is_wide(small):
        curvature = _curvature(small, state, _FIRST_SHARE)
    begin = Run(state, [state.objective], converged=False, curvature=curvature)
    tol = _ENOUGH * problem.utility.n_parameters
    run = maximize(small, begin, tol=tol, max_iter=max_iter, report=lambda *_: None)
    curvature = _curvature(small, run.state, 1) if not is_wide(small) else run.curvature
    state = problem.begin_in_common(run.state.coef)
    seen = small.data.mass
    times = problem.data.mass / seen if seen > 0 else n / wanted
    of_all = None if curvature is None else curvature.of_more(times)
    return Run(state, [state.objective], converged=False, curvature=of_all)


def _n_judgements(problem: Problem) -> int:
    """Return how many judgements tell the curvature, and where to begin, well enough."""
    seen, p = problem.observation, problem.utility.n_parameters
    others = max(len(seen.items) / seen.n_outcomes - 1, 1)
    rows = _PASSES * _OPERATIONS * len(seen.items) / p**2 * others / (others + 1)
    rows = min(max(rows, _LEAST_ROWS), _MOST_ROWS)
    return max(int(np.ceil(rows * p / others)), _LEAST_JUDGEMENTS)


def _gathered(problem: Problem, linear: LinearUtility) -> Problem:
    """Return the problem with the features that it shows side by side."""
    shown, narrow = of_shown(problem.data.observation, linear.n_items)
    utility = replace(linear, features=linear.features[shown])
    return replace(problem, utility=utility, data=replace(problem.data, observation=narrow))


def _curvature(problem: Problem, state: State, share: int) -> SampledCurvature:
    """Return the curvature there, of one in so many of the outcomes."""
    linear, n = problem.utility.linear, problem.observation.n_outcomes
    if linear is None:
        raise TypeError("a sample of outcomes has the curvature of linear utilities")
    return sampled_curvature(problem, linear, state, spread(n, max(n // share, 2)))
