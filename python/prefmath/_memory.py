"""What to do where memory does not suffice."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["advising"]


@contextmanager
def advising(advice: str) -> Iterator[None]:
    """Add to a MemoryError, of NumPy or a kernel, what the caller can do.

    Parameters
    ----------
    advice : str
        What to do, as the end of a sentence.

    Examples
    --------
    >>> with advising("ask for less"):
    ...     raise MemoryError("cannot allocate 8 bytes")
    Traceback (most recent call last):
        ...
    MemoryError: not enough memory (cannot allocate 8 bytes): ask for less
    """
    try:
        yield
    except MemoryError as error:
        reason = f" ({error})" if str(error) else ""
        msg = f"not enough memory{reason}: {advice}"
        raise MemoryError(msg) from None
