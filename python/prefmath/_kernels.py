"""The kernels of the chosen backend: the compiled ones, or else their numba twins.

``PREFMATH_BACKEND=native|numba`` decides; without it the compiled module is taken where it is
there. The choice is made once, when this module is first imported.
"""

from __future__ import annotations

import importlib
import os
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

__all__ = ["kernels"]

if TYPE_CHECKING:
    from prefmath import _native as kernels


def _choose() -> Any:
    asked = os.environ.get("PREFMATH_BACKEND") or None
    if asked not in {None, "native", "numba"}:
        msg = f"PREFMATH_BACKEND must be native or numba, not {asked!r}"
        raise ImportError(msg)
    if asked != "numba":
        try:
            native = importlib.import_module("prefmath._native")
        except ImportError:
            if asked == "native":
                raise
        else:
            if native.__version__ != version("prefmath"):
                msg = (
                    f"the compiled module is of version {native.__version__} but prefmath is of "
                    f"version {version('prefmath')}: install prefmath again"
                )
                raise ImportError(msg)
            return native
    return importlib.import_module("prefmath._numba")


if not TYPE_CHECKING:
    kernels = _choose()
