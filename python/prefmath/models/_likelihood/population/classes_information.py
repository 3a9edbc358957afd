"""The observed information of latent classes, by the missing information principle.

With v the complete-data score of a unit in class z (its score there; e_z - π for the logarithms of
the mixing proportions): E[complete information] - E[v vᵀ] + E[v] E[v]ᵀ, expectations given the data
(Louis 1982, Finding the observed information matrix when using the EM algorithm, Journal of the
Royal Statistical Society B 44, equation 3.1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from prefmath._kernels import kernels
from prefmath.choices.judgements import sides
from prefmath.models._likelihood.complete_information import complete_information
from prefmath.models._likelihood.information import Information
from prefmath.models._likelihood.laplacian import laplacian
from prefmath.models._likelihood.products import cross_sum
from prefmath.models._likelihood.unit_scores import unit_scores

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.models._likelihood.data import Data
    from prefmath.models._likelihood.penalty import Penalty
    from prefmath.models._likelihood.state import State
    from prefmath.models._likelihood.utility import Utility

    _F64 = NDArray[np.float64]

__all__ = ["information_of_classes"]


def information_of_classes(
    utility: Utility, penalty: Penalty, data: Data, state: State, score: _F64, *, outer: bool
) -> Information:
    """Return the observed information; outer products of the scores of units if wanted."""
    n_classes, n_parameters = state.coef.shape
    n = n_classes * (n_parameters + 1)
    gradient = np.append(state.gradient, score)
    table = utility.table(state.coef) if state.tabulated is None else state.tabulated.table
    observed, products, scores = np.zeros((n, n)), None, None
    if n_classes > 1:
        products = np.zeros((n, n))
        _add_missing(utility, data, state, table, observed, products)
        observed += products
    elif outer and data.n_rows < n:
        scores = np.zeros((data.n_rows, n))
        for units, of_units in unit_scores(utility, data, state.coef, table):
            scores[units, :n_parameters] = of_units[:, 0]
        scores -= data.sum(scores) / data.n_annotators
        if data.counts is not None:
            scores *= np.sqrt(data.counts)[:, None]
    elif outer:
        products = np.zeros((n, n))
        products[:n_parameters, :n_parameters] = _outer_of_one_class(utility, data, state, table)
    weights = data.outcome_weights(state.latent)
    complete = complete_information(utility, data.observation, state.coef, table, weights)
    of_penalty = penalty.curvature(utility, state.coef)
    every = np.arange(n_parameters)
    for z in range(n_classes):
        block = slice(z * n_parameters, (z + 1) * n_parameters)
        complete[z][every, every] += of_penalty[z]
        observed[block, block] += complete[z]
    if products is None or not outer:
        return Information(observed, gradient, None, scores)
    total = gradient.copy()
    total[: state.coef.size] += penalty.gradient(utility, state.coef).ravel()
    # The scores of all units, less an equal share of their sum, sum to nothing.
    products -= total[:, None] * (total / data.n_annotators)
    return Information(observed, gradient, products)


def _add_missing(
    utility: Utility, data: Data, state: State, table: _F64, observed: _F64, products: _F64
) -> None:
    """Add E[v] E[v]ᵀ to `products`, -E[v vᵀ] and the information of the logarithms to `observed`.

    All is summed over units.
    """
    (n_classes, n_parameters), n_threads = state.coef.shape, data.n_threads
    n, proportions = n_classes * n_parameters, state.mixing
    logs = slice(n, n + n_classes)
    for units, scores in unit_scores(utility, data, state.coef, table):
        gamma, counts = state.latent[units], data.of_each[units]
        n_people = counts.sum()
        mean = np.empty((len(gamma), logs.stop))
        np.subtract(gamma, proportions, out=mean[:, logs])
        np.multiply(gamma[:, :, None], scores, out=mean[:, :n].reshape(scores.shape))
        for z in range(n_classes):
            block = slice(z * n_parameters, (z + 1) * n_parameters)
            of_class = mean[:, block] * counts[:, None]
            second = cross_sum(of_class, np.ascontiguousarray(scores[:, z]), n_threads)
            observed[block, block] -= second
            cross = of_class.sum(axis=0)[:, None] * (proportions - np.eye(n_classes)[z])
            observed[block, logs] += cross
            observed[logs, block] += cross.T
        products += cross_sum(mean * counts[:, None], mean, n_threads)
        total = counts @ gamma
        # Complete information of the logarithms less the second moment of their scores.
        observed[logs, logs] += n_people * np.diag(proportions) - np.diag(total)
        shift = np.outer(total - n_people * proportions, proportions)
        observed[logs, logs] += shift + shift.T


def _outer_of_one_class(utility: Utility, data: Data, state: State, table: _F64) -> _F64:
    """Return the outer products of the scores of units, summed."""
    each_alone = data.n_judgements == data.n_rows
    observation = data.observation
    plain_pairs = observation.kind == "pair" and observation.simple
    if each_alone and utility.linear is None and plain_pairs:
        # The scores of pairs are the edges of a graph of the items.
        residuals, _ = kernels.residuals(table, observation.described, data.n_threads)
        squares = data.of_each if data.weight is None else data.of_each * np.square(data.weight)
        if data.outcome is not None:
            squares = np.bincount(data.outcome, squares, observation.n_outcomes).astype(np.float64)
        weight = squares * np.square(sides(residuals)[0][:, 0])
        return laplacian(observation.winner, observation.loser, weight, utility.n_coef)
    outer = np.zeros((state.coef.shape[1],) * 2)
    for units, scores in unit_scores(utility, data, state.coef, table):
        of_class = np.ascontiguousarray(scores[:, 0])
        counted = of_class if data.counts is None else of_class * data.counts[units, None]
        outer += cross_sum(counted, of_class, data.n_threads)
    return outer
