"""Fits in which named coefficients are 0 or equal, for likelihood-ratio tests."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath.models._fit.fitting import fit
from prefmath.models._inference.fit_statistics import null_log_likelihood
from prefmath.models._inference.hypotheses import as_equations
from prefmath.models._inference.likelihood_ratio import (
    likelihood_ratio,
    refuse_jumps,
    refuse_other_choices,
    relied_on,
)
from prefmath.models._inference.named import Names
from prefmath.models._likelihood.covariates import covariates_of
from prefmath.models._likelihood.features import features_of

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from prefmath.choices import Choices
    from prefmath.models._fit.fitted import Fitted
    from prefmath.models._fit.fitting import Fit
    from prefmath.models._fit.starts import Search
    from prefmath.models._inference.hypotheses import Equations, HypothesisTest
    from prefmath.models._likelihood.covariates import CovariateTable
    from prefmath.models._likelihood.posing import Specification

    _F64 = NDArray[np.float64]
    _I64 = NDArray[np.int64]

__all__ = ["Constrained", "constrained_fit", "constrained_test"]

# A matrix of all items by all items is made up to so many.
_MOST_ITEMS = 4096


@dataclass(frozen=True)
class Constrained:
    """What a fit under some equations found: `df` is how many parameters it has less."""

    hypotheses: tuple[str, ...]
    log_likelihood: float
    df: int
    converged: bool


def constrained_test(
    fitted: Fitted,
    specification: Specification,
    search: Search,
    choices: Choices,
    features: ArrayLike | None,
    hypotheses: object,
    *,
    log_likelihood: float,
    penalty: str,
    converged: bool,
) -> HypothesisTest:
    """Return the likelihood-ratio test of hypotheses within a fit, as `ChoiceModel.test` says."""
    refuse_jumps(smooth=fitted.population.smooth)
    here = fitted.log_likelihood(choices, features)[1]
    refuse_other_choices(log_likelihood, here, "choices and features")
    if fitted.gate is not None and fitted.membership is None:
        raise ValueError("membership is missing: hand in that of fit")
    membership = None if fitted.gate is None else covariates_of(fitted.membership, choices)
    found = constrained_fit(
        fitted, specification, search, choices, features, hypotheses, membership
    )
    settled = found.converged, converged
    notes = relied_on(choices, (penalty, penalty), settled, fitted.population.n_columns)
    return likelihood_ratio(found.log_likelihood, log_likelihood, found.df, found.hypotheses, notes)


def constrained_fit(
    fitted: Fitted,
    specification: Specification,
    search: Search,
    choices: Choices,
    features: ArrayLike | None,
    hypotheses: object,
    membership: CovariateTable | None = None,
) -> Constrained:
    """Fit the model with coefficients that are 0 or equal in every class.

    Columns of features that have one coefficient are added up, and those of 0 left out; items of
    one utility are one column of a matrix of 0 and 1. Several classes are searched for anew, and
    from where the fit without the equations ended.

    Raises
    ------
    ValueError
        If a hypothesis is another than these, or the constrained model has no finite estimate.
    """
    parameters = fitted.parameters
    n_classes, n_coef = fitted.coef.shape
    names = Names(parameters, n_classes)
    equations = as_equations(hypotheses, names, n_coef, of_items=parameters.of_items)
    group = _groups(equations, n_coef, of_items=parameters.of_items)
    n_groups = int(group.max()) + 1
    df = n_classes * (n_coef - n_groups)
    if parameters.of_items:
        _refuse_prior(specification)
        # Utilities are relative to those of the first group.
        n_groups -= 1
        design = _one_hot(group - 1, n_groups, choices)
    else:
        design = _summed(group, n_groups, choices, features)
    n_threads = fitted.n_threads
    if n_groups == 0 and specification.form.n_extra == 0:
        if n_classes > 1:
            raise ValueError(
                "a likelihood-ratio test of classes needs something in which they differ: where "
                "all coefficients are 0 or all items equal there is one, and the ratio is not "
                "chi-squared"
            )
        null = null_log_likelihood(choices, specification.form.ties)
        return Constrained(equations.texts, null, df, converged=True)

    def run(begin: Fitted | None) -> Fit:
        return fit(
            specification,
            search,
            choices,
            design,
            n_threads=n_threads,
            begin=begin,
            membership=membership,
        )

    runs = [run(None)]
    if n_classes > 1:
        means = _means(fitted.coef, group, n_groups, of_items=parameters.of_items)
        runs.append(run(replace(fitted, coef=means, linear=True, feature_names=None)))
    best = max(runs, key=lambda run: run.log_likelihood)
    return Constrained(equations.texts, best.log_likelihood, df, converged=bool(best.converged))


def _groups(equations: Equations, n_coef: int, *, of_items: bool) -> _I64:
    """Return which coefficients are one: the number of a group, -1 for those that are 0."""
    # One more stands for 0.
    parent = list(range(n_coef + 1))

    def root(at: int) -> int:
        while parent[at] != at:
            parent[at] = parent[parent[at]]
            at = parent[at]
        return at

    for text, places, value in zip(
        equations.texts, equations.places, equations.numbers, strict=True
    ):
        _refuse_others(text, places, value, n_coef, of_items=of_items)
        left = places[0][0]
        right = n_coef if value is not None else places[1][0]
        parent[root(left)] = root(right)
    roots = np.array([root(at) for at in range(n_coef + 1)])
    of_zero = roots[n_coef]
    others = np.unique(roots[:n_coef][roots[:n_coef] != of_zero])
    group = np.searchsorted(others, roots[:n_coef])
    return np.where(roots[:n_coef] == of_zero, -1, group)


def _refuse_others(
    text: str,
    places: tuple[tuple[int, int | None], ...],
    value: float | None,
    n_coef: int,
    *,
    of_items: bool,
) -> None:
    """Refuse what is no equation of coefficients, or of one and 0, in all classes."""
    why = None
    if any(column >= n_coef for column, _ in places):
        why = "positions and ties: fit a model without, and take compare_nested"
    elif any(z is not None for _, z in places):
        why = "a class: take Wald's test"
    elif value is not None and (of_items or value != 0):
        why = "a value other than 0: take Wald's test" if value else "an item's distance to others"
    if why is not None:
        raise ValueError(
            "a likelihood-ratio test is of coefficients that are 0 or equal, and "
            f"{text!r} is about {why}"
        )


def _refuse_prior(specification: Specification) -> None:
    """Refuse virtual pairs, which are of items and not of columns that stand for several."""
    penalty = specification.penalty
    if not (penalty.is_none or penalty.fixes_level):
        raise ValueError(
            "a likelihood-ratio test of items needs a fit without prior: take Wald's test, or l2 "
            "in its place"
        )


def _one_hot(column: _I64, n_columns: int, choices: Choices) -> _F64:
    if len(column) > _MOST_ITEMS:
        raise ValueError(
            f"a likelihood-ratio test needs a matrix of {len(column):,} items by as many, and is "
            f"made of up to {_MOST_ITEMS:,}: take Wald's test"
        )
    design = np.zeros((choices.n_items, n_columns))
    rows = np.flatnonzero(column >= 0)
    design[rows, column[rows]] = 1
    return design


def _summed(
    group: _I64, n_groups: int, choices: Choices, features: ArrayLike | None
) -> NDArray[Any]:
    x = features_of(choices, features, columns=True)
    if len(set(group[group >= 0].tolist())) == np.count_nonzero(group >= 0):
        return x[:, group >= 0]  # nothing is added up, and no type is widened
    design = np.zeros((len(x), n_groups))
    for column in np.flatnonzero(group >= 0):
        design[:, group[column]] += x[:, column].astype(np.float64)
    return design


def _means(coef: _F64, group: _I64, n_groups: int, *, of_items: bool) -> _F64:
    """Return the mean coefficient of each group, of items relative to the first group."""
    n = int(group.max()) + 1
    means = np.empty((len(coef), n))
    for at in range(n):
        means[:, at] = coef[:, group == at].mean(axis=1)
    if of_items:
        means = (means - means[:, :1])[:, 1:]
    return means.reshape(len(coef), n_groups)
