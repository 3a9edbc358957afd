"""Bootstrap over annotators: refits to annotators drawn with replacement."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._progress import reporting
from prefmath._threads import resolve_threads
from prefmath._validate import as_generator, as_whole_number
from prefmath.models._determined.run_away import (
    FINITE,
    edges_of,
    sides_of_items,
    sides_of_parameters,
)
from prefmath.models._fit.ascent import maximize
from prefmath.models._fit.gating import refitted_coef
from prefmath.models._fit.side_by_side import side_by_side
from prefmath.models._fit.win_table import WinTable
from prefmath.models._fit.wins_newton import fit_wins
from prefmath.models._inference.collected import Refit, bootstrap_of
from prefmath.models._inference.uncertain import point_of
from prefmath.models._inference.units_behind import Behind, units_behind
from prefmath.models._likelihood.data import Data
from prefmath.models._likelihood.penalty.l2 import L2
from prefmath.models._likelihood.posing import as_choices_of_one, pose_of_outcomes
from prefmath.models._likelihood.problem import Problem
from prefmath.models._likelihood.utility.units import units_of_columns

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    from prefmath._progress import Progress
    from prefmath.choices import Choices
    from prefmath.models._determined.run_away import Edges
    from prefmath.models._fit.choice_model import ChoiceModel
    from prefmath.models._fit.fitted import Fitted
    from prefmath.models._inference.point import Point
    from prefmath.models._inference.resamples import Bootstrap
    from prefmath.models._likelihood.state import State

    _F64 = NDArray[np.float64]

__all__ = ["bootstrap"]

# More units than NumPy draws.
_MOST_UNITS = 1 << 62
# Percentiles want a thousand; of more than this a digit was too many.
_MOST_RESAMPLES = 10_000_000

# Newton's method on a table of wins takes the cube of the number of items.
_FEW_ITEMS = 500
# A penalty, beside the weight of an outcome, that changes no figure that is finite without.
_NEXT_TO_NOTHING = 1e-6


def bootstrap(
    model: ChoiceModel,
    choices: Choices,
    features: ArrayLike | None = None,
    *,
    n_resamples: int = 1000,
    random_state: int | np.random.Generator | None = None,
    n_threads: int | None = None,
    progress: Progress = None,
    membership: Any = None,
) -> Bootstrap:
    """Refit a model to annotators drawn with replacement, as many as there are.

    An annotator whose `count` is c is c annotators, each drawn for itself. Where counts are not
    whole, as many are drawn as their sum rounded, each as probable as it counts, and what is drawn
    is scaled to the sum.

    Every refit starts from the model, so that it takes few iterations, and classes are matched to
    the model's by who is in them.

    Without `l2` or `prior` a resample may have no finite estimate of some parameter: of an item
    that wins all its games there, or was not drawn; of a feature that tells winners from losers.
    Such a parameter counts as above or below all others in percentiles, whose ends may be infinite;
    what was not drawn is missing. The other parameters of the resample stay. Utilities are less the
    mean of the items that are finite in 95% of resamples and do not swing by odds of 50 either way;
    where one of those is not finite in a resample, its zero is set by the others of them, which
    must be more than half. Parameters that are not finite in over 5% of resamples, or behind which
    fewer than 20 units stand, are marked, and so are classes that
    nothing tells apart.

    Parameters
    ----------
    model : ChoiceMixture, BradleyTerry, PlackettLuce or ConditionalLogit
        Fitted to these choices.
    choices, features
        Those of `fit`. Where nobody is named, judgements are drawn rather than annotators.
    n_resamples : int
        How many refits, at least 2. Percentiles want a thousand, standard errors fifty.
    random_state : int, Generator or None
        Where the draws come from. One seed, one answer, on any number of threads.
    n_threads : int, optional
        Refits at a time, each on one thread; by default that of the model.
    progress : callable, False or None
        Called with the refits done and their number; by default a bar where there is a terminal.
    membership : frame, mapping or array_like, optional
        That of `fit`, for a model fitted with it: annotators are drawn with their covariates.

    Returns
    -------
    Bootstrap
        With `interval`, `ranks`, and a table where it is printed.

    Raises
    ------
    ValueError
        If the model is not fitted, or not to such choices, or `n_resamples` is below 2.
    MemoryError
        If the parameters of so many resamples do not fit.

    References
    ----------
    Efron and Tibshirani (1993), An introduction to the bootstrap, chapters 6 and 13.
    McLachlan and Peel (2000), Finite mixture models, section 2.16.

    Examples
    --------
    >>> from prefmath import Choices
    >>> from prefmath.models import ChoiceMixture, bootstrap
    >>> winner, loser = ["tea"] * 30 + ["milk"] * 10, ["milk"] * 30 + ["tea"] * 10
    >>> choices = Choices.from_pairs(winner, loser, annotator=[*range(20), *range(20)])
    >>> model = ChoiceMixture().fit(choices)
    >>> found = bootstrap(model, choices, n_resamples=200, random_state=0)
    >>> found.ranks().tolist()
    [[[2, 2], [1, 1]]]
    """
    n_resamples = as_whole_number(n_resamples, "n_resamples", 2, _MOST_RESAMPLES)
    threads = resolve_threads(model.n_threads if n_threads is None else n_threads)
    pose = _posed(model, choices, features, membership)
    seeds = as_generator(random_state).integers(1 << 63, size=n_resamples)

    def refit(seed: np.int64, check: Callable[[], None]) -> Refit:
        return pose.refit(drawn_counts(pose.base, np.random.default_rng(seed)), check)

    try:
        with reporting(progress, "bootstrap") as report:
            found = side_by_side(refit, list(seeds), threads, report)
        return bootstrap_of(
            found,
            pose.fitted.params,
            pose.fitted.told_shares.copy(),
            pose.fitted.parameters,
            pose.behind,
            pose.point.state.latent,
            pose.base,
            named=choices.has_annotators,
            gate=pose.fitted.gate,
        )
    except MemoryError:
        size = n_resamples * pose.fitted.params.size * 8 / 2**30
        raise MemoryError(
            f"{n_resamples:,} resamples of {pose.fitted.params.size:,} parameters are "
            f"{size:,.1f} GiB, held several times, and there is not as much memory: ask for fewer"
        ) from None


def drawn_counts(base: _F64, rng: np.random.Generator) -> _F64:
    """Draw as many units as there are with replacement; return how often each was drawn.

    A row that stands for several of them is drawn so much more often. Where their sum is not
    whole, the nearest whole number is drawn, and scaled to the sum.
    """
    total = float(base.sum())
    n_units = min(max(round(total), 1), _MOST_UNITS)
    counts = rng.multinomial(n_units, base / total).astype(np.float64)
    return counts * (total / n_units)


@dataclass(frozen=True, eq=False)
class _Pose:
    """The problem that a model solved, for annotators who may stand for several or for none.

    `edges` are there where they tell which utilities are finite.
    """

    model: ChoiceModel
    fitted: Fitted
    problem: Problem
    units: NDArray[np.int64]
    start: _F64
    point: Point
    behind: Behind
    edges: Edges | None

    def refit(self, counts: _F64, check: Callable[[], None]) -> Refit:
        """Return parameters, shares, and whether they settled, with so many of each unit."""
        model, problem, sides = self.model, self.problem, None
        several = problem.population.n_columns > 1
        if several:
            problem = replace(problem, data=replace(problem.data, counts=counts))
        else:
            # Of a single class only the weights of outcomes matter.
            weight = self._weight(counts)
            check()
            if self.edges is not None:
                sides = sides_of_items(self.edges, weight, model.coef_.shape[1])
            if self.by_table:
                return self._refit_table(weight, sides)
            problem = pose_of_outcomes(problem, weight)
        if sides is not None and sides.any():
            # Far from what keeps the others finite, so that those which are stay as they are.
            penalty = L2(_NEXT_TO_NOTHING * float(weight.mean()))
            problem = replace(problem, penalty=penalty)
        run = maximize(
            problem,
            problem.expect(self.start, self.fitted.mixing),
            tol=model.tol,
            max_iter=model.max_iter,
            report=lambda *_: check(),
        )
        order = np.zeros(1, np.int64)
        if several:
            # Those who stand for several are as many.
            latent = self.fitted.latent * self.base[:, None]
            order = problem.population.matched(latent, run.state.latent)
        params = problem.utility.reported(run.state.coef, fixed=problem.penalty.fixes_level)
        of_all = np.zeros(params.shape, np.int8)
        if self.unpenalised and (sides is None or problem.utility.n_extra > 0):
            of_all = self._sides(problem, run.state)
        if sides is not None:
            of_all[0, : len(sides)][sides != FINITE] = sides[sides != FINITE]
        mixing = problem.population.reordered(run.state.mixing, order)
        shares = problem.population.shares(mixing, problem.data)
        gate = self.fitted.gate
        membership = None if gate is None else refitted_coef(problem, gate, mixing)
        return Refit(params[order], shares, run.converged, of_all[order], membership)

    def _sides(self, problem: Problem, state: State) -> NDArray[np.int8]:
        """Say which parameters have no finite estimate, by the curvature where the refit ended."""
        utility = problem.utility
        # Of the likelihood alone, in the coefficients: parameters are these times their units.
        of_penalty = problem.penalty.gradient(utility, state.coef)
        slope = utility.from_coef(state.gradient + of_penalty)
        params = utility.reported(state.coef, fixed=False)
        if state.tabulated is not None:
            weights = state.tabulated.outcome_weights
        else:
            weights = problem.data.outcome_weights(state.latent)
        return sides_of_parameters(
            self.point.utility, problem.observation, params, weights, slope, self.behind
        )

    @property
    def base(self) -> _F64:
        """How many each unit stands for."""
        return self.point.problem.data.of_each

    @property
    def unpenalised(self) -> bool:
        """Whether nothing but the data keeps estimates finite."""
        return self.model.l2 == 0 and self.model.prior == 0

    @property
    def by_table(self) -> bool:
        """Whether a table of wins says all that the outcomes say, and is not large."""
        observation, utility = self.problem.observation, self.problem.utility
        pairs = observation.kind == "pair" and observation.simple
        return pairs and utility.linear is None and utility.n_items <= _FEW_ITEMS

    def _weight(self, counts: _F64) -> _F64:
        weight: _F64 = np.repeat(counts, np.diff(self.units))
        data = self.problem.data
        if data.weight is not None:
            weight *= data.weight
        if data.outcome is not None:
            n_outcomes = data.observation.n_outcomes
            weight = np.bincount(data.outcome, weight, n_outcomes).astype(np.float64)
        return weight

    def _refit_table(self, weight: _F64, sides: NDArray[np.int8] | None) -> Refit:
        observation, model = self.problem.observation, self.model
        n = model.coef_.shape[1]
        winner, loser = observation.winner.astype(np.int64), observation.loser
        half = np.zeros(1) if observation.tied is None else observation.tied / 2
        wins = np.bincount(winner * n + loser, weight * (1 - half), n * n).astype(np.float64)
        if observation.tied is not None:
            wins += np.bincount(loser * n + winner, weight * half, n * n)
        wins = wins.reshape(n, n)
        begin = self.start[0, :n]
        if sides is None or not sides.any():
            found = fit_wins(
                WinTable(wins), model.l2, model.prior, begin, model.tol, model.max_iter
            )
            finite = np.zeros((1, n), np.int8)
            return Refit(found.utility[None], np.ones(1), found.converged, finite)
        # Differences among those that are finite rest on the games between them alone.
        utility, converged = np.zeros(n), True
        core = np.flatnonzero(sides == FINITE)
        if len(core) > 1:
            among = wins[np.ix_(core, core)]
            found = fit_wins(WinTable(among), 0.0, 0.0, begin[core], model.tol, model.max_iter)
            utility[core], converged = found.utility, found.converged
        return Refit(utility[None], np.ones(1), converged, sides[None])


def _posed(
    model: ChoiceModel, choices: Choices, features: ArrayLike | None, membership: Any
) -> _Pose:
    fitted = replace(model._fitted_for(choices, membership), n_threads=1)  # noqa: SLF001
    point = point_of(fitted, choices, features)
    utility, of_units = point.utility, point.problem.data
    if utility.linear is not None:
        units = utility.spreads
        if units is None:
            units = units_of_columns(utility.linear.features)
        utility = replace(utility.linear, units=units)
    data = Data(
        of_units.observation,
        as_choices_of_one(choices).annotator_offsets,
        of_units.weight,
        1,
        outcome=of_units.outcome,
        covariates=of_units.covariates,
    )
    problem = Problem(utility, fitted.population, fitted.penalty, data)
    edges = None
    one_of_items = fitted.population.n_columns == 1 and utility.linear is None
    if one_of_items and fitted.penalty.is_none:
        edges = edges_of(of_units.observation)
    return _Pose(
        model=model,
        fitted=fitted,
        problem=problem,
        units=of_units.annotator_offsets,
        start=fitted.penalty.levelled(utility, utility.from_coef(fitted.params)),
        point=point,
        behind=units_behind(point),
        edges=edges,
    )
