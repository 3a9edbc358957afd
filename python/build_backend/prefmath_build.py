"""Build hook (PEP 517, PEP 660): a native wheel by maturin, or a pure one on numba by hatchling.

PREFMATH_BUILD = auto (the default: native where cargo can build it, else pure, saying so),
rust (native or an error) or pure.

There is no prepare_metadata hook: only a finished build knows whether numba is a dependency.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hatchling.metadata.core import ProjectMetadata

MODES = ("auto", "rust", "pure")
MATURIN = "maturin>=1.14"
HATCHLING = "hatchling>=1.27"
TERMINAL = Path("/dev/tty")

Settings = Mapping[str, Any] | None


def get_requires_for_build_wheel(config_settings: Settings = None) -> list[str]:
    """Name what the wheel is built with: maturin, hatchling, or both where either may be needed."""
    mode = build_mode()
    rust = mode == "rust" or (mode == "auto" and cargo_found())
    return ([MATURIN] if rust else []) + ([HATCHLING] if mode != "rust" else [])


get_requires_for_build_editable = get_requires_for_build_wheel


def get_requires_for_build_sdist(config_settings: Settings = None) -> list[str]:
    """Name what the source archive is built with, which is the same archive in every mode."""
    build_mode()
    return [HATCHLING]


def build_wheel(
    wheel_directory: str, config_settings: Settings = None, metadata_directory: str | None = None
) -> str:
    """Build the wheel and return its file name."""
    return build("build_wheel", wheel_directory, config_settings)


def build_editable(
    wheel_directory: str, config_settings: Settings = None, metadata_directory: str | None = None
) -> str:
    """Build the wheel that points at this source tree and return its file name."""
    return build("build_editable", wheel_directory, config_settings)


def build_sdist(sdist_directory: str, config_settings: Settings = None) -> str:
    """Build the source archive, from which either wheel can be built, and return its file name."""
    build_mode()
    from hatchling.builders.sdist import SdistBuilder

    builder = SdistBuilder(os.getcwd(), metadata=project_metadata(dependencies=None))
    return Path(next(builder.build(directory=sdist_directory))).name


def build_mode() -> str:
    """Return what PREFMATH_BUILD says."""
    mode = os.environ.get("PREFMATH_BUILD", "auto")
    if mode not in MODES:
        message = f"PREFMATH_BUILD must be auto, rust or pure, not {mode!r}"
        raise SystemExit(message)
    return mode


def cargo_found() -> bool:
    """Tell whether cargo is on PATH."""
    return shutil.which("cargo") is not None


def build(hook: str, directory: str, config_settings: Settings) -> str:
    """Build the native wheel, or the pure one where the mode asks for it or falls back to it."""
    mode = build_mode()
    if mode == "pure":
        reason = "PREFMATH_BUILD=pure"
    elif mode == "auto" and not cargo_found():
        reason = "no cargo on PATH"
    else:
        try:
            return build_native(hook, directory, config_settings)
        except (Exception, SystemExit):  # maturin's hooks leave through sys.exit
            if mode == "rust":
                raise
            reason = "the Rust build failed (PREFMATH_BUILD=rust shows why)"
    say(f"prefmath: {reason}: installing the pure Python package, which runs on numba")
    return build_pure(hook, directory)


def build_native(hook: str, directory: str, config_settings: Settings) -> str:
    """Build the wheel with the compiled module."""
    if not cargo_found():  # maturin would go on and download a Rust toolchain
        message = "PREFMATH_BUILD=rust needs cargo on PATH (https://rustup.rs)"
        raise SystemExit(message)
    import maturin

    maturin_hook: Callable[[str, Settings], str] = getattr(maturin, hook)
    return maturin_hook(directory, config_settings)


def build_pure(hook: str, directory: str) -> str:
    """Build the wheel without the compiled module and with numba among its dependencies."""
    from hatchling.builders.wheel import WheelBuilder

    version = "standard"
    if hook == "build_editable":
        version = "editable"
        remove_compiled_module()
    builder = WheelBuilder(os.getcwd(), metadata=project_metadata(pure_dependencies()))
    return Path(next(builder.build(directory=directory, versions=[version]))).name


def pure_dependencies() -> list[str]:
    """Return what the pure wheel depends on: the native one's dependencies and extra numba."""
    project = read_pyproject()["project"]
    return [*project["dependencies"], *project["optional-dependencies"]["numba"]]


def project_metadata(dependencies: list[str] | None) -> ProjectMetadata[Any]:
    """Return the project's metadata with these dependencies; None leaves them open (dynamic)."""
    from hatchling.metadata.core import ProjectMetadata
    from hatchling.plugin.manager import PluginManager

    config = read_pyproject()
    # pyproject.toml lists the dependencies and calls them dynamic, which says that a build may add
    # to them (PEP 808); hatchling so far takes either one or the other.
    if dependencies is None:
        del config["project"]["dependencies"]
    else:
        config["project"]["dependencies"] = dependencies
        config["project"]["dynamic"].remove("dependencies")
    return ProjectMetadata(os.getcwd(), PluginManager(), config)


def read_pyproject() -> dict[str, Any]:
    """Return pyproject.toml of the tree that is built, which is the working directory."""
    return tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))


def remove_compiled_module() -> None:
    """Remove what a native editable build left in the source tree, where imports would find it."""
    for suffix in (".so", ".pyd"):
        for compiled in Path("python/prefmath").glob(f"_native*{suffix}"):
            compiled.unlink()


def say(line: str) -> None:
    """Print a line to stderr, and on the terminal where an installer hides a build's stderr."""
    print(line, file=sys.stderr, flush=True)
    if not sys.stderr.isatty():
        with contextlib.suppress(OSError), TERMINAL.open("w", encoding="utf-8") as terminal:
            terminal.write(f"\n{line}\n")
