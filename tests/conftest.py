"""Fixtures and settings shared by all tests: the backends, the real data, hypothesis."""

from __future__ import annotations

import importlib
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent

settings.register_profile("dev", deadline=None)
settings.register_profile(
    "ci", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("ci" if os.environ.get("CI") else "dev")


@pytest.fixture(scope="session", params=["native", "numba"])
def kernels(request):
    """Each backend's module in turn; the test runs once on each."""
    try:
        return importlib.import_module(f"prefmath._{request.param}")
    except ModuleNotFoundError as error:
        if request.param == "numba" or error.name != "prefmath._native":
            raise
        pytest.skip("the compiled module prefmath._native is not installed")


@pytest.fixture(scope="session")
def data_dir():
    """Return the folder of real data sets: PREFMATH_DATA, or shared/data beside the checkout."""
    folder = Path(os.environ.get("PREFMATH_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder} (PREFMATH_DATA names another folder)")
    return folder
