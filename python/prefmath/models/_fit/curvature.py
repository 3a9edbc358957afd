"""The curvature of the complete-data log-likelihood, class by class, and Newton's systems."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np

from prefmath._kernels import kernels
from prefmath.models._fit.conjugate_gradients import conjugate_gradients
from prefmath.models._fit.sample import Sample
from prefmath.models._fit.shared_curvature import SharedCurvature, is_wide, metric_at
from prefmath.models._likelihood.table_curvature import table_curvature

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.models._likelihood.problem import Problem
    from prefmath.models._likelihood.state import State, Tabulated

    _F64 = NDArray[np.float64]

__all__ = ["Curvature", "Survey"]

# Up to so many rows of the utility table the curvature between all of them is written out.
_DENSE_ROWS = 256


class Curvature(Protocol):
    """Negative Hessian of the penalised log-likelihood, each judgement in its classes."""

    @property
    def exact(self) -> bool:
        """Whether it is that of all judgements."""

    @property
    def shared(self) -> bool:
        """Whether one matrix serves all classes, so that secants have to tell them apart."""

    def due(self, n_steps: int) -> bool:
        """Whether it is to be worked out anew, after so many steps."""

    def solve(self, gradient: _F64) -> _F64:
        """Newton's step for a gradient, (n_classes, n_parameters)."""

    def of_one_class(self) -> _F64:
        """Return the matrix of the first class, or its diagonal where the matrix is too large."""

    def of_more(self, times: float) -> Curvature | None:
        """Return the curvature of so many times the data, if it is worth keeping."""


class Survey:
    """Works out the curvature at one state after the other."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._sample: Sample | None = None
        self._wide = is_wide(problem)

    def at(self, state: State, before: Curvature | None = None) -> Curvature:
        """Curvature at the parameters and responsibilities of a state.

        Where features are many it is shared by all classes, until that one is due `before`.
        """
        problem = self._problem
        if self._wide and before is None:
            return SharedCurvature(problem, state, metric_at(problem, state))
        linear = problem.utility.linear
        if self._sample is None and linear is not None and linear.n_coef > 0:
            self._sample = Sample(problem, linear)
        if self._sample is not None:
            matrix = self._sample.curvature(state)
            exact = self._sample.exact and not self._wide
            return _Dense(matrix, problem.n_threads, exact=exact)
        seen = _tabulated(state)
        if problem.utility.linear is not None:
            return self._of_positions(state, seen)
        if problem.utility.n_parameters > _DENSE_ROWS:
            return _Implicit(problem, state, seen)
        matrix = table_curvature(problem.observation, seen.table, seen.outcome_weights)
        diagonal = np.arange(matrix.shape[1])
        matrix[:, diagonal, diagonal] += problem.penalty.curvature(problem.utility, state.coef)
        return _Dense(matrix, problem.n_threads, exact=True)

    def _of_positions(self, state: State, seen: Tabulated) -> Curvature:
        """Curvature where positions and ties have all the parameters, which are few."""
        problem, e = self._problem, self._problem.utility.n_extra
        n_classes = seen.table.shape[1]
        matrix = np.empty((n_classes, e, e))
        for j in range(e):
            direction = np.zeros_like(seen.table)
            direction[j - e] = 1
            image = problem.observation.curvature_product(
                seen.table, seen.outcome_weights, direction
            )
            matrix[:, j] = image[-e:].T
        matrix[:, np.arange(e), np.arange(e)] += problem.penalty.curvature(
            problem.utility, state.coef
        )
        return _Dense(matrix, problem.n_threads, exact=True)


@dataclass(frozen=True, eq=False)
class _Dense:
    """One matrix a class."""

    matrix: _F64
    n_threads: int
    exact: bool
    at_the_end: bool = False
    shared = False

    def due(self, n_steps: int) -> bool:
        # From a sample it only shows the way: often in the beginning, then after 4, 8, 16 … steps.
        if self.exact:
            return True
        if len(self.matrix) == 1:
            return n_steps == 2 and not self.at_the_end
        return n_steps < 3 or n_steps & (n_steps - 1) == 0

    def of_more(self, times: float) -> _Dense:
        """Return the curvature of so many times the data, at the end of a climb on some of them."""
        matrix = self.matrix * times
        # What differs in none of the judgements seen, may in others, if in few.
        z, j = np.nonzero(np.diagonal(matrix, axis1=1, axis2=2) == 0)
        matrix[z, j, j] = times
        return replace(self, matrix=matrix, exact=False, at_the_end=True)

    def solve(self, gradient: _F64) -> _F64:
        right = np.ascontiguousarray(gradient)
        if not np.isfinite(self.matrix).all():
            msg = "weights or features are too large for float64 to sum: divide them by a constant"
            raise ValueError(msg)
        return kernels.newton_direction(right, self.matrix, self.n_threads)

    def of_one_class(self) -> _F64:
        first: _F64 = self.matrix[0]
        return first


class _Implicit:
    """For many items: products with the curvature, so that memory grows only with the items."""

    exact = True
    shared = False

    def __init__(self, problem: Problem, state: State, seen: Tabulated) -> None:
        self._problem, self._seen = problem, seen
        self._penalty = problem.penalty.curvature(problem.utility, state.coef).T
        # Rows after these are of parameters that are determined.
        self._n_items = problem.utility.n_coef

    def due(self, n_steps: int) -> bool:
        return n_steps > 0

    def solve(self, gradient: _F64) -> _F64:
        seen, penalty = self._seen, self._penalty

        def product(direction: _F64) -> _F64:
            image = self._problem.observation.curvature_product(
                seen.table, seen.outcome_weights, direction
            )
            return image + penalty * direction

        right = np.ascontiguousarray(gradient.T)
        items = slice(self._n_items)
        if self._problem.penalty.is_none:
            # Along the constant there is rounding alone, and no curvature that would bound a step.
            right[items] -= right[items].mean(axis=0)
        step = conjugate_gradients(product, right, seen.diagonal + penalty)
        if not self._problem.penalty.is_none:
            # No choice depends on a constant, so that only the penalty has curvature along one.
            missing = right[items].sum(axis=0) - (penalty[items] * step[items]).sum(axis=0)
            step[items] += missing / penalty[items].sum(axis=0)
        return np.ascontiguousarray(step.T)

    def of_one_class(self) -> _F64:
        diagonal: _F64 = self._seen.diagonal[:, 0]
        return diagonal

    def of_more(self, times: float) -> None:  # noqa: ARG002
        return None


def _tabulated(state: State) -> Tabulated:
    if state.tabulated is None:
        msg = "the state has no utility table"
        raise ValueError(msg)
    return state.tabulated
