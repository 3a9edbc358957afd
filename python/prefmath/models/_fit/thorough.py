"""The search for the best optimum of small data, where a pass is cheap: starts to their end, moves.

EM ends at the optimum of the basin in which it starts, and small data with many columns have dozens
of them. So every start runs to its end; and from the ends, the best first, columns are given up and
others split, until the best optimum was found several times or a budget of passes is spent.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from prefmath.models._fit.moves import moves
from prefmath.models._fit.start_report import Starts
from prefmath.models._fit.together import Together

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from prefmath.models._fit.ascent import Run
    from prefmath.models._fit.seeding import Seeding
    from prefmath.models._likelihood.problem import Problem
    from prefmath.models._likelihood.state import State

    _F64 = NDArray[np.float64]
    _Climb = Callable[[Run, int, Callable[[int, float], None]], Run]
    _Report = Callable[[int, int, float], None]

__all__ = ["Thorough", "is_cheap", "refilled"]

# Passes are cheap where judgements and the alternatives of distinct outcomes, times columns, are no
# more than this; starts then run to their end.
_CHEAP = 40_000
# Moves are tried until so many of these were passed over for each start; what a pass costs beside,
# of one fit and of each of several at once.
_BUDGET = 4_000_000
_OVERHEAD = 8_000
_OVERHEAD_TOGETHER = 2_000

# Starts in a block, and the steps that they take together.
_BLOCK = 5
_FIRST_STEPS = 15
_MORE_STEPS = 25
# The best is held to be found where it was so often, and so many rounds of moves led no higher: the
# more, the fewer starts have ended there.
_OFTEN = 3
_ROUNDS = 3
_MORE_ROUNDS = 12
# Moves of a round, the steps that they take together, and how many are left for the next steps.
_MOVES = 12
_MOVE_STEPS = (10, 15, 20)
_KEPT = (6, 4, 4)
# Moves are tried from the best place, one from which a round was tried being so much lower.
_A_ROUND = 2.0
# Places lower than the best by more than this are no places to move from.
_MARGIN = 6.0
# Two fits have come to one place if they are no further apart.
_SAME = 0.01


def is_cheap(problem: Problem) -> bool:
    """Whether a pass costs so little that starts can run to their end."""
    return _work(problem) <= _CHEAP


def _work(problem: Problem) -> int:
    """Return what a pass reads, times columns."""
    of_outcomes = len(problem.observation.items)
    return problem.population.n_columns * (of_outcomes + problem.data.n_judgements)


@dataclass(eq=False)
class _Place:
    """Where a run of a start has ended, how often any has, and how often moves were tried there."""

    run: Run
    start: int
    n_found: int = 1
    n_rounds: int = 0

    @property
    def objective(self) -> float:
        """Where the run has ended."""
        return self.run.state.objective


class Thorough:
    """A search of one problem; `climb` takes a run to its end, `report` tells of every step."""

    def __init__(
        self, problem: Problem, seeding: Seeding, climb: _Climb, report: _Report, max_iter: int
    ) -> None:
        self._problem, self._seeding = problem, seeding
        self._climb, self._report, self._max_iter = climb, report, max_iter
        self._work = _work(problem)
        self._spent = 0
        # Rounds of moves since one led higher.
        self._n_in_vain = 0
        self._places: list[_Place] = []
        # Where every start has ended, and every move that did not lead back.
        self._of_starts: list[_Place] = []
        self._of_moves: list[_Place] = []

    def best(self, n_init: int, rng: np.random.Generator) -> tuple[Run, Starts]:
        """Return the best run of so many starts and of moves, and where all have ended.

        Whole blocks of starts are the same whatever `n_init` is, so that more only add to them.
        """
        for first in range(0, n_init, _BLOCK):
            *seeds, of_moves = rng.integers(1 << 63, size=_BLOCK + 1)
            n = min(_BLOCK, n_init - first)
            self._some_starts(seeds[:n])
            moving = np.random.default_rng(of_moves)
            while not self._is_found and self._spent < _BUDGET * (first + n):
                self._round(moving)
        return self._best.run, Starts(_objectives(self._of_starts), _objectives(self._of_moves))

    @property
    def _best(self) -> _Place:
        return max(self._places, key=lambda place: place.objective)

    @property
    def _is_found(self) -> bool:
        if self._problem.penalty.is_none:
            # Moves would lead to columns of a few annotators, which run to infinity.
            return True
        best = self._best
        if not best.run.converged:
            # What has not settled is no place to move from.
            return True
        elsewhere = sum(place is not best for place in self._of_starts) / len(self._of_starts)
        wanted = _ROUNDS + _MORE_ROUNDS * elsewhere
        return best.n_found >= _OFTEN and self._n_in_vain >= wanted

    def _some_starts(self, seeds: Sequence[np.int64]) -> None:
        """Run starts to their ends."""
        first, n = len(self._of_starts), self._problem.population.n_columns
        rngs = [np.random.default_rng(seed) for seed in seeds]
        begun = [self._seeding.start(first + i, n, rng) for i, rng in enumerate(rngs)]
        coef = np.concatenate([of_start for of_start, _ in begun])
        fits = self._begun(coef, [members for _, members in begun])

        def told(i: int, iteration: int, objective: float) -> None:
            self._report(first + i, iteration, objective)

        self._steps(fits, _FIRST_STEPS, told)
        for i, rng in enumerate(rngs):
            self._refill(fits, i, rng)
        self._steps(fits, _MORE_STEPS, told)
        found = {}
        for i in np.argsort(-fits.states.objective, kind="stable").tolist():
            found[i] = self._end(fits.run(i), first + i, partial(told, i))
        self._of_starts += [found[i] for i in range(len(seeds))]

    def _begun(self, coef: _F64, latent: Sequence[_F64]) -> Together:
        """Begin several fits, which takes a pass too."""
        fits = Together.begin(self._problem, coef, latent)
        self._spent += len(fits) * (self._work + _OVERHEAD_TOGETHER)
        return fits

    def _refill(self, fits: Together, i: int, rng: np.random.Generator) -> None:
        """Put columns that nobody is left for elsewhere."""
        problem, state = self._problem, fits.states.one(i)
        empty = problem.population.empty(problem.data, state.latent)
        if empty.any():
            few, _ = self._seeding.few(len(empty), rng)
            fits.begin_anew(i, refilled(problem, state, empty, few))

    def _end(self, run: Run, start: int, told: Callable[[int, float], None]) -> _Place:
        """Take a run to its end, unless that is known."""
        place = self._known(run.state)
        if place is None:
            finished = self._climb(run, start, told)
            n_steps = len(finished.objectives) - len(run.objectives)
            self._spent += n_steps * (self._work + _OVERHEAD)
            place = self._known(finished.state)
            if place is None:
                place = _Place(finished, start)
                self._places.append(place)
                return place
            if finished.state.objective > place.objective:
                place.run = finished
        place.n_found += 1
        return place

    def _known(self, state: State) -> _Place | None:
        """Return the place to which a run has come, if it is known."""
        apart = self._problem.population.apart
        for place in self._places:
            if apart(place.run.state.latent, state.latent) <= _SAME:
                return place
        return None

    def _round(self, rng: np.random.Generator) -> None:
        """Try moves from the best place, or from a lower one after some rounds there."""
        place = max(self._places, key=lambda place: place.objective - _A_ROUND * place.n_rounds)
        place.n_rounds += 1
        best = self._best
        self._n_in_vain += 1
        coef, guesses = moves(place.run.state, self._seeding, _MOVES, rng)
        fits = self._begun(coef, guesses)
        told = _Highest(self._report, place.start)
        for n_steps, n_kept in zip(_MOVE_STEPS, _KEPT, strict=True):
            self._steps(fits, n_steps, told.of_several)
            kept = self._elsewhere(fits, place)[:n_kept]
            if not kept:
                return
            fits.keep(kept)
        for i in range(len(fits)):
            run = fits.run(i)
            if run.state.objective > self._best.objective - _MARGIN:
                end = self._end(run, place.start, told.of_one)
                if end is not place:
                    self._of_moves.append(end)
        if self._best is not best:
            self._n_in_vain = 0

    def _elsewhere(self, fits: Together, place: _Place) -> list[int]:
        """Return the fits that have come to no known place nor to each other, the best first."""
        apart = self._problem.population.apart
        others: list[NDArray[np.float64]] = []
        chosen: list[int] = []
        for i in np.argsort(-fits.states.objective, kind="stable").tolist():
            state = fits.states.one(i)
            known = self._known(state)
            if known is not None:
                if known is not place:
                    known.n_found += 1
                    self._of_moves.append(known)
            elif all(apart(state.latent, other) > _SAME for other in others):
                others.append(state.latent)
                chosen.append(i)
        return chosen

    def _steps(self, fits: Together, n_steps: int, told: _Report) -> None:
        n_steps = min(n_steps, self._max_iter - max(map(len, fits.objectives)) + 1)
        self._spent += n_steps * len(fits) * (self._work + _OVERHEAD_TOGETHER)
        fits.climb(n_steps, told)


class _Highest:
    """Tells of the moves of a round as of one run: of the highest so far."""

    def __init__(self, report: _Report, start: int) -> None:
        self._report, self._start = report, start
        self._iteration, self._objective = 0, -np.inf

    def of_several(self, i: int, _: int, objective: float) -> None:
        """Tell after the first of them, once a step."""
        self._objective = max(self._objective, objective)
        if i == 0:
            self._tell()

    def of_one(self, _: int, objective: float) -> None:
        """Tell after every step."""
        self._objective = max(self._objective, objective)
        self._tell()

    def _tell(self) -> None:
        self._iteration += 1
        self._report(self._start, self._iteration, self._objective)


def _objectives(places: list[_Place]) -> NDArray[np.float64]:
    return np.array([place.objective for place in places])


def refilled(problem: Problem, state: State, empty: NDArray[np.bool_], coef: _F64) -> State:
    """Re-initialise empty columns among all others."""
    membership = state.latent + empty / problem.population.n_columns
    membership /= membership.sum(axis=1, keepdims=True)
    return problem.begin(np.where(empty[:, None], coef, state.coef), membership)
