"""What annotators did, over a utility table: log-likelihood, gradient and curvature.

An observation is a tuple of the kind of its judgements and of arrays, see ``_native.pyi``. The
kernels here gather the utilities of the entries (the items of all outcomes, one after the other),
let the kind work on them, and scatter what it returns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from prefmath._numba._tasks import groups, in_order

from ._checks import check_finite, check_sums, check_table, check_weights
from ._described import Described
from ._part import Values
from .curvature import table_curvature

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ._described import Observation

    _F64 = NDArray[np.float64]

__all__ = ["curvature_product", "log_likelihood", "residuals", "table_curvature", "table_gradient"]

_ENTRIES_PER_TASK = 16384


def log_likelihood(utility: _F64, observation: Observation, n_threads: int) -> _F64:
    """Compute the log-likelihood of each outcome under each class."""
    described = Described.of(observation, len(utility))
    check_table("utility", utility)

    out = np.empty((described.n_outcomes, utility.shape[1]))

    def run(first: int, last: int) -> None:
        part = described.part(first, last, utility)
        out[first:last] = described.kind.log_likelihood(described.gather(utility, part), part)

    for _ in in_order(run, _tasks(described), n_threads):
        pass
    return out


def table_gradient(
    utility: _F64, observation: Observation, weights: _F64, n_threads: int
) -> tuple[_F64, _F64]:
    """Sum weighted slopes, and the diagonal of the negative curvature, on the table."""
    described = Described.of(observation, len(utility))
    check_table("utility", utility)
    check_weights(weights, described.n_outcomes, utility)

    def run(first: int, last: int) -> tuple[Values, Values]:
        part = described.part(first, last, utility)
        u = described.gather(utility, part)
        one, two = described.kind.derivatives(u, part, weights[first:last])
        return one, two

    gradient, curvature = np.zeros_like(utility), np.zeros_like(utility)
    found = list(in_order(run, _tasks(described), n_threads))
    for table, values in zip((gradient, curvature), zip(*found, strict=True), strict=False):
        described.scatter(table, Values.joined(values), n_threads)
    check_sums(gradient, weights)
    return gradient, curvature


def curvature_product(
    utility: _F64, observation: Observation, weights: _F64, direction: _F64, n_threads: int
) -> _F64:
    """Multiply the negative Hessian of the weighted log-likelihood with a direction."""
    described = Described.of(observation, len(utility))
    check_table("utility", utility)
    check_weights(weights, described.n_outcomes, utility)
    if direction.shape != utility.shape:
        msg = f"direction must have the shape of utility, {utility.shape}, not {direction.shape}"
        raise ValueError(msg)
    check_finite("direction", direction)

    def run(first: int, last: int) -> Values:
        part = described.part(first, last, utility)
        u, v = described.gather(utility, part), described.gather(direction, part)
        values: Values = described.kind.product(
            u, part, weights[first:last], v, described.tie(direction)
        )
        return values

    out = np.zeros_like(utility)
    found = list(in_order(run, _tasks(described), n_threads))
    if found:
        described.scatter(out, Values.joined(found), n_threads)
    check_sums(out, weights)
    return out


def residuals(utility: _F64, observation: Observation, n_threads: int) -> tuple[_F64, _F64 | None]:
    """Compute the slopes of each outcome in the utilities of its entries, and in ties."""
    described = Described.of(observation, len(utility))
    check_table("utility", utility)
    n_classes = utility.shape[1]
    entries = np.empty((len(described.items), n_classes))
    ties = np.empty((described.n_outcomes, n_classes)) if described.tie_row >= 0 else None

    def run(first: int, last: int) -> None:
        part = described.part(first, last, utility)
        u = described.gather(utility, part)
        values, _ = described.kind.derivatives(u, part, np.ones((last - first, n_classes)))
        entries[part.entries] = values.entries
        if ties is not None:
            ties[first:last] = values.tie

    for _ in in_order(run, _tasks(described), n_threads):
        pass
    return entries, ties


def _tasks(described: Described) -> list[tuple[int, int]]:
    return groups(described.offsets, _ENTRIES_PER_TASK)
