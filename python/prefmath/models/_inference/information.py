"""The inverse of the observed information, and what it says of what is reported."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from prefmath.models._inference.triangular import inverse_of_lower

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.models._inference.point import Point
    from prefmath.models._likelihood.information import Information
    from prefmath.models._likelihood.parameters import Parameters

    _F64 = NDArray[np.float64]

__all__ = ["inverse_information", "reported"]

# A parameter whose information the others explain up to this share is not determined.
_SINGULAR = 1e-12

# More than this to be gained in log-likelihood, by one Newton step, is no maximum.
_GAIN = 0.1


def inverse_information(information: Information, point: Point, parameters: Parameters) -> _F64:
    """Inverse of the observed information, anything being known of what no judgement tells.

    Those are the constant of free utilities and what the population leaves open: they cancel in all
    that is reported. The observed information is changed.

    Raises
    ------
    ValueError
        If the data do not determine a parameter, or the model is not at a maximum.
    """
    n_columns, n_parameters = point.params.shape
    bread, population = information.observed, point.problem.population
    # A penalty that is not alike for all items leaves no constant that cancels.
    penalty = point.problem.penalty
    if point.utility.linear is None and (penalty.is_none or penalty.fixes_level):
        for z in range(n_columns):
            items = slice(z * n_parameters, z * n_parameters + point.utility.n_coef)
            bread[items, items] += bread[items, items].trace() / point.utility.n_coef**2
    of_population = slice(point.params.size, None)
    mixing = point.state.mixing
    bread[of_population, of_population] += population.undetermined(mixing, point.state.masses)
    inverse = _inverse(bread, point, parameters)
    gain = information.gradient @ inverse @ information.gradient / 2
    if not gain < _GAIN:
        raise ValueError(
            "choices must be those of fit, and the fit settled: a step could still raise the "
            f"log-likelihood by {gain:.3g}"
        )
    return inverse


def reported(point: Point, reference: NDArray[np.bool_], rows: _F64) -> _F64:
    """Return what is reported as linear functions of parameters and coordinates, whose `rows` go.

    Of column after column, then of the population. Free utilities are those less the mean of the
    reference items; shares follow from coordinates by the delta method.
    """
    n_columns, n_parameters = point.params.shape
    n = n_columns * n_parameters
    problem = point.problem
    jacobian = problem.population.jacobian(point.state.mixing, problem.data)
    found = np.concatenate([rows[:n], jacobian @ rows[n:]])
    if point.utility.linear is None:
        for z in range(n_columns):
            items = found[z * n_parameters : z * n_parameters + point.utility.n_coef]
            items -= items[reference].sum(axis=0) / reference.sum()
    return found


def _inverse(matrix: _F64, point: Point, parameters: Parameters) -> _F64:
    """Inverse of a positive definite matrix, which is changed."""
    diagonal = matrix.diagonal().copy()
    scale = 1 / np.sqrt(np.where(diagonal > 0, diagonal, 1))
    matrix *= scale
    matrix *= scale[:, None]
    try:
        lower: _F64 = np.linalg.cholesky(matrix).astype(np.float64, copy=False)
    except np.linalg.LinAlgError:
        lower = np.zeros_like(matrix)
    if not lower.diagonal().min() ** 2 > _SINGULAR:
        weakest = np.linalg.eigh(matrix)[1][:, 0]
        what = _called(point, parameters, int(np.abs(weakest).argmax()))
        fewer = "fit fewer classes, " if len(point.params) > 1 else ""
        raise ValueError(f"choices do not determine {what}: raise l2, {fewer}or let the fit settle")
    root = inverse_of_lower(lower)
    with np.errstate(over="ignore", invalid="ignore"):
        root *= scale
        inverse: _F64 = root.T @ root
    if not np.isfinite(inverse).all():
        what = _called(point, parameters, int(diagonal.argmin()))
        raise ValueError(f"choices do not determine {what}: raise l2")
    return inverse


def _called(point: Point, parameters: Parameters, row: int) -> str:
    """Say what a row of the information is about; a single class has no number."""
    z, column = divmod(row, point.params.shape[1])
    if z >= len(point.params):
        return "the shares"
    where = f" in class {z}" if len(point.params) > 1 else ""
    return parameters.called(column) + where
