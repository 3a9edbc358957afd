"""The slope of the log-likelihood, one unit (an annotator) at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from prefmath.models._residuals import entry_residuals
from prefmath.models._utility import LinearUtility

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from prefmath.models._observation import Observation
    from prefmath.models._utility import ItemUtility

    _F64 = NDArray[np.float64]

__all__ = ["Point", "score_blocks"]

# Numbers held at a time, of entries times parameters: 32 MB.
_BLOCK = 1 << 22


@dataclass(frozen=True, eq=False)
class Point:
    """A fitted model beside the judgements it was fitted to.

    Unit h, whose judgements belong together, made ``units[h]:units[h + 1]``.
    """

    utility: LinearUtility | ItemUtility
    observation: Observation
    units: NDArray[np.int64]
    weight: _F64 | None
    l2: float
    params: _F64
    weights: _F64
    responsibilities: _F64

    @property
    def n_units(self) -> int:
        """Units: annotators, or judgements where nobody is named."""
        return len(self.units) - 1


def score_blocks(point: Point) -> Iterator[tuple[_F64, _F64]]:
    """Yield responsibilities (b, K) and class scores (b, K, p) of some units after the others.

    The score of unit h in class z is the slope of the log-likelihood of its judgements, were it in
    class z, at the parameters of that class.
    """
    table = point.utility.table(point.params)
    n_parameters = point.params.shape[1]
    entries = point.observation.offsets[point.units]
    first = 0
    while first < point.n_units:
        # Free utilities need a row of parameters a unit, features one an entry.
        size = np.maximum(entries[first + 1 :] - entries[first], 1) * n_parameters
        last = first + max(1, int(np.searchsorted(size, _BLOCK, side="right")))
        yield point.responsibilities[first:last], _scores(point, table, first, last)
        first = last


def _scores(point: Point, table: _F64, first: int, last: int) -> _F64:
    observation = point.observation
    begin, end = point.units[first], point.units[last]
    slope = entry_residuals(observation, table, begin, end)
    if point.weight is not None:
        sizes = np.diff(observation.offsets[begin : end + 1])
        slope *= np.repeat(point.weight[begin:end], sizes)[:, None]
    entries = observation.offsets[point.units[first : last + 1]]
    items = observation.items[entries[0] : entries[-1]]
    n_units, n_classes = last - first, slope.shape[1]
    scores = np.empty((n_units, n_classes, point.params.shape[1]))
    if isinstance(point.utility, LinearUtility):
        rows = point.utility.features[items].astype(np.float64)
        for z in range(n_classes):
            scores[:, z] = np.add.reduceat(rows * slope[:, z, None], entries[:-1] - entries[0])
    else:
        n_items = scores.shape[2]
        cell = np.repeat(np.arange(n_units) * n_items, np.diff(entries)) + items
        for z in range(n_classes):
            total = np.bincount(cell, slope[:, z], minlength=n_units * n_items)
            scores[:, z] = total.reshape(n_units, n_items)
    return scores
