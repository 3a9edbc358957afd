"""Replacing a file whole or not at all."""

from __future__ import annotations

import os
import secrets
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def replace_file(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """Open a stream whose content becomes the file when the block ends without an error.

    Until then whoever reads `path` finds what was there before, and after an error still does.

    Parameters
    ----------
    path : str or path-like
        The file to write, replaced where it exists. A link is followed.

    Yields
    ------
    binary file
        A temporary file in the same folder.

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    IsADirectoryError
        If `path` is a folder.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "x.txt")
    ...     with replace_file(file) as stream:
    ...         _ = stream.write(b"whole")
    ...     file.read_text()
    'whole'
    """
    refuse_unwritable(path)
    target = Path(os.path.realpath(path))
    draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}.tmp")
    # made by open, not by tempfile, so that the file has the permissions of any other new file
    try:
        with draft.open("xb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        if target.exists():
            draft.chmod(target.stat().st_mode & 0o7777)
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


def refuse_unwritable(path: str | os.PathLike[str]) -> None:
    """Raise now what `replace_file` would raise after the work is done.

    Parameters
    ----------
    path : str or path-like
        The file that is to be written.

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    IsADirectoryError
        If `path` is a folder.
    PermissionError
        If nothing can be written to the folder.

    Examples
    --------
    >>> refuse_unwritable("/no/such/folder/model.npz")
    Traceback (most recent call last):
    ...
    FileNotFoundError: no such folder: '/no/such/folder'
    """
    target = Path(os.path.realpath(path))
    if not target.parent.is_dir():
        msg = f"no such folder: {str(Path(path).parent)!r}"
        raise FileNotFoundError(msg)
    if target.is_dir():
        msg = f"{str(path)!r} is a folder"
        raise IsADirectoryError(msg)
    if not os.access(target.parent, os.W_OK | os.X_OK):
        msg = f"nothing can be written to {str(target.parent)!r}"
        raise PermissionError(msg)
