"""How much better any other choice could be, as theory has it: upper bounds on the best value."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.selection._call import Call

__all__ = ["reaches", "upper_bounds"]


def upper_bounds(call: Call, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return for each pool a value that no choice of as many exceeds; infinity where none is known.

    Where all rows of a pool are chosen there is no other choice, unless their order counts.

    A greedy choice that covers reaches 1 - 1/e of the best (Nemhauser, Wolsey, Fisher 1978), the
    farthest point first half of the best distance, which is √(2 - 2s) (Gonzalez 1985): without
    rules on what is chosen. The log-determinant of unit vectors is never positive.
    """
    if call.method != "mmr":
        return np.where(call.ks == np.diff(call.cuts), values, _by_theory(call, values))
    return np.full(len(values), np.inf)


def _by_theory(call: Call, values: NDArray[np.float64]) -> NDArray[np.float64]:
    nothing = np.full(len(values), np.inf)
    pure = call.terms.bonus is None
    if call.method == "dpp" and pure:
        return np.zeros(len(values))
    if call.rules.for_kernels() is not None:
        return nothing
    if call.method in {"facility_location", "saturated_coverage"}:
        # With the same added to every bonus, so that none is negative, what is chosen is the same.
        added = call.ks * _lowest_bonus(call)
        return (values + added) / (1 - 1 / np.e) - added
    if call.method == "max_min" and pure and call.terms.weight > 0 and call.x.ndim == 2:
        return np.minimum(2.0, 4 * values / call.terms.weight) * call.terms.weight
    return nothing


def _lowest_bonus(call: Call) -> NDArray[np.float64]:
    """Return for each pool how far its lowest bonus is below 0."""
    lowest = np.zeros(len(call.ks))
    if call.terms.bonus is not None:
        there = np.diff(call.cuts) > 0
        starts = call.cuts[:-1][there]
        if len(starts):
            lowest[there] = np.minimum.reduceat(call.terms.bonus, starts)
    return np.maximum(-lowest, 0)


def reaches(values: NDArray[np.float64], bounds: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return whether values are as large as their bounds, to within rounding."""
    reached: NDArray[np.bool_] = values >= bounds - 1e-9 * (1 + np.abs(values))
    return reached
