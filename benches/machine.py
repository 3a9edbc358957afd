"""The machine, the versions and the settings that a table belongs to."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = (
    "prefmath",
    "numpy",
    "numba",
    "scikit-learn",
    "faiss-cpu",
    "torch",
    "numkong",
    "ml_dtypes",
    "apricot-select",
    "choix",
    "dppy",
    "evalica",
    "fpsample",
    "kmedoids",
    "submodlib-py",
    "pyversity",
)


def description() -> str:
    """Say it in a few lines of Markdown."""
    import numpy as np

    from prefmath import _native

    cores, isa = len(os.sched_getaffinity(0)), _native.instruction_set()
    system = f"{platform.system()} {platform.release().split('-')[0]}"
    python = f"{platform.python_implementation()} {platform.python_version()}"
    packages = ", ".join(f"{name} {_version(name)}" for name in PACKAGES)
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    threads = [os.environ[f"{name}_NUM_THREADS"] for name in ("PREFMATH", "OPENBLAS", "OMP")]
    lines = (
        f"Machine: {_processor()}, {cores} cores; {isa}; {system}.",
        f"Versions: {python}, {packages}; NumPy's BLAS is {blas['name']} {blas['version']}.",
        "Threads: {} for prefmath, {} for BLAS, {} for the peers.".format(*threads),
        f"Others at work on the machine when the run began (load): {os.getloadavg()[0]:.2f}.",
    )
    return "\n".join(f"- {line}" for line in lines) + "\n"


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "absent"


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    found = dict(line.split("\t: ", 1) for line in lines[:30] if "\t: " in line)
    named = {key.strip(): value for key, value in found.items()}
    return (
        f"{named['model name']} (family {named['cpu family']}, model {named['model']}) "
        f"at {float(named['cpu MHz']) / 1000:.1f} GHz"
    )
