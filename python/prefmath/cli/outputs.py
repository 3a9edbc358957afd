"""What a command may write to: never over what it reads, over another file only when told to."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from prefmath.io.replace import refuse_unwritable

if TYPE_CHECKING:
    from collections.abc import Sequence


def force_option() -> Any:
    """Return the option that every command with an output has."""
    return typer.Option("--force", help="Replace the output where there is such a file already.")


def refuse_output(
    output: Path, inputs: Sequence[str | os.PathLike[str] | None], *, force: bool
) -> None:
    """Refuse an output before any work is done.

    Parameters
    ----------
    output : Path
        The file that is to be written.
    inputs : sequence of path-like or None
        What the command reads; what is not there is passed over.
    force : bool
        Whether a file that is there may be replaced. One that is read never may.

    Raises
    ------
    ValueError
        If the output is one of the inputs, under whatever name.
    FileExistsError
        If there is such a file and `force` is false.
    OSError
        If nothing can be written there.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "x.csv")
    ...     refuse_output(file, [], force=False)
    ...     file.touch()
    ...     refuse_output(file, [], force=True)
    """
    refuse_unwritable(output)
    if not output.exists():
        return
    for path in inputs:
        if path is None or not _same(path, output):
            continue
        named = "" if str(path) == str(output) else f" as {str(path)!r}"
        raise ValueError(f"the output {str(output)!r} is a file that is read{named}: name another")
    if not force:
        raise FileExistsError(f"{str(output)!r} exists already: --force replaces it")


def _same(path: str | os.PathLike[str], output: Path) -> bool:
    """Return whether both are one file: also by a hard link, another spelling, a link to a link."""
    try:
        return output.samefile(path)
    except OSError:  # what cannot be found is said when it is read
        return False
