"""Choices and features as a problem to solve: the one place where this is done."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from prefmath._foreign import column_names
from prefmath.models._likelihood.data import Data
from prefmath.models._likelihood.features import features_of
from prefmath.models._likelihood.observation import observe_outcomes
from prefmath.models._likelihood.problem import Problem
from prefmath.models._likelihood.utility.items import ItemUtility
from prefmath.models._likelihood.utility.linear import LinearUtility
from prefmath.models._likelihood.utility.units import units_of_columns

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from prefmath.choices import Choices
    from prefmath.models._likelihood.observation import Form
    from prefmath.models._likelihood.penalty import Penalty
    from prefmath.models._likelihood.population import Population
    from prefmath.models._likelihood.utility import Utility

    _F64 = NDArray[np.float64]

__all__ = ["Specification", "as_choices_of_one", "pose", "pose_of_outcomes", "utility_of"]


@dataclass(frozen=True)
class Specification:
    """What an estimator is: how people differ, what is likely before any data, what else counts."""

    population: Population
    penalty: Penalty
    form: Form

    @property
    def one_column(self) -> bool:
        """Whether all people are alike, so that it does not matter who judged."""
        return self.population.n_columns == 1


def pose(
    specification: Specification,
    choices: Choices,
    features: ArrayLike | None,
    n_threads: int,
    covariates: _F64 | None = None,
) -> Problem:
    """Return the problem that an estimator solves.

    Rankings of items with features are taken apart first. Judgements that no utilities tell apart
    are one outcome, whose likelihood is worked out once. `covariates` are what annotators are like,
    a row for each.
    """
    utility, judged = utility_of(choices, features, specification.form, n_threads)
    observation, outcome = observe_outcomes(judged, utility.n_items, specification.form, n_threads)
    data = replace(Data.of(judged, observation, outcome, n_threads), covariates=covariates)
    if not specification.penalty.is_none:
        utility = utility.standardized(data)
    problem = Problem(utility, specification.population, specification.penalty, data)
    if not specification.one_column:
        return problem
    weight = judged.counted_weight
    if outcome is not None:
        weight = np.bincount(outcome, weight, observation.n_outcomes).astype(np.float64)
    return pose_of_outcomes(problem, weight)


def pose_of_outcomes(problem: Problem, weight: _F64 | None) -> Problem:
    """Return the problem of one column, with the weights of outcomes, no matter whose they are."""
    observation = problem.observation
    ends = np.array([0, observation.n_outcomes])
    data = Data(observation, ends, weight, problem.n_threads)
    return Problem(problem.utility, problem.population, problem.penalty, data)


def utility_of(
    choices: Choices, features: ArrayLike | None, form: Form, n_threads: int
) -> tuple[Utility, Choices]:
    """Return the utility of the items of some choices, and the choices over its table."""
    if features is None:
        return ItemUtility(choices.n_items, form.n_extra), choices
    x = features_of(choices, features, columns=form.n_extra == 0, n_threads=n_threads)
    units = units_of_columns(x, column_names(features, x.shape[1]))
    return LinearUtility(x, n_threads, form.n_extra, units), as_choices_of_one(choices)


def as_choices_of_one(choices: Choices) -> Choices:
    """Return rankings as the choices that they stand for."""
    return choices.as_choice_sets() if choices.layout == "rankings" else choices
