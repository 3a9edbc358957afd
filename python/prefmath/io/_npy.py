"""What a .npy file says of itself, checked before anything of that size is allocated."""

from __future__ import annotations

import math
import struct
import tokenize
import warnings
from typing import IO, TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

DAMAGED = (
    ArithmeticError,  # a size that no integer of C holds
    EOFError,
    IndexError,
    KeyError,
    MemoryError,  # a header nested deeper than the parser's stack
    RecursionError,
    SyntaxError,  # a header is a Python literal
    TypeError,
    ValueError,
    struct.error,
    tokenize.TokenError,
)
"""What NumPy's reader of headers lets through on damaged bytes."""


_MOST_AXES, _LARGEST = 32, (1 << 63) - 1
"""What an array can have at most: NumPy allocates none of more, be it empty."""


class DamagedError(ValueError):
    """Says what is wrong with a file, in words that follow its name and a colon."""


class Header(NamedTuple):
    """Shape and kind of the array that follows."""

    shape: tuple[int, ...]
    fortran: bool
    dtype: np.dtype[Any]
    offset: int
    """Where the array begins."""


def read_header(stream: IO[bytes], size: int) -> Header:
    """Read the header of an array, and refuse what the file is too short for.

    Parameters
    ----------
    stream : binary file
        At the start of the array; afterwards behind the header.
    size : int
        Number of bytes of header and array together.

    Raises
    ------
    DamagedError
        If there is no header, the array holds Python objects, or it does not fit into the file.

    Examples
    --------
    >>> import io
    >>> file = io.BytesIO()
    >>> np.save(file, np.zeros((2, 3), np.float32))
    >>> _ = file.seek(0)
    >>> read_header(file, 152)
    Header(shape=(2, 3), fortran=False, dtype=dtype('float32'), offset=128)
    """
    start = stream.tell()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of names of dtypes, which damage can make old ones
            version = np.lib.format.read_magic(stream)
            read = {
                (1, 0): np.lib.format.read_array_header_1_0,
                (2, 0): np.lib.format.read_array_header_2_0,
            }[version]
            shape, fortran, dtype = read(stream)
    except DAMAGED as error:
        raise DamagedError("its header is damaged or missing") from error
    offset = stream.tell() - start
    if dtype.hasobject:
        raise DamagedError("it holds Python objects, which are never loaded")
    room = math.prod(max(length, 1) for length in shape) * max(dtype.itemsize, 1)
    if len(shape) > _MOST_AXES or room > _LARGEST or any(length < 0 for length in shape):
        raise DamagedError("its header is damaged or missing")
    declared = math.prod(shape) * dtype.itemsize
    if declared > size - offset:
        raise DamagedError(
            f"its header tells of {declared:,} bytes, and {size - offset:,} follow: it is cut short"
        )
    return Header(shape, fortran, dtype, offset)


def read_values(stream: IO[bytes], header: Header) -> NDArray[Any]:
    """Return the array behind a header.

    Raises
    ------
    DamagedError
        If there are fewer bytes than the header tells of.
    """
    declared = math.prod(header.shape) * header.dtype.itemsize
    raw = stream.read(declared)
    if len(raw) < declared:
        raise DamagedError(f"{declared:,} bytes are declared, and {len(raw):,} are there")
    order: Literal["F", "C"] = "F" if header.fortran else "C"
    if not declared:
        return np.empty(header.shape, header.dtype, order)
    # a copy: what is read may be written to, as what NumPy reads may
    return np.frombuffer(bytearray(raw), header.dtype).reshape(header.shape, order=order)
