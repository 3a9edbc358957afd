"""What to do where memory does not suffice."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["advising", "machine_memory"]


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


def machine_memory() -> int | None:
    """Return the bytes of memory that the machine has, or None where it does not say.

    Examples
    --------
    >>> machine_memory() is None or machine_memory() > 0
    True
    """
    names = getattr(os, "sysconf_names", {})
    if "SC_PHYS_PAGES" not in names or "SC_PAGE_SIZE" not in names:
        return None
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return memory if memory > 0 else None
