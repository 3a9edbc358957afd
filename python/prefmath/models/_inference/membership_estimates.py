"""Coefficients of membership as contrasts and tests take them, class 0 included."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath.models._inference.marks import NOT_DETERMINED
from prefmath.models._likelihood.parameters import Parameters

if TYPE_CHECKING:
    from numpy.typing import NDArray

    _F64 = NDArray[np.float64]

__all__ = ["MembershipEstimates", "membership_estimates"]


@dataclass(frozen=True, eq=False)
class MembershipEstimates:
    """Coefficients and their covariance, class after class; those of class 0 are 0 and known."""

    params: _F64
    covariance: _F64
    parameters: Parameters
    marks: NDArray[Any]
    robust: bool
    named: bool = True

    def kind_text(self) -> str:
        """Say of which kind the errors are."""
        kind = "robust standard errors" if self.robust else "standard errors"
        return f"{kind} of membership, relative to class 0"


def membership_estimates(
    names: tuple[str, ...],
    coef: _F64,
    coef_se: _F64,
    covariance: _F64,
    marks: NDArray[Any],
    *,
    robust: bool,
) -> MembershipEstimates:
    """Return coefficients and the covariance of those that are finite; others are not determined.

    `covariance` is of the classes from 1 on.
    """
    known = np.isfinite(coef) & np.isfinite(coef_se)
    n, n_names = coef.size, coef.shape[1]
    whole = np.zeros((n, n))
    there = known.ravel()[n_names:]
    rows = n_names + np.flatnonzero(there)
    whole[np.ix_(rows, rows)] = covariance[np.ix_(there, there)]
    return MembershipEstimates(
        params=np.where(known, coef, 0),
        covariance=whole,
        parameters=Parameters(np.asarray(names), False, 0, "half", False),  # noqa: FBT003
        marks=np.where(known, marks, NOT_DETERMINED),
        robust=robust,
    )
