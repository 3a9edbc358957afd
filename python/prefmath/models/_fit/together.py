"""Several climbs at once: on small data a pass costs about the same for one fit or for ten."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from prefmath.models._fit.ascent import ENOUGH, Run
from prefmath.models._fit.curvature import Survey
from prefmath.models._fit.several_secants import SeveralSecants
from prefmath.models._likelihood.several import States, expect_each

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from prefmath.models._fit.curvature import Curvature
    from prefmath.models._likelihood.problem import Problem
    from prefmath.models._likelihood.state import State

    _F64 = NDArray[np.float64]

__all__ = ["Together"]

# Steps of EM before what they show of the curvature is used, and the curvature of the complete data
# is worked out anew only after so many.
_EM_STEPS = 5
_CURVATURE_STEPS = 3
# A step that lowers the objective is this part as long the next time.
_SHORTER = 0.25


class Together:
    """Several climbs of a problem, as `maximize` does one; no step lowers an objective."""

    def __init__(self, problem: Problem, states: States) -> None:
        self._problem = problem
        self._survey = Survey(problem)
        self._curvature: Curvature | None = None
        self._size = np.ones(len(states))
        self._n_steps = 0
        self._move_to(states)
        self._secants = SeveralSecants(*self._score.shape)
        self.objectives = [[float(objective)] for objective in states.objective]

    @classmethod
    def begin(cls, problem: Problem, coef: _F64, latent: Sequence[_F64]) -> Together:
        """Begin where annotators are guessed to be so; coefficients of one after the other."""
        population, data = problem.population, problem.data
        mixing = [population.begun(data, guessed) for guessed in latent]
        return cls(problem, expect_each(problem, coef, mixing))

    def __len__(self) -> int:
        """Count the climbs."""
        return len(self.states)

    def climb(self, n_steps: int, report: Callable[[int, int, float], None]) -> None:
        """Take steps: of EM with one of Newton's (Lange 1995a), then quasi-Newton (Lange 1995b)."""
        for _ in range(n_steps):
            with np.errstate(over="ignore", under="ignore", invalid="ignore"):
                self._step()
            for i, objective in enumerate(self.states.objective):
                self.objectives[i].append(float(objective))
                report(i, len(self.objectives[i]) - 1, float(objective))

    def _step(self) -> None:
        problem, population, now = self._problem, self._problem.population, self.states
        fits = range(len(now))
        quasi_newton = self._secants.known
        if self._n_steps % _CURVATURE_STEPS == 0 or self._n_steps < _EM_STEPS:
            self._curvature = None
        curvature = self._curvature
        if curvature is None:
            curvature = self._curvature = self._survey.at(now.joined())
        scores, position = self._score, self._position
        n = now.coef.size // len(now)

        def solve(rest: _F64) -> _F64:
            of_coef = curvature.solve(rest[:, :n].reshape(now.coef.shape))
            of_mixing = [population.newton(now.mixing[i], now.masses[i], rest[i, n:]) for i in fits]
            return np.concatenate([of_coef.reshape(len(now), n), np.stack(of_mixing)], axis=1)

        direction = self._secants.direction(scores, solve)
        rise = (scores * direction).sum(axis=1)
        lost = quasi_newton & ~(rise > 0)
        if lost.any():
            self._secants.forget(lost)
            quasi_newton &= ~lost
            direction[lost] = solve(scores)[lost]
        size = self._size.copy()
        for i in np.flatnonzero(quasi_newton):
            size[i] = population.longest(direction[i, n:])
        step = size[:, None] * direction
        mixing = [
            population.moved(now.mixing[i], step[i, n:])
            if quasi_newton[i]
            else population.em_step(now.mixing[i], now.masses[i])
            for i in fits
        ]
        after = expect_each(problem, now.coef + step[:, :n].reshape(now.coef.shape), mixing)
        wanted = np.where(quasi_newton, ENOUGH * size * rise, 0.0)
        good = after.objective - now.objective >= wanted
        self._secants.forget(quasi_newton & ~good)
        self._size = np.where(quasi_newton | good, 1.0, self._size * _SHORTER)
        if not good.all():
            after = States.of([after.one(i) if good[i] else now.one(i) for i in fits])
        self._n_steps += 1
        self._move_to(after)
        if population.smooth and self._n_steps > _EM_STEPS:
            self._secants.add(self._position - position, scores - self._score, good)

    def _move_to(self, states: States) -> None:
        self.states = states
        self._score, self._position = self._scores(states), self._positions(states)

    def _positions(self, states: States) -> _F64:
        position = self._problem.population.position
        of_mixing = np.stack([position(mixing) for mixing in states.mixing])
        return np.concatenate([states.coef.reshape(len(states), -1), of_mixing], axis=1)

    def _scores(self, states: States) -> _F64:
        score = self._problem.population.score
        of_mixing = [score(*of) for of in zip(states.mixing, states.masses, strict=True)]
        gradient = states.gradient.reshape(len(states), -1)
        return np.concatenate([gradient, np.stack([of.ravel() for of in of_mixing])], axis=1)

    def keep(self, chosen: Sequence[int]) -> None:
        """Go on with some of the climbs alone."""
        self._move_to(self.states.taken(chosen))
        self._size = self._size[list(chosen)]
        self._secants.take(chosen)
        self._curvature = None
        self.objectives = [self.objectives[i] for i in chosen]

    def begin_anew(self, i: int, state: State) -> None:
        """Put one of them elsewhere."""
        others = self.states
        self._move_to(States.of([state if j == i else others.one(j) for j in range(len(self))]))
        self._size[i] = 1.0
        self._secants.forget(np.arange(len(self)) == i)
        self._curvature = None
        self.objectives[i] = [state.objective]

    def run(self, i: int) -> Run:
        """Return where one of them has come to."""
        return Run(self.states.one(i), list(self.objectives[i]), converged=False)
