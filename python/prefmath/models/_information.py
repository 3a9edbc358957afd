"""How sharply the marginal likelihood of a mixture peaks, and what follows for its parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from prefmath._kernels import kernels
from prefmath.models._scores import score_blocks
from prefmath.models._utility import LinearUtility

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.models._scores import Point

    _F64 = NDArray[np.float64]

__all__ = ["Information", "covariance", "observed_information"]

# A parameter whose information the others explain up to this share is not determined.
_SINGULAR = 1e-12

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


def observed_information(point: Point) -> Information:
    """Observed information of the marginal likelihood, by the missing information principle.

    With v the complete-data score of a unit in class z (its score there; e_z - π for the logits of
    the shares): E[complete information] - E[v vᵀ] + E[v] E[v]ᵀ, expectations given the data
    (Louis 1982, equation 3.1).
    """
    n_classes, n_parameters = point.params.shape
    of_class = [slice(z * n_parameters, (z + 1) * n_parameters) for z in range(n_classes)]
    logits = slice(n_classes * n_parameters, n_classes * (n_parameters + 1))
    n = logits.stop
    observed, outer, slope = np.zeros((n, n)), np.zeros((n, n)), np.zeros(n)
    for gamma, scores in score_blocks(point):
        mean = np.concatenate(
            [(gamma[:, :, None] * scores).reshape(len(gamma), -1), gamma - point.weights], axis=1
        )
        outer += mean.T @ mean
        slope += mean.sum(axis=0)
        for z, block in enumerate(of_class):
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
    observed += outer
    complete = _complete_information(point)
    for z, block in enumerate(of_class):
        observed[block, block] += complete[z]
    penalty = np.append(point.l2 * point.params.ravel(), np.zeros(n_classes))
    slope -= penalty
    # The slopes of all units, less an equal share of what remains of their sum, sum to nothing.
    outer -= np.outer(slope + penalty, slope + penalty) / point.n_units
    return Information(observed, slope, outer, point.n_units)


def _complete_information(point: Point) -> _F64:
    """Information of the coefficients if the classes were known, with the penalty, (K, p, p)."""
    weights = np.repeat(point.responsibilities, np.diff(point.units), axis=0)
    if point.weight is not None:
        weights *= point.weight[:, None]
    observation, utility = point.observation, point.utility
    table = utility.table(point.params)
    n_classes, n_parameters = point.params.shape
    if isinstance(utility, LinearUtility):
        _, complete = kernels.linear_statistics(
            utility.features,
            table,
            observation.offsets,
            observation.items,
            observation.chosen,
            observation.tied,
            weights,
            utility.n_threads,
        )
    else:
        complete = np.empty((n_classes, n_parameters, n_parameters))
        for column in range(n_parameters):
            direction = np.zeros_like(table)
            direction[column] = 1
            complete[:, :, column] = observation.curvature_product(table, weights, direction).T
    complete[:, np.arange(n_parameters), np.arange(n_parameters)] += point.l2
    return complete


def covariance(information: Information, point: Point, *, robust: bool) -> _F64:
    """Covariance of the parameters of class after class, then of the shares of the classes.

    The inverse of the observed information, or the sandwich of it about the outer products; free
    utilities are those less their mean, and shares follow from logits by the delta method.

    Raises
    ------
    ValueError
        If the data do not determine a parameter, or the model is not at a maximum.
    """
    n_classes, n_parameters = point.params.shape
    n = len(information.observed)
    bread = information.observed.copy()
    change = np.zeros((n, n))
    for z in range(n_classes):
        block = slice(z * n_parameters, (z + 1) * n_parameters)
        change[block, block] = np.eye(n_parameters)
        if not isinstance(point.utility, LinearUtility):
            # No judgement tells the constant: it is given any information, and projected out.
            change[block, block] -= 1 / n_parameters
            bread[block, block] += bread[block, block].trace() / n_parameters**2
    logits = slice(n_classes * n_parameters, n)
    change[logits, logits] = np.diag(point.weights) - np.outer(point.weights, point.weights)
    bread[logits, logits] += point.n_units / n_classes
    empty = np.arange(n)[logits][point.weights == 0]
    bread[empty, empty] += point.n_units
    inverse = _inverse(bread, point)
    gain = information.slope @ inverse @ information.slope / 2
    if not gain < _GAIN:
        raise ValueError(
            "choices must be those of fit, and the fit settled: a step could still raise the "
            f"log-likelihood by {gain:.3g}"
        )
    image = change @ inverse
    if not robust:
        return image @ change.T
    factor = information.n_units / (information.n_units - 1)
    sandwich: _F64 = image @ information.outer @ image.T * factor
    return sandwich


def _inverse(matrix: _F64, point: Point) -> _F64:
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
        z, parameter = divmod(int(np.abs(weakest).argmax()), point.params.shape[1])
        what = f"parameter {parameter} of class {z}" if z < len(point.params) else "the shares"
        raise ValueError(
            f"choices do not determine {what}: raise l2, fit fewer classes, or let the fit settle"
        )
    root = np.linalg.inv(lower) * scale
    inverse: _F64 = root.T @ root
    return inverse
