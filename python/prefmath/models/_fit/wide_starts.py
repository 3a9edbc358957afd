"""Starts of a problem with many features: they run in the few directions in which people differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from prefmath.models._fit.ascent import Run
from prefmath.models._fit.pooled import nearly_pooled
from prefmath.models._fit.shared_curvature import SharedCurvature, is_wide, metric_at
from prefmath.models._fit.subspace import Subspace, subspace_at

if TYPE_CHECKING:
    from prefmath.models._fit.shared_curvature import Metric
    from prefmath.models._likelihood.problem import Problem
    from prefmath.models._likelihood.state import State

__all__ = ["WideStarts"]

# Classes differ along one direction fewer than there are classes. Where people judged little these
# are not the leading ones for certain, so that so many more than classes are looked at.
_MORE_DIRECTIONS = 11


@dataclass(frozen=True, eq=False)
class WideStarts:
    """The subspace in which starts run, and the metric of the climb from where they come to."""

    subspace: Subspace
    metric: Metric

    @classmethod
    def of(cls, problem: Problem) -> WideStarts | None:
        """Look for the directions in which people differ; None where features are few."""
        if not is_wide(problem):
            return None
        n_directions = problem.population.n_columns + _MORE_DIRECTIONS
        common = nearly_pooled(problem)
        metric = metric_at(problem, common)
        n_directions = min(n_directions, problem.utility.n_coef // 2)
        subspace = subspace_at(problem, common, metric, n_directions)
        return None if subspace is None else cls(subspace, metric)

    def lifted(self, problem: Problem, state: State) -> Run:
        """Return where a start in the subspace has come to, as a start of the whole problem."""
        lifted = problem.expect(self.subspace.lifted(state.coef), state.mixing)
        curvature = SharedCurvature(problem, lifted, self.metric)
        return Run(lifted, [lifted.objective], converged=False, curvature=curvature)
