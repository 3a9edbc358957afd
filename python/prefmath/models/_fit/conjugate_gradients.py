"""Conjugate gradients for several systems at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    _F64 = NDArray[np.float64]

__all__ = ["conjugate_gradients"]

# Systems are solved to this share of the first residual (squared).
_TOLERANCE = 1e-10
_STEPS = 250


def conjugate_gradients(product: Callable[[_F64], _F64], right: _F64, diagonal: _F64) -> _F64:
    """Solve one positive semidefinite system a column, all at once, scaled by their diagonals."""
    scale = 1 / np.where(diagonal > 0, diagonal, 1)
    solution = np.zeros_like(right)
    residual = right.copy()
    scaled = scale * residual
    direction = scaled.copy()
    size = (residual * scaled).sum(axis=0)
    enough = _TOLERANCE * size
    for _ in range(_STEPS):
        going = size > enough
        if not going.any():
            break
        image = product(direction)
        bend = (direction * image).sum(axis=0)
        going &= bend > 0
        length = np.divide(size, bend, out=np.zeros_like(size), where=going)
        solution += length * direction
        residual -= length * image
        scaled = scale * residual
        before, size = size, (residual * scaled).sum(axis=0)
        turn = np.divide(size, before, out=np.zeros_like(size), where=before > 0)
        direction = scaled + turn * direction
        size[~going] = 0
    return solution
