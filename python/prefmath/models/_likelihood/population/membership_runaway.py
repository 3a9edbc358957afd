"""Which coefficients of the membership logit run away, and along which directions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    _F64 = NDArray[np.float64]

__all__ = ["runaway", "sides_of"]

# Where covariates tell who is in a class for sure, a climb ends where all annotators together say
# less of a direction than this part of what one says at even chances, a quarter.
_NOTHING = 1e-3
# A coefficient runs away where so much of its direction does.
_PART = 1e-3


def runaway(hessian: _F64, largest: _F64) -> _F64:
    """Return an orthonormal basis of directions of which there is no information, (n, m).

    They are in coordinates times the sizes of their covariates: one of length 1 changes no logit by
    much more. `hessian` is the information of the coefficients of all classes but the first, were
    it known who is in which class, and `largest` the largest size of each covariate. Where a
    direction makes memberships ever more certain, as all of a kind are in some classes alone, the
    likelihood rises without end along it (Albert and Anderson 1984, On the existence of maximum
    likelihood estimates in logistic regression models, Biometrika 71), and its information
    vanishes.
    """
    scale = np.tile(largest, len(hessian) // len(largest))
    values, vectors = np.linalg.eigh(hessian / scale / scale[:, None])
    found: _F64 = vectors[:, values < _NOTHING / 4]
    return found


def sides_of(params: _F64, hessian: _F64, largest: _F64, to_units: _F64) -> _F64:
    """Return -1 or 1 for coefficients that run to minus or plus infinity, else 0.

    `to_units` makes the coefficients of the caller's covariates, which are told, of those of
    standardised ones; (n_classes, n_covariates).
    """
    away = runaway(hessian, largest)
    sides = np.zeros_like(params)
    if not away.shape[1]:
        return sides
    told = params @ to_units.T
    functions = to_units / largest
    c = len(largest)
    for z in range(1, len(params)):
        along = functions @ away[(z - 1) * c : z * c]
        size = np.linalg.norm(functions, axis=1)
        open_ones = np.linalg.norm(along, axis=1) > _PART * size
        sides[z, open_ones] = np.where(told[z, open_ones] < 0, -1.0, 1.0)
    return sides
