"""Embeddings as the kernels take them: of five types, C-contiguous, copied only if not so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._validate import as_matrix

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = [
    "as_result",
    "as_rows",
    "as_two_sets",
    "refuse_unscored",
    "result_dtype",
    "scaled_rows",
    "within_squares",
]

_KERNEL_TYPES = ("float32", "float64", "float16", "bfloat16", "int8")

# Integers up to here are float32 numbers.
_EXACT = 1 << 24

# The squares of values within these, and the products of two such squares, are normal float64
# numbers for rows of any length.
_SMALL, _LARGE = 2.0**-240, 2.0**240
_BLOCK = 1 << 14


def as_rows(X: ArrayLike, name: str = "X") -> NDArray[Any]:
    """Return a C-contiguous matrix of one of the kernels' types; no copy is made of one.

    Integers become float32 if all of them are float32 numbers, other numbers float64. Values are
    not looked at: the kernels meet NaN and infinity on their way.
    """
    array = as_matrix(X, name)
    if array.dtype.name in _KERNEL_TYPES:
        return np.require(array, array.dtype.newbyteorder("="), ["C", "A"])
    if array.dtype.kind in "iu":
        exact = array.size == 0 or (array.max() <= _EXACT and array.min() >= -_EXACT)
        return np.ascontiguousarray(array, np.float32 if exact else np.float64)
    with np.errstate(over="ignore"):
        wide = np.ascontiguousarray(array, np.float64)
    for row, column in np.argwhere(np.isinf(wide) & np.isfinite(array)):
        msg = f"{name} must fit into float64: {name}[{row}, {column}] is {array[row, column]}"
        raise ValueError(msg)
    return wide


def as_two_sets(X: ArrayLike, Y: ArrayLike | None) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """Return both as `as_rows` does, of one type: if theirs differ, of the wider, float32 at least.

    They must have the same number of columns.
    """
    x = as_rows(X)
    if Y is None:
        return x, None
    y = as_rows(Y, "Y")
    if x.shape[1] != y.shape[1]:
        msg = f"Y must have as many columns as X, {x.shape[1]}, not {y.shape[1]}"
        raise ValueError(msg)
    if x.dtype != y.dtype:
        wider = np.float64 if np.dtype(np.float64) in {x.dtype, y.dtype} else np.float32
        x, y = x.astype(wider, copy=False), y.astype(wider, copy=False)
    return x, y


def result_dtype(x: NDArray[Any]) -> type[np.float32 | np.float64]:
    """Return the type of similarities: float64 of float64, else float32."""
    return np.float64 if x.dtype == np.float64 else np.float32


def as_result(
    values: NDArray[np.float64], x: NDArray[Any], metric: str, pairs: NDArray[Any]
) -> NDArray[Any]:
    """Return the metric of pairs of rows in the type of the result, which must hold it."""
    with np.errstate(over="ignore"):
        narrow = values.astype(result_dtype(x))
    for at in np.flatnonzero(~np.isfinite(narrow)):
        i, j = pairs[at]
        msg = f"{narrow.dtype} cannot hold metric {metric!r} of X[{i}] and X[{j}]"
        raise ValueError(msg)
    return narrow


def within_squares(x: NDArray[Any]) -> NDArray[Any]:
    """Return rows of the same directions whose squares float64 can hold.

    Rows of very large or very small float64 numbers are scaled by powers of two, in a copy; without
    such rows the array itself is returned.
    """
    return x if x.dtype != np.float64 else scaled_rows(x, _SMALL, _LARGE)


def scaled_rows(x: NDArray[Any], smallest: float, largest: float) -> NDArray[Any]:
    """Return rows of the same directions whose largest value lies between these two.

    Others are scaled by powers of two, in a copy; without such rows `x` itself is returned.
    """
    peaks = np.empty(len(x), x.dtype)
    for first in range(0, len(x), _BLOCK):
        block = x[first : first + _BLOCK]
        peaks[first : first + _BLOCK] = np.maximum(block.max(axis=1), -block.min(axis=1))
    # NaN, infinity and rows of zeros are for the kernels to refuse.
    far = np.isfinite(peaks) & (peaks > 0) & ((peaks < smallest) | (peaks > largest))
    if not far.any():
        return x
    scaled = x.copy()
    scaled[far] = np.ldexp(x[far], -np.frexp(peaks[far])[1][:, None])
    return scaled


def refuse_unscored(x: NDArray[Any], name: str, *, zeros: bool) -> None:
    """Refuse NaN, infinity and, if asked, rows of zeros, as the kernels do.

    For calls that show a kernel only a part of the rows, so that it would give another number.
    """
    for first in range(0, len(x), _BLOCK):
        block = x[first : first + _BLOCK]
        for row, column in np.argwhere(~np.isfinite(block)):
            value = float(block[row, column])
            msg = f"{name} must be finite: {name}[{first + row}, {column}] is {value}"
            raise ValueError(msg)
        for row in np.flatnonzero(~(block != 0).any(axis=1)) if zeros else ():
            msg = f"cosine similarity needs non-zero rows: {name}[{first + row}] is all zeros"
            raise ValueError(msg)
