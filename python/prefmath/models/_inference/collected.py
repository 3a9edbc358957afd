"""From the refits of a bootstrap to one zero for all of them, and to what is to be marked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from prefmath.models._determined.run_away import ABSENT, FINITE
from prefmath.models._inference.closeness import close_classes
from prefmath.models._inference.marks import (
    CLOSE,
    COINCIDING,
    FEW_UNITS,
    FEWEST_UNITS,
    NOT_DETERMINED,
    NOT_FINITE,
)
from prefmath.models._inference.membership_resamples import MembershipResamples
from prefmath.models._inference.resamples import Bootstrap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from prefmath.models._fit.gate import Gate
    from prefmath.models._inference.units_behind import Behind
    from prefmath.models._likelihood.parameters import Parameters

    _F64 = NDArray[np.float64]
    _Bool = NDArray[np.bool_]
    _I8 = NDArray[np.int8]

__all__ = ["Refit", "bootstrap_of"]

# The share of resamples that may lack a finite estimate, before that is held against it.
_LACKING = 0.05
# The covariance of a difference of classes is known from so many resamples for each parameter.
_RESAMPLES_A_PARAMETER = 4
# Utilities that vary by more, odds of 50 either way, are kept out of the mean.
_WIDEST = 2.0
# The share of what could be told of the classes of annotators, below which nothing is.
_TOLD = 0.01
# Less information than of so many judgements between two equal items.
_NOTHING = 0.01


class Refit(NamedTuple):
    """What a resample says; `sides` of the parameters are those of `_run_away`."""

    params: _F64
    weights: _F64
    converged: bool
    sides: _I8
    membership: _F64 | None = None


def bootstrap_of(
    found: Sequence[Refit],
    estimate: _F64,
    estimate_weights: _F64,
    parameters: Parameters,
    behind: Behind,
    responsibilities: _F64,
    counts: _F64,
    *,
    named: bool,
    gate: Gate | None = None,
) -> Bootstrap:
    """Collect refits: utilities relative to the same items in all, what is not finite as such."""
    params = np.stack([one.params for one in found])
    sides = np.stack([one.sides for one in found])
    known = behind.information * 4 > _NOTHING * np.square(behind.scale)
    known &= (estimate_weights > 0)[:, None]
    reference = np.zeros(0, np.bool_)
    if parameters.of_items:
        items = parameters.coef
        reference = _reference(params[:, :, items], sides[:, :, items], known[:, items])
        estimate[:, items] -= estimate[:, items][:, reference].mean(axis=1, keepdims=True)
        _align(params[:, :, items], sides[:, :, items], estimate[:, items], reference)
    determined = sides == FINITE
    params[~determined] = 0
    params[sides == 1], params[sides == -1] = np.inf, -np.inf
    lacking = 1 - determined.mean(axis=0)
    alike = _coinciding(responsibilities, counts, estimate_weights)
    close = _close(params, determined, estimate)
    marks: NDArray[Any] = np.select(
        [
            ~known,
            np.broadcast_to(alike[:, None], known.shape),
            lacking > _LACKING,
            behind.units < FEWEST_UNITS,
            np.broadcast_to(close[:, None], known.shape),
        ],
        [NOT_DETERMINED, COINCIDING, NOT_FINITE, FEW_UNITS, CLOSE],
        "",
    )
    return Bootstrap(
        params=params,
        determined=determined,
        weights=np.stack([one.weights for one in found]),
        converged=np.array([one.converged for one in found]),
        estimate_params=estimate,
        estimate_weights=estimate_weights,
        parameters=parameters,
        marks=marks,
        weights_marks=np.select([alike, close], [COINCIDING, CLOSE], ""),
        reference=reference,
        named=named,
        membership=None if gate is None else _membership(found, gate),
    )


def _membership(found: Sequence[Refit], gate: Gate) -> MembershipResamples:
    # Of one class there is nothing to tell.
    nothing = np.zeros_like(gate.coef)
    coef = [nothing if one.membership is None else one.membership for one in found]
    return MembershipResamples(gate.design.called, gate.coef, np.stack(coef))


def _close(params: _F64, determined: _Bool, estimate: _F64) -> _Bool:
    """Say which classes are not clear of another one, by how resamples vary."""
    n, (n_classes, p) = len(params), estimate.shape
    if n_classes == 1:
        return np.zeros(1, np.bool_)
    known = determined.mean(axis=0) > 1 - _LACKING
    values = np.where(determined, params, estimate).reshape(n, -1)
    off = values - values.mean(axis=0)
    if n >= _RESAMPLES_A_PARAMETER * p:
        covariance = off.T @ off / (n - 1)
    else:
        # Too few to say how parameters go together.
        covariance = np.diag(np.square(off).sum(axis=0) / max(n - 1, 1))
    return close_classes(estimate, covariance, known)


def _coinciding(responsibilities: _F64, counts: _F64, weights: _F64) -> _Bool:
    """Say of which classes nobody's judgements tell whether they are in them.

    Refits then stay where the model's fit began, and shares all but stand still.
    """
    inner = (weights > 0) & (weights < 1)
    most = counts.sum() * np.where(inner, weights * (1 - weights), 1)
    told = counts @ np.square(responsibilities - weights) / most
    alike: _Bool = inner & (told < _TOLD)
    return alike


def _reference(utilities: _F64, sides: _I8, known: _Bool) -> _Bool:
    """Say which items utilities are less the mean of: those that nearly all resamples tell of.

    Others would have their swings in the utilities of all. In a class where they are fewer than
    two, or than half of the items, none is left out.
    """
    judged = np.array(known.any(axis=0))
    reference = judged.copy()
    for z in range(utilities.shape[1]):
        finite = sides[:, z] == FINITE
        kept = judged & known[z] & (1 - finite.mean(axis=0) <= _LACKING)
        if kept.sum() < 2:
            continue
        # Relative to the median, which few swings move.
        middle = np.median(utilities[:, z, kept], axis=1, keepdims=True)
        off = np.where(finite, utilities[:, z] - middle, 0)
        kept &= off.std(axis=0) <= _WIDEST
        if kept.sum() >= max(2, judged.sum() / 2):
            reference &= kept
    for some in (reference, judged):
        if np.count_nonzero(some) >= 2:
            return some
    return np.ones_like(judged)


def _align(utilities: _F64, sides: _I8, estimate: _F64, reference: _Bool) -> None:
    """Take utilities less the mean of the reference items, in place.

    Where some of these are not finite, the others stand for all, at the mean that they have in the
    model; where these are no more than half, no difference to the mean is known.
    """
    finite = (sides == FINITE) & reference
    n = finite.sum(axis=-1, keepdims=True)
    size = np.maximum(n, 1)
    mean = np.where(finite, utilities, 0).sum(axis=-1, keepdims=True) / size
    utilities -= mean - np.where(finite, estimate, 0).sum(axis=-1, keepdims=True) / size
    few = 2 * n <= reference.sum()
    sides[(sides == FINITE) & few] = ABSENT
