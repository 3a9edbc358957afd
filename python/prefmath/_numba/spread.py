"""How far the features of the items of a set are apart: what its judgement could say of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ._njit import njit
from ._tasks import groups, in_order
from ._widened import rows_of
from .observation._checks import check_offsets, check_rows, check_sets

if TYPE_CHECKING:
    from numpy.typing import NDArray

    _F64 = NDArray[np.float64]
    _I32 = NDArray[np.int32]
    _I64 = NDArray[np.int64]

__all__ = ["linear_spread"]

_VALUES_PER_TASK = 1 << 20


def linear_spread(
    features: NDArray[Any],
    offsets: _I64,
    items: _I32,
    outcome: _I32 | None,
    weight: _F64 | None,
    unit_offsets: _I64,
    responsibilities: _F64,
    n_threads: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Sum what units could say of each coefficient by class, its square, and its fourth moment."""
    check_sets(offsets, items, len(features))
    n_sets, d, n_classes = len(offsets) - 1, features.shape[1], responsibilities.shape[1]
    n_judgements = n_sets if outcome is None else len(outcome)
    check_offsets("unit_offsets", unit_offsets, n_judgements)
    n_units = len(unit_offsets) - 1
    if outcome is not None:
        check_rows("outcome", outcome, n_sets, 0)
    if weight is not None and len(weight) != n_judgements:
        raise ValueError(f"weight has {len(weight)} values for {n_judgements} judgements")
    if len(responsibilities) != n_units or not n_classes:
        least = f"a row for each of {n_units} units and a column a class"
        shape = f"({len(responsibilities)}, {n_classes})"
        raise ValueError(f"responsibilities must have {least}, not shape {shape}")
    sums = np.zeros((3, n_classes, d))

    def run(first: int, last: int) -> NDArray[np.float64]:
        begin, end = unit_offsets[first], unit_offsets[last]
        sets = np.arange(begin, end) if outcome is None else outcome[begin:end]
        sizes = offsets[sets + 1] - offsets[sets]
        ends = np.concatenate([[0], np.cumsum(sizes)])
        members = np.arange(ends[-1]) + np.repeat(offsets[sets] - ends[:-1], sizes)
        part, rows = rows_of(features, items[members])
        weights = np.ones(end - begin) if weight is None else weight[begin:end]
        units, found = unit_offsets[first : last + 1] - begin, np.zeros_like(sums)
        _add_spread(part, rows, ends, weights, units, responsibilities[first:last], found)
        return found

    of_a_set = max(len(items) / max(n_sets, 1) * d, 1)
    tasks = groups(unit_offsets, max(int(_VALUES_PER_TASK / of_a_set), 1))
    for found in in_order(run, tasks, n_threads):
        sums += found
    return sums[0], sums[1], sums[2]


@njit
def _add_spread(features, items, ends, weights, units, responsibilities, sums):
    d = features.shape[1]
    for unit in range(len(units) - 1):
        of_unit = np.zeros((2, d))
        for judgement in range(units[unit], units[unit + 1]):
            rows = items[ends[judgement] : ends[judgement + 1]]
            for j in range(d):
                # From the first item, whose distance from the mean is of the size of the spread.
                origin, total, square = np.float64(features[rows[0], j]), 0.0, 0.0
                for row in rows[1:]:
                    difference = np.float64(features[row, j]) - origin
                    total += difference
                    square += difference * difference
                mean = total / len(rows)
                variance = square / len(rows) - mean * mean
                of_unit[0, j] += weights[judgement] * variance
                of_unit[1, j] += weights[judgement] * variance * variance
        for k in range(responsibilities.shape[1]):
            gamma = responsibilities[unit, k]
            for j in range(d):
                sums[0, k, j] += gamma * of_unit[0, j]
                sums[1, k, j] += (gamma * of_unit[0, j]) ** 2
                sums[2, k, j] += gamma * of_unit[1, j]
