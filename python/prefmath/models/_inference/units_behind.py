"""How many units stand behind each parameter of a class, and how much they could say of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from prefmath.choices.judgements import spans
from prefmath.models._likelihood.utility.linear import LinearUtility

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from prefmath.models._inference.scores import Point

    _F64 = NDArray[np.float64]
    _I64 = NDArray[np.int64]

__all__ = ["Behind", "units_behind"]

# Numbers held at a time, of units or entries times parameters: 32 MB.
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
    shape = point.params.shape
    total, squares, of_scale = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    if point.units[-1] == point.n_units and shape[0] == 1:
        _add_judgements(point, total, squares, of_scale)
    else:
        _add_units(point, total, squares, of_scale)
    units = np.divide(total**2, squares, out=np.zeros(shape), where=squares > 0)
    scale = np.ones(shape)
    if isinstance(point.utility, LinearUtility):
        d = slice(point.utility.n_coef)
        usual = np.divide(of_scale, total, out=np.zeros(shape), where=total > 0)
        scale[:, d] = 2 * np.sqrt(usual[:, d])
    return Behind(units, total, scale)


def _add_units(point: Point, total: _F64, squares: _F64, of_scale: _F64) -> None:
    """Add what the judgements of each unit say, and its square."""
    width = point.params.shape[1]
    for rows, unit, weight, gamma in _blocks(point):
        of_unit = np.zeros((len(gamma), width))
        if isinstance(point.utility, LinearUtility):
            d, first = point.utility.n_coef, np.flatnonzero(np.diff(unit, prepend=-1))
            spread = _spread_of_features(point, point.utility, rows)
            weighted = spread * weight[:, None]
            of_unit[unit[first], :d] = np.add.reduceat(weighted, first)
            np.multiply(weighted, spread, out=weighted)
            of_scale[:, :d] += gamma.T[:, unit[first]] @ np.add.reduceat(weighted, first)
        row, column, spread = _spread(point, rows)
        cells = unit[row] * width + column
        of_unit += np.bincount(cells, weight[row] * spread, of_unit.size).reshape(of_unit.shape)
        total += gamma.T @ of_unit
        squares += np.square(gamma).T @ np.square(of_unit)


def _add_judgements(point: Point, total: _F64, squares: _F64, of_scale: _F64) -> None:
    """Add the same of judgements of one class that stand for themselves, by their outcomes."""
    n_outcomes, width = point.observation.n_outcomes, point.params.shape[1]
    weight = np.ones(point.n_units) if point.weight is None else point.weight
    square = np.square(weight)
    if point.outcome is not None:
        weight = np.bincount(point.outcome, weight, n_outcomes).astype(np.float64)
        square = np.bincount(point.outcome, square, n_outcomes).astype(np.float64)
    largest = int(np.diff(point.observation.offsets).max())
    length = max(1, _BLOCK // (largest * width))
    for begin in range(0, n_outcomes, length):
        rows = np.arange(begin, min(begin + length, n_outcomes))
        if isinstance(point.utility, LinearUtility):
            d = point.utility.n_coef
            spread = _spread_of_features(point, point.utility, rows)
            total[0, :d] += weight[rows] @ spread
            np.square(spread, out=spread)
            squares[0, :d] += square[rows] @ spread
            of_scale[0, :d] += weight[rows] @ spread
        row, column, spread = _spread(point, rows)
        total[0] += np.bincount(column, weight[rows][row] * spread, width)
        squares[0] += np.bincount(column, square[rows][row] * np.square(spread), width)


def _blocks(point: Point) -> Iterator[tuple[_I64, _I64, _F64, _F64]]:
    """Yield the outcomes of some units after the others, whose, their weights, and the classes."""
    observation = point.observation
    largest = int(np.diff(observation.offsets).max())
    width = point.params.shape[1]
    # Features are held by entry, all else by unit.
    held = largest * width if isinstance(point.utility, LinearUtility) else largest
    ends = point.units * held + np.arange(point.n_units + 1) * width
    first = 0
    while first < point.n_units:
        last = int(np.searchsorted(ends[first + 1 :] - ends[first], _BLOCK, side="right"))
        last = first + max(1, last)
        begin, end = point.units[first], point.units[last]
        rows = np.arange(begin, end)
        if point.outcome is not None:
            rows = point.outcome[begin:end].astype(np.int64)
        weight = np.ones(end - begin) if point.weight is None else point.weight[begin:end]
        unit = np.repeat(np.arange(last - first), np.diff(point.units[first : last + 1]))
        yield rows, unit, weight, point.responsibilities[first:last]
        first = last


def _spread(point: Point, rows: _I64) -> tuple[_I64, _I64, _F64]:
    """Variances within sets of what is 0 or 1: items, positions, ties. Row, parameter, variance."""
    seen, n_coef = point.observation, point.utility.n_coef
    linear = isinstance(point.utility, LinearUtility)
    n_items = len(point.utility.features) if isinstance(point.utility, LinearUtility) else n_coef
    sizes = np.diff(seen.offsets)[rows]
    entries = spans(seen.offsets[rows], sizes)
    row = np.repeat(np.arange(len(rows)), sizes)
    spread = np.repeat((sizes - 1) / sizes**2, sizes)
    parts = [] if linear else [(row, seen.items[entries].astype(np.int64), spread)]
    if seen.extra is not None:
        # Their rows of the table follow those of the items, their parameters those of utility.
        extra = seen.extra[entries]
        shown = extra >= 0
        parts.append((row[shown], extra[shown].astype(np.int64) - n_items + n_coef, spread[shown]))
    if seen.tie_row >= 0:
        last = np.full(len(rows), point.params.shape[1] - 1)
        parts.append((np.arange(len(rows)), last, np.full(len(rows), _OF_TIE)))
    if not parts:
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)
    row, column, spread = (np.concatenate(part) for part in zip(*parts, strict=True))
    return row, column, spread


def _spread_of_features(point: Point, utility: LinearUtility, rows: _I64) -> _F64:
    """Variances of features within sets, (n_rows, d)."""
    seen = point.observation
    if seen.kind == "pair":
        first, second = (seen.items[2 * rows + side] for side in (0, 1))
        spread = utility.features[first].astype(np.float64)
        spread -= utility.features[second].astype(np.float64)
        np.square(spread, out=spread)
        spread /= 4
        return spread
    sizes = np.diff(seen.offsets)[rows]
    starts = np.cumsum(sizes) - sizes
    x = utility.features[seen.items[spans(seen.offsets[rows], sizes)]].astype(np.float64)
    if len(rows) and (sizes == sizes[0]).all():
        sets = x.reshape(len(rows), int(sizes[0]), x.shape[1])
        sets -= sets.mean(axis=1, keepdims=True)
        of_sets: _F64 = np.einsum("nsd,nsd->nd", sets, sets)
        of_sets /= sets.shape[1]
        return of_sets
    x -= np.repeat(np.add.reduceat(x, starts) / sizes[:, None], sizes, axis=0)
    np.square(x, out=x)
    spread = np.add.reduceat(x, starts)
    spread /= sizes[:, None]
    return spread
