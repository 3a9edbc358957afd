"""Covariance of what is reported, and which errors are not to be relied on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._memory import machine_memory
from prefmath.models._inference.closeness import close_classes
from prefmath.models._inference.information import inverse_information, reported
from prefmath.models._inference.marks import (
    CLOSE,
    FEW_UNITS,
    FEWEST_UNITS,
    NEARLY_SINGULAR,
    NOT_DETERMINED,
)
from prefmath.models._inference.units_behind import units_behind

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.models._inference.point import Point
    from prefmath.models._inference.units_behind import Behind
    from prefmath.models._likelihood.data import Data
    from prefmath.models._likelihood.parameters import Parameters

    _F64 = NDArray[np.float64]
    _Bool = NDArray[np.bool_]

__all__ = ["Errors", "errors_of", "items_of_reference"]

# A standard error of utility above this, odds of 50 either way, says that next to nothing is known.
_WIDEST = 2.0
# Where the model-based error is so many times the robust one, the slopes vanish before the
# curvature does: the information is nearly singular, or little else than the penalty.
_OUT_OF_PROPORTION = 3.0
# Of the size of the covariance, held at a time.
_ARRAYS = 6
# Less information than of so many judgements of average weight between two equal items.
_NOTHING = 0.01


@dataclass(frozen=True, eq=False)
class Errors:
    """Covariance, and of parameters (n_classes, p) and shares why an error is not to be relied on.

    Free utilities are less the mean of the items of `reference`. `beside` is the covariance of what
    the population tells beside shares, and `beside_of_model` that if the model is right.
    """

    covariance: _F64
    marks: NDArray[Any]
    weights_marks: NDArray[Any]
    n_behind: _F64
    reference: _Bool
    beside: _F64
    beside_of_model: _F64


def errors_of(point: Point, parameters: Parameters, *, robust: bool) -> Errors:
    """Return the inverse of the observed information, or the sandwich of it, marked.

    The sandwich has the summed outer products of the slopes of units between two inverses. Where
    fewer than `FEWEST_UNITS` units stand behind a parameter, or the information is nearly singular,
    these slopes sum to next to nothing whatever the truth is, and its variance is raised to that of
    the model, if that is larger.
    """
    n_classes, n_parameters = point.params.shape
    _refuse_too_many(n_classes * (n_parameters + 1))
    try:
        return _errors_of(point, parameters, robust=robust)
    except MemoryError:
        raise _too_large(n_classes * (n_parameters + 1)) from None


def _errors_of(point: Point, parameters: Parameters, *, robust: bool) -> Errors:
    n_classes, n_parameters = point.params.shape
    problem = point.problem
    information = problem.information(point.state, outer=robust)
    inverse = inverse_information(information, point, parameters)
    behind = units_behind(point)
    # Of judgements that weigh 1 each, whatever their weights.
    once, weight = 1.0, problem.data.weight
    if robust and weight is not None and weight.any():
        counted = _counted(problem.data) * weight
        once = float(counted @ weight / counted.sum())
    reference = _reference(point, inverse, once, behind)
    image = reported(point, reference, inverse)
    del inverse
    covariance = reported(point, reference, image.T)
    of_model = once * covariance.diagonal()
    # What the population tells beside shares comes last.
    n_told = n_classes * (n_parameters + 1)
    beside_of_model = once * covariance[n_told:, n_told:]
    units, scale = behind.units, behind.scale
    known = _is_known(point, behind)
    close = close_classes(point.params, covariance, known)
    if robust:
        covariance = information.of_functions(image, problem.n_threads)
        covariance *= point.n_units / (point.n_units - 1)
    beside, covariance = covariance[n_told:, n_told:], covariance[:n_told, :n_told].copy()
    of_params, of_model = slice(n_classes * n_parameters), of_model[:n_told]
    variance = covariance.diagonal().copy()
    singular = (of_model / _OUT_OF_PROPORTION**2 > variance) & robust
    singular &= of_model > 0
    few = (units < FEWEST_UNITS) & robust
    wide = np.sqrt(np.maximum(of_model[of_params], 0)).reshape(units.shape) * scale > _WIDEST
    marks = np.select(
        [~known, wide, few, singular[of_params].reshape(units.shape), known & close[:, None]],
        [NOT_DETERMINED, NEARLY_SINGULAR, FEW_UNITS, NEARLY_SINGULAR, CLOSE],
        "",
    )
    weights_marks = np.full(n_classes, "", marks.dtype)
    if n_classes > 1:
        few_in_all = np.full(n_classes, robust and point.n_units < FEWEST_UNITS)
        weights_marks = np.select(
            [
                problem.population.shares(point.state.mixing, problem.data) == 0,
                singular[of_params.stop :],
                few_in_all,
                close,
            ],
            [NOT_DETERMINED, NEARLY_SINGULAR, FEW_UNITS, CLOSE],
            "",
        )
    marked = np.append(marks.ravel(), weights_marks) != ""
    raised = np.where(marked, np.maximum(of_model, variance), variance)
    covariance[np.arange(len(raised)), np.arange(len(raised))] = raised
    return Errors(covariance, marks, weights_marks, units, reference, beside, beside_of_model)


def _refuse_too_many(n: int) -> None:
    """Refuse what cannot fit, rather than have the machine run out of memory on the way."""
    memory = machine_memory()
    if memory is not None and memory < _ARRAYS * 8 * n**2:
        raise _too_large(n)


def _too_large(n: int) -> MemoryError:
    return MemoryError(
        f"uncertainty needs {_ARRAYS} arrays of {8 * n**2 / 2**30:,.1f} GiB each for the "
        f"covariance of {n:,} parameters, and there is not as much memory: take models.bootstrap, "
        "which needs no covariance, or fit fewer items, features or classes"
    )


def _counted(data: Data) -> _F64:
    """How often each judgement counts, whatever it weighs."""
    return np.repeat(data.of_each, np.diff(data.annotator_offsets))


def _is_known(point: Point, behind: Behind) -> _Bool:
    """Whether judgements say anything of a parameter, (n_classes, n_parameters)."""
    data, average = point.problem.data, 1.0
    if data.weight is not None:
        counts = _counted(data)
        average = float(counts @ data.weight / counts.sum())
    known: _Bool = behind.information > _NOTHING / 4 * average * np.square(behind.scale)
    return known


def _reference(point: Point, inverse: _F64, once: float, behind: Behind) -> _Bool:
    """Say which items the utilities are less the mean of: those of which enough is known.

    One item that nobody judged, or that runs away in one class, would else have its error in that
    of every other. The same items serve all classes, so that these can be compared.
    """
    if point.utility.linear is not None:
        return np.zeros(0, np.bool_)
    n_classes, n_parameters = point.params.shape
    n = point.utility.n_coef
    known = _is_known(point, behind)[:, :n]
    blocks = inverse[: n_classes * n_parameters, : n_classes * n_parameters]
    blocks = blocks.reshape(n_classes, n_parameters, n_classes, n_parameters)
    return items_of_reference([once * blocks[z, :n, z, :n] for z in range(n_classes)], known)


def items_of_reference(covariances: list[_F64], known: _Bool) -> _Bool:
    """Return the items whose distance from the mean of all of them is known, in every class.

    From each class the widest errors are left out until none is above `_WIDEST`. A class where
    fewer than half of the items are left, or two, is not asked.
    """
    judged = np.array(known.any(axis=0))
    if judged.sum() < 2:
        return np.ones(len(judged), np.bool_)
    reference = judged.copy()
    for covariance, known_here in zip(covariances, known, strict=True):
        kept = judged & known_here
        while 2 * kept.sum() >= judged.sum() and kept.sum() >= 2:
            to_mean = covariance[:, kept].mean(axis=1)
            variance = covariance.diagonal() - 2 * to_mean + to_mean[kept].mean()
            error = np.sqrt(np.maximum(variance, 0))
            worst = error[kept].max()
            if not worst > _WIDEST:
                reference &= kept
                break
            kept &= error <= max(_WIDEST, worst / 2)
    return reference if np.count_nonzero(reference) >= 2 else judged
