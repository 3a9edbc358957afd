"""The command line as a whole: status, one line an error, no traceback."""

import subprocess
import sys
import warnings

import numpy as np
import pytest

import prefmath
from command_line import refusal, run


def test_version():
    result = run("--version")
    assert result == (0, f"prefmath {prefmath.__version__}\n", "")


@pytest.mark.parametrize("arguments", [[], ["--help"]])
def test_help_names_the_commands(arguments):
    result = run(*arguments)
    assert (result.status, result.err) == (0, "")
    for command in ("demo", "select", "fit"):
        assert command in result.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["choose"], "No such command 'choose'."),
        (["--colour"], "No such option: --colour"),
        (["select"], "Missing argument 'POOL'."),
        (["select", "x.npy", "-o", "o.npy"], "Missing option '-k'."),
        (["fit", "x.npy"], "Missing option '-o' / '--output'."),
        (["demo", "--groups", 1], "Invalid value for '--groups': "),
        (["demo", "--seed", "one"], "Invalid value for '--seed': "),
    ],
)
def test_misuse_is_one_line(arguments, message):
    assert refusal(*arguments).startswith(message)


def test_stopping_is_one_line(monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("prefmath.cli.select.suffix_of", stop)
    assert run("select", "x.npy", "-k", 1, "-o", "o.npy") == (130, "", "prefmath: stopped\n")


def test_a_warning_is_one_line(monkeypatch):
    def warn(*_):
        warnings.warn("not\nconverged", UserWarning, stacklevel=1)
        raise ValueError("bad")

    monkeypatch.setattr("prefmath.cli.select.suffix_of", warn)
    result = run("select", "x.npy", "-k", 1, "-o", "o.npy")
    assert result == (2, "", "prefmath: warning: not converged\nprefmath: error: bad\n")


def test_a_full_disk_is_one_line(monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device", "o.npy")

    monkeypatch.setattr("prefmath.cli.select.suffix_of", full)
    assert refusal("select", "x.npy", "-k", 1, "-o", "o.npy") == (
        "no space left on device: 'o.npy'"
    )


def test_a_bug_is_not_hidden(monkeypatch):
    def bug(*_):
        raise KeyError("x")

    monkeypatch.setattr("prefmath.cli.select.suffix_of", bug)
    with pytest.raises(KeyError, match="x"):
        run("select", "x.npy", "-k", 1, "-o", "o.npy")


@pytest.mark.parametrize("missing", ["typer", "rich"])
def test_without_the_extra(monkeypatch, missing):
    for name in list(sys.modules):
        if name.startswith("prefmath.cli."):
            monkeypatch.delitem(sys.modules, name)
    for name in [name for name in sys.modules if name.partition(".")[0] == missing]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, missing, None)
    message = refusal("--version")
    assert message.startswith(f"the command line needs {missing}")
    assert message.endswith(': pip install "prefmath[cli]"')


def test_without_arrow(monkeypatch, tmp_path):
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert refusal("select", tmp_path / "x.csv", "-k", 1, "-o", tmp_path / "o.npy") == (
        'reading and writing tables needs pyarrow: pip install "prefmath[cli]"'
    )


def test_as_a_module(tmp_path):
    np.save(tmp_path / "x.npy", np.eye(3))
    command = [sys.executable, "-m", "prefmath.cli", "select", "x.npy", "-k", "2", "-o"]
    done = subprocess.run([*command, "o.npy"], cwd=tmp_path, capture_output=True, check=True)
    assert done.stderr == b""
    assert np.load(tmp_path / "o.npy").tolist() == [0, 1]
    failed = subprocess.run([*command, "o.txt"], cwd=tmp_path, capture_output=True, check=False)
    assert failed.returncode == 2
    assert failed.stderr.startswith(b"prefmath: error: 'o.txt' must end in .npy")
