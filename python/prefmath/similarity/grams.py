"""The small similarity matrices of many pools."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._kernel_view import kernel_view
from prefmath._kernels import kernels
from prefmath._memory import advising
from prefmath._threads import resolve_threads
from prefmath._validate import as_offsets

from ._metrics import check_metric
from ._rows import as_rows, within_squares

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import ArrayLike, NDArray

__all__ = ["GramBatch", "gram_batch"]


@dataclass(frozen=True, eq=False)
class GramBatch:
    """A square matrix for each of many pools.

    ``batch[p]`` is the matrix of pool p, a view of shape (n_p, n_p).

    Attributes
    ----------
    values : ndarray of shape (sum of n_p²,)
        The entries of all matrices, row by row, pool after pool.
    offsets : ndarray of int64, shape (n_pools + 1,)
        Pool p holds the rows ``offsets[p]:offsets[p + 1]`` of the embeddings.
    """

    values: NDArray[Any]
    offsets: NDArray[np.int64]

    @cached_property
    def _starts(self) -> NDArray[np.int64]:
        return np.concatenate([[0], np.cumsum(np.diff(self.offsets) ** 2)])

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, pool: int) -> NDArray[Any]:
        if not -len(self) <= pool < len(self):
            msg = f"pool {pool} of {len(self)}"
            raise IndexError(msg)
        pool %= len(self)
        size = self.offsets[pool + 1] - self.offsets[pool]
        return self.values[self._starts[pool] : self._starts[pool + 1]].reshape(size, size)

    def __iter__(self) -> Iterator[NDArray[Any]]:
        return (self[pool] for pool in range(len(self)))

    def __repr__(self) -> str:
        return f"GramBatch({len(self):,} pools, {self.offsets[-1]:,} rows, {self.values.dtype})"

    def stack(self) -> NDArray[Any]:
        """Return all matrices as one array, a view, if all pools have the same number of rows.

        Returns
        -------
        ndarray of shape (n_pools, m, m)

        Raises
        ------
        ValueError
            If two pools differ in size.
        """
        sizes = np.diff(self.offsets)
        size = sizes[0] if len(sizes) else 0
        for pool in np.flatnonzero(sizes != size):
            msg = f"pools must have as many rows each: pool 0 has {size}, pool {pool} {sizes[pool]}"
            raise ValueError(msg)
        return self.values.reshape(len(self), size, size)


def gram_batch(
    X: ArrayLike, offsets: ArrayLike, *, metric: str = "dot", n_threads: int | None = None
) -> GramBatch:
    """Compute the dot products or cosines of every two rows of each of many pools.

    Parameters
    ----------
    X : array_like of shape (n, d)
        Embeddings of all pools, pool after pool, of the types that `similarity_matrix` takes.
    offsets : array_like of int, shape (n_pools + 1,)
        Pool p holds the rows ``offsets[p]:offsets[p + 1]``; it may be empty.
    metric : {"dot", "cosine"}
        As for `similarity_matrix`.
    n_threads : int, optional
        As for `similarity_matrix`.

    Returns
    -------
    GramBatch
        In float64 if `X` is float64, else in float32; exactly symmetric.

    Raises
    ------
    ValueError
        As `similarity_matrix`, and if `offsets` do not cut the rows of `X` into pools.
    TypeError
        If an argument is of the wrong type.
    MemoryError
        If the matrices do not fit into memory.

    Notes
    -----
    The threads share the pools. Errors are bounded as those of `similarity_matrix`.

    Examples
    --------
    >>> import numpy as np, prefmath
    >>> X = np.array([[1, 0], [2, 0], [0, 3]], np.float32)
    >>> grams = prefmath.gram_batch(X, [0, 2, 3])
    >>> grams
    GramBatch(2 pools, 3 rows, float32)
    >>> grams[0]
    array([[1., 2.],
           [2., 4.]], dtype=float32)
    """
    check_metric(metric, ("dot", "cosine"))
    x = as_rows(X)
    cuts = as_offsets(offsets, len(x))
    if metric == "cosine":
        x = within_squares(x)
    with advising("give some of the pools at a time"):
        values = kernels.gram_batch(kernel_view(x), cuts, metric, resolve_threads(n_threads))
    return GramBatch(values, cuts)
