"""The inverse of the similarities of those chosen, and what follows for every other row.

With M that inverse, ``y = M s`` for the similarities s of a row with those chosen and
``r = 1 - s'y`` what is left of it, the determinant with the row in place of slot a is
``M_aa r + y_a²`` times as large (Jacobi's identity for minors).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._numba._njit import njit
from prefmath._numba.selection.greedy.state import log

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Inverse"]

# Swaps after which all is computed anew, so that roundings do not add up.
_SWAPS_TO_RENEWAL = 16


class Inverse:
    """M, and for every row its y and r."""

    def __init__(
        self,
        bonus: NDArray[np.float64],
        weight: float,
        chosen: NDArray[np.int64],
        of_slot: NDArray[np.float64],
    ) -> None:
        k, n = of_slot.shape
        self.bonus, self.weight, self.of_slot = bonus, weight, of_slot
        self.inverse, self.y, self.left = np.zeros((k, k)), np.zeros((k, n)), np.ones(n)
        self.active, self.bonuses = np.zeros(k, np.bool_), np.zeros(k)
        self.value, self.n_swaps = 0.0, 1
        self.renew(chosen)

    def known(self) -> tuple[Any, ...]:
        """Return what swaps are valued by."""
        return self.inverse, self.y, self.left, self.value

    def swap(self, chosen: NDArray[np.int64], slot: int) -> None:
        """Take in a swap, after which `of_slot` holds the new similarities."""
        self.n_swaps += 1
        if self.n_swaps >= _SWAPS_TO_RENEWAL:
            self.renew(chosen)
            return
        self.value -= self.bonuses[slot]
        scale = _remove(self.inverse, self.y, self.left, self.active, slot)
        self.value -= self.weight * log(scale) if self.weight > 0 and scale > 0 else 0.0
        self._add(chosen[slot], slot)

    def renew(self, chosen: NDArray[np.int64]) -> bool:
        """Compute all anew; return False where nothing had been updated."""
        if self.n_swaps == 0:
            return False
        self.n_swaps, self.value = 0, 0.0
        self.inverse[:], self.y[:], self.left[:], self.active[:] = 0.0, 0.0, 1.0, False
        for slot, row in enumerate(chosen):
            self._add(row, slot)
        return True

    def _add(self, row: int, slot: int) -> None:
        left = self.left[row]
        self.value += self.bonus[row]
        self.value += self.weight * log(left) if self.weight > 0 and left > 0 else 0.0
        _add(self.inverse, self.y, self.left, self.active, self.of_slot, row, slot)
        self.active[slot], self.bonuses[slot] = True, self.bonus[row]


@njit
def _add(inverse, y, left, active, of_slot, row, slot):
    k, n = y.shape
    of_row, scale = y[:, row].copy(), 1.0 / left[row]
    t = of_slot[slot].copy()
    for c in range(k):
        if active[c]:
            for i in range(n):
                t[i] -= of_row[c] * of_slot[c, i]
    q = t * scale
    for c in range(k):
        if active[c]:
            for i in range(n):
                y[c, i] -= of_row[c] * q[i]
    for i in range(n):
        left[i] -= t[i] * q[i]
    y[slot] = q
    for c in range(k):
        if active[c]:
            for d in range(k):
                if active[d]:
                    inverse[c, d] += of_row[c] * of_row[d] * scale
            inverse[c, slot] = inverse[slot, c] = -of_row[c] * scale
    inverse[slot, slot] = scale


@njit
def _remove(inverse, y, left, active, slot):
    k, n = y.shape
    scale = 1.0 / inverse[slot, slot]
    for c in range(k):
        if c != slot:
            along = inverse[c, slot] * scale
            for i in range(n):
                y[c, i] -= along * y[slot, i]
    for i in range(n):
        left[i] += y[slot, i] * y[slot, i] * scale
    column = inverse[:, slot].copy()
    column[slot] = 0.0
    for c in range(k):
        for d in range(k):
            inverse[c, d] -= column[c] * column[d] * scale
    active[slot] = False
    return scale
