"""Numbers out of a column of a frame, whatever type its library keeps them in."""

from __future__ import annotations

from numbers import Number
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from prefmath._label_values import is_missing, shown

if TYPE_CHECKING:
    from numpy.typing import NDArray

    _F64 = NDArray[np.float64]

__all__ = ["column_numbers"]


def column_numbers(array: NDArray[Any], role: str, name: Any) -> _F64:
    """Return numbers and booleans as float64, NaN where nothing is, or refuse what is neither.

    Parameters
    ----------
    array : ndarray, shape (n,)
        The column; objects may be numbers of any type, None and what pandas has for it.
    role : str
        The argument, for the errors.
    name : label
        The name of the column, for the errors.

    Examples
    --------
    >>> column_numbers(np.array([True, 2, None], dtype=object), "features", "seats")
    array([ 1.,  2., nan])
    >>> column_numbers(np.array(["3.5"], dtype=object), "features", "seats")
    Traceback (most recent call last):
        ...
    TypeError: features must hold numbers: column 'seats' has text, '3.5' in row 0; make numbers of
    it first
    """
    if array.dtype.kind in "biuf":
        return array.astype(np.float64, copy=False)
    if array.dtype.kind != "O":
        _refuse_others(role, name, 0, array[0], str(array.dtype))
    values = array.tolist()
    wrong = {kind for kind in set(map(type, values)) if not _is_number(kind)}
    if wrong:
        for row, value in enumerate(values):
            if type(value) in wrong and not is_missing(value):
                _refuse_others(role, name, row, value, type(value).__name__)
        values = [None if type(value) in wrong else value for value in values]
    try:
        return np.array(values, np.float64)  # None becomes NaN
    except (TypeError, ValueError, OverflowError):
        for row, value in enumerate(values):
            try:
                np.float64(np.nan if value is None else value)
            except (TypeError, ValueError, OverflowError):
                _refuse_others(role, name, row, value, "a number beyond float64")
        raise


def _is_number(kind: type) -> bool:
    if issubclass(kind, complex | np.complexfloating):
        return False
    return issubclass(kind, Number | np.bool_ | type(None))


def _refuse_others(role: str, name: Any, row: int, value: Any, kind: str) -> NoReturn:
    if isinstance(value, str):
        kind = "text"
        try:
            float(value.replace(",", ".", 1))
        except ValueError:
            what = "make columns of 0 and 1 of it first"
        else:
            what = "make numbers of it first"
    else:
        what = "make numbers of it first"
    raise TypeError(
        f"{role} must hold numbers: column {name!r} has {kind}, {shown(value)} in row {row}; {what}"
    )
