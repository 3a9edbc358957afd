"""What all annotators have in common, nearly, from some of their judgements."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from prefmath.models._fit.shared_curvature import metric_at
from prefmath.models._likelihood.subset import of_judgements, spread

if TYPE_CHECKING:
    from prefmath.models._likelihood.problem import Problem
    from prefmath.models._likelihood.state import State

__all__ = ["nearly_pooled"]

_JUDGEMENTS_A_PARAMETER = 20
_LEAST_JUDGEMENTS = 10_000
_STEPS = 4
_HALVINGS = 5
# Steps that add less than this many nats are not worth another pass.
_ENOUGH = 1.0
# Variance of the difference in utility between two items that is expected before any data.
_VARIANCE = 4.0
# Curvature of a parameter beside the coefficients in a judgement.
_BESIDE = 0.25


def nearly_pooled(problem: Problem) -> State:
    """Return parameters at which scores tell how annotators differ; they need not be the best.

    A few of Newton's steps on a sample of judgements, under a prior on utilities, so that nothing
    runs away where judgements are fewer than features.
    """
    common = problem.in_common()
    n, p, d = problem.data.n_judgements, problem.utility.n_parameters, problem.utility.n_coef
    wanted = max(_LEAST_JUDGEMENTS, _JUDGEMENTS_A_PARAMETER * p)
    some = common if n <= wanted else of_judgements(common, spread(n, wanted))
    state = some.begin_in_common(np.zeros((1, p)))
    metric = metric_at(some, state)
    data = some.data
    mass = data.mass
    prior = d / _VARIANCE * mass / data.n_judgements

    def value(state: State) -> float:
        of_coef = state.coef[:, :d]
        return state.objective - prior / 2 * float((metric.product(of_coef) * of_coef).sum())

    for _ in range(_STEPS):
        gradient = state.gradient.copy()
        gradient[:, :d] -= prior * metric.product(state.coef[:, :d])
        step = gradient / (mass * _BESIDE)
        step[:, :d] = metric.solve(gradient[:, :d]) / (mass + prior)
        before, size = value(state), 1.0
        for _ in range(_HALVINGS):
            after = some.expect(state.coef + size * step, state.mixing)
            if value(after) > before:
                break
            size /= 2
        else:
            break
        state = after
        if value(state) - before < _ENOUGH:
            break
    everyone = np.ones((problem.data.n_rows, 1))
    return replace(state, latent=everyone)
