"""From a start to the top: EM with Newton's M-step, then a quasi-Newton method, never downhill."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from prefmath.models._fit.curvature import Survey
from prefmath.models._fit.secants import Secants
from prefmath.models._likelihood.state import State

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from prefmath.models._fit.curvature import Curvature
    from prefmath.models._likelihood.problem import Problem

    _F64 = NDArray[np.float64]

__all__ = ["Run", "gain_left", "maximize"]

# So many iterations one after the other that fail to raise the objective are the last.
_FAILURES = 2
# Steps of EM before what they show of the curvature is used.
_EM_STEPS = 3
# A step of EM is halved until the objective rises, at most so often; one of quasi-Newton less.
_HALVINGS = 30
_CUTS = 3
# At the top of a single class the next step would gain no more than this part of the tolerance: the
# curvature that says so is that of a sample.
_TOP = 1 / 2
# The part of the rise that its score predicts, which a quasi-Newton step must bring.
ENOUGH = 1e-4
# A run is not given up before so many steps, nor while the gain that its score predicts, so many
# times, would bring it to the front.
_STEPS_OF_HOPE = 5
_TIMES_PREDICTED = 8
# Changes of the objective below this part of it are rounding.
_ROUNDING = 1e-15


@dataclass(frozen=True, eq=False)
class Run:
    """Where a start has come to."""

    state: State
    objectives: list[float]
    converged: bool
    curvature: Curvature | None = None


def maximize(
    problem: Problem,
    run: Run | State,
    *,
    tol: float,
    max_iter: int,
    report: Callable[[int, float], None],
    to_beat: float = -np.inf,
) -> Run:
    """Iterate until an iteration adds less than `tol` to the objective, or `max_iter` have passed.

    The score must say so too: a step where little was added is not the top if Newton's decrement,
    which has no units but those of the objective, predicts more. Where no step brings what the
    score predicts, the climb ends without having converged.

    The first iterations take EM's step of the population's parameters and one Newton step in the
    coefficients, halved until the objective does not fall: EM with the gradient algorithm of
    Lange (1995a) for its M-step. Once they have found a basin, the changes of the gradient correct
    the curvature of the complete data to that of the marginal likelihood (Lange 1995b), by limited
    memory BFGS. Where such a step fails, one of EM follows, so that the objective never falls. With
    one class and the curvature of a sample it is enough that the next iteration would add less. A
    run that has settled already is returned as it is; one with one curvature for all classes that
    will hardly come up to what is `to_beat` is given up.

    Raises
    ------
    ValueError
        If float64 cannot hold the sums.
    """
    if isinstance(run, State):
        run = Run(run, [run.objective], converged=False)
    if run.converged:
        return run
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        return _climbed(problem, run, tol, max_iter, report, to_beat)


def _climbed(
    problem: Problem,
    run: Run,
    tol: float,
    max_iter: int,
    report: Callable[[int, float], None],
    to_beat: float,
) -> Run:
    state, objectives, converged = run.state, run.objectives.copy(), False
    climb, smooth = _Climb(problem, run, tol), problem.population.smooth
    n_failed = 0
    while not converged and len(objectives) <= max_iter and n_failed < _FAILURES:
        _refuse_overflow(state)
        after = climb.step(state)
        rise = after.objective - state.objective
        state = after
        objectives.append(state.objective)
        report(len(objectives) - 1, state.objective)
        small = rise < climb.tol(state) and climb.sure
        converged = (small and climb.settled(state)) or climb.at_the_top(state)
        n_failed = n_failed + 1 if small and rise <= 0 and not converged else 0
        if n_failed:
            climb.curvature = None
        if smooth and state.objective < to_beat and climb.hopeless(state, to_beat):
            break
    _refuse_overflow(state)
    return Run(state, objectives, converged, climb.curvature)


def gain_left(problem: Problem, run: Run) -> float:
    """Return what the score at the end of a run predicts that a step would still add."""
    return _Climb(problem, run, 0.0).predicted_gain(run.state)


def _refuse_overflow(state: State) -> None:
    if not (np.isfinite(state.objective) and np.isfinite(state.gradient).all()):
        msg = "weights or features are too large for float64 to sum: divide them by a constant"
        raise ValueError(msg)


class _Climb:
    """What steps leave behind for the next."""

    def __init__(self, problem: Problem, run: Run, tol: float) -> None:
        self._problem, self._tol = problem, tol
        self._one_class = problem.population.n_columns == 1
        self._survey = Survey(problem)
        self._secants = Secants()
        self._n_steps = 0
        self.curvature = run.curvature
        self.sure = True
        # Of the last step, if it was one of EM.
        self._predicted = np.inf
        # Where a direction was last asked for, and by which curvature.
        self._known: tuple[State, Curvature, _F64] | None = None

    def step(self, state: State) -> State:
        """Take a step that does not lower the objective."""
        curvature = self.curvature
        if curvature is None or curvature.due(self._n_steps):
            curvature = self.curvature = self._survey.at(state, curvature)
        self._n_steps += 1
        self._predicted = np.inf
        after = None
        if len(self._secants) and not (curvature.exact and self._one_class):
            after = self._quasi_newton_step(state, curvature)
        if after is None:
            self._secants.clear()
            self._known = None
            after = self._em_step(state, curvature)
        if self._problem.population.smooth and (
            self._n_steps > _EM_STEPS or self._one_class or curvature.shared
        ):
            self._secants.add(
                self._position(after) - self._position(state),
                self._score(state) - self._score(after),
            )
        return after

    def _em_step(self, state: State, curvature: Curvature) -> State:
        mixing = self._problem.population.em_step(state.mixing, state.masses)
        step = curvature.solve(state.gradient)
        predicted = self._predicted = float((state.gradient * step).sum()) / 2
        tol = self.tol(state)
        self.sure = True
        after = self._problem.expect(state.coef + step, mixing)
        loss = state.objective - after.objective
        if 0 < predicted < tol and 0 < loss <= self._rounding(state):
            # Where the objective cannot tell any more, its score still can.
            return replace(after, objective=state.objective)
        halvings = 0
        while not after.objective >= state.objective and halvings < _HALVINGS:
            # Whether a gain below the tolerance comes is a matter of rounding.
            halvings = _HALVINGS if predicted < tol else halvings + 1
            size = 0.0 if halvings == _HALVINGS else 0.5**halvings
            after = self._problem.expect(state.coef + size * step, mixing)
        return after if after.objective >= state.objective else state

    def at_the_top(self, state: State) -> bool:
        """Whether the next step would add next to nothing: half of the score along it."""
        if not self._one_class or self.curvature is None or self.curvature.exact:
            return False
        score, direction = self._score(state), self._direction(state, self.curvature)
        return float(score @ direction) / 2 < max(self._tol * _TOP, self._rounding(state))

    def hopeless(self, state: State, to_beat: float) -> bool:
        """Whether what the score predicts, many times over, does not reach what is to beat."""
        curvature = self.curvature
        if self._n_steps < _STEPS_OF_HOPE or curvature is None or not curvature.shared:
            return False
        predicted = float(self._score(state) @ self._direction(state, curvature)) / 2
        return state.objective + _TIMES_PREDICTED * predicted < to_beat

    def tol(self, state: State) -> float:
        """Return what an iteration must add for the climb to go on: no less than rounding."""
        return max(self._tol, self._rounding(state))

    def settled(self, state: State) -> bool:
        """Whether the score, before the last step or after it, predicted next to nothing."""
        tol = self.tol(state)
        return self._predicted < tol or self.predicted_gain(state) < tol

    def predicted_gain(self, state: State) -> float:
        """Return half of the score along a step of EM: half of Newton's decrement, squared."""
        if self.curvature is None:
            self.curvature = self._survey.at(state)
        score, solve = self._score(state), self._solver(state, self.curvature)
        return float(score @ solve(score)) / 2

    def _rounding(self, state: State) -> float:
        return _ROUNDING * abs(state.objective)

    def _direction(self, state: State, curvature: Curvature) -> _F64:
        """Solve for the step by the curvature, corrected by the secants."""
        known = self._known
        if known is not None and known[0] is state and known[1] is curvature:
            return known[2]
        solver = self._solver(state, curvature)
        found = self._secants.direction(self._score(state), solver, scaled=curvature.shared)
        self._known = state, curvature, found
        return found

    def _solver(self, state: State, curvature: Curvature) -> Callable[[_F64], _F64]:
        population, n = self._problem.population, state.coef.size

        def solve(score: _F64) -> _F64:
            of_coef = curvature.solve(score[:n].reshape(state.coef.shape))
            of_mixing = population.newton(state.mixing, state.masses, score[n:])
            return np.concatenate([of_coef.ravel(), of_mixing])

        return solve

    def _quasi_newton_step(self, state: State, curvature: Curvature) -> State | None:
        """Step by the secants; None where that does not raise the objective as it should."""
        direction = self._direction(state, curvature)
        rise = float(self._score(state) @ direction)
        if not rise > 0:
            return None
        size = self._problem.population.longest(direction[state.coef.size :])
        for _ in range(_CUTS):
            after = self._moved(state, size * direction)
            if after.objective - state.objective >= ENOUGH * size * rise:
                self.sure = size * rise < 10 * self.tol(state)
                return after
            missing = size * rise - (after.objective - state.objective)
            part = size * rise / (2 * missing) if np.isfinite(missing) and missing > 0 else 0.1
            size *= float(np.clip(part, 0.1, 0.5))
        return None

    def _moved(self, state: State, step: _F64) -> State:
        n = state.coef.size
        coef = state.coef + step[:n].reshape(state.coef.shape)
        mixing = self._problem.population.moved(state.mixing, step[n:])
        return self._problem.expect(coef, mixing)

    def _position(self, state: State) -> _F64:
        """Parameters as one vector, those of the population in coordinates without bounds."""
        of_mixing = self._problem.population.position(state.mixing)
        return np.concatenate([state.coef.ravel(), of_mixing])

    def _score(self, state: State) -> _F64:
        """Gradient of the objective there."""
        of_mixing = self._problem.population.score(state.mixing, state.masses)
        return np.concatenate([state.gradient.ravel(), of_mixing])
