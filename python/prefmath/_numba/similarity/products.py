"""Products of blocks of rows through NumPy's BLAS, into buffers that are kept.

A block is cut from the data alone, so that the number of threads changes no bit. BLAS brings
threads of its own: one product at a time already keeps all cores at work, and ours do what lies
between.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .rows import Rows

__all__ = ["Products", "Tile"]

# The products of a block need 8 MB in float32, and so does the right one of its factors at most.
_ROWS, _COLUMNS = 512, 4096
_FEWEST = 64
_VALUES = 1 << 21


class Tile(NamedTuple):
    """The products of some rows of the left argument with some of the right."""

    product: NDArray[Any]
    """Valid until the thread asks for the next."""
    left: NDArray[Any]
    """The rows as they were, but wide: a view of the argument if that is wide itself."""
    right: NDArray[Any]


class Products:
    """The products of the rows of two arguments; from any thread."""

    def __init__(self, left: Rows, right: Rows) -> None:
        self._left, self._right = left, right
        self._of_thread = threading.local()
        most = max(_FEWEST, _VALUES // left.x.shape[1])
        self.n_rows, self.n_columns = min(_ROWS, most), min(_COLUMNS, most)

    def tile(self, i: tuple[int, int], j: tuple[int, int]) -> Tile:
        """Multiply the rows from ``i[0]`` to ``i[1]`` with those from ``j[0]`` to ``j[1]``."""
        shape = i[1] - i[0], j[1] - j[0]
        d = self._left.x.shape[1]
        left = self._buffer("left", shape[0], d)
        right = self._buffer("right", shape[1], d)
        product = self._buffer("product", *shape)
        wide = self._left.block(*i, left), self._right.block(*j, right)
        np.matmul(left, right.T, out=product)
        return Tile(product, *wide)

    def _buffer(self, name: str, n_rows: int, n_columns: int) -> NDArray[Any]:
        kept = getattr(self._of_thread, name, None)
        if kept is None or kept.size < n_rows * n_columns:
            kept = np.empty(n_rows * n_columns, self._left.dtype)
            setattr(self._of_thread, name, kept)
        buffer: NDArray[Any] = kept[: n_rows * n_columns].reshape(n_rows, n_columns)
        return buffer
