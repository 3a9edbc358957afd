"""How many units stand behind each parameter of a class, and how much they could say of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from prefmath.choices.judgements import spans

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from prefmath.models._inference.point import Point

    _F64 = NDArray[np.float64]
    _I64 = NDArray[np.int64]

__all__ = ["Behind", "units_behind"]

# Numbers held at a time, of units times parameters or of entries: 32 MB.
_BLOCK = 1 << 22
# Of a tie or none, were both equally likely.
_OF_TIE = 0.25


@dataclass(frozen=True, eq=False)
class Behind:
    r"""What stands behind the parameters of each class, (n_classes, n_parameters) each.

    With :math:`m_h` the information that the judgements of unit h have of a parameter where all
    utilities are equal, times the unit's responsibility for the class: `information` is their sum,
    and `units` the effective number :math:`(\sum_h m_h)^2 / \sum_h m_h^2` (Kish 1965, Survey
    sampling, section 11.7): of how many units it would be, if all said equally much. `scale` turns
    errors into those of utility: 1, and of a feature by how much the two of a pair usually differ.
    """

    units: _F64
    information: _F64
    scale: _F64


def units_behind(point: Point) -> Behind:
    """Count the units behind each parameter: annotators or judgements, rankings taken apart."""
    shape, utility, data = point.params.shape, point.utility, point.problem.data
    total, squares, scale = np.zeros(shape), np.zeros(shape), np.ones(shape)
    of_features = utility.spread(data, point.state.latent)
    if of_features is not None:
        d = slice(utility.n_coef)
        total[:, d], squares[:, d], moments = of_features
        usual = np.divide(moments, total[:, d], out=np.zeros_like(moments), where=total[:, d] > 0)
        scale[:, d] = 2 * np.sqrt(usual)
    if of_features is None or utility.n_extra > 0:
        if data.n_judgements == data.n_rows and shape[0] == 1:
            _add_judgements(point, total, squares)
        else:
            _add_units(point, total, squares)
    units = np.divide(total**2, squares, out=np.zeros(shape), where=squares > 0)
    return Behind(units, total, scale)


def _add_units(point: Point, total: _F64, squares: _F64) -> None:
    """Add what the judgements of each unit say of what is 0 or 1, and its square."""
    width = point.params.shape[1]
    for rows, unit, weight, gamma, counts in _blocks(point):
        row, column, spread = _spread(point, rows)
        n = len(gamma) * width
        cells = unit[row] * width + column
        of_unit = np.bincount(cells, weight[row] * spread, n).reshape(-1, width)
        total += (gamma * counts).T @ of_unit
        squares += (np.square(gamma) * counts).T @ np.square(of_unit)


def _add_judgements(point: Point, total: _F64, squares: _F64) -> None:
    """Add the same of judgements of one class that stand for themselves, by their outcomes."""
    data = point.problem.data
    n_outcomes, width = data.observation.n_outcomes, point.params.shape[1]
    weight, square = data.of_each, data.of_each
    if data.weight is not None:
        weight = weight * data.weight
        square = weight * data.weight
    if data.outcome is not None:
        weight = np.bincount(data.outcome, weight, n_outcomes).astype(np.float64)
        square = np.bincount(data.outcome, square, n_outcomes).astype(np.float64)
    largest = int(np.diff(data.observation.offsets).max())
    length = max(1, _BLOCK // (largest * width))
    for begin in range(0, n_outcomes, length):
        rows = np.arange(begin, min(begin + length, n_outcomes))
        row, column, spread = _spread(point, rows)
        total[0] += np.bincount(column, weight[rows][row] * spread, width)
        squares[0] += np.bincount(column, square[rows][row] * np.square(spread), width)


def _blocks(point: Point) -> Iterator[tuple[_I64, _I64, _F64, _F64, _F64]]:
    """Yield outcomes of some units after the others, whose, their weights, classes and counts."""
    data, width = point.problem.data, point.params.shape[1]
    largest = int(np.diff(data.observation.offsets).max())
    units = data.annotator_offsets
    ends = units * largest + np.arange(data.n_rows + 1) * width
    first = 0
    while first < data.n_rows:
        last = int(np.searchsorted(ends[first + 1 :] - ends[first], _BLOCK, side="right"))
        last = first + max(1, last)
        begin, end = units[first], units[last]
        rows = np.arange(begin, end)
        if data.outcome is not None:
            rows = data.outcome[begin:end].astype(np.int64)
        weight = np.ones(end - begin) if data.weight is None else data.weight[begin:end]
        unit = np.repeat(np.arange(last - first), np.diff(units[first : last + 1]))
        counts = data.of_each[first:last, None]
        yield rows, unit, weight, point.state.latent[first:last], counts
        first = last


def _spread(point: Point, rows: _I64) -> tuple[_I64, _I64, _F64]:
    """Variances within sets of what is 0 or 1: items, positions, ties. Row, parameter, variance."""
    seen, utility = point.problem.data.observation, point.utility
    sizes = np.diff(seen.offsets)[rows]
    entries = spans(seen.offsets[rows], sizes)
    row = np.repeat(np.arange(len(rows)), sizes)
    spread = np.repeat((sizes - 1) / sizes**2, sizes)
    parts = []
    if utility.linear is None:
        parts.append((row, seen.items[entries].astype(np.int64), spread))
    if seen.extra is not None:
        # Their rows of the table follow those of the items, their parameters those of utility.
        extra = seen.extra[entries]
        shown = extra >= 0
        column = extra[shown].astype(np.int64) - utility.n_items + utility.n_coef
        parts.append((row[shown], column, spread[shown]))
    if seen.tie_row >= 0:
        last = np.full(len(rows), point.params.shape[1] - 1)
        parts.append((np.arange(len(rows)), last, np.full(len(rows), _OF_TIE)))
    row, column, spread = (np.concatenate(part) for part in zip(*parts, strict=True))
    return row, column, spread
