"""Checks of arrays: one sentence that names argument, row and value."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._column_numbers import column_numbers
from prefmath._foreign import as_array, column_names, refuse_texts

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = [
    "as_embeddings",
    "as_features",
    "as_generator",
    "as_matrix",
    "as_number",
    "as_offsets",
    "as_quality",
    "as_responsibilities",
    "as_whole_number",
]

# Numbers looked at a time when a matrix is searched for NaN: what is made of them stays in cache.
_BLOCK = 1 << 18
# Threads are worth starting where each has so many blocks.
_BLOCKS_A_THREAD = 8

_FLOATS = (np.dtype(np.float64), np.dtype(np.float32), np.dtype(np.float16))

_LARGEST = (1 << 63) - 1

# Probabilities of classes sum to 1 within this, which float32 leaves them.
_ROUNDING = 1e-5


def as_embeddings(X: ArrayLike) -> NDArray[np.float32]:
    """Return `X` as a C-contiguous float32 matrix; no copy is made of one.

    Values are not looked at: the kernels meet NaN and infinity on their way.
    """
    array = as_matrix(X, "X")
    with np.errstate(over="ignore"):
        x = np.ascontiguousarray(array, np.float32)
    wider = array.dtype.kind == "f" and array.dtype.itemsize > x.itemsize
    if wider and x.size and not (np.isfinite(x.min()) and np.isfinite(x.max())):
        for row, column in np.argwhere(np.isinf(x) & np.isfinite(array)):
            msg = f"X must fit into float32: X[{row}, {column}] is {array[row, column]}"
            raise ValueError(msg)
    return x


def as_features(features: ArrayLike, n_threads: int = 1) -> NDArray[Any]:
    """Return `features` as a C-contiguous matrix of finite floats of 64, 32 or 16 bits.

    No copy is made of one; other numbers, and booleans in a frame, are converted to float64. A
    large matrix is read on so many threads.
    """
    array = as_array(features, "features")
    names = column_names(features, array.shape[1]) if array.ndim == 2 else None
    if names and array.dtype.kind in "bO":
        # pandas has no common type for numbers beside booleans, or beside those that may be null.
        columns = [column_numbers(array[:, j], "features", name) for j, name in enumerate(names)]
        array = np.stack(columns, axis=1)
    array = as_matrix(features if array.ndim != 2 else array, "features")
    if array.dtype not in _FLOATS and array.dtype.name != "bfloat16":
        array = array.astype(np.float64)
    array = np.ascontiguousarray(array)
    step = max(1, _BLOCK // array.shape[1])
    blocks = [array[first : first + step] for first in range(0, len(array), step)]
    if n_threads > 1 and len(blocks) > n_threads * _BLOCKS_A_THREAD:
        from concurrent.futures import ThreadPoolExecutor

        size = len(blocks) // (n_threads * _BLOCKS_A_THREAD) + 1
        parts = [blocks[first : first + size] for first in range(0, len(blocks), size)]
        with ThreadPoolExecutor(n_threads) as pool:
            finite = [told for part in pool.map(_all_finite, parts) for told in part]
    else:
        finite = _all_finite(blocks)
    if not all(finite):
        at = finite.index(False)
        row, column = np.argwhere(~_is_finite(blocks[at]))[0]
        value = blocks[at][row, column]
        where = "" if names is None else f", in column {names[column]!r}"
        row += at * step
        msg = f"features must be finite: features[{row}, {column}] is {value}{where}"
        raise ValueError(msg)
    return array


def _all_finite(blocks: list[NDArray[Any]]) -> list[bool]:
    """Say of each block whether all values are finite.

    The largest and the smallest are, which are nan if any is: it takes less time than to ask each.
    """
    return [
        bool(np.isfinite(block.max()) and np.isfinite(block.min()))
        if block.dtype.itemsize > 2 and block.size
        else bool(_is_finite(block).all())
        for block in blocks
    ]


def _is_finite(block: NDArray[Any]) -> NDArray[np.bool_]:
    """Say of each value whether it is finite; of 16-bit floats the exponents tell it sooner."""
    if block.dtype.itemsize > 2:
        finite: NDArray[np.bool_] = np.isfinite(block)
    else:
        exponent = np.uint16(0x7C00 if block.dtype == np.float16 else 0x7F80)
        finite = (block.view(np.uint16) & exponent) != exponent
    return finite


def as_matrix(values: ArrayLike, name: str) -> NDArray[Any]:
    """Return `values` as a matrix of real numbers, with a column at least, not copying one."""
    array = as_array(values, name)
    if array.dtype.kind in "OUST" and array.ndim == 0:
        msg = f"{name} must be a matrix, (rows, columns), not {type(values).__name__}"
        raise TypeError(msg)
    refuse_texts(array, name)
    if array.ndim != 2:
        msg = f"{name} must have two axes, (rows, columns), not shape {array.shape}"
        raise ValueError(msg)
    # bfloat16, which is not NumPy's own, calls itself neither.
    if array.dtype.kind not in "fiu" and array.dtype.name != "bfloat16":
        msg = f"{name} must hold real numbers, not {array.dtype}"
        raise TypeError(msg)
    if array.shape[1] == 0:
        msg = f"{name} must have a column, but has shape {array.shape}"
        raise ValueError(msg)
    return array


def as_offsets(offsets: ArrayLike, n_rows: int) -> NDArray[np.int64]:
    """Return `offsets` as int64 that cut `n_rows` rows into groups, empty ones allowed."""
    array = as_array(offsets, "offsets")
    if array.ndim != 1 or array.dtype.kind not in "iu":
        msg = f"offsets must be a vector of integers, not {array.dtype} of shape {array.shape}"
        raise TypeError(msg)
    if len(array) == 0 or array[0] != 0:
        msg = "offsets must start with 0" + (f", not {array[0]}" if len(array) else "")
        raise ValueError(msg)
    for at in np.flatnonzero(array[1:] < array[:-1]):
        msg = (
            f"offsets must not decrease: offsets[{at + 1}]={array[at + 1]} after "
            f"offsets[{at}]={array[at]}"
        )
        raise ValueError(msg)
    if array[-1] != n_rows:
        msg = f"offsets must end with the number of rows: offsets[-1]={array[-1]} for {n_rows} rows"
        raise ValueError(msg)
    return np.ascontiguousarray(array, np.int64)


def as_quality(
    quality: ArrayLike | None, n_rows: int, name: str = "quality", *, negative: bool = False
) -> NDArray[np.float64] | None:
    """Return `quality` as float64, one finite value for each row, or None.

    Values below 0 are refused unless `negative`: the logarithm or the square of quality is taken.
    """
    if quality is None:
        return None
    array = as_array(quality, name)
    if array.size and array.dtype.kind not in "fiub" and array.dtype.name != "bfloat16":
        text = array.dtype.kind in "UST" or isinstance(array.flat[0], str)
        msg = f"{name} must hold real numbers, not {'texts' if text else array.dtype}"
        raise TypeError(msg)
    if array.shape != (n_rows,):
        msg = f"{name} must have shape ({n_rows},), not {array.shape}"
        raise ValueError(msg)
    array = np.ascontiguousarray(array, np.float64)
    if not negative:
        for row in np.flatnonzero(array < 0):
            msg = (
                f"{name} must be at least 0 in a determinantal point process: {name}[{row}]="
                f"{array[row]}; scores of either sign, such as rewards, can be given as np.exp of "
                "them, and other methods of select take them as they are"
            )
            raise ValueError(msg)
    # Its square enters the determinant.
    for row in np.flatnonzero(~(np.abs(array) < 1e150)):
        msg = f"{name} must be finite and below 1e150 in size: {name}[{row}]={array[row]}"
        raise ValueError(msg)
    return array


def as_responsibilities(
    values: ArrayLike, shape: tuple[int, int] | None = None
) -> NDArray[np.float64]:
    """Return the probabilities of classes, a row an annotator, as float64; of a shape, if given."""
    given = as_array(values, "responsibilities").shape
    if shape is not None and given != shape:
        msg = f"responsibilities must have shape {shape}, not {given}"
        raise ValueError(msg)
    matrix = np.ascontiguousarray(as_matrix(values, "responsibilities"), np.float64)
    for row, column in np.argwhere(~((matrix >= 0) & (matrix <= 1 + _ROUNDING)))[:1]:
        value = matrix[row, column]
        msg = f"responsibilities must lie in [0, 1]: responsibilities[{row}, {column}] is {value}"
        raise ValueError(msg)
    total = matrix.sum(axis=1)
    for row in np.flatnonzero(abs(total - 1) > _ROUNDING)[:1]:
        msg = f"responsibilities must sum to 1 in each row, but row {row} sums to {total[row]}"
        raise ValueError(msg)
    return matrix


def as_whole_number(value: Any, name: str, at_least: int, at_most: int = _LARGEST) -> int:
    """Return `value` as an int from `at_least` to `at_most`."""
    try:
        number = operator.index(value)
    except TypeError:
        msg = f"{name} must be a whole number, not {value!r}"
        raise TypeError(msg) from None
    if number < at_least:
        msg = f"{name} must be at least {at_least}, not {number}"
        raise ValueError(msg)
    if number > at_most:
        limit = "below 2**63" if at_most == _LARGEST else f"at most {at_most:,}"
        given = f"{number}" if number < 10**40 else f"about 2**{number.bit_length() - 1}"
        msg = f"{name} must be {limit}, not {given}"
        raise ValueError(msg)
    return number


def as_number(value: Any, name: str) -> float:
    """Return one real number as a float, infinity and NaN included."""
    number = None
    if not isinstance(value, str | bytes):
        try:
            number = float(value)
        except OverflowError:
            msg = f"{name} must fit into a float, about 1.8e308 at most"
            raise ValueError(msg) from None
        except (TypeError, ValueError):
            pass
    if number is None:
        msg = f"{name} must be a number, not {value!r}"
        raise TypeError(msg)
    return number


def as_generator(random_state: Any) -> np.random.Generator:
    """Return NumPy's generator of random numbers for a seed, a generator or None."""
    try:
        return np.random.default_rng(random_state)
    except (TypeError, ValueError):
        kind = TypeError if isinstance(random_state, str | float) else ValueError
        wanted = "a whole number of at least 0, a Generator or None"
        msg = f"random_state must be {wanted}, not {random_state!r}"
        raise kind(msg) from None
