"""The information of the parameters, were it known which column each annotator has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from prefmath.models._likelihood.ties import tie_model

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.models._likelihood.observation import Observation
    from prefmath.models._likelihood.utility import Utility

    _F64 = NDArray[np.float64]

__all__ = ["complete_information"]

# Of central differences, whose error is its square, and rounding over it.
_STEP = 1e-5
# Outcomes of less than this share of the average weight of a column add no digit to its sums.
_NEGLIGIBLE = 1e-12


def complete_information(
    utility: Utility, observation: Observation, params: _F64, table: _F64, weights: _F64
) -> _F64:
    """Return the negative Hessian of the weighted log-likelihood in the parameters, (K, p, p).

    `weights` are those of the outcomes in each column, and `table` is the utility table.
    """
    kept = np.where(weights > _NEGLIGIBLE * weights.mean(axis=0), weights, 0.0)
    complete = utility.information(observation, table, kept)
    ties = tie_model(observation.ties)
    if ties is not None and not ties.curvature_is_information:
        of_ties = _information_of_ties(utility, observation, params, weights)
        complete[:, :, -1] = complete[:, -1, :] = of_ties
    return complete


def _information_of_ties(
    utility: Utility, observation: Observation, params: _F64, weights: _F64
) -> _F64:
    """Return the negative second derivatives in the last parameter of each column, (K, p).

    By central differences of gradients: kernels keep the curvature of Rao and Kupper's threshold
    positive, which the information need not be.
    """
    gradients = []
    for step in (-_STEP, _STEP):
        moved = params.copy()
        moved[:, -1] += step
        on_table, _ = observation.gradient(utility.table(moved), weights)
        gradients.append(utility.pull_back(on_table))
    information: _F64 = (gradients[0] - gradients[1]) / (2 * _STEP)
    return information
