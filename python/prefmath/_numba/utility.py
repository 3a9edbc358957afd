"""Utilities linear in features, and what becomes of gradients on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ._njit import njit, njit_in_any_order
from ._tasks import groups, in_order, rows
from ._widened import rows_of, widen
from .observation._checks import check_offsets, check_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    _F64 = NDArray[np.float64]
    _I32 = NDArray[np.int32]
    _I64 = NDArray[np.int64]

__all__ = ["dot", "linear_pull_back", "linear_scores", "linear_utility"]

# Values of features: the rows of a task are widened together.
_VALUES_PER_TASK = 1 << 19


def linear_utility(features: NDArray[Any], coef: _F64, n_threads: int) -> NDArray[np.float64]:
    """Multiply features with coefficients, summed in float64."""
    out = np.empty((len(features), len(coef)))

    def run(first: int, last: int) -> None:
        _linear_utility(widen(features[first:last]), coef, out[first:last])

    for _ in in_order(run, rows(len(features), _rows_a_task(features)), n_threads):
        pass
    return out


def _rows_a_task(features: NDArray[Any]) -> int:
    return max(64, _VALUES_PER_TASK // max(int(features.shape[1]), 1))


@njit
def _linear_utility(features, coef, out):
    for item in range(len(features)):
        for k in range(len(coef)):
            out[item, k] = dot(features[item], coef[k])


@njit_in_any_order
def dot(row, coef):
    total = 0.0
    for j in range(len(coef)):
        total += row[j] * coef[j]
    return total


def linear_pull_back(features: NDArray[Any], of_table: _F64, n_threads: int) -> NDArray[np.float64]:
    """Multiply a gradient on the table, transposed, with features, summed in float64."""
    n_items, n_classes = len(features), of_table.shape[1]
    if len(of_table) != n_items or not n_classes:
        least = f"of_table must have a row for each of {n_items} items and a column a class"
        raise ValueError(f"{least}, not shape {of_table.shape}")
    total = np.zeros((n_classes, features.shape[1]))

    def run(first: int, last: int) -> NDArray[np.float64]:
        sums = np.zeros_like(total)
        items = np.arange(last - first)[of_table[first:last].any(axis=1)]
        part, members = rows_of(features[first:last], items)
        _add_rows(part, members, of_table[first:last][items], sums)
        return sums

    for sums in in_order(run, rows(n_items, _rows_a_task(features)), n_threads):
        total += sums
    return total


def linear_scores(
    features: NDArray[Any], items: _I32, residuals: _F64, entry_offsets: _I64, n_threads: int
) -> NDArray[np.float64]:
    """Sum residual times features over the entries of each unit, in float64."""
    check_offsets("entry_offsets", entry_offsets, len(items))
    n_classes, d = residuals.shape[1], features.shape[1]
    if len(residuals) != len(items) or not n_classes:
        least = f"residuals must have a row for each of {len(items)} entries and a column a class"
        raise ValueError(f"{least}, not shape {residuals.shape}")
    check_rows("items", items, len(features), 0)
    out = np.zeros((len(entry_offsets) - 1, n_classes, d))

    def run(first: int, last: int) -> None:
        begin, end = entry_offsets[first], entry_offsets[last]
        part, members = rows_of(features, items[begin:end])
        offsets = entry_offsets[first : last + 1] - begin
        for unit in range(last - first):
            entries = slice(offsets[unit], offsets[unit + 1])
            _add_rows(part, members[entries], residuals[begin:end][entries], out[first + unit])

    for _ in in_order(run, groups(entry_offsets, _rows_a_task(features)), n_threads):
        pass
    return out


@njit
def _add_rows(features, items, weights, sums):
    for at in range(len(items)):
        row = features[items[at]]
        for k in range(len(sums)):
            weight = weights[at, k]
            for j in range(sums.shape[1]):
                sums[k, j] += weight * row[j]
