"""The inverse of a triangular matrix, by halves: six times fewer operations than of any matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    _F64 = NDArray[np.float64]

__all__ = ["inverse_of_lower"]

# Of so many rows the inverse is taken as of any matrix.
_SMALL = 128


def inverse_of_lower(lower: _F64) -> _F64:
    """Return the inverse of a lower triangular matrix, in its place.

    That of [[A, 0], [B, C]] is [[A⁻¹, 0], [-C⁻¹ B A⁻¹, C⁻¹]].
    """
    n = len(lower)
    if n <= _SMALL:
        lower[...] = np.tril(np.linalg.inv(lower))
        return lower
    half = n // 2
    first = inverse_of_lower(lower[:half, :half])
    last = inverse_of_lower(lower[half:, half:])
    beside = lower[half:, :half]
    beside[...] = -(last @ beside @ first)
    return lower
