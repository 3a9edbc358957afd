"""Rows of numbers as the kernels take them, of whichever type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["kernel_view"]


def kernel_view(x: NDArray[Any]) -> NDArray[Any]:
    """Return what the kernels take: of bfloat16, which is not NumPy's own, the bits."""
    return x.view(np.uint16) if x.dtype.name == "bfloat16" else x
