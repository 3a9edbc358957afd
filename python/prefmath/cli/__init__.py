"""The command line: ``prefmath demo``, ``prefmath select`` and ``prefmath fit``."""

from __future__ import annotations

import sys
import warnings
from typing import TYPE_CHECKING, TextIO

from prefmath.cli.misuse import sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

_EXTRA = ("click", "pyarrow", "rich", "typer")
_MISTAKES = (ValueError, TypeError, OSError, ImportError, MemoryError)
"""What the library raises on wrong input, each with a sentence that needs no traceback."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit.

    Status 0 when all is done, 2 after an error, which is one line on stderr, and 130 when stopped
    with Ctrl-C.

    Parameters
    ----------
    arguments : sequence of str, optional
        What follows ``prefmath`` on the command line; that of this process by default.

    Raises
    ------
    SystemExit
        Always, with the status.

    Examples
    --------
    >>> main(["--version"])
    Traceback (most recent call last):
    ...
    SystemExit: 0
    """
    sys.exit(_run(list(sys.argv[1:] if arguments is None else arguments)))


def _run(arguments: list[str]) -> int:
    try:
        status = _status(arguments)
    except KeyboardInterrupt:
        status = 130
    except _MISTAKES as error:
        return _fail(_sentence(error))
    except Exception as error:
        # typer brings its own click or uses the one installed: known by what they can do
        if type(error).__name__ == "Abort":
            status = 130
        elif hasattr(error, "format_message"):
            return _fail(sentence(error))
        else:
            raise
    if status == 130:
        sys.stderr.write("prefmath: stopped\n")
    return status


def _status(arguments: list[str]) -> int:
    try:
        from prefmath.cli.app import app
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _EXTRA:
            raise
        msg = f'the command line needs {error.name}: pip install "prefmath[cli]"'
        raise ImportError(msg) from error
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for kind in (UserWarning, RuntimeWarning):
            warnings.simplefilter("always", kind)
        warnings.showwarning = _warn
        status = app(arguments, prog_name="prefmath", standalone_mode=False)
    return status if isinstance(status, int) else 0


def _sentence(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror.lower()}: {error.filename!r}" if error.filename else error.strerror
    if isinstance(error, MemoryError):
        said = str(error)
        return f"out of memory: {said[:1].lower()}{said[1:]}" if said else "out of memory"
    return str(error)


def _fail(message: str) -> int:
    _line("error", message)
    return 2


def _warn(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    del category, filename, lineno, file, line
    _line("warning", str(message))


def _line(kind: str, message: str) -> None:
    sys.stderr.write(f"prefmath: {kind}: {' '.join(message.split())}\n")
