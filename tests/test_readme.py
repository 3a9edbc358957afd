"""The README's Python code runs and prints what the README shows.

A python block followed by a text block: the code, and exactly what it prints. The blocks share one
namespace, from top to bottom. The two bash blocks are run by .ci/run.
"""

from __future__ import annotations

import contextlib
import io
import re
from typing import NamedTuple

import pytest

from conftest import ROOT

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Example(NamedTuple):
    line: int
    code: str
    output: str


def blocks():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return [(text.count("\n", 0, m.start()) + 1, m[1], m[2]) for m in FENCE.finditer(text)]


def examples():
    found = blocks()
    following = [*found[1:], (0, "", "")]
    return [
        Example(line, code, output if kind == "text" else "")
        for (line, language, code), (_, kind, output) in zip(found, following, strict=False)
        if language == "python"
    ]


@pytest.fixture(scope="module")
def namespace():
    return {"__name__": "readme"}


@pytest.mark.parametrize("example", examples(), ids=lambda example: f"line-{example.line}")
def test_example_prints_what_is_shown(example, namespace, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    printed = io.StringIO()
    source = "\n" * example.line + example.code  # so that a traceback gives the README's line
    with contextlib.redirect_stdout(printed):
        exec(compile(source, str(ROOT / "README.md"), "exec"), namespace)  # noqa: S102
    assert printed.getvalue() == example.output


def test_there_is_an_example_with_output():
    assert any(example.output for example in examples())


def test_two_commands_the_main_job_and_the_tests():
    commands = [code for _, language, code in blocks() if language == "bash"]
    assert len(commands) == 2
    assert "prefmath" in commands[0]
    assert "pytest" in commands[1]
