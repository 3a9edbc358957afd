"""What the package promises as a whole: a light import, one version, documented names."""

from __future__ import annotations

import importlib.util
import inspect
import json
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, version

import numpy as np
import pytest

import prefmath
from conftest import ROOT

HEAVY = [
    "hypothesis",
    "llvmlite",
    "matplotlib",
    "narwhals",
    "numba",
    "pandas",
    "polars",
    "pyarrow",
    "rich",
    "scipy",
    "sklearn",
    "typer",
]


def modules_after(statement):
    """Return the names of the top-level packages that a fresh interpreter holds after it."""
    code = f"import sys, json\n{statement}\nprint(json.dumps(sorted(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in json.loads(run.stdout)}


def test_import_loads_numpy_and_nothing_heavier():
    loaded = modules_after("import prefmath")
    assert loaded.isdisjoint(HEAVY)
    extra = loaded - modules_after("import numpy") - set(sys.stdlib_module_names)
    assert extra <= {"prefmath"}


def test_listing_the_names_loads_nothing_heavier():
    assert modules_after("import prefmath; dir(prefmath)").isdisjoint(HEAVY)


def test_one_version():
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    workspace = tomllib.loads((ROOT / "Cargo.toml").read_text(encoding="utf-8"))
    assert prefmath.__version__ == pyproject["project"]["version"]
    assert prefmath.__version__ == workspace["workspace"]["package"]["version"]


def test_installed_version():
    try:
        installed = version("prefmath")
    except PackageNotFoundError:
        pytest.skip("prefmath runs from its source tree here")
    assert installed == prefmath.__version__


def test_compiled_version():
    native = pytest.importorskip("prefmath._native", reason="the compiled module is not installed")
    assert native.__version__ == prefmath.__version__


@pytest.mark.parametrize("name", [name for name in prefmath.__all__ if name != "__version__"])
def test_public_name_is_documented(name):
    public = getattr(prefmath, name)
    assert inspect.getdoc(public)
    if inspect.isclass(public):
        undocumented = [
            member
            for member, value in vars(public).items()
            if not member.startswith("_")
            and (inspect.isfunction(value) or isinstance(value, (property, classmethod)))
            and not inspect.getdoc(getattr(public, member))
        ]
        assert undocumented == []


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = prefmath.no_such_name


def test_show_versions(capsys):
    prefmath.show_versions()
    table = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert table["prefmath"] == prefmath.__version__
    assert table["NumPy"] == np.__version__
    assert table["Python"].endswith(".".join(map(str, sys.version_info[:3])))
    assert int(table["threads"]) >= 1


def test_show_versions_says_why_the_backend_was_chosen(capsys, monkeypatch):
    monkeypatch.delenv("PREFMATH_BACKEND", raising=False)
    found = importlib.util.find_spec("prefmath._native") is not None
    expected = "native (compiled module found)" if found else "numba (no compiled module)"
    prefmath.show_versions()
    assert f"backend          {expected}" in capsys.readouterr().out


@pytest.mark.parametrize(("asked", "backend"), [("numba", "numba"), ("native", "native")])
def test_show_versions_names_the_variable_that_chose(asked, backend):
    if asked == "native":
        pytest.importorskip("prefmath._native", reason="the compiled module is not installed")
    run = subprocess.run(
        [sys.executable, "-c", "import prefmath; prefmath.show_versions()"],
        capture_output=True,
        text=True,
        check=True,
        env={"PREFMATH_BACKEND": asked, "PYTHONPATH": ":".join(filter(None, sys.path))},
    )
    assert f"{backend} (PREFMATH_BACKEND={asked})" in run.stdout
