"""The kernel L = diag(q) S diag(q) of pools of one size: its eigenvalues, and its eigenvectors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath.selection.values import units

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

__all__ = ["RANK_TOLERANCE", "Ensemble"]

# Eigenvalues below this share of the largest count as zero: they come of rounding and of copies.
RANK_TOLERANCE = 1e-10

# Rows of a large pool that are held as doubles at a time.
_BLOCK = 1 << 13


class Ensemble:
    """Pools of `n` rows each, from the rows `first` of `x` on, or of the similarities in `x`.

    L is B Bᵀ, B the rows at length q. Where B has fewer columns than rows, the eigenvalues of L are
    those of Bᵀ B, and an eigenvector u of that stands for B u / √λ of L (Kulesza, Taskar 2012,
    proposition 3.1).

    Attributes
    ----------
    log_values : ndarray of float64, shape (n_pools, r)
        Logarithms of the eigenvalues of each pool's L, divided by its largest q²; -inf for zero.
    log_scale : ndarray of float64, shape (n_pools,)
        The logarithms of these q².
    """

    def __init__(
        self,
        x: NDArray[Any],
        first: NDArray[np.int64],
        n: int,
        quality: NDArray[np.float64] | None,
    ) -> None:
        self._x, self._first, self._n, self._quality = x, first, n, quality
        self._largest = np.ones(len(first))
        if quality is not None:
            of_pools = quality[first[:, None] + np.arange(n)].max(axis=1)
            self._largest = np.where(of_pools > 0, of_pools, 1)
        self.log_scale = 2 * np.log(self._largest)
        self._dual = x.ndim == 2 and n > x.shape[1]
        values, vectors = np.linalg.eigh(self._matrices())
        values[values <= RANK_TOLERANCE * values[:, -1:]] = 0
        with np.errstate(divide="ignore"):
            self.log_values = np.log(values)
        if self._dual:
            vectors *= np.divide(1, np.sqrt(values), where=values > 0, out=values)[:, None]
        self._vectors = vectors

    def _matrices(self) -> NDArray[np.float64]:
        """Return L of each pool, or Bᵀ B."""
        if not self._dual:
            return self._similarities()
        total = np.zeros((len(self._first), self._x.shape[1], self._x.shape[1]))
        for rows in self._blocks():
            total += rows.transpose(0, 2, 1) @ rows
        return total

    def _similarities(self) -> NDArray[np.float64]:
        """Return L of each pool, its rows and columns scaled rather than those of x."""
        rows = (self._first[:, None] + np.arange(self._n)).ravel()
        if self._x.ndim == 3:
            if self._quality is None:
                return self._x
            share = self._quality[rows].reshape(-1, self._n) / self._largest[:, None]
            of_quality: NDArray[np.float64] = self._x * share[:, :, None] * share[:, None]
            return of_quality
        wide = self._x[rows].astype(np.float64).reshape(len(self._first), self._n, -1)
        with np.errstate(over="ignore", invalid="ignore"):
            matrices: NDArray[np.float64] = wide @ wide.transpose(0, 2, 1)
        squares = np.diagonal(matrices, axis1=1, axis2=2)
        if not (np.isfinite(squares).all() and squares.all()):
            units(self._x, rows)  # says which row is wrong
        scale = 1 / np.sqrt(squares)
        if self._quality is not None:
            scale *= self._quality[rows].reshape(scale.shape) / self._largest[:, None]
        matrices *= scale[:, :, None]
        matrices *= scale[:, None]
        return matrices

    def _blocks(self) -> Iterator[NDArray[np.float64]]:
        """Yield the rows of B of all pools, a block of each pool at a time."""
        for start in range(0, self._n, _BLOCK):
            stop = min(self._n, start + _BLOCK)
            if len(self._first) == 1:
                one = int(self._first[0])
                rows: Any = slice(one + start, one + stop)
            else:
                rows = (self._first[:, None] + np.arange(start, stop)).ravel()
            unit = units(self._x, rows)
            if self._quality is not None:
                share = self._quality[rows].reshape(len(self._first), -1) / self._largest[:, None]
                unit *= share.reshape(-1, 1)
            yield unit.reshape(len(self._first), stop - start, -1)

    @property
    def ranks(self) -> NDArray[np.int64]:
        """How many eigenvalues of each pool are not zero."""
        counts: NDArray[np.int64] = (self.log_values > -np.inf).sum(axis=1)
        return counts

    def by_size(self, k: int) -> Iterator[tuple[NDArray[np.int64], int]]:
        """Yield the pools whose sets of up to `k` rows have the same size, and that size."""
        sizes = np.minimum(self.ranks, k)
        for size in np.unique(sizes).tolist():
            yield np.flatnonzero(sizes == size), size

    def vectors(self, members: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
        """Return eigenvectors of L, one a row, and which of these rows `members` are.

        A member is column j of pool p as ``p r + j``. Of one pool only those named are computed.
        """
        n_pools, r = self.log_values.shape
        named = np.arange(n_pools * r)
        if n_pools == 1:
            named, members = np.unique(members, return_inverse=True)
        columns = self._vectors.transpose(0, 2, 1).reshape(-1, self._vectors.shape[1])[named]
        if not self._dual:
            return columns, members.astype(np.int32)
        columns = columns.reshape(n_pools, -1, self._x.shape[1])
        out = np.empty((n_pools, columns.shape[1], self._n))
        start = 0
        for rows in self._blocks():
            stop = start + rows.shape[1]
            out[:, :, start:stop] = columns @ rows.transpose(0, 2, 1)
            start = stop
        return out.reshape(-1, self._n), members.astype(np.int32)

    def weighted_squares(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return Σⱼ wⱼ vᵢⱼ² of each row i of each pool, vⱼ the eigenvectors of L."""
        blocks = (
            [rows @ self._vectors for rows in self._blocks()] if self._dual else [self._vectors]
        )
        parts = [(np.square(block) * weights[:, None]).sum(axis=2) for block in blocks]
        return np.concatenate(parts, axis=1)
