"""Arrays out of an .npz archive of which nothing is believed before it is checked."""

from __future__ import annotations

import errno
import math
import zipfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prefmath.io._npy import DamagedError, read_header, read_values

if TYPE_CHECKING:
    import os
    from collections.abc import Collection

    from numpy.typing import NDArray

_DAMAGED = (
    ArithmeticError,
    EOFError,
    IndexError,
    KeyError,
    NotImplementedError,  # a way of compression, or a version of zip, that is not known
    RecursionError,
    RuntimeError,  # an encrypted member
    TypeError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
)
"""What the reader of zip files lets through on damaged bytes."""


def read_arrays(path: str | os.PathLike[str], known: Collection[str]) -> dict[str, NDArray[Any]]:
    """Read the arrays of an uncompressed archive, as ``numpy.savez`` writes them.

    No array is made larger than the file: the members are stored as they are, and their sizes
    must add up to no more than that of the file.

    Parameters
    ----------
    path : str or path-like
        The archive.
    known : collection of str
        Names of the arrays that there may be.

    Returns
    -------
    dict
        Arrays by name.

    Raises
    ------
    OSError
        If the file cannot be read.
    DamagedError
        If it is no such archive.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.savez(f"{folder}/x.npz", a=np.arange(3))
    ...     read_arrays(f"{folder}/x.npz", {"a"})
    {'a': array([0, 1, 2])}
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            _check_members(members, Path(path).stat().st_size, known)
            return {_name(member): _read(archive, member) for member in members}
    except DamagedError:
        raise
    except OSError as error:
        if error.errno != errno.EINVAL:  # a place in the file that no file has
            raise
        raise DamagedError("it is damaged") from error
    except _DAMAGED as error:
        raise DamagedError("it is no archive, or damaged") from error


def _check_members(members: list[zipfile.ZipInfo], size: int, known: Collection[str]) -> None:
    names = [_name(member) for member in members]
    for name, member in zip(names, members, strict=True):
        if name not in known:
            raise DamagedError(f"it has an array {name!r}, which no model has")
        if names.count(name) > 1:
            raise DamagedError(f"it has two arrays {name!r}")
        if member.compress_type != zipfile.ZIP_STORED:
            raise DamagedError(f"its array {name!r} is compressed, as prefmath writes none")
    if sum(member.file_size for member in members) > size:
        raise DamagedError("it tells of more bytes than it has")


def _name(member: zipfile.ZipInfo) -> str:
    return member.filename.removesuffix(".npy")


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> NDArray[Any]:
    with archive.open(member) as stream:
        header = read_header(stream, member.file_size)
        declared = math.prod(header.shape) * header.dtype.itemsize
        if header.offset + declared != member.file_size:
            raise DamagedError(f"its array {_name(member)!r} is damaged")
        array = read_values(stream, header)
        stream.read(1)  # at the end the checksum is compared
    return array
