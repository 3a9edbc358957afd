"""Rows of 16-bit floats and bytes as float32, a block of them at a time: never the whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["is_wide", "rows_of", "widen"]


def is_wide(x: NDArray[Any]) -> bool:
    """Whether these are numbers to compute with, float32 or float64, as they stand."""
    return x.dtype.itemsize >= 4


def widen(x: NDArray[Any]) -> NDArray[Any]:
    """Return float32 for what is narrower, exactly, and others as they are."""
    if x.dtype == np.uint16:  # bfloat16 is the upper half of float32
        bits = x.astype(np.uint32)
        bits <<= 16
        return bits.view(np.float32)
    return x if is_wide(x) else x.astype(np.float32)


def rows_of(features: NDArray[Any], items: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return wide rows, and which of them each item has: all of them, or copies of narrow ones."""
    if is_wide(features):
        return features, items
    return widen(features[items]), np.arange(len(items))
