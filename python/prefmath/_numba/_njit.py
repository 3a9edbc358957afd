"""numba's compiler with this package's settings, or nothing where numba is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["instruction_set", "njit", "njit_in_any_order"]

_Function = TypeVar("_Function", bound="Callable[..., Any]")

try:
    import numba
except ImportError:

    def njit(function: _Function) -> _Function:
        """Leave the function as it is: slow but right."""
        return function

    njit_in_any_order = njit

    def instruction_set() -> str:
        """Say that nothing is compiled."""
        return "interpreted: numba is not installed"

else:

    def njit(function: _Function) -> _Function:
        """Compile on first use, keep the machine code on disk, release the GIL, follow IEEE 754."""
        compile_ = numba.njit(cache=True, nogil=True, error_model="numpy")
        return cast("_Function", compile_(function))

    def njit_in_any_order(function: _Function) -> _Function:
        """Compile alike, but let sums be taken in any order: fast, not the same everywhere."""
        allowed = {"reassoc", "contract", "nsz"}
        compile_ = numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=allowed)
        return cast("_Function", compile_(function))

    def instruction_set() -> str:
        """Name the processor that numba compiles for."""
        from llvmlite import binding

        return str(binding.get_host_cpu_name())
