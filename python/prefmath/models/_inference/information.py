"""How sharply the marginal likelihood of a mixture peaks, and what follows for its parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from prefmath._kernel_view import kernel_view
from prefmath._kernels import kernels
from prefmath.models._inference.pair_information import of_plain_pairs, pair_outer
from prefmath.models._inference.scores import score_blocks
from prefmath.models._likelihood.table_curvature import table_curvature
from prefmath.models._likelihood.ties import tie_model
from prefmath.models._likelihood.utility.linear import LinearUtility

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.models._inference.scores import Point
    from prefmath.models._likelihood.parameters import Parameters
    from prefmath.models._likelihood.utility import Utility

    _F64 = NDArray[np.float64]

__all__ = [
    "Information",
    "complete_information",
    "inverse_information",
    "observed_information",
    "reported",
]

# A parameter whose information the others explain up to this share is not determined.
_SINGULAR = 1e-12

# Of central differences, whose error is its square, and rounding over it.
_STEP = 1e-5

# More than this to be gained in log-likelihood, by one Newton step, is no maximum.
_GAIN = 0.1


@dataclass(frozen=True, eq=False)
class Information:
    """At a fitted model; parameters are those of class after class, then the classes' logits.

    `observed` is the negative Hessian of the penalised log-likelihood, `slope` its gradient, and
    `outer` the sum over units of the outer products of their slopes, the penalty shared equally.
    """

    observed: _F64
    slope: _F64
    outer: _F64
    n_units: int


def observed_information(point: Point, *, outer: bool = True) -> Information:
    """Observed information of the marginal likelihood, by the missing information principle.

    With v the complete-data score of a unit in class z (its score there; e_z - π for the logits of
    the shares): E[complete information] - E[v vᵀ] + E[v] E[v]ᵀ, expectations given the data
    (Louis 1982, equation 3.1). Without `outer` the outer products may be left out.
    """
    n_classes, n_parameters = point.params.shape
    logits = slice(n_classes * n_parameters, n_classes * (n_parameters + 1))
    observed, products = np.zeros((logits.stop,) * 2), np.zeros((logits.stop,) * 2)
    weights = kernels.outcome_weights(
        point.responsibilities,
        point.outcome,
        point.weight,
        point.units,
        point.observation.n_outcomes,
        point.observation.n_threads,
    )
    by_row, _ = point.observation.gradient(point.utility.table(point.params), weights)
    slope = np.append(
        _on_parameters(point.utility, by_row).T,
        point.responsibilities.sum(axis=0) - point.n_units * point.weights,
    )
    if n_classes > 1:
        _add_missing(point, observed, products)
        observed += products
    elif outer and point.units[-1] == point.n_units and of_plain_pairs(point):
        n = point.utility.n_coef
        products[:n, :n] = pair_outer(point)
    elif outer:
        for _, scores in score_blocks(point):
            products[: logits.start, : logits.start] += scores[:, 0].T @ scores[:, 0]
    complete = complete_information(point, weights)
    for z in range(n_classes):
        block = slice(z * n_parameters, (z + 1) * n_parameters)
        observed[block, block] += complete[z]
    # The slopes of all units, less an equal share of their sum, sum to nothing.
    products -= np.outer(slope, slope) / point.n_units
    slope[: logits.start] -= point.penalty.gradient(point.utility, point.params).ravel()
    return Information(observed, slope, products, point.n_units)


def _add_missing(point: Point, observed: _F64, products: _F64) -> None:
    """Add E[v] E[v]ᵀ to `products`, -E[v vᵀ] and the information of the logits to `observed`."""
    n_classes, n_parameters = point.params.shape
    logits = slice(n_classes * n_parameters, n_classes * (n_parameters + 1))
    for gamma, scores in score_blocks(point):
        mean = np.concatenate(
            [(gamma[:, :, None] * scores).reshape(len(gamma), -1), gamma - point.weights], axis=1
        )
        products += mean.T @ mean
        for z in range(n_classes):
            block = slice(z * n_parameters, (z + 1) * n_parameters)
            weighted = gamma[:, z, None] * scores[:, z]
            observed[block, block] -= weighted.T @ scores[:, z]
            cross = -weighted.sum(axis=0)[:, None] * (np.eye(n_classes)[z] - point.weights)
            observed[block, logits] += cross
            observed[logits, block] += cross.T
        total = gamma.sum(axis=0)
        # Complete information of the logits less the second moment of their scores.
        observed[logits, logits] += len(gamma) * np.diag(point.weights) - np.diag(total)
        shift = np.outer(total - len(gamma) * point.weights, point.weights)
        observed[logits, logits] += shift + shift.T


def complete_information(point: Point, weights: _F64) -> _F64:
    """Information of the parameters if the classes were known, with the penalty, (K, p, p)."""
    observation, utility = point.observation, point.utility
    table = utility.table(point.params)
    n_classes, n_parameters = point.params.shape
    if isinstance(utility, LinearUtility) and observation.simple:
        _, complete = kernels.linear_statistics(
            kernel_view(utility.features),
            table,
            observation.offsets,
            observation.items,
            observation.chosen,
            observation.tied,
            weights,
            observation.n_threads,
        )
    elif isinstance(utility, LinearUtility):
        complete = np.empty((n_classes, n_parameters, n_parameters))
        for column in range(n_parameters):
            direction = np.zeros_like(point.params)
            direction[:, column] = 1
            image = observation.curvature_product(table, weights, utility.table(direction))
            complete[:, :, column] = _on_parameters(utility, image).T
    else:
        complete = table_curvature(observation, table, weights)
    ties = tie_model(observation.ties)
    if ties is not None and not ties.curvature_is_information:
        complete[:, :, -1] = complete[:, -1, :] = _bend_of_ties(point, weights)
    every = np.arange(n_parameters)
    complete[:, every, every] += point.penalty.curvature(utility, point.params)
    return complete


def _bend_of_ties(point: Point, weights: _F64) -> _F64:
    """Return the negative second derivatives in the last parameter of each class, (K, p).

    By central differences of slopes: kernels keep the curvature of Rao and Kupper's threshold
    positive, which the information need not be.
    """
    slopes = []
    for step in (-_STEP, _STEP):
        moved = point.params.copy()
        moved[:, -1] += step
        by_row, _ = point.observation.gradient(point.utility.table(moved), weights)
        slopes.append(_on_parameters(point.utility, by_row).T)
    bend: _F64 = (slopes[0] - slopes[1]) / (2 * _STEP)
    return bend


def _on_parameters(utility: Utility, by_row: _F64) -> _F64:
    """Return sums by parameter of what is summed by row of the table."""
    if not isinstance(utility, LinearUtility):
        return by_row
    n_items = len(utility.features)
    of_items = np.ascontiguousarray(by_row[:n_items])
    features = kernel_view(utility.features)
    of_coef = kernels.linear_pull_back(features, of_items, utility.n_threads)
    return np.concatenate([of_coef.T, by_row[n_items:]])


def inverse_information(information: Information, point: Point, parameters: Parameters) -> _F64:
    """Inverse of the observed information, anything being known of what no judgement tells.

    Those are the constant of free utilities and of the logits of the classes: they cancel in all
    that is reported.

    Raises
    ------
    ValueError
        If the data do not determine a parameter, or the model is not at a maximum.
    """
    n_classes, n_parameters = point.params.shape
    n = len(information.observed)
    bread = information.observed.copy()
    # A penalty that is not alike for all items leaves no constant that cancels.
    penalty = point.penalty
    if point.utility.linear is None and (penalty.is_none or penalty.fixes_level):
        for z in range(n_classes):
            items = slice(z * n_parameters, z * n_parameters + point.utility.n_coef)
            bread[items, items] += bread[items, items].trace() / point.utility.n_coef**2
    logits = slice(n_classes * n_parameters, n)
    bread[logits, logits] += point.n_units / n_classes
    empty = np.arange(n)[logits][point.weights == 0]
    bread[empty, empty] += point.n_units
    inverse = _inverse(bread, point, parameters)
    gain = information.slope @ inverse @ information.slope / 2
    if not gain < _GAIN:
        raise ValueError(
            "choices must be those of fit, and the fit settled: a step could still raise the "
            f"log-likelihood by {gain:.3g}"
        )
    return inverse


def reported(point: Point, reference: NDArray[np.bool_]) -> _F64:
    """Return what is reported as linear functions of the parameters and logits.

    Of class after class, then of the shares. Free utilities are those less the mean of the
    reference items; shares follow from logits by the delta method.
    """
    n_classes, n_parameters = point.params.shape
    of_class = np.eye(n_parameters)
    if point.utility.linear is None:
        n = point.utility.n_coef
        of_class[:n, :n] -= reference / reference.sum()
    change = np.zeros((n_classes * (n_parameters + 1),) * 2)
    for z in range(n_classes):
        block = slice(z * n_parameters, (z + 1) * n_parameters)
        change[block, block] = of_class
    delta = np.diag(point.weights) - np.outer(point.weights, point.weights)
    change[n_classes * n_parameters :, n_classes * n_parameters :] = delta
    return change


def _inverse(matrix: _F64, point: Point, parameters: Parameters) -> _F64:
    """Inverse of a positive definite matrix."""
    diagonal = matrix.diagonal()
    scale = 1 / np.sqrt(np.where(diagonal > 0, diagonal, 1))
    scaled = matrix * scale * scale[:, None]
    try:
        lower = np.linalg.cholesky(scaled)
    except np.linalg.LinAlgError:
        lower = np.zeros_like(matrix)
    if not lower.diagonal().min() ** 2 > _SINGULAR:
        weakest = np.linalg.eigh(scaled)[1][:, 0]
        what = _called(point, parameters, int(np.abs(weakest).argmax()))
        fewer = "fit fewer classes, " if len(point.params) > 1 else ""
        raise ValueError(f"choices do not determine {what}: raise l2, {fewer}or let the fit settle")
    root = np.linalg.inv(lower) * scale
    inverse: _F64 = root.T @ root
    return inverse


def _called(point: Point, parameters: Parameters, row: int) -> str:
    """Say what a row of the information is about; a single class has no number."""
    z, column = divmod(row, point.params.shape[1])
    if z == len(point.params):
        return "the shares"
    where = f" in class {z}" if len(point.params) > 1 else ""
    return parameters.called(column) + where
