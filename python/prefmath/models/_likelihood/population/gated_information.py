"""The observed information of classes by covariates, by the missing information principle.

With v the complete-data score of a unit in class z: its score there, and (e_z - π_a) ⊗ c_a for the
coefficients of the membership logit. See `classes_information` for the principle.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from prefmath.models._likelihood.complete_information import complete_information
from prefmath.models._likelihood.information import Information
from prefmath.models._likelihood.products import cross_sum
from prefmath.models._likelihood.unit_scores import unit_scores

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.models._likelihood.data import Data
    from prefmath.models._likelihood.penalty import Penalty
    from prefmath.models._likelihood.state import State
    from prefmath.models._likelihood.utility import Utility

    _F64 = NDArray[np.float64]

__all__ = ["information_of_gated"]


def information_of_gated(
    utility: Utility,
    penalty: Penalty,
    data: Data,
    state: State,
    score: _F64,
    shares: _F64,
    *,
    outer: bool,
) -> Information:
    """Return the observed information; outer products of the scores of units if wanted.

    `shares` are the class probabilities of annotators by their covariates, and `score` is that of
    the coordinates.
    """
    n_classes, n_parameters = state.coef.shape
    n_coef = state.coef.size
    n = n_coef + len(score)
    table = utility.table(state.coef) if state.tabulated is None else state.tabulated.table
    observed, products = np.zeros((n, n)), np.zeros((n, n))
    for units, scores in unit_scores(utility, data, state.coef, table):
        _add_missing(data, state, shares, units, scores, observed, products)
    observed += products
    weights = data.outcome_weights(state.latent)
    complete = complete_information(utility, data.observation, state.coef, table, weights)
    of_penalty = penalty.curvature(utility, state.coef)
    every = np.arange(n_parameters)
    for z in range(n_classes):
        block = slice(z * n_parameters, (z + 1) * n_parameters)
        complete[z][every, every] += of_penalty[z]
        observed[block, block] += complete[z]
    gradient = np.append(state.gradient, score)
    if not outer:
        return Information(observed, gradient, None)
    total = gradient.copy()
    total[:n_coef] += penalty.gradient(utility, state.coef).ravel()
    products -= total[:, None] * (total / data.n_annotators)
    return Information(observed, gradient, products)


def _add_missing(
    data: Data,
    state: State,
    shares: _F64,
    units: slice,
    scores: _F64,
    observed: _F64,
    products: _F64,
) -> None:
    """Add E[v] E[v]ᵀ of some units to `products`, -E[v vᵀ] and the logit's own to `observed`."""
    if data.covariates is None:
        raise ValueError("a membership logit needs the covariates of annotators")
    n_classes, n_parameters = state.coef.shape
    n_coef, n_threads = state.coef.size, data.n_threads
    gamma, pi, covariates = state.latent[units], shares[units], data.covariates[units]
    counts = np.ones(len(gamma)) if data.counts is None else data.counts[units]
    n_covariates = covariates.shape[1]

    def beside(of_classes: _F64) -> _F64:
        """Multiply what each unit has of classes 1 to K - 1 by its covariates."""
        outer = of_classes[:, 1:, None] * covariates[:, None, :]
        return outer.reshape(len(of_classes), -1)

    mean = np.empty((len(gamma), len(observed)))
    np.multiply(gamma[:, :, None], scores, out=mean[:, :n_coef].reshape(scores.shape))
    mean[:, n_coef:] = beside(gamma - pi)
    for z in range(n_classes):
        block = slice(z * n_parameters, (z + 1) * n_parameters)
        of_class = mean[:, block] * counts[:, None]
        observed[block, block] -= cross_sum(of_class, np.ascontiguousarray(scores[:, z]), n_threads)
        in_class = beside(np.eye(n_classes)[z] - pi)
        cross = cross_sum(of_class, in_class, n_threads)
        observed[block, n_coef:] -= cross
        observed[n_coef:, block] -= cross.T
    products += cross_sum(mean * counts[:, None], mean, n_threads)
    # Of the logit, E[v]E[v]ᵀ being added: Σ (diag π - π πᵀ - diag r + r rᵀ) ⊗ c cᵀ, r being the
    # responsibilities.
    for z in range(1, n_classes):
        for s in range(1, n_classes):
            weight = counts * (gamma[:, z] * gamma[:, s] - pi[:, z] * pi[:, s])
            if z == s:
                weight = weight + counts * (pi[:, z] - gamma[:, z])
            apart = (gamma - pi)[:, z] * (gamma - pi)[:, s]
            weight = weight - counts * apart
            row = slice(n_coef + (z - 1) * n_covariates, n_coef + z * n_covariates)
            column = slice(n_coef + (s - 1) * n_covariates, n_coef + s * n_covariates)
            observed[row, column] += cross_sum(covariates * weight[:, None], covariates, n_threads)
