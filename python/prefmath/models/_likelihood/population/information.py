"""How sharply a likelihood peaks where a fit ended, for any population."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from prefmath.models._likelihood.sums import cross_sum, outer_sum

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.models._likelihood.problem import Problem, State

    _F64 = NDArray[np.float64]

__all__ = ["Information", "gradient_of", "information_by_differences"]

# Of central differences, whose error is its square, and rounding over it.
_STEP = 1e-5


@dataclass(frozen=True, eq=False)
class Information:
    """At a fitted model; parameters of column after column, then coordinates of the population.

    `observed` is the negative Hessian of the penalised log-likelihood, `gradient` its gradient, and
    `outer` the sum over units of the outer products of their scores, less an equal share of the sum
    of all; None where it was not asked for, or where units are fewer than parameters and `scores`
    are these scores, (n_units, n).
    """

    observed: _F64
    gradient: _F64
    outer: _F64 | None
    scores: _F64 | None = None

    def of_functions(self, jacobian: _F64, n_threads: int) -> _F64:
        """Return the outer products of linear functions of the scores, the rows of `jacobian`."""
        if self.scores is not None:
            images = self.scores @ jacobian.T
            return cross_sum(images, images, n_threads)
        if self.outer is None:
            raise ValueError("the information was asked for without outer products")
        products: _F64 = jacobian @ self.outer @ jacobian.T
        return products


def gradient_of(problem: Problem, state: State) -> _F64:
    """Return the gradient of the objective in all parameters and coordinates."""
    of_population = problem.population.score(state.mixing, state.masses)
    return np.append(state.gradient, of_population)


def information_by_differences(
    problem: Problem, state: State, unit_scores: _F64 | None
) -> Information:
    """Return the information by central differences of the gradient, two passes a parameter.

    `unit_scores` are the scores of units in all that `gradient_of` has, or None.
    """
    population, shape = problem.population, state.coef.shape
    gradient = gradient_of(problem, state)
    n, n_coef = len(gradient), state.coef.size
    observed = np.empty((n, n))
    for j in range(n):
        ends = []
        for step in (-_STEP, _STEP):
            along = np.zeros(n)
            along[j] = step
            coef = state.coef + along[:n_coef].reshape(shape)
            mixing = state.mixing if j < n_coef else population.moved(state.mixing, along[n_coef:])
            ends.append(gradient_of(problem, problem.expect(coef, mixing)))
        observed[j] = (ends[0] - ends[1]) / (2 * _STEP)
    observed += observed.T.copy()
    observed /= 2
    outer = None if unit_scores is None else outer_sum(unit_scores, problem.n_threads)
    return Information(observed, gradient, outer)
