"""Fitting a choice model: checks, the problem that is solved, and what is kept of its solution."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from prefmath._threads import resolve_threads
from prefmath._validate import as_whole_number
from prefmath.choices import Choices
from prefmath.models._connected import refuse_undetermined, wins_of
from prefmath.models._counted import counted
from prefmath.models._em import ConvergenceWarning, Problem, Run
from prefmath.models._observation import observe
from prefmath.models._predictor import as_choices_of_one, features_of
from prefmath.models._starts import Search
from prefmath.models._uncertain import Uncertain
from prefmath.models._utility import ItemUtility, LinearUtility

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

__all__ = ["ChoiceModel", "ItemModel", "refuse_other_than_choices"]


class ChoiceModel(Uncertain):
    """What all estimators of choices share; those of one class leave the parameters of several."""

    n_components: int = 1
    l2: float
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

    def _fit(self, choices: Choices, features: ArrayLike | None) -> Self:
        """Check, solve, warn and keep."""
        self._check_parameters(choices)
        problem = self._problem(choices, features)
        search = Search(
            self.n_components,
            self.n_init,
            self.tol,
            self.max_iter,
            self.random_state,
            self.progress,
        )
        if self.warm_start and hasattr(self, "coef_"):
            run = search.from_here(problem, self._checked_coef(problem.utility), self.weights_)
        else:
            run = search.from_random_starts(problem)
        if not run.converged:
            msg = f"EM has not settled after {self.max_iter} iterations: raise max_iter or tol"
            warnings.warn(msg, ConvergenceWarning, stacklevel=3)
        self._keep(run, choices, problem.utility)
        return self

    def _problem(
        self, choices: Choices, features: ArrayLike | None, *, by_annotator: bool = False
    ) -> Problem:
        """Pose the problem of `fit`; a single class keeps annotators apart only if asked to."""
        if features is None and self.l2 == 0:
            refuse_undetermined(*wins_of(choices), choices.n_items, choices.item_ids)
        judged = as_choices_of_one(choices)
        if self.n_components == 1 and not by_annotator:
            judged = counted(judged)
        n_threads = resolve_threads(self.n_threads)
        utility: LinearUtility | ItemUtility = ItemUtility(choices.n_items)
        if features is not None:
            utility = LinearUtility(features_of(choices, features), n_threads)
        observation = observe(judged, judged.items, n_threads)
        return Problem(
            utility, observation, judged.annotator_offsets, judged.weight, self.l2, n_threads
        )

    def _check_parameters(self, choices: Choices) -> None:
        refuse_other_than_choices(choices)
        n_components = as_whole_number(self.n_components, "n_components", 1)
        as_whole_number(self.n_init, "n_init", 1)
        as_whole_number(self.max_iter, "max_iter", 1)
        for name in ("l2", "tol"):
            value = getattr(self, name)
            if not isinstance(value, int | float | np.integer | np.floating):
                msg = f"{name} must be a number, not {value!r}"
                raise TypeError(msg)
            if not 0 <= value < np.inf:
                msg = f"{name} must be finite and at least 0, not {value}"
                raise ValueError(msg)
        if n_components > choices.n_annotators:
            named = "" if choices.annotator_ids is not None else " (none is named)"
            msg = (
                f"n_components={n_components} exceeds the {choices.n_annotators} annotators{named}"
            )
            raise ValueError(msg)

    def _check_layout(self, choices: Choices, layouts: tuple[str, ...]) -> None:
        refuse_other_than_choices(choices)
        if choices.layout not in layouts:
            msg = f"choices must be {' or '.join(layouts)}, not {choices.layout}"
            raise ValueError(msg)

    def _checked_coef(self, utility: LinearUtility | ItemUtility) -> NDArray[np.float64]:
        shape = self.n_components, utility.n_parameters
        if self.coef_.shape != shape:
            msg = f"warm_start needs coefficients of shape {shape}, not {self.coef_.shape}"
            raise ValueError(msg)
        return self.coef_

    def _keep(self, run: Run, choices: Choices, utility: LinearUtility | ItemUtility) -> None:
        """Store what was found, the largest class first."""
        state = run.state
        # Rounded, so that classes of equal weight stay in the order in which they started.
        order = np.argsort(-state.weights.round(9), kind="stable")
        self.coef_ = utility.centered(state.coef, self.l2)[order]
        self.weights_ = state.weights[order]
        # In a single class nobody's judgements need to be kept apart, nor are they.
        shape = choices.n_annotators, len(order)
        self.responsibilities_ = (
            np.ones(shape)
            if len(order) == 1
            else np.ascontiguousarray(state.responsibilities[:, order])
        )
        self.log_likelihood_ = state.log_likelihood
        self.lower_bound_, self.lower_bounds_ = state.objective, run.objectives
        self.converged_, self.n_iter_ = run.converged, len(run.objectives) - 1
        self.annotator_ids_, self.item_ids_ = choices.annotator_ids, choices.item_ids
        self._linear = isinstance(utility, LinearUtility)
        if self._linear:
            self.n_features_in_ = self.coef_.shape[1]
        self._n_free = utility.n_free


def refuse_other_than_choices(choices: Any) -> None:
    """Refuse arrays and the like, which say too little."""
    if not isinstance(choices, Choices):
        kind = type(choices).__name__
        msg = f"choices must be prefmath.Choices, as Choices.from_pairs makes them, not {kind}"
        raise TypeError(msg)


class ItemModel(ChoiceModel):
    """Estimators of one free utility for every item."""

    @property
    def utilities_(self) -> NDArray[np.float64]:
        """Utility of every row of the item table, of mean 0."""
        self._check_fitted()
        utilities: NDArray[np.float64] = self.coef_[0]
        return utilities
