"""Expectation-maximisation for latent classes of annotators, one start at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from prefmath._kernels import kernels

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from prefmath.models._observation import Observation
    from prefmath.models._utility import ItemUtility, LinearUtility

    _F64 = NDArray[np.float64]

__all__ = ["ConvergenceWarning", "Problem", "Run", "State", "maximize"]

# A step is halved until the objective rises, at most this often.
_HALVINGS = 30


class ConvergenceWarning(UserWarning):
    """EM stopped before the log-likelihood had settled."""


@dataclass(frozen=True, eq=False)
class State:
    """Parameters, and what the E-step says of them."""

    coef: _F64
    weights: _F64
    table: _F64
    responsibilities: _F64
    log_likelihood: float
    objective: float


@dataclass(frozen=True, eq=False)
class Problem:
    """Whose likelihood to maximise: utility, observation and population.

    `counts` says how many annotators each stands for, 1 by default: that is not the same as weight
    of their judgements, which says more of the class that they are in.
    """

    utility: LinearUtility | ItemUtility
    observation: Observation
    annotator_offsets: NDArray[np.int64]
    weight: _F64 | None
    l2: float
    n_threads: int
    counts: _F64 | None = None
    outcome: NDArray[np.int32] | None = None

    def expect(self, coef: _F64, weights: _F64) -> State:
        """E-step: responsibilities, log-likelihood, and the objective with its penalty."""
        table = self.utility.table(coef)
        responsibilities, evidence = kernels.posterior_by_annotator(
            self.observation.log_likelihood(table),
            self.outcome,
            self.weight,
            self.annotator_offsets,
            log_of(weights)[None],
            self.n_threads,
        )
        log_likelihood = float(evidence.sum() if self.counts is None else self.counts @ evidence)
        objective = log_likelihood - self.l2 / 2 * float((coef * coef).sum())
        return State(coef, weights, table, responsibilities, log_likelihood, objective)

    def newton_step(self, state: State) -> tuple[_F64, float]:
        """M-step of the coefficients: one Newton step of each class, and the rise it promises."""
        weights = self.judgement_weights(state.responsibilities)
        return self.utility.newton_step(state.coef, state.table, self.observation, weights, self.l2)

    def judgement_weights(self, responsibilities: _F64) -> _F64:
        """Weight of each judgement in each class, (n_judgements, n_classes)."""
        if self.counts is not None:
            responsibilities = responsibilities * self.counts[:, None]
        return kernels.outcome_weights(
            responsibilities,
            self.outcome,
            self.weight,
            self.annotator_offsets,
            self.observation.n_outcomes,
            self.n_threads,
        )

    def shares(self, responsibilities: _F64) -> _F64:
        """M-step of the class weights: the mean over annotators."""
        counts = np.ones(len(responsibilities)) if self.counts is None else self.counts
        shares: _F64 = counts @ responsibilities / counts.sum()
        return shares


@dataclass(frozen=True, eq=False)
class Run:
    """Where a start has come to."""

    state: State
    objectives: list[float]
    converged: bool


def maximize(
    problem: Problem,
    run: Run | State,
    *,
    tol: float,
    max_iter: int,
    report: Callable[[int, float], None],
) -> Run:
    """Iterate until an iteration adds less than `tol` to the objective, or `max_iter` have passed.

    An iteration sets the class weights to the mean responsibilities and takes one Newton step in
    the coefficients, halved until the objective does not fall; the E-step that checks it is the
    next iteration's. So the objective rises with every iteration, as in exact EM. A run that has
    settled already is returned as it is.
    """
    if isinstance(run, State):
        run = Run(run, [run.objective], converged=False)
    state, objectives, converged = run.state, run.objectives.copy(), run.converged
    while not converged and len(objectives) <= max_iter:
        step, promise = problem.newton_step(state)
        weights = problem.shares(state.responsibilities)
        after = problem.expect(state.coef + step, weights)
        halvings = 0
        while not after.objective >= state.objective and halvings < _HALVINGS:
            # A promise below the tolerance is kept or broken by rounding alone.
            halvings = _HALVINGS if promise < tol else halvings + 1
            size = 0.0 if halvings == _HALVINGS else 0.5**halvings
            after = problem.expect(state.coef + size * step, weights)
        if not after.objective >= state.objective:
            after = state
        converged = after.objective - state.objective < tol
        state = after
        objectives.append(state.objective)
        report(len(objectives) - 1, state.objective)
    return Run(state, objectives, converged)


def log_of(weights: _F64) -> _F64:
    """Logarithm of class weights; an empty class is ruled out."""
    with np.errstate(divide="ignore"):
        return np.log(weights)
