"""Build hook (PEP 517, PEP 660): a native wheel by maturin, or a pure one on numba by hatchling.

PREFMATH_BUILD = auto (the default: native where cargo can build it, else pure, saying so),
rust (native or an error) or pure.
"""

from __future__ import annotations

import os
import shutil
import sys
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

MATURIN = "maturin>=1.14"
HATCHLING = "hatchling>=1.27"
MODES = ("auto", "rust", "pure")

Settings = Mapping[str, Any] | None


def get_requires_for_build_wheel(config_settings: Settings = None) -> list[str]:
    """Name what the wheel is built with: maturin, hatchling, or both where either may be needed."""
    mode = build_mode()
    rust = mode == "rust" or (mode == "auto" and cargo_found())
    return ([MATURIN] if rust else []) + ([HATCHLING] if mode != "rust" else [])


get_requires_for_build_editable = get_requires_for_build_wheel


def get_requires_for_build_sdist(config_settings: Settings = None) -> list[str]:
    """Name what the sdist is built with: hatchling in every mode, so that there is one sdist."""
    build_mode()
    return [HATCHLING]


def build_wheel(
    wheel_directory: str, config_settings: Settings = None, metadata_directory: str | None = None
) -> str:
    """Build the wheel and return its file name."""
    return _build("build_wheel", wheel_directory, config_settings)


def build_editable(
    wheel_directory: str, config_settings: Settings = None, metadata_directory: str | None = None
) -> str:
    """Build the wheel that points at this source tree and return its file name."""
    return _build("build_editable", wheel_directory, config_settings)


def build_sdist(sdist_directory: str, config_settings: Settings = None) -> str:
    """Build the source archive, from which either wheel can be built, and return its file name."""
    build_mode()
    from hatchling.builders.sdist import SdistBuilder

    return Path(next(SdistBuilder(os.getcwd()).build(directory=sdist_directory))).name


def build_mode() -> str:
    """Read PREFMATH_BUILD."""
    mode = os.environ.get("PREFMATH_BUILD", "auto")
    if mode not in MODES:
        message = f"PREFMATH_BUILD must be auto, rust or pure, not {mode!r}"
        raise SystemExit(message)
    return mode


def cargo_found() -> bool:
    """Tell whether cargo is on PATH."""
    return shutil.which("cargo") is not None


def _build(hook: str, directory: str, config_settings: Settings) -> str:
    mode = build_mode()
    if mode == "pure":
        reason = "PREFMATH_BUILD=pure"
    elif mode == "auto" and not cargo_found():
        reason = "no cargo on PATH"
    else:
        try:
            return _native(hook, directory, config_settings)
        except (Exception, SystemExit):  # maturin's hooks leave through sys.exit
            if mode == "rust":
                raise
            reason = "the Rust build failed (PREFMATH_BUILD=rust pip install -v shows why)"
    say(f"prefmath: {reason}: building the pure Python wheel, which runs on numba")
    return _pure(hook, directory)


def _native(hook: str, directory: str, config_settings: Settings) -> str:
    if not cargo_found():  # else maturin would download a Rust toolchain
        message = "PREFMATH_BUILD=rust needs cargo on PATH (https://rustup.rs)"
        raise SystemExit(message)
    import maturin

    build: Callable[[str, Settings], str] = getattr(maturin, hook)
    return build(directory, config_settings)


def _pure(hook: str, directory: str) -> str:
    from hatchling.builders.wheel import WheelBuilder

    if hook == "build_editable":
        _remove_compiled_module()
    root = os.getcwd()
    builder = WheelBuilder(root, metadata=pure_metadata(root))
    version = "editable" if hook == "build_editable" else "standard"
    return Path(next(builder.build(directory=directory, versions=[version]))).name


def pure_metadata(root: str) -> Any:
    """Return the project's metadata with numba among the dependencies."""
    from hatchling.metadata.core import ProjectMetadata
    from hatchling.plugin.manager import PluginManager

    config = tomllib.loads(Path(root, "pyproject.toml").read_text(encoding="utf-8"))
    project = config["project"]
    project["dependencies"] += project["optional-dependencies"]["numba"]
    return ProjectMetadata(root, PluginManager(), config)


def _remove_compiled_module() -> None:
    # An earlier native editable build leaves it in the source tree, where the import would find it.
    for pattern in ("_native*.so", "_native*.pyd"):
        for path in Path("python", "prefmath").glob(pattern):
            path.unlink()


def say(line: str) -> None:
    """Print one line where the person who installs can see it."""
    print(line, file=sys.stderr, flush=True)
