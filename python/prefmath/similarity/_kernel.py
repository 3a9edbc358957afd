"""The kernels of the chosen backend; of numba those that it does not have yet."""

from __future__ import annotations

import importlib
from typing import Any

from prefmath._kernels import kernels

__all__ = ["kernel"]


def kernel(name: str) -> Any:
    """Return the kernel of this name."""
    if hasattr(kernels, name):
        return getattr(kernels, name)
    return getattr(importlib.import_module("prefmath._numba"), name)
