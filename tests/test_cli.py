"""The command line as a whole: status, one line an error, no traceback."""

import os
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
        (["choose"], "no such command 'choose': see prefmath --help"),
        (["--colour"], "no such option: --colour: see prefmath --help"),
        (["select"], "missing argument 'POOL': see prefmath select --help"),
        (["select", "x.npy", "-o", "o.npy"], "missing option '-k': see prefmath select --help"),
        (["fit", "x.npy"], "missing option '-o' / '--output': see prefmath fit --help"),
        (["select", "x.npy", "-o"], "option '-o' requires an argument"),
        (["demo", "--groups", 1], "--groups must be at least 2, not 1: see prefmath demo --help"),
        (["demo", "--default-share", 2], "--default-share must be at most 1, not 2: see"),
        (["demo", "--seed", "one"], "--seed must be a whole number, not 'one': see prefmath demo"),
        (["select", "x.npy", "-k", "1.5"], "-k must be a whole number, not '1.5': see prefmath"),
        (["fit", "x.csv", "--l2", "x"], "--l2 must be a number, not 'x': see prefmath fit --help"),
        (
            ["fit", "x.csv", "--ties", "foo"],
            "--ties must be one of half, davidson, rao_kupper, not",
        ),
        (["fit", "x.csv", "--seed", -1], "--seed must be at least 0, not -1: see"),
        (["fit", "x.csv", "--threads", 0], "--threads must be at least 1, not 0: see"),
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


@pytest.mark.parametrize("command", [[], ["demo"], ["select"], ["fit"]])
def test_what_takes_no_value_shows_none_in_help(command):
    text = run(*command, "--help").out
    assert "--help" in text
    assert "<bool>" not in text
    assert "BOOL" not in text


def shell(**environment):
    """Run the command line as a shell does that asks what may come next."""
    command = [sys.executable, "-m", "prefmath"]
    done = subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return done.stdout


def test_completion():
    script = shell(_PREFMATH_COMPLETE="source_bash")
    assert "complete -o default -F _prefmath_completion prefmath" in script
    assert "#compdef prefmath" in shell(_PREFMATH_COMPLETE="source_zsh")
    for words, expected in {
        "prefmath sel": ["select"],
        "prefmath select --allow": ["--allow-fewer"],
        "prefmath fit x.csv --ties ": ["half", "davidson", "rao_kupper"],
        "prefmath fit x.csv --layout r": ["rankings"],
    }.items():
        place = str(len(words.split(" ")) - 1)
        found = shell(_PREFMATH_COMPLETE="complete_bash", COMP_WORDS=words, COMP_CWORD=place)
        assert found.split() == expected


def test_completion_is_offered():
    text = run("--help").out
    assert "--install-completion" in text
    assert "--show-completion" in text


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


@pytest.mark.parametrize("module", ["prefmath", "prefmath.cli"])
def test_as_a_module(tmp_path, module):
    np.save(tmp_path / "x.npy", np.eye(3))
    command = [sys.executable, "-m", module, "select", "x.npy", "-k", "2", "-o"]
    done = subprocess.run([*command, "o.npy"], cwd=tmp_path, capture_output=True, check=True)
    assert done.stderr == b""
    assert np.load(tmp_path / "o.npy").tolist() == [0, 1]
    failed = subprocess.run([*command, "o.txt"], cwd=tmp_path, capture_output=True, check=False)
    assert failed.returncode == 2
    assert failed.stderr.startswith(b"prefmath: error: 'o.txt' must end in .npy")
