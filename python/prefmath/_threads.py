"""How many threads a call may use."""

from __future__ import annotations

import os

from prefmath._validate import as_whole_number

__all__ = ["resolve_threads"]

# More would only cost memory: nobody has so many cores, and a digit too many is a mistake.
_MOST = 4096


def resolve_threads(n_threads: int | None) -> int:
    """Return the number of threads to use.

    Parameters
    ----------
    n_threads : int or None
        The caller's wish; None means ``PREFMATH_NUM_THREADS``, or else the cores that this process
        may use.

    Returns
    -------
    int
        At least 1.

    Raises
    ------
    TypeError
        If `n_threads` is no integer.
    ValueError
        If `n_threads` or the environment variable is below 1 or above 4,096, or the variable is no
        integer.

    Examples
    --------
    >>> resolve_threads(2)
    2
    """
    if n_threads is not None:
        return as_whole_number(n_threads, "n_threads", 1, _MOST)
    if "PREFMATH_NUM_THREADS" in os.environ:
        value = os.environ["PREFMATH_NUM_THREADS"]
        try:
            count = int(value)
        except ValueError:
            msg = f"PREFMATH_NUM_THREADS must be a whole number, not {value!r}"
            raise ValueError(msg) from None
        return as_whole_number(count, "PREFMATH_NUM_THREADS", 1, _MOST)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
