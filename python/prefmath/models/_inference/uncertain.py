"""How far a fitted model may be off: a point of the likelihood, and the errors there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from prefmath.choices.counts import count_text
from prefmath.choices.judgements import offsets_of
from prefmath.models._inference.errors import errors_of
from prefmath.models._inference.membership import membership_uncertainty
from prefmath.models._inference.point import Point
from prefmath.models._inference.uncertainty import Uncertainty
from prefmath.models._likelihood.data import Data
from prefmath.models._likelihood.observation import observe_outcomes
from prefmath.models._likelihood.posing import as_choices_of_one
from prefmath.models._likelihood.problem import Problem

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from prefmath.choices import Choices
    from prefmath.models._fit.fitted import Fitted

__all__ = ["point_of", "uncertainty_of"]


def uncertainty_of(
    fitted: Fitted, choices: Choices, features: ArrayLike | None, *, robust: bool
) -> Uncertainty:
    """Return standard errors and covariance, as `ChoiceModel.uncertainty` says."""
    if not fitted.population.smooth:
        raise ValueError(
            "standard errors are of a smooth likelihood, and that of hard=True jumps from one "
            "class to another: take models.bootstrap, or fit with hard=False"
        )
    point = point_of(fitted, choices, features)
    if robust and point.n_units < 2:
        msg = f"robust errors need at least 2 annotators, not {count_text(point.n_units)}"
        raise ValueError(msg)
    errors = errors_of(point, fitted.parameters, robust=robust)
    membership = None
    if fitted.gate is not None:
        membership = membership_uncertainty(fitted.gate, point, errors, robust=robust)
    params = fitted.params.copy()
    if not fitted.linear:
        items = params[:, : fitted.coef.shape[1]]
        items -= fitted.coef[:, errors.reference].mean(axis=1, keepdims=True)
    return Uncertainty(
        params=params,
        weights=fitted.told_shares.copy(),
        covariance=errors.covariance,
        robust=robust,
        n_units=int(point.n_units) if point.n_units.is_integer() else point.n_units,
        parameters=fitted.parameters,
        marks=errors.marks,
        weights_marks=errors.weights_marks,
        n_behind=errors.n_behind,
        reference=errors.reference,
        named=choices.has_annotators,
        weighted=choices.weight is not None,
        membership=membership,
        n_distinct=None if choices.count is None else point.problem.data.n_rows,
    )


def point_of(fitted: Fitted, choices: Choices, features: ArrayLike | None) -> Point:
    """Return the likelihood of the choices of a fit, at what it found.

    Raises
    ------
    ValueError
        If these are not the choices of the fit.
    """
    judged = as_choices_of_one(choices)
    utility, known = fitted.known(judged, features)
    several = fitted.population.n_columns > 1
    if several and choices.n_annotators != len(fitted.latent):
        raise ValueError("choices must be those of fit")
    given, of_fit = (
        np.array(()) if ids is None else ids for ids in (choices.item_ids, fitted.item_ids)
    )
    if not fitted.linear and not np.array_equal(given, of_fit):
        raise ValueError("choices must be those of fit")
    observation, outcome = observe_outcomes(known, utility.n_items, fitted.form, fitted.n_threads)
    units = _units_of(choices, judged.annotator_offsets)
    covariates = fitted.covariates(choices)
    counts = choices.annotator_counts if choices.has_annotators else choices.count
    data = Data(
        observation,
        units,
        judged.weight,
        fitted.n_threads,
        counts=counts,
        outcome=outcome,
        covariates=covariates,
    )
    problem = Problem(utility, fitted.population, fitted.penalty, data)
    params = fitted.penalty.levelled(utility, fitted.params)
    return Point(problem, problem.expect(params, fitted.mixing))


def _units_of(choices: Choices, annotator_offsets: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where the choices of one begin of each annotator; of each judgement where nobody is named."""
    if choices.has_annotators:
        return annotator_offsets
    if choices.n_ranked is None:
        return np.arange(len(choices) + 1, dtype=np.int64)
    # Of one item too: a choice of one, which says nothing.
    stages = np.minimum(choices.n_ranked, np.diff(choices.offsets) - 1)
    return offsets_of(np.maximum(stages, 1))
