"""show_versions: which prefmath runs here, on what, and why."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version

__all__ = ["show_versions"]


def show_versions() -> None:
    """Print the versions, the backend and why it was chosen, the instruction set and the threads.

    What a bug report should begin with.

    Examples
    --------
    >>> import prefmath
    >>> prefmath.show_versions()  # doctest: +ELLIPSIS
    prefmath         ...
    backend          ...
    """
    for name, value in _facts():
        print(f"{name:<16} {value}")


def _facts() -> list[tuple[str, str]]:
    from prefmath import __version__
    from prefmath._kernels import kernels
    from prefmath._threads import resolve_threads

    return [
        ("prefmath", __version__),
        ("backend", _backend(kernels.__name__)),
        ("instruction set", kernels.instruction_set()),
        ("threads", str(resolve_threads(None))),
        ("Python", f"{platform.python_implementation()} {platform.python_version()}"),
        ("NumPy", _installed("numpy")),
        ("numba", _installed("numba")),
        ("platform", platform.platform()),
    ]


def _backend(module: str) -> str:
    name = module.rpartition(".")[2].removeprefix("_")
    asked = os.environ.get("PREFMATH_BACKEND")
    if asked:
        why = f"PREFMATH_BACKEND={asked}"
    elif name == "native":
        why = "compiled module found"
    else:
        why = _why_not_native()
    if name == "numba" and _installed("numba") == _MISSING:
        why += "; numba is not installed, so it is slow"
    return f"{name} ({why})"


def _why_not_native() -> str:
    try:
        import prefmath._native  # noqa: F401
    except ModuleNotFoundError:
        return "no compiled module"
    except ImportError as error:
        return f"the compiled module does not load: {error}"
    return "the compiled module came after the first import"


_MISSING = "not installed"


def _installed(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return _MISSING
