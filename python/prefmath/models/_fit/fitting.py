"""Fitting a choice model: checks, the problem that is solved, and what is kept of its solution."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from prefmath._label_values import positions_of
from prefmath._threads import resolve_threads
from prefmath._validate import as_generator, as_number, as_whole_number
from prefmath.choices import Choices
from prefmath.models._determined.choice_warnings import UndeterminedWarning, warn_of_little
from prefmath.models._determined.connected import refuse_undetermined, wins_of
from prefmath.models._determined.direction_text import column_names, item_names
from prefmath.models._determined.identified import refuse_collinear, separation
from prefmath.models._determined.item_rows import refuse_sparse_rows
from prefmath.models._fit.ascent import promised
from prefmath.models._fit.predictor import as_choices_of_one
from prefmath.models._fit.starts import Search
from prefmath.models._inference.parameters import labels_of_others
from prefmath.models._inference.uncertain import Uncertain
from prefmath.models._likelihood.data import Data
from prefmath.models._likelihood.features import features_of
from prefmath.models._likelihood.observation import Form, form_of, observe_outcomes
from prefmath.models._likelihood.penalty.l2 import L2
from prefmath.models._likelihood.penalty.virtual_pairs import with_virtual_pairs
from prefmath.models._likelihood.population.classes import Classes
from prefmath.models._likelihood.problem import ConvergenceWarning, Problem
from prefmath.models._likelihood.utility.items import ItemUtility
from prefmath.models._likelihood.utility.linear import LinearUtility
from prefmath.models._likelihood.utility.units import units_of_columns

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    from prefmath.models._fit.ascent import Run
    from prefmath.models._likelihood.observation import Observation, Ties

__all__ = ["ChoiceModel", "ItemModel", "refuse_other_than_choices"]

# Of more starts than this a digit was too many: they would take months.
_MOST_STARTS = 1_000_000

# Judgements that are in a class with less than this share of the most probable are not its own.
_NOBODY = 1e-6
# Of so many items it is asked whether effects of positions and ties are determined beside them.
_FEW_ITEMS = 512


class ChoiceModel(Uncertain):
    """What all estimators of choices share; those of one class leave the parameters of several."""

    n_components: int = 1
    ties: Ties = "half"
    position_effect: bool = False
    l2: float
    prior: float = 0.0
    tol: float
    max_iter: int
    warm_start: bool
    n_init: int = 1
    random_state: int | np.random.Generator | None = None
    progress: Callable[[int, int, float], None] | None = None

    log_likelihood_: float
    lower_bound_: float
    lower_bounds_: list[float]
    converged_: bool
    n_iter_: int

    @property
    def position_effects_(self) -> NDArray[np.float64]:
        """Utility of positions beside that of the items there, (n_components, n_positions)."""
        self._check_fitted()
        return self._extra[:, : self._n_positions]

    @property
    def tie_(self) -> Any:
        """Parameter of ties in each class; nan where a tie is half a win."""
        self._check_fitted()
        if not self._tied:
            return np.full(len(self.coef_), np.nan)
        parameter = np.exp(self._extra[:, -1])
        return parameter if self._ties == "davidson" else np.exp(parameter)

    def _fit(self, choices: Choices, features: ArrayLike | None) -> Self:
        """Check, pose the problem, and solve it."""
        self._check_parameters()
        _refuse_too_few(choices, self.n_components)
        if features is None:
            refuse_sparse_rows(choices)
        form = form_of(choices, self.ties, position_effect=self.position_effect)
        if self.l2 == 0 and self.prior == 0:
            _refuse_lack_of_ties(choices, form)
            if features is None:
                refuse_undetermined(*wins_of(choices), choices.n_items, choices.item_ids)
        problem = self._problem(choices, features)
        of_pairs = choices.layout == "pairs"
        others = labels_of_others(form.n_positions, self.ties, of_pairs=of_pairs)

        def names_of_parameters() -> list[str]:
            if features is None:
                return item_names(choices, others)
            return column_names(features, problem.utility.n_coef, others)

        warn_of_little(choices, position_effect=self.position_effect, stacklevel=3)
        return self._solve(
            problem, form, choices.item_ids, choices.annotator_ids, names_of_parameters
        )

    def _problem(
        self, choices: Choices, features: ArrayLike | None, *, by_annotator: bool = False
    ) -> Problem:
        """Pose the problem of `fit`; a single class keeps annotators apart only if asked to."""
        form = form_of(choices, self.ties, position_effect=self.position_effect)
        n_threads = resolve_threads(self.n_threads)
        judged, n_items = choices, choices.n_items
        utility: LinearUtility | ItemUtility = ItemUtility(n_items, form.n_extra)
        if features is not None:
            judged = as_choices_of_one(choices)
            x = features_of(choices, features, columns=form.n_extra == 0)
            n_items = len(x)
            utility = LinearUtility(x, n_threads, form.n_extra, units_of_columns(x))
        if self.n_components > 1 or by_annotator:
            observation, outcome = observe_outcomes(judged, n_items, form, n_threads)
            data = Data(
                observation, judged.annotator_offsets, judged.weight, n_threads, outcome=outcome
            )
            return Problem(utility, Classes(self.n_components), L2(self.l2), data)
        virtual = self.prior > 0
        observation, outcome = observe_outcomes(judged, n_items + virtual, form, n_threads)
        weight = judged.weight
        if outcome is not None:
            weight = np.bincount(outcome, weight, observation.n_outcomes).astype(np.float64)
        return self._problem_of_one(observation, weight, utility)

    def _problem_of_one(
        self, observation: Observation, weight: NDArray[np.float64] | None, utility: Any
    ) -> Problem:
        """Pose the problem of a single class, for which it does not matter who judged."""
        if self.prior > 0:
            n_items = utility.n_items
            observation, weight = with_virtual_pairs(observation, weight, self.prior, n_items)
            utility = ItemUtility(n_items + 1, utility.n_extra)
        ends = np.array([0, observation.n_outcomes])
        data = Data(observation, ends, weight, observation.n_threads)
        return Problem(utility, Classes(1), L2(self.l2), data)

    def _solve(
        self,
        problem: Problem,
        form: Form,
        item_ids: NDArray[Any] | None,
        annotator_ids: NDArray[Any] | None,
        names_of_parameters: Callable[[], list[str]],
    ) -> Self:
        """Search from where the last fit ended or anew, and keep what is found.

        Without a penalty the parameters of linear utilities, and those beside utilities of items,
        must be determined; only then are their names asked for.
        """
        linear = problem.utility.linear is not None
        beside = form.n_extra > 0 and self.n_components == 1
        beside &= problem.utility.n_coef <= _FEW_ITEMS
        unpenalised = self.l2 == 0 and self.prior == 0 and (linear or beside)
        names = names_of_parameters() if unpenalised else []
        if unpenalised:
            refuse_collinear(problem, names)
        search = Search(
            self.n_components,
            self.n_init,
            self.tol,
            self.max_iter,
            self.random_state,
            self.progress,
        )
        begin = self._first_params(problem)
        if self.warm_start and hasattr(self, "coef_"):
            run = search.from_here(problem, self._last_params(problem, item_ids), self.weights_)
        elif begin is not None:
            run = search.from_here(problem, begin, np.ones(1))
        else:
            run = search.from_random_starts(problem)
        if unpenalised and self.n_components == 1:
            params = problem.utility.reported(run.state.coef, fixed=self.l2 > 0)[0]
            if not linear:
                params[: problem.utility.n_coef] -= params[0]
                params = params[1:]
            converged = run.converged
            found = separation(
                problem, problem.data.weight, params, names, self.tol, settled=converged
            )
            if found is not None:
                raise ValueError(found)
        n_annotators = 1 if annotator_ids is None else len(annotator_ids)
        self._keep(run, problem, form, n_annotators)
        self.annotator_ids_, self.item_ids_ = annotator_ids, item_ids
        if not run.converged:
            self._warn_not_settled(promised(problem, run), stacklevel=5)
        self._undetermined: list[str] = []
        if unpenalised and self.n_components > 1:
            self._warn_of_classes(problem, names)
        return self

    def _warn_of_classes(self, problem: Problem, names: list[str]) -> None:
        """Warn of classes in which a coefficient runs to infinity, or is not determined."""
        shares = problem.data.outcome_weights(self.responsibilities_)
        params = self._params()
        for z, weight in enumerate(np.ascontiguousarray(shares.T)):
            weight[weight <= _NOBODY * weight.max()] = 0
            found = separation(
                problem,
                weight,
                params[z],
                names,
                self.tol,
                settled=self.converged_,
                where=f" in class {z}",
            )
            if found is not None:
                self._undetermined.append(found)
                warnings.warn(found, UndeterminedWarning, stacklevel=5)

    def _first_params(self, problem: Problem) -> NDArray[np.float64] | None:  # noqa: ARG002
        """Parameters to begin with, where there are better ones than 0."""
        return None

    def _warn_not_settled(self, promise: float, stacklevel: int) -> None:
        msg = f"the fit has not settled after {self.n_iter_} iterations: "
        if self.n_iter_ >= self.max_iter:
            msg += (
                f"raise max_iter, since a step may still raise the log-likelihood by {promise:.2g}"
            )
        else:
            msg += (
                "no step raises the log-likelihood any more, although its slope promises "
                f"{promise:.2g}: set l2 above 0"
                + (", or leave out what nearly repeats other features" if self._linear else "")
            )
        warnings.warn(msg, ConvergenceWarning, stacklevel=stacklevel)

    def _check_parameters(self) -> None:
        as_whole_number(self.n_components, "n_components", 1)
        as_whole_number(self.n_init, "n_init", 1, _MOST_STARTS)
        as_whole_number(self.max_iter, "max_iter", 1)
        if self.random_state is not None:
            as_generator(self.random_state)
        for name in ("l2", "prior", "tol"):
            value = getattr(self, name)
            if not 0 <= as_number(value, name) < np.inf:
                msg = f"{name} must be finite and at least 0, not {value}"
                raise ValueError(msg)
        if self.l2 > 0 and self.prior > 0:
            msg = f"l2={self.l2} and prior={self.prior} exclude each other: set one of them"
            raise ValueError(msg)

    def _last_params(self, problem: Problem, item_ids: NDArray[Any] | None) -> NDArray[np.float64]:
        """Parameters of the last fit for a problem of the same items, by label, and features."""
        coef = self.coef_
        known_ids = None if problem.utility.linear is not None else self.item_ids_
        if known_ids is not None and item_ids is not None:
            same = np.array_equal(item_ids, known_ids)
            coef = coef if same else _matched(coef, known_ids, item_ids)
        if self.prior > 0:
            coef = np.concatenate([coef, np.zeros((len(coef), 1))], axis=1)
        params = np.concatenate([coef, self._extra], axis=1)
        shape = self.n_components, problem.utility.n_parameters
        if params.shape != shape:
            msg = f"warm_start needs parameters of shape {shape}, not {params.shape}"
            raise ValueError(msg)
        return problem.utility.from_coef(params)

    def _keep(self, run: Run, problem: Problem, form: Form, n_annotators: int) -> None:
        """Store what was found, the largest class first."""
        state, utility = run.state, problem.utility
        order = problem.population.largest_first(state.mixing)
        params = utility.reported(state.coef, fixed=self.l2 > 0)[order]
        n_coef = utility.n_parameters - form.n_extra
        self.coef_ = np.ascontiguousarray(params[:, :n_coef])
        self._extra = np.ascontiguousarray(params[:, n_coef:])
        self._n_free = utility.n_free
        self.log_likelihood_ = state.log_likelihood
        if self.prior > 0:
            self._n_free -= 1
            self.coef_ = self.coef_[:, :-1] - self.coef_[:, :-1].mean(axis=1, keepdims=True)
            self.log_likelihood_ = _without_virtual_pairs(problem, utility.table(state.coef))
        self.weights_ = state.mixing[order]
        # In a single class nobody's judgements need to be kept apart, nor are they.
        self.responsibilities_ = (
            np.ones((n_annotators, 1))
            if len(order) == 1
            else np.ascontiguousarray(state.latent[:, order])
        )
        self.lower_bound_, self.lower_bounds_ = state.objective, run.objectives
        self.converged_, self.n_iter_ = run.converged, len(run.objectives) - 1
        self._layout, self._ties, self._n_positions = form.layout, form.ties, form.n_positions
        self._linear = utility.linear is not None
        if self._linear:
            self.n_features_in_ = self.coef_.shape[1]
        elif hasattr(self, "n_features_in_"):
            del self.n_features_in_


class ItemModel(ChoiceModel):
    """Estimators of one free utility for every item."""

    @property
    def utilities_(self) -> NDArray[np.float64]:
        """Utility of every row of the item table, of mean 0."""
        self._check_fitted()
        utilities: NDArray[np.float64] = self.coef_[0]
        return utilities

    @property
    def tie_(self) -> float:
        """Parameter of ties; nan where a tie is half a win."""
        return float(super().tie_[0])


def refuse_other_than_choices(choices: Any) -> None:
    """Refuse arrays and the like, which say too little."""
    if not isinstance(choices, Choices):
        kind = type(choices).__name__
        msg = f"choices must be prefmath.Choices, as Choices.from_pairs makes them, not {kind}"
        raise TypeError(msg)


def _refuse_too_few(choices: Choices, n_components: int) -> None:
    if n_components > choices.n_annotators:
        named = "" if choices.annotator_ids is not None else " (none is named)"
        msg = f"n_components={n_components} exceeds the {choices.n_annotators} annotators{named}"
        raise ValueError(msg)


def _refuse_lack_of_ties(choices: Choices, form: Form) -> None:
    """Refuse pairs from which the parameter of ties runs to infinity."""
    if form.has_tie:
        n_tied = 0 if choices.tied is None else int(choices.tied.sum())
        if n_tied in {0, len(choices)}:
            which = "none" if n_tied == 0 else "all"
            verb = "is" if n_tied == 0 else "are"
            msg = (
                f"ties={form.ties!r} needs pairs that are tied and pairs that are not, and {which} "
                f"{verb}: set l2 above 0"
            )
            raise ValueError(msg)


def _matched(
    coef: NDArray[np.float64], known_ids: NDArray[Any], item_ids: NDArray[Any]
) -> NDArray[np.float64]:
    """Return utilities for other items: those that were there keep theirs, new ones start at 0."""
    rows = positions_of(item_ids, known_ids, "item_ids")
    matched: NDArray[np.float64] = np.where(rows >= 0, coef[:, rows], 0.0)
    return matched


def _without_virtual_pairs(problem: Problem, table: NDArray[np.float64]) -> float:
    """Log-likelihood of all but the virtual pairs, two for each item but the one they are against.

    Not as a difference: a strong prior would leave few of its digits.
    """
    n = 2 * (problem.utility.n_parameters - problem.utility.n_extra - 1)
    log_likelihood = problem.observation.log_likelihood(table)[:-n, 0]
    weight = (
        np.ones(len(log_likelihood)) if problem.data.weight is None else problem.data.weight[:-n]
    )
    return float(weight @ log_likelihood)
