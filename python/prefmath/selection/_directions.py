"""Rows of which the direction alone counts, as float32."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._validate import as_embeddings, as_matrix

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["as_directions"]

# Rows whose largest value lies between keep their digits in float32, and so do their squares.
_SMALL, _LARGE = 2.0**-60, 2.0**60
_BLOCK = 1 << 14


def as_directions(X: ArrayLike) -> NDArray[np.float32]:
    """Return rows of the same directions as a C-contiguous float32 matrix; no copy is made of one.

    Rows of wider numbers that are very large or small are scaled by powers of two first, so that
    float32 holds them. Other values are not looked at: the kernels meet NaN and infinity.
    """
    array = as_matrix(X, "X")
    if array.dtype.kind == "f" and array.dtype.itemsize > 4:
        array = _scaled(array)
    return as_embeddings(array)


def _scaled(x: NDArray[Any]) -> NDArray[Any]:
    peaks = np.empty(len(x), x.dtype)
    for first in range(0, len(x), _BLOCK):
        block = x[first : first + _BLOCK]
        peaks[first : first + _BLOCK] = np.maximum(block.max(axis=1), -block.min(axis=1))
    far = np.isfinite(peaks) & (peaks > 0) & ((peaks < _SMALL) | (peaks > _LARGE))
    if not far.any():
        return x
    scaled = x.copy()
    scaled[far] = np.ldexp(x[far], -np.frexp(peaks[far])[1][:, None])
    return scaled
