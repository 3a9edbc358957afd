"""The negative Hessian between any two rows of the table: the Laplacian of a graph of the items.

Of one outcome items a and b, a first, are bound by the sum of p(a) p(b) over the stages in which
both are left; with q and L of ``ranking`` that is q_a exp(u_b - L_a) times the sum of
exp(2 (L_a - L_t)) over t <= a. A choice of one is a ranking of its first, in whatever order.
"""

from __future__ import annotations

from operator import iadd
from typing import TYPE_CHECKING

import numpy as np

from prefmath._numba._blocks import pieces_of_groups, reduce
from prefmath._numba._njit import njit

from . import choose_one, ranking
from ._checks import check_sums, check_table, check_weights
from ._described import Described
from .ranking import last_stage, log_sums

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ._described import Observation

    _F64 = NDArray[np.float64]

__all__ = ["table_curvature"]

_ENTRIES_PER_TASK = 16384


def table_curvature(utility: _F64, observation: Observation, weights: _F64, n_threads: int) -> _F64:
    """Sum the weighted negative Hessian, (n_classes, n_rows, n_rows)."""
    described = Described.of(observation, len(utility))
    check_table("utility", utility)
    check_weights(weights, described.n_outcomes, utility)
    if described.kind not in (choose_one, ranking) or described.extra is not None:
        raise ValueError("table_curvature is of choices and rankings without extra rows")
    n_rows, n_classes = utility.shape
    one_stage = described.kind is choose_one

    def run(first: int, last: int) -> _F64:
        part = described.part(first, last, utility)
        stages = np.ones(last - first, np.int32) if one_stage else part.n_ranked
        u, items = described.gather(utility, part), described.items[part.entries]
        own = np.zeros((n_classes, n_rows, n_rows))
        _bind(u, items, part.offsets, stages, weights[first:last], np.empty(len(u)), own)
        return own

    # A table is added for every piece, so that pieces grow with it.
    length = max(_ENTRIES_PER_TASK, n_classes * n_rows**2 // 2)
    ends = np.array([end for _, end in described.blocks])
    total = reduce(run, pieces_of_groups(ends, described.offsets, length), iadd, n_threads)
    bonds = np.zeros((n_classes, n_rows, n_rows)) if total is None else total
    check_sums(bonds, weights)
    bonds += bonds.swapaxes(1, 2).copy()
    diagonal = np.arange(n_rows)
    bonds[:, diagonal, diagonal] = 0
    total = bonds.sum(axis=2)
    curvature: _F64 = -bonds
    curvature[:, diagonal, diagonal] = total
    return curvature


@njit
def _bind(u, items, offsets, n_ranked, weights, logs, out):
    for s in range(len(n_ranked)):
        start, end = offsets[s], offsets[s + 1]
        last = last_stage(start, end, n_ranked[s])
        for k in range(u.shape[1]):
            log_sums(u, start, end, k, logs)
            log = logs[start]
            bond = 0.0
            for a in range(start, end):
                if a < last:
                    bond = 1.0 + np.exp(2 * (logs[a] - log)) * bond
                    log = logs[a]
                bound = weights[s, k] * bond * np.exp(u[a, k] - log)
                for b in range(a + 1, end):
                    out[k, items[a], items[b]] += bound * np.exp(u[b, k] - log)
