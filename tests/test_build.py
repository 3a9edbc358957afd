"""The build hook decides rightly what to build; real builds are tried by .ci/run."""

from __future__ import annotations

import sys
import tarfile
from email.parser import Parser
from types import ModuleType
from zipfile import ZipFile

import pytest

from conftest import ROOT

sys.path.insert(0, str(ROOT / "python" / "build_backend"))
import prefmath_build

sys.path.pop(0)

MATURIN, HATCHLING = prefmath_build.MATURIN, prefmath_build.HATCHLING


@pytest.fixture(autouse=True)
def in_checkout(monkeypatch, tmp_path):
    """Run the hook where an installer runs it, and never write to a real terminal."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(prefmath_build, "TERMINAL", tmp_path / "terminal")


@pytest.fixture
def machine(monkeypatch):
    """Set PREFMATH_BUILD and whether cargo is there."""

    def set_up(mode, *, cargo):
        if mode is None:
            monkeypatch.delenv("PREFMATH_BUILD", raising=False)
        else:
            monkeypatch.setenv("PREFMATH_BUILD", mode)
        monkeypatch.setattr(prefmath_build, "cargo_found", lambda: cargo)

    return set_up


@pytest.fixture
def maturin(monkeypatch):
    """Stand in for maturin: note the calls and return a wheel's name, or leave as maturin does."""

    class Maturin(ModuleType):
        calls: list[tuple]
        fails = False

        def build_wheel(self, *args):
            self.calls.append(("build_wheel", *args))
            if self.fails:
                sys.exit(1)
            return "native.whl"

        def build_editable(self, *args):
            self.calls.append(("build_editable", *args))
            return "native-editable.whl"

    stand_in = Maturin("maturin")
    stand_in.calls = []
    monkeypatch.setitem(sys.modules, "maturin", stand_in)
    return stand_in


@pytest.fixture
def pure(monkeypatch):
    """Stand in for the pure build."""
    monkeypatch.setattr(prefmath_build, "build_pure", lambda hook, _directory: f"pure {hook}")


@pytest.mark.parametrize(
    ("mode", "cargo", "expected"),
    [
        (None, True, [MATURIN, HATCHLING]),
        (None, False, [HATCHLING]),
        ("auto", True, [MATURIN, HATCHLING]),
        ("auto", False, [HATCHLING]),
        ("rust", True, [MATURIN]),
        ("rust", False, [MATURIN]),
        ("pure", True, [HATCHLING]),
        ("pure", False, [HATCHLING]),
    ],
)
def test_requirements(machine, mode, cargo, expected):
    machine(mode, cargo=cargo)
    assert prefmath_build.get_requires_for_build_wheel() == expected
    assert prefmath_build.get_requires_for_build_editable() == expected
    assert prefmath_build.get_requires_for_build_sdist() == [HATCHLING]


@pytest.mark.parametrize("mode", ["", "Rust", "fast"])
def test_unknown_mode_is_refused(machine, mode, tmp_path):
    machine(mode, cargo=True)
    refusal = f"PREFMATH_BUILD must be auto, rust or pure, not '{mode}'"
    for hook in ("wheel", "editable", "sdist"):
        with pytest.raises(SystemExit, match=refusal):
            getattr(prefmath_build, f"get_requires_for_build_{hook}")()
        with pytest.raises(SystemExit, match=refusal):
            getattr(prefmath_build, f"build_{hook}")(str(tmp_path))


@pytest.mark.parametrize("mode", ["auto", "rust"])
def test_cargo_builds_the_native_wheel(machine, maturin, mode, capsys):
    machine(mode, cargo=True)
    assert prefmath_build.build_wheel("out", {"a": "b"}) == "native.whl"
    assert prefmath_build.build_editable("out") == "native-editable.whl"
    assert maturin.calls == [("build_wheel", "out", {"a": "b"}), ("build_editable", "out", None)]
    assert capsys.readouterr().err == ""


@pytest.mark.usefixtures("pure")
@pytest.mark.parametrize(
    ("mode", "cargo", "fails", "reason"),
    [
        ("pure", True, False, "PREFMATH_BUILD=pure"),
        ("auto", False, False, "no cargo on PATH"),
        ("auto", True, True, "the Rust build failed (PREFMATH_BUILD=rust shows why)"),
    ],
)
def test_the_pure_wheel_is_said_in_one_line(machine, maturin, mode, cargo, fails, reason, capsys):
    machine(mode, cargo=cargo)
    maturin.fails = fails
    assert prefmath_build.build_wheel("out") == "pure build_wheel"
    line = f"prefmath: {reason}: installing the pure Python package, which runs on numba\n"
    assert capsys.readouterr().err == line
    assert prefmath_build.TERMINAL.read_text(encoding="utf-8") == "\n" + line


def test_no_terminal_is_no_error(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(prefmath_build, "TERMINAL", tmp_path / "absent" / "terminal")
    prefmath_build.say("a line")
    assert capsys.readouterr().err == "a line\n"


def test_mode_rust_fails_where_the_build_fails(machine, maturin):
    machine("rust", cargo=True)
    maturin.fails = True
    with pytest.raises(SystemExit) as failure:
        prefmath_build.build_wheel("out")
    assert failure.value.code == 1


def test_mode_rust_needs_cargo(machine, maturin):
    machine("rust", cargo=False)
    with pytest.raises(SystemExit, match="needs cargo on PATH"):
        prefmath_build.build_wheel("out")
    assert maturin.calls == []


def test_the_pure_wheel_holds_no_build_hook_and_brings_numba(tmp_path):
    with ZipFile(tmp_path / prefmath_build.build_pure("build_wheel", str(tmp_path))) as wheel:
        assert wheel.filename.endswith("-py3-none-any.whl")
        files = wheel.namelist()
        folder = next(name for name in files if name.endswith("/METADATA")).partition("/")[0]
        metadata = Parser().parsestr(wheel.read(f"{folder}/METADATA").decode())
    assert {name.partition("/")[0] for name in files} == {"prefmath", folder}
    assert not [name for name in files if name.endswith((".so", ".pyd"))]
    needed = [line for line in metadata.get_all("Requires-Dist") if "extra ==" not in line]
    assert sorted(line.partition(">=")[0] for line in needed) == ["numba", "numpy"]


def test_the_source_archive_leaves_its_dependencies_to_the_build(tmp_path):
    with tarfile.open(tmp_path / prefmath_build.build_sdist(str(tmp_path))) as archive:
        files = [name.partition("/")[2] for name in archive.getnames()]
        folder = archive.getnames()[0].partition("/")[0]
        metadata = Parser().parsestr(archive.extractfile(f"{folder}/PKG-INFO").read().decode())
    assert metadata["Dynamic"] == "Requires-Dist"
    needed = {"Cargo.lock", "Cargo.toml", "rust/core/Cargo.toml", "rust/bindings/src/lib.rs"}
    hook = "python/build_backend/prefmath_build.py"
    assert {hook, "python/prefmath/__init__.py", "tests/conftest.py", *needed} <= set(files)
    assert not [name for name in files if name.endswith((".so", ".pyd"))]


def test_only_the_pure_wheel_depends_on_numba():
    native = prefmath_build.read_pyproject()["project"]["dependencies"]
    assert [requirement.partition(">=")[0] for requirement in native] == ["numpy"]
    pure = prefmath_build.pure_dependencies()
    assert [requirement.partition(">=")[0] for requirement in pure] == ["numpy", "numba"]


def test_pure_editable_removes_the_compiled_module(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    package = tmp_path / "python" / "prefmath"
    package.mkdir(parents=True)
    kept = [package / "_native.pyi", package / "_numba.py"]
    left = [package / "_native.abi3.so", package / "_native.pyd"]
    for path in kept + left:
        path.touch()
    prefmath_build.remove_compiled_module()
    assert sorted(package.iterdir()) == sorted(kept)
