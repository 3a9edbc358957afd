"""Replacing a file whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def replace_file(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """Open a stream whose content becomes the file when the block ends without an error.

    Until then whoever reads `path` finds what was there before, and after an error still does.

    Parameters
    ----------
    path : str or path-like
        The file to write, replaced where it exists; its permissions are kept. A symbolic link
        stays, and the file that it leads to is replaced.

    Yields
    ------
    binary file
        A temporary file in the same folder, removed after an error.

    Raises
    ------
    OSError
        As `refuse_unwritable`, and if the disk is full; the error names `path`.

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
    # not named after the target, whose name may be as long as names can be
    draft = target.with_name(f".prefmath.{secrets.token_hex(8)}.tmp")
    try:
        with open(draft, "xb", opener=_opener(target)) as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        if target.exists():
            _take_over(target, draft)
        draft.replace(target)
    except OSError as error:
        if error.filename not in {None, str(draft)}:
            raise
        # NumPy gives the number of bytes that found room, and neither a code nor a name
        code = error.errno or errno.ENOSPC
        raise OSError(code, error.strerror or os.strerror(code), str(path)) from error
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
        If nothing can be written to the folder, or the file that is there may not be written to.
    OSError
        If `path` is neither a file nor free: a device, a pipe, a socket, or a symbolic link that
        leads back to itself. None of these is replaced or waited for.

    Examples
    --------
    >>> refuse_unwritable("/no/such/folder/model.npz")
    Traceback (most recent call last):
    ...
    FileNotFoundError: no such folder: '/no/such/folder'
    """
    mode = mode_of(path)
    target = Path(os.path.realpath(path))
    if mode is None and not target.parent.is_dir():
        parent = target.parent if Path(path).is_symlink() else Path(path).parent
        msg = f"no such folder: {str(parent)!r}"
        raise FileNotFoundError(msg)
    if mode is not None and stat.S_ISDIR(mode):
        msg = f"{str(path)!r} is a folder"
        raise IsADirectoryError(msg)
    if mode is not None and not stat.S_ISREG(mode):
        msg = f"{str(path)!r} is {kind_of(mode)}, not a file: write to a file"
        raise OSError(msg)
    if mode is not None and not os.access(target, os.W_OK):
        msg = f"{str(path)!r} may not be written to"
        raise PermissionError(msg)
    if not os.access(target.parent, os.W_OK | os.X_OK):
        msg = f"nothing can be written to {str(target.parent)!r}"
        raise PermissionError(msg)


def kind_of(mode: int) -> str:
    """Return what something in a folder is that is neither a file nor a folder.

    Examples
    --------
    >>> kind_of(os.stat("/dev/null").st_mode)
    'a device'
    """
    if stat.S_ISFIFO(mode):
        return "a pipe"
    return "a socket" if stat.S_ISSOCK(mode) else "a device"


def mode_of(path: str | os.PathLike[str]) -> int | None:
    """Return the mode of what stands at the end of all links; None where nothing is.

    Raises
    ------
    OSError
        If the links lead back to the first.

    Examples
    --------
    >>> mode_of("/no/such/file") is None
    True
    """
    try:
        return os.stat(path).st_mode  # noqa: PTH116 -- neither does Path open what it asks about
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        if error.errno != errno.ELOOP:
            raise
        msg = f"{str(path)!r} is a symbolic link that leads back to itself"
        raise OSError(msg) from error


def _opener(target: Path) -> Callable[[str, int], int]:
    """Return an opener that gives a new file the usual permissions.

    What is to take the place of a file is for the eyes of its writer alone until it does so.
    """
    permissions = 0o600 if target.exists() else 0o666
    return lambda name, flags: os.open(name, flags, permissions)


def _take_over(target: Path, draft: Path) -> None:
    """Give the draft the owner, where that is allowed, and the permissions of the target."""
    old, new = target.stat(), draft.stat()
    if hasattr(os, "chown") and (old.st_uid, old.st_gid) != (new.st_uid, new.st_gid):
        with contextlib.suppress(PermissionError):
            os.chown(draft, old.st_uid, old.st_gid)
    draft.chmod(stat.S_IMODE(old.st_mode))
