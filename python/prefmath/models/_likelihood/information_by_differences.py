"""The observed information of any population, by differences of the gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from prefmath.models._likelihood.information import Information
from prefmath.models._likelihood.products import outer_sum

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.models._likelihood.problem import Problem
    from prefmath.models._likelihood.state import State

    _F64 = NDArray[np.float64]

__all__ = ["information_by_differences"]

# Of central differences, whose error is its square, and rounding over it.
_STEP = 1e-5


def information_by_differences(
    problem: Problem, state: State, unit_scores: _F64 | None
) -> Information:
    """Return the information by central differences of the gradient, two passes a parameter.

    `unit_scores` are the scores of units in all that `Problem.gradient` has, or None.
    """
    population, shape = problem.population, state.coef.shape
    gradient = problem.gradient(state)
    n, n_coef = len(gradient), state.coef.size
    observed = np.empty((n, n))
    for j in range(n):
        ends = []
        for step in (-_STEP, _STEP):
            along = np.zeros(n)
            along[j] = step
            coef = state.coef + along[:n_coef].reshape(shape)
            mixing = state.mixing if j < n_coef else population.moved(state.mixing, along[n_coef:])
            ends.append(problem.gradient(problem.expect(coef, mixing)))
        observed[j] = (ends[0] - ends[1]) / (2 * _STEP)
    observed += observed.T.copy()
    observed /= 2
    outer = (
        None
        if unit_scores is None
        else outer_sum(unit_scores, problem.n_threads, problem.data.counts)
    )
    return Information(observed, gradient, outer)
