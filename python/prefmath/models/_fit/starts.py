"""Where EM starts, and which start wins."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from prefmath._validate import as_generator
from prefmath.models._fit.ascent import Run, gain_left, maximize
from prefmath.models._fit.curvature import Survey
from prefmath.models._fit.one_class import begin_one_class
from prefmath.models._fit.seeding import Seeding
from prefmath.models._fit.side_by_side import side_by_side
from prefmath.models._fit.start_report import Starts
from prefmath.models._fit.thorough import Thorough, is_cheap, refilled
from prefmath.models._fit.wide_starts import WideStarts
from prefmath.models._likelihood.stages import of_stages
from prefmath.models._likelihood.subset import of_annotators

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from prefmath.models._likelihood.problem import Problem
    from prefmath.models._likelihood.state import State

__all__ = ["Search"]

# Every start runs this many iterations; the best of them go on to the end.
_SHORT_RUN = 15
_FINALISTS = 2
# Starts look at so many judgements for each parameter, and at least so many, drawn by annotators.
_JUDGEMENTS_A_PARAMETER = 200
_LEAST_JUDGEMENTS = 10_000
# A run that is behind is given up if so many steps like its last would not bring it to the front.
_STEPS_TO_COME = 100
# Of runs in a subspace also by what the first to go on rose without it, times this.
_TIMES_AS_MUCH = 1.5
# Two starts have come to one place if they are no further apart.
_SAME = 0.01


@dataclass(frozen=True, eq=False)
class Search:
    """How to look for the best fit of a problem."""

    n_init: int
    tol: float
    max_iter: int
    random_state: int | np.random.Generator | None
    progress: Callable[[int, int, float], None] | None

    def from_here(
        self, problem: Problem, coef: NDArray[np.float64], mixing: NDArray[np.float64]
    ) -> Run:
        """Go on from known parameters."""
        return self._run(problem, problem.expect(coef, mixing), 0, self.max_iter)

    def from_random_starts(self, problem: Problem) -> tuple[Run, Starts]:
        """Run starts to their end where passes are cheap; return the best, and where all ended.

        Otherwise every start runs for a while, the best ones to the end. The short runs are of
        annotators drawn at random where there are more than they need.
        """
        if problem.population.n_columns == 1:
            run = self._one_class(problem)
            return run, Starts(np.array([run.state.objective]), np.zeros(0))
        rng = as_generator(self.random_state)
        wide = WideStarts.of(problem)
        if wide is None:
            small = self._drawn(problem, rng, problem.utility.n_parameters)
            common = small.in_common()
            pooled = replace(self, progress=None)._one_class(common).state  # noqa: SLF001
        else:
            origin = wide.subspace.origin
            small = wide.subspace.projected(self._drawn(problem, rng, origin.size))
            common = small.in_common()
            pooled = common.begin_in_common(origin)
        seeding = Seeding(common, pooled, Survey(common).at(pooled), in_subspace=wide is not None)
        if wide is None and small is problem and is_cheap(problem):
            return self._thorough(problem, seeding, rng)
        seeds = rng.integers(1 << 63, size=self.n_init)
        serial = small if self.progress is not None else small.on_threads(1)

        def short_run(start: int, check: Callable[[], None]) -> Run:
            return self._short_run(serial, seeding, start, seeds[start], check)

        n_threads = 1 if self.progress is not None else problem.n_threads
        runs = side_by_side(short_run, range(self.n_init), n_threads, None)
        order = sorted(range(self.n_init), key=lambda start: -runs[start].state.objective)

        def few(rng: np.random.Generator) -> NDArray[np.float64]:
            coef, _ = seeding.few(problem.population.n_columns, rng)
            return coef if wide is None else wide.subspace.lifted(coef)

        best: Run | None = None
        risen, ends = 0.0, []
        for start in _different(problem, runs, order):
            begin = runs[start]
            if wide is not None:
                begin = wide.lifted(problem, begin.state)
            elif small is not problem:
                state = problem.expect(begin.state.coef, begin.state.mixing)
                begin = replace(begin, state=state, objectives=[state.objective], converged=False)
            hope = _hope(runs[start], small.data.mass / problem.data.mass)
            if wide is not None:
                hope += _TIMES_AS_MUCH * risen
            if best is not None and begin.state.objective + hope < best.state.objective:
                continue
            to_beat = -np.inf if best is None else best.state.objective
            run = self._run(problem, begin, start, self.max_iter, to_beat=to_beat)
            if not problem.population.smooth:
                run = self._refilled(problem, run, few, rng, start, self.max_iter)
            if run.converged or best is None:
                ends.append(run.state.objective)
            risen = run.state.objective - begin.state.objective
            if best is None or run.state.objective > best.state.objective:
                best = run
        if best is None:
            # The first is never behind: only the type of `best` does not say so.
            best = runs[order[0]]
        return best, Starts(np.array(ends), np.zeros(0), n_left=self.n_init - len(ends))

    def _thorough(
        self, problem: Problem, seeding: Seeding, rng: np.random.Generator
    ) -> tuple[Run, Starts]:
        """Run all starts to their end, and try moves from there."""
        serial = of_stages(problem.on_threads(1))
        refills = None if serial.population.smooth else as_generator(int(rng.integers(1 << 63)))

        def climb(run: Run, start: int, told: Callable[[int, float], None]) -> Run:
            def few(rng: np.random.Generator) -> NDArray[np.float64]:
                return seeding.few(serial.population.n_columns, rng)[0]

            found = maximize(serial, run, tol=self.tol, max_iter=self.max_iter, report=told)
            if refills is None:
                return found
            return replace(self, progress=None)._refilled(  # noqa: SLF001
                serial, found, few, refills, start, self.max_iter
            )

        def report(start: int, iteration: int, objective: float) -> None:
            if self.progress is not None:
                self.progress(start, iteration, objective)

        search = Thorough(serial, seeding, climb, report, self.max_iter)
        run, starts = search.best(self.n_init, rng)
        state = problem.expect(run.state.coef, run.state.mixing)
        objectives = [min(objective, state.objective) for objective in run.objectives[:-1]]
        found = Run(state, [*objectives, state.objective], run.converged)
        # Steps of several starts at once do not ask whether one of them has settled.
        if not found.converged and np.diff(found.objectives[-2:]).sum() < self.tol:
            found = replace(found, converged=gain_left(problem, found) < self.tol)
        return found, starts

    def _one_class(self, problem: Problem) -> Run:
        """Fit what all have in common."""
        return self._run(problem, begin_one_class(problem, self.max_iter), 0, self.max_iter)

    def _drawn(self, problem: Problem, rng: np.random.Generator, n_parameters: int) -> Problem:
        """Return the problem of as many annotators as the starts look at."""
        n_columns = problem.population.n_columns
        n_parameters *= n_columns
        wanted = max(_LEAST_JUDGEMENTS, _JUDGEMENTS_A_PARAMETER * n_parameters)
        n_annotators = problem.data.n_rows
        share = wanted / max(problem.data.n_judgements, 1)
        if share > 0.5:
            return problem
        size = max(int(np.ceil(share * n_annotators)), n_columns)
        return of_annotators(problem, np.sort(rng.permutation(n_annotators)[:size]))

    def _short_run(
        self,
        problem: Problem,
        seeding: Seeding,
        start: int,
        seed: np.int64,
        check: Callable[[], None],
    ) -> Run:
        rng = np.random.default_rng(seed)
        n_columns = problem.population.n_columns
        coef, membership = seeding.start(start, n_columns, rng)
        run = self._run(problem, problem.begin(coef, membership), start, self._short, check)

        def few(rng: np.random.Generator) -> NDArray[np.float64]:
            return seeding.few(n_columns, rng)[0]

        return self._refilled(problem, run, few, rng, start, self._short, check)

    def _refilled(
        self,
        problem: Problem,
        run: Run,
        few: Callable[[np.random.Generator], NDArray[np.float64]],
        rng: np.random.Generator,
        start: int,
        max_iter: int,
        check: Callable[[], None] = lambda: None,
    ) -> Run:
        """Re-initialise empty columns among all others, and go on where that is better."""
        population = problem.population
        empty = population.empty(problem.data, run.state.latent)
        if not empty.any():
            return run
        begin = refilled(problem, run.state, empty, few(rng))
        again = self._run(problem, begin, start, max_iter, check)
        return max(run, again, key=lambda run: run.state.objective)

    @property
    def _short(self) -> int:
        return min(_SHORT_RUN, self.max_iter)

    def _run(
        self,
        problem: Problem,
        begin: Run | State,
        start: int,
        max_iter: int,
        check: Callable[[], None] = lambda: None,
        to_beat: float = -np.inf,
    ) -> Run:
        def report(iteration: int, objective: float) -> None:
            check()
            if self.progress is not None:
                self.progress(start, iteration, objective)

        return maximize(
            problem, begin, tol=self.tol, max_iter=max_iter, report=report, to_beat=to_beat
        )


def _different(problem: Problem, runs: list[Run], order: list[int]) -> list[int]:
    """Leave out the runs that have come to where a better one has."""
    kept: list[int] = []
    apart = problem.population.apart
    for start in order:
        latent = runs[start].state.latent
        if all(apart(latent, runs[other].state.latent) > _SAME for other in kept):
            kept.append(start)
            if len(kept) == _FINALISTS:
                break
    return kept


def _hope(run: Run, share: float) -> float:
    """By how much a run of a share of the data may still rise on all of them, generously.

    By many times its last step, and by what its parameters fit the share too closely: half a unit
    for each, and as much again.
    """
    last = run.objectives[-1] - run.objectives[-2] if len(run.objectives) > 1 else np.inf
    return (_STEPS_TO_COME * last + run.state.coef.size * (1 - share)) / share
