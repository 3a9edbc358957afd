"""Rows of which the direction alone counts, as float32."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prefmath._validate import as_embeddings, as_matrix
from prefmath.similarity._rows import scaled_rows

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

__all__ = ["as_directions"]

# Rows whose largest value lies between keep their digits in float32, and so do their squares.
_SMALL, _LARGE = 2.0**-60, 2.0**60


def as_directions(X: ArrayLike) -> NDArray[np.float32]:
    """Return rows of the same directions as a C-contiguous float32 matrix; no copy is made of one.

    Rows of wider numbers that are very large or small are scaled by powers of two first, so that
    float32 holds them. Other values are not looked at: the kernels meet NaN and infinity.
    """
    array = as_matrix(X, "X")
    if array.dtype.kind == "f" and array.dtype.itemsize > 4:
        array = scaled_rows(array, _SMALL, _LARGE)
    return as_embeddings(array)
