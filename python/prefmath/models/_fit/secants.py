"""Limited-memory BFGS: what steps and changes of the gradient say of the curvature."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    _F64 = NDArray[np.float64]

__all__ = ["LEAST_BEND", "LEAST_PRODUCT", "Secants"]

# Steps remembered.
_MEMORY = 20
# A step along which the curvature is not positive to working precision teaches nothing.
LEAST_BEND = 1e-10
# Nor does one whose products float64 no longer tells from 0.
LEAST_PRODUCT = 1e-290


class Secants:
    """The last steps, and how much the slope fell along each (Liu and Nocedal 1989)."""

    def __init__(self) -> None:
        self._steps: list[_F64] = []
        self._falls: list[_F64] = []

    def __len__(self) -> int:
        """Count the steps remembered."""
        return len(self._steps)

    def clear(self) -> None:
        """Forget all."""
        self._steps.clear()
        self._falls.clear()

    def add(self, step: _F64, fall: _F64) -> None:
        """Remember a step, unless the objective is not concave along it."""
        bend = float(step @ fall)
        least = LEAST_BEND * float(np.sqrt((step @ step) * (fall @ fall)))
        if not bend > max(least, LEAST_PRODUCT):
            return
        if len(self._steps) == _MEMORY:
            del self._steps[0], self._falls[0]
        self._steps.append(step)
        self._falls.append(fall)

    def direction(
        self, slope: _F64, solve: Callable[[_F64], _F64], *, scaled: bool = False
    ) -> _F64:
        """Multiply a slope by the inverse curvature: `solve`, corrected by all that is remembered.

        Algorithm 7.4 of Nocedal and Wright (2006); where `scaled`, what `solve` stands for is first
        made as large as the last step found the curvature, as in their equation 7.20.
        """
        pairs = [(s, y, 1 / float(s @ y)) for s, y in zip(self._steps, self._falls, strict=True)]
        rest = slope.copy()
        sizes = []
        for step, fall, inverse in reversed(pairs):
            size = inverse * float(step @ rest)
            sizes.append(size)
            rest -= size * fall
        direction = solve(rest)
        if scaled and pairs:
            step, fall, _ = pairs[-1]
            direction *= float(step @ fall) / float(fall @ solve(fall))
        for (step, fall, inverse), size in zip(pairs, reversed(sizes), strict=True):
            direction += (size - inverse * float(fall @ direction)) * step
        return direction
