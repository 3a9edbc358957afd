"""Rows of embeddings as they enter a product: widened, shifted and scaled block by block.

No such copy is ever made of the whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

import numpy as np

from prefmath._numba._njit import njit
from prefmath._numba._tasks import in_order
from prefmath._numba._tasks import rows as stretches
from prefmath._numba._widened import widen
from prefmath._numba.dot import refuse_row, squared_distances, squared_norms

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

__all__ = [
    "Rows",
    "center_of",
    "centered_norms",
    "inverse_norms",
    "product_dtype",
    "refuse_longer",
    "refuse_squares",
    "refuse_zeros",
    "squared_row_norms",
]

_BLOCK = 2048

# Values that the centre is the median of.
_SAMPLE = 1 << 18

# float32 holds a sum of this many products to half of its digits.
_MOST_FLOAT32_COLUMNS = 1 << 20

# This many products of two bytes are at most 2²⁴ in sum: whole numbers that float32 holds.
_MOST_BYTES = 1 << 10


class Rows(NamedTuple):
    """An argument of a kernel whose row i enters products as ``(x[i] - center) * scale[i]``."""

    x: NDArray[Any]
    center: NDArray[np.float64]
    """A point, or nothing."""
    scale: NDArray[np.float64]
    dtype: np.dtype[Any]
    """What the products are computed in."""

    def block(self, first: int, last: int, out: NDArray[Any]) -> NDArray[Any]:
        """Write some rows as they enter products; return them as they were, but wide."""
        wide = widen(self.x[first:last])
        _shift_and_scale(wide, self.center, self.scale[first:last], out)
        return wide


def product_dtype(x: NDArray[Any], *, unit: bool) -> np.dtype[Any]:
    """Return what to multiply rows in, either of unit length or as they are."""
    # Sums of products of bytes are exact in float32 up to a certain length.
    longest = _MOST_BYTES if x.dtype == np.int8 and not unit else _MOST_FLOAT32_COLUMNS
    double = x.dtype == np.float64 or x.shape[1] > longest
    return np.dtype(np.float64 if double else np.float32)


@njit
def _shift_and_scale(rows, center, scale, out):
    for i in range(len(rows)):
        if len(center) > 0:
            for j in range(rows.shape[1]):
                out[i, j] = (rows[i, j] - center[j]) * scale[i]
        else:
            for j in range(rows.shape[1]):
                out[i, j] = rows[i, j] * scale[i]


def squared_row_norms(x: NDArray[Any], name: str, n_threads: int) -> NDArray[np.float64]:
    """Compute the squared norm of every row; refuse NaN, infinity and what has no square."""
    norms = _by_rows(squared_norms, x, n_threads)
    # float64 alone has values whose squares it cannot hold.
    for row in np.flatnonzero(~((norms >= np.finfo(np.float64).tiny) & np.isfinite(norms))):
        values = widen(x[row : row + 1])
        if not np.isfinite(values).all():
            refuse_row(values, 0, int(row), name)
        if values.any():
            refuse_squares(name, int(row), "large" if norms[row] > 1 else "small")
    return norms


def refuse_squares(name: str, row: int, size: str) -> NoReturn:
    msg = f"float64 cannot hold the squares of so {size} numbers: {name}[{row}]"
    raise ValueError(msg)


def _by_rows(
    compute: Callable[[NDArray[Any], NDArray[np.float64]], None], x: NDArray[Any], n_threads: int
) -> NDArray[np.float64]:
    """Compute a number of each row; ``compute(rows, out)`` does so for wide rows."""
    out = np.empty(len(x))

    def run(first: int, last: int) -> None:
        compute(widen(x[first:last]), out[first:last])

    for _ in in_order(run, stretches(len(x), _BLOCK), n_threads):
        pass
    return out


def refuse_zeros(x: NDArray[Any], name: str, norms: NDArray[np.float64]) -> None:
    """Refuse rows of zeros, which have no direction."""
    for row in np.flatnonzero(norms == 0):
        refuse_row(widen(x[row : row + 1]), 0, int(row), name)


def refuse_longer(
    dtype: np.dtype[Any], what: str, name: str, norms: NDArray[np.float64], longest: float
) -> None:
    """Refuse rows longer than `longest`, for which the dtype might not hold what is computed."""
    lengths = np.sqrt(norms)
    for row in np.flatnonzero(lengths > longest):
        size = f"{lengths[row]:.3e}".replace("e+", "e")
        msg = f"{dtype} cannot hold the {what}: {name}[{row}] has norm {size}"
        raise ValueError(msg)


def inverse_norms(norms: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return 1 / norm of every row, and 0 for rows of zeros or so near that the square is none."""
    with np.errstate(divide="ignore"):
        return np.where(norms >= np.finfo(np.float64).tiny, 1 / np.sqrt(norms), 0.0)


def centered_norms(
    x: NDArray[Any], center: NDArray[np.float64], name: str, n_threads: int
) -> NDArray[np.float64]:
    """Compute the squared distance of every row from a point."""

    def compute(block: NDArray[Any], out: NDArray[np.float64]) -> None:
        squared_distances(block, center, out)

    norms = _by_rows(compute, x, n_threads)
    # As large as their sum in |x|² + |y|² may become.
    for row in np.flatnonzero(~(norms < np.finfo(np.float64).max / 16)):
        refuse_squares(name, int(row), "large")
    return norms


def center_of(x: NDArray[Any]) -> NDArray[np.float64]:
    """Return a point amid the rows: the median of some, which a few far rows do not move.

    Distances do not depend on it; from it, |x|² + |y|² - 2xy cancels less.
    """
    if len(x) == 0:
        return np.zeros(x.shape[1])
    n_sampled = max(1, min(len(x), _SAMPLE // x.shape[1]))
    sample = widen(x[:: len(x) // n_sampled])
    return np.median(sample.astype(np.float64), axis=0)
