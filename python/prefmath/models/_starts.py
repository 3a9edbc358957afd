"""Where EM starts, and which start wins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from prefmath.models._em import Problem, Run, State, maximize

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

__all__ = ["Search"]

# Every start runs this many iterations; the best of them go on to the end.
_SHORT_RUN = 15
_FINALISTS = 2

# A class starts from so many judgements for each of its parameters, and so many Newton steps.
_JUDGEMENTS_A_PARAMETER = 3.0
_NEWTON_STEPS = 3


@dataclass(frozen=True, eq=False)
class Search:
    """How to look for the best fit of a problem."""

    n_components: int
    n_init: int
    tol: float
    max_iter: int
    random_state: int | np.random.Generator | None
    progress: Callable[[int, int, float], None] | None

    def from_here(
        self, problem: Problem, coef: NDArray[np.float64], weights: NDArray[np.float64]
    ) -> Run:
        """Go on from known coefficients."""
        return self._run(problem, problem.expect(coef, weights), 0, self.max_iter)

    def from_random_starts(self, problem: Problem) -> Run:
        """Run every start for a while, the best ones to the end; return the best."""
        origin = np.zeros((1, problem.utility.n_parameters))
        pooled = self._run(problem, problem.expect(origin, np.ones(1)), 0, self.max_iter)
        if self.n_components == 1:
            return pooled
        rng = np.random.default_rng(self.random_state)
        runs = []
        for start in range(self.n_init):
            state = self._random_start(problem, pooled.state, rng)
            runs.append((start, self._run(problem, state, start, min(_SHORT_RUN, self.max_iter))))
        runs.sort(key=lambda run: -run[1].state.objective)
        ended = [self._run(problem, run, start, self.max_iter) for start, run in runs[:_FINALISTS]]
        return max(ended, key=lambda run: run.state.objective)

    def _random_start(self, problem: Problem, pooled: State, rng: np.random.Generator) -> State:
        """Fit every class to a few annotators of its own, on the way from what all have in common.

        Classes that are all alike, or nearly so, are a saddle of the likelihood, which EM leaves
        slowly; people drawn at random differ.
        """
        counts = np.diff(problem.annotator_offsets)
        wanted = _JUDGEMENTS_A_PARAMETER * problem.utility.n_parameters / counts.mean()
        size = int(np.clip(np.ceil(wanted), 1, len(counts) // self.n_components))
        seeds = rng.permutation(len(counts))[: size * self.n_components]
        membership = np.zeros((len(counts), self.n_components))
        membership[seeds, np.arange(len(seeds)) % self.n_components] = 1
        weights = problem.judgement_weights(membership)
        coef = np.repeat(pooled.coef, self.n_components, axis=0)
        for _ in range(_NEWTON_STEPS):
            table = problem.utility.table(coef)
            step, _ = problem.utility.newton_step(
                coef, table, problem.observation, weights, max(problem.l2, 1.0)
            )
            coef = coef + step
        return problem.expect(coef, np.full(self.n_components, 1 / self.n_components))

    def _run(self, problem: Problem, begin: Run | State, start: int, max_iter: int) -> Run:
        def report(iteration: int, objective: float) -> None:
            if self.progress is not None:
                self.progress(start, iteration, objective)

        return maximize(problem, begin, tol=self.tol, max_iter=max_iter, report=report)
