"""The Hessian of the log-likelihood between any two rows of the utility table, written out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from prefmath._kernels import kernels
from prefmath.models._likelihood.laplacian import laplacians
from prefmath.models._likelihood.ties import tie_model

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.models._likelihood.observation import Observation

    _F64 = NDArray[np.float64]

__all__ = ["table_curvature"]


def table_curvature(observation: Observation, table: _F64, weights: _F64) -> _F64:
    """Return the negative Hessian of the weighted log-likelihood, (n_classes, n_rows, n_rows).

    A class a column of the table and of the weights of outcomes. Of plain pairs it is the Laplacian
    of a graph whose edges are the pairs: a pass over them; of sets and rankings likewise, whose
    edges are all pairs in a set. With parameters of ties or positions it is a pass for every row.
    """
    n_rows, n_classes = table.shape
    if observation.kind == "pair" and observation.simple:
        winner, loser = observation.winner, observation.loser
        small = np.exp(-np.abs(table[winner] - table[loser]))
        of_pairs = weights * small / np.square(1 + small)
        return laplacians(winner, loser, of_pairs, n_rows)
    if observation.kind != "pair" and observation.extra is None:
        return kernels.table_curvature(table, observation.described, weights, observation.n_threads)
    ties = tie_model(observation.ties)
    if ties is not None and observation.extra is None:
        winner, loser = observation.winner, observation.loser
        hessian = ties.hessian(winner, loser, observation.tie_row, table, weights)
        if hessian is not None:
            return hessian
    curvature = np.empty((n_classes, n_rows, n_rows))
    for row in range(n_rows):
        direction = np.zeros_like(table)
        direction[row] = 1
        curvature[:, row] = observation.curvature_product(table, weights, direction).T
    return curvature
