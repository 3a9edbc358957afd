"""Run the command line inside this process, as a shell would."""

import contextlib
import io
from typing import NamedTuple

from prefmath.cli import main


class Run(NamedTuple):
    status: int
    out: str
    err: str


def run(*arguments):
    """Return the exit status and what was printed."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main([str(argument) for argument in arguments])
        except SystemExit as stop:
            return Run(stop.code, out.getvalue(), err.getvalue())
    raise AssertionError("main returned")


def refusal(*arguments):
    """Return the message of a command that must fail: one line, status 2, nothing on stdout."""
    result = run(*arguments)
    assert result.status == 2
    assert result.out == ""
    start, line, rest = result.err.partition("prefmath: error: ")
    assert (start, rest.count("\n"), rest[-1]) == ("", 1, "\n")
    assert line
    return rest[:-1]
