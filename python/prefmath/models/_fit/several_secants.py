"""Limited-memory BFGS for several climbs at once, a row each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from prefmath.models._fit.secants import LEAST_BEND, LEAST_PRODUCT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    _F64 = NDArray[np.float64]
    _Bool = NDArray[np.bool_]

__all__ = ["SeveralSecants"]

# Steps remembered.
_MEMORY = 10


class SeveralSecants:
    """The last steps of every climb, and how much its score fell along each.

    As `Secants` are of one. What is forgotten counts for nothing, and stays where it is.
    """

    def __init__(self, n_climbs: int, n_parameters: int) -> None:
        shape = _MEMORY, n_climbs, n_parameters
        self._steps, self._falls = np.zeros(shape), np.zeros(shape)
        self._inverse = np.zeros((_MEMORY, n_climbs))
        self._n = 0

    @property
    def known(self) -> _Bool:
        """Which climbs have any."""
        known: _Bool = np.any(self._inverse > 0, axis=0)
        return known

    def forget(self, climbs: _Bool) -> None:
        """Forget the steps of some."""
        self._inverse[:, climbs] = 0

    def take(self, chosen: Sequence[int]) -> None:
        """Keep some of the climbs."""
        rows = list(chosen)
        self._steps, self._falls = self._steps[:, rows], self._falls[:, rows]
        self._inverse = self._inverse[:, rows]

    def add(self, steps: _F64, falls: _F64, climbs: _Bool) -> None:
        """Remember a step of some, unless the objective is not concave along it."""
        bend = _products(steps, falls)
        least = LEAST_BEND * np.sqrt(_products(steps, steps) * _products(falls, falls))
        good = climbs & (bend > np.maximum(least, LEAST_PRODUCT))
        slot = self._n % _MEMORY
        self._n += 1
        self._steps[slot], self._falls[slot] = steps, falls
        self._inverse[slot] = np.divide(1.0, bend, out=np.zeros_like(bend), where=good)

    def direction(self, scores: _F64, solve: Callable[[_F64], _F64]) -> _F64:
        """Multiply scores by the inverse curvature: `solve`, corrected by what is remembered."""
        slots = [i % _MEMORY for i in range(max(0, self._n - _MEMORY), self._n)]
        slots = [slot for slot in slots if self._inverse[slot].any()]
        rest, sizes = scores.copy(), {}
        for slot in reversed(slots):
            along = _products(self._steps[slot], rest)
            sizes[slot] = (self._inverse[slot] * along)[:, None]
            rest -= sizes[slot] * self._falls[slot]
        direction = solve(rest)
        for slot in slots:
            along = _products(self._falls[slot], direction)
            direction += (sizes[slot] - (self._inverse[slot] * along)[:, None]) * self._steps[slot]
        return direction


def _products(one: _F64, other: _F64) -> _F64:
    products: _F64 = np.einsum("ij,ij->i", one, other)
    return products
