"""Errors about values of arguments, with the columns of the frame that these values are in."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["naming_columns"]


@contextmanager
def naming_columns(columns: Mapping[str, Any]) -> Iterator[None]:
    """Add to what is wrong with values of arguments the columns that these values are in.

    Parameters
    ----------
    columns : mapping
        The name of the column of each argument; what is no str is passed over.

    Examples
    --------
    >>> with naming_columns({"weight": "times"}):
    ...     raise ValueError("weight must be finite: weight[3]=nan")
    Traceback (most recent call last):
        ...
    ValueError: weight must be finite: weight[3]=nan (weight is column 'times')
    """
    try:
        yield
    except (TypeError, ValueError) as error:
        message = str(error)
        called = [
            f"{role} is column {name!r}"
            for role, name in columns.items()
            if isinstance(name, str) and name != role and re.search(rf"\b{role}\[\d", message)
        ]
        if called:
            error.args = (f"{message} ({', '.join(called)})",)
        raise
