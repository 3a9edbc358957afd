"""Pairs of candidates by similarity: the bin of every pair, and what is expected of each bin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._validate import as_whole_number
from prefmath.selection.values import units

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import ArrayLike, NDArray

__all__ = ["Pairs", "bin_edges"]

# Pools of so many rows are looked at whole, and the bins of their pairs held, if all have so many.
_SMALL, _MOST_HELD = 1 << 11, 1 << 26

# Values of the similarities looked at at a time, and pairs drawn to see how they are distributed.
_VALUES, _DRAWN = 1 << 20, 1 << 17

# Similarities are rounded, so that those which are equal but for rounding share a bin.
_DIGITS = 9


def bin_edges(bins: int | ArrayLike, x: NDArray[np.float32], cuts: NDArray[np.int64]) -> Any:
    """Return the edges that are given, or those between which as many pairs lie."""
    if np.ndim(bins) == 0:
        return _quantiles(as_whole_number(bins, "bins", 1), x, cuts)
    edges = np.asarray(bins, np.float64)
    if edges.ndim != 1 or len(edges) < 2:
        raise ValueError(f"bins must be a number or two edges and more, not of shape {edges.shape}")
    for at in np.flatnonzero(~(edges[1:] > edges[:-1]))[:1]:
        raise ValueError(f"bins must ascend: bins[{at + 1}]={edges[at + 1]} after {edges[at]}")
    return edges


def _quantiles(n: int, x: NDArray[np.float32], cuts: NDArray[np.int64]) -> NDArray[np.float64]:
    sizes = np.diff(cuts)
    pairs = sizes * (sizes - 1) // 2
    if not pairs.sum():
        raise ValueError("no pool has two candidates")
    if pairs.sum() <= _DRAWN:
        all_pairs = [np.add(np.triu_indices(sizes[p], 1), cuts[p]) for p in np.flatnonzero(pairs)]
        i, j = np.concatenate(all_pairs, axis=1)
    else:
        rng = np.random.default_rng(0)
        pool = np.searchsorted(np.cumsum(pairs), rng.integers(pairs.sum(), size=_DRAWN), "right")
        i = rng.integers(sizes[pool])
        j = (i + rng.integers(1, sizes[pool])) % sizes[pool]
        i, j = i + cuts[pool], j + cuts[pool]
    similarity = _of_pairs(x, i, j)
    inner = np.quantile(similarity, np.linspace(0, 1, n + 1)[1:-1], method="lower")
    low, high = similarity.min(), similarity.max()
    if pairs.sum() > _DRAWN:
        low, high = -1.0, 1.0
    inner = np.unique(inner[(inner > low) & (inner < high)])
    return np.concatenate([[low], inner, [high]])


def _of_pairs(
    x: NDArray[np.float32], i: NDArray[np.int64], j: NDArray[np.int64]
) -> NDArray[np.float64]:
    out, step = np.empty(len(i)), max(_VALUES // x.shape[1], 1)
    for first in range(0, len(i), step):
        part = slice(first, first + step)
        np.einsum("nd,nd->n", units(x, i[part]), units(x, j[part]), out=out[part])
    return _rounded(out)


def _rounded(similarity: NDArray[np.float64]) -> NDArray[np.float64]:
    np.round(similarity, _DIGITS, out=similarity)
    return similarity.clip(-1, 1, out=similarity)


class Pairs:
    """The pairs of the rows of each pool, in bins of similarity.

    Attributes
    ----------
    near : ndarray of float64, shape (n, n_bins)
        For each row the sum of `probability` over the other rows of its pool in each bin.
    """

    def __init__(
        self,
        x: NDArray[np.float32],
        cuts: NDArray[np.int64],
        probability: NDArray[np.float64],
        edges: NDArray[np.float64],
    ) -> None:
        self._x, self._cuts, self._edges = x, cuts, edges
        self.n_bins = len(edges) - 1
        sizes = np.diff(cuts)
        small = sizes <= _SMALL
        areas = np.where(small, sizes**2, 0)
        if areas.sum() > _MOST_HELD:
            areas = np.zeros_like(areas)
        self._held = np.empty(areas.sum(), np.int16)
        self._start = np.where(areas > 0, np.cumsum(areas) - areas, -1)
        self.near = np.zeros((len(x), self.n_bins))
        for pools, rows, columns, similarity in self._blocks(sizes, probability):
            bins = self._bins(similarity)
            bins[rows[:, :, None] == columns[:, None]] = self.n_bins
            if (self._start[pools] >= 0).all():
                n = columns.shape[1]
                places = self._start[pools][:, None] + np.arange(n * n)
                self._held[places] = bins.reshape(len(pools), -1)
            codes = bins + (self.n_bins + 1) * np.arange(rows.size).reshape(*rows.shape, 1)
            weights = np.broadcast_to(probability[columns][:, None], bins.shape)
            length = (self.n_bins + 1) * rows.size
            sums = np.bincount(codes.ravel(), weights.ravel(), minlength=length)
            self.near[rows.ravel()] = sums.reshape(rows.size, -1)[:, :-1]

    def of(
        self, pool: NDArray[np.int64], i: NDArray[np.int64], j: NDArray[np.int64]
    ) -> NDArray[np.int16]:
        """Return the bin of each pair of rows of `pool`; `n_bins` for none."""
        first, sizes, start = self._cuts[pool], np.diff(self._cuts)[pool], self._start[pool]
        out, held = np.empty(len(i), np.int16), start >= 0
        places = start + (i - first) * sizes + (j - first)
        out[held] = self._held[places[held]]
        out[~held] = self._bins(_of_pairs(self._x, i[~held], j[~held]))
        return out

    def _bins(self, similarity: NDArray[np.float64]) -> NDArray[np.int16]:
        bins = np.zeros(similarity.shape, np.int16)
        for edge in self._edges[1:-1]:
            bins += similarity >= edge
        outside = (similarity < self._edges[0]) | (similarity > self._edges[-1])
        bins[outside] = self.n_bins
        return bins

    def _blocks(self, sizes: NDArray[np.int64], probability: NDArray[np.float64]) -> Iterator[Any]:
        """Yield pools, rows of each, other rows of each, and the similarities of all these.

        Small pools come whole, of a large one those rows that have a probability.
        """
        x, cuts = self._x, self._cuts
        for n in np.unique(sizes[(sizes > 1) & (sizes <= _SMALL)]):
            same = np.flatnonzero(sizes == n)
            step = max(_VALUES // int(n * (n + x.shape[1])), 1)
            for first in range(0, len(same), step):
                pools = same[first : first + step]
                rows = cuts[pools][:, None] + np.arange(n)
                unit = units(x, rows.ravel()).reshape(len(pools), n, -1)
                yield pools, rows, rows, _rounded(unit @ unit.transpose(0, 2, 1))
        for pool in np.flatnonzero(sizes > _SMALL):
            mine = cuts[pool] + np.flatnonzero(probability[cuts[pool] : cuts[pool + 1]])
            unit, step = units(x, mine), max(_VALUES // max(len(mine), 1), 1)
            for first in range(0, len(mine), step):
                part = slice(first, first + step)
                similarity = _rounded(unit[part] @ unit.T)
                yield np.array([pool]), mine[None, part], mine[None], similarity[None]
