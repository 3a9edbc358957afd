"""Sets of rows in whatever form a sampler gives them: rows set after set, each set of a pool."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

__all__ = ["Sets", "drawn_sets", "given_sets"]


class Sets(NamedTuple):
    """Set s of pool ``pool[s]`` holds ``rows[offsets[s]:offsets[s + 1]]``, ascending."""

    rows: NDArray[np.int64]
    offsets: NDArray[np.int64]
    pool: NDArray[np.int64]

    @property
    def sizes(self) -> NDArray[np.int64]:
        """How many rows each set has."""
        return np.diff(self.offsets)


def given_sets(value: Any, cuts: NDArray[np.int64], *, in_pools: bool) -> Sets:
    """Return sets of rows from an array, a result of this package or a list of vectors."""
    return _checked([_parts(value, len(cuts) - 1, in_pools=in_pools)], cuts)


def drawn_sets(
    sampler: Any, n: int, rng: np.random.Generator, cuts: NDArray[np.int64], *, in_pools: bool
) -> Sets:
    """Return what `n` calls of a sampler give."""
    n_pools = len(cuts) - 1
    return _checked([_parts(sampler(rng), n_pools, in_pools=in_pools) for _ in range(n)], cuts)


_Parts = tuple["NDArray[np.int64]", "NDArray[np.int64]", "NDArray[np.int64]"]


def _parts(value: Any, n_pools: int, *, in_pools: bool) -> _Parts:
    """Return rows set after set, the size of each set and its pool."""
    if hasattr(value, "indices") and hasattr(value, "offsets"):
        return _flat(value.indices, np.diff(value.offsets), n_pools)
    array = _padded(getattr(value, "indices", value))
    if array.ndim == 1:
        array = array[None]
    if array.dtype.kind not in "iu" and array.size:
        raise TypeError(f"sampler must give rows of X, integers, not {array.dtype}")
    expected = f"({n_pools}, k) or ({n_pools}, n, k)" if in_pools else "(k,) or (n, k)"
    fits = array.ndim in ((2, 3) if in_pools else (2,)) and (not in_pools or len(array) == n_pools)
    if not fits:
        raise ValueError(f"sampler must give arrays of shape {expected}, not {array.shape}")
    sets = array.reshape(math.prod(array.shape[:-1]), array.shape[-1]).astype(np.int64)
    there = sets != -1
    return _flat(sets[there], there.sum(axis=1), n_pools)


def _padded(value: Any) -> NDArray[Any]:
    """Return an array; of vectors of unequal length one whose rows end with -1."""
    if isinstance(value, (list, tuple)) and value and np.ndim(value[0]) == 1:
        sizes = [len(rows) for rows in value]
        if min(sizes) < max(sizes):
            out = np.full((len(value), max(sizes)), -1, np.int64)
            for place, rows in zip(out, value, strict=True):
                place[: len(rows)] = rows
            return out
    return np.asarray(value)


def _flat(rows: NDArray[Any], sizes: NDArray[Any], n_pools: int) -> _Parts:
    if n_pools == 0 or len(sizes) % n_pools:
        raise ValueError(f"sampler must give as many sets of each of {n_pools} pools")
    return rows, sizes, np.repeat(np.arange(n_pools), len(sizes) // n_pools)


def _checked(parts: Iterable[_Parts], cuts: NDArray[np.int64]) -> Sets:
    """Return the sets of all parts, or refuse rows that are none of their pool."""
    rows, sizes, pool = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    owner = np.repeat(np.arange(len(sizes)), sizes)
    of_rows = pool[owner]
    for at in np.flatnonzero((rows < cuts[of_rows]) | (rows >= cuts[of_rows + 1]))[:1]:
        low, high = cuts[of_rows[at]], cuts[of_rows[at] + 1] - 1
        raise ValueError(
            f"sampler must give rows {low} to {high} of X from pool {of_rows[at]}: set {owner[at]} "
            f"holds {rows[at]}"
        )
    order = np.lexsort((rows, owner))
    rows = rows[order]
    for at in np.flatnonzero((rows[1:] == rows[:-1]) & (owner[1:] == owner[:-1]))[:1]:
        raise ValueError(f"sampler must give each row once: set {owner[at]} holds {rows[at]} twice")
    return Sets(rows, np.concatenate([[0], np.cumsum(sizes)]), pool)
