"""What callers pass for an array, as a NumPy array: lists, tensors, frames; the rest is refused."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["as_array", "column_names", "refuse_texts"]

# So much of a text is shown.
_SHOWN = 30


def as_array(values: Any, name: str) -> NDArray[Any]:
    """Return `values` as a NumPy array, not copying one.

    A tensor of torch is detached from its graph; of its bfloat16 the bits are read where ml_dtypes
    is installed, otherwise they are widened to float32 in a copy.

    Parameters
    ----------
    values : array_like
        What the caller gave.
    name : str
        What the caller calls the argument, for the errors.

    Raises
    ------
    TypeError
        If it is a lazy frame, a sparse matrix, a tensor on another device, or no array at all.
    ValueError
        If values are masked, or lists have unequal lengths.
    """
    if np.ma.isMaskedArray(values):
        return _unmasked(values, name)
    if isinstance(values, np.ndarray):
        return np.asarray(values)
    if hasattr(values, "detach"):
        return _of_tensor(values.detach(), name)
    if type(values).__name__ == "LazyFrame":
        raise TypeError(f"{name} is a lazy frame: collect it first")
    if hasattr(values, "tocsr"):
        raise TypeError(f"{name} is a sparse matrix: pass {name}.toarray()")
    try:
        return np.asarray(values)
    except ValueError:
        raise ValueError(f"{name} must be rectangular{_unequal(values)}") from None
    except (TypeError, RuntimeError, OverflowError, BufferError) as error:
        kind = type(values).__name__
        raise TypeError(f"{name} must be an array or lists of numbers, not {kind}") from error


def column_names(values: Any, n_columns: int) -> list[Any] | None:
    """Return what a frame calls its columns, or None where these have no names.

    Parameters
    ----------
    values : array_like
        What the caller gave: a frame of pandas, Polars or Arrow, or anything else with
        ``column_names`` or ``columns``.
    n_columns : int
        As many columns the array has that was made of it.

    Examples
    --------
    >>> import pandas as pd
    >>> column_names(pd.DataFrame({"price": [1.0], "time": [2.0]}), 2)
    ['price', 'time']
    >>> column_names(np.ones((1, 2)), 2) is None
    True
    """
    for attribute in ("column_names", "columns"):
        names = getattr(values, attribute, None)
        if isinstance(names, Iterable) and not isinstance(names, str | bytes):
            named = list(names)
            if len(named) == n_columns:
                return named
    return None


def refuse_texts(array: NDArray[Any], name: str) -> None:
    """Refuse texts where numbers belong, which need an embedding model first."""
    if array.dtype.kind not in "OUST" or array.size == 0:
        return
    first = array.flat[0]
    if isinstance(first, str | bytes) and not _is_number(first):
        text = f"{first[:_SHOWN]!s}…" if len(first) > _SHOWN else str(first)
        place = ", ".join("0" * array.ndim)
        raise TypeError(
            f"{name} must hold numbers, but {name}[{place}] is the text {text!r}: embed texts "
            "first, one vector a text"
        )


def _is_number(text: str | bytes) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _unmasked(values: Any, name: str) -> NDArray[Any]:
    mask = np.ma.getmaskarray(values)
    for place in np.argwhere(mask)[:1]:
        at = ", ".join(map(str, place.tolist()))
        raise ValueError(f"{name} must not be missing: {name}[{at}] is masked")
    return np.asarray(values.data)


def _of_tensor(tensor: Any, name: str) -> NDArray[Any]:
    device = str(getattr(tensor, "device", "cpu"))
    if not device.startswith("cpu"):
        raise TypeError(f"{name} is a tensor on {device}: pass {name}.cpu()")
    if str(tensor.dtype) == "torch.bfloat16":
        try:
            from ml_dtypes import bfloat16
        except ImportError:
            tensor = tensor.float()
        else:
            bits = tensor.contiguous().view(sys.modules["torch"].int16)
            return np.asarray(bits).view(bfloat16)
    try:
        return np.asarray(tensor)
    except (TypeError, RuntimeError, ValueError) as error:
        raise TypeError(
            f"{name} is a tensor of {tensor.dtype} that NumPy cannot read: pass {name}.float()"
        ) from error


def _unequal(values: Any) -> str:
    """Say which row has another length than the first, if the rows have lengths."""
    try:
        lengths = [len(row) for row in values]
    except TypeError:
        return ": some rows are lists and some are not"
    for row, length in enumerate(lengths):
        if length != lengths[0]:
            return f": row {row} has {length} values and row 0 has {lengths[0]}"
    return ": lists within it have unequal lengths"
