"""What a selection returns: rows, what each added, the value of all, and how good that is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["BatchSelection", "Samples", "Selection"]


@dataclass(frozen=True, eq=False)
class Selection:
    """The candidates chosen from one pool.

    Attributes
    ----------
    indices : ndarray of int64, shape (k,)
        Rows of `X` in the order in which they were chosen.
    gains : ndarray of float64, shape (k,)
        What each added to the objective when it was chosen. Under ``max_min``: the smallest value
        of a pair with one chosen before, 0 for the first.
    value : float
        The objective: the sum of the gains; under ``max_min`` the smallest gain after the first.
    optimal : bool
        Whether no other set of as many rows that keeps the rules has a larger value.
    upper_bound : float
        No set of as many rows that keeps the rules has a larger value than this.
    """

    indices: NDArray[np.int64]
    gains: NDArray[np.float64]
    value: float
    optimal: bool = False
    upper_bound: float = float("inf")

    def __len__(self) -> int:
        return len(self.indices)

    def __repr__(self) -> str:
        shown = ", ".join(str(index) for index in self.indices[:8])
        more = ", …" if len(self) > 8 else ""
        note = "; optimal" if self.optimal else ""
        return f"Selection({len(self)} chosen: {shown}{more}; value {self.value:.4g}{note})"


@dataclass(frozen=True, eq=False)
class BatchSelection:
    """The candidates chosen from each of many pools.

    Attributes
    ----------
    indices : ndarray of int64, shape (n_pools, k)
        Rows of `X` in the order in which they were chosen; -1 where a pool had no more, or was
        asked for fewer than the others.
    gains : ndarray of float64, shape (n_pools, k)
        What each added to the objective of its pool, as in `Selection`; 0 where `indices` is -1.
    values : ndarray of float64, shape (n_pools,)
        The objective of each pool.
    optimal : ndarray of bool, shape (n_pools,)
        Whether no other choice from the pool has a larger value.
    upper_bounds : ndarray of float64, shape (n_pools,)
        No choice of as many from the pool has a larger value than this.
    greedy_optimal : ndarray of bool, shape (n_pools,), or None
        With ``exact=True``: whether the greedy choice from the pool has the largest value, to
        within 1e-9 of one and that value. It is then the choice that is returned.
    """

    indices: NDArray[np.int64]
    gains: NDArray[np.float64]
    values: NDArray[np.float64]
    optimal: NDArray[np.bool_]
    upper_bounds: NDArray[np.float64]
    greedy_optimal: NDArray[np.bool_] | None = None

    def __len__(self) -> int:
        return len(self.indices)

    def __repr__(self) -> str:
        n_pools, k = self.indices.shape
        short = int((self.indices < 0).any(axis=1).sum())
        note = f"; {short:,} pools had fewer" if short else ""
        mean = f"; mean value {self.values.mean():.4g}" if n_pools else ""
        exact = ""
        if self.greedy_optimal is not None and n_pools:
            exact = f"; optimal, as the greedy choice is in {self.greedy_optimal.mean():.1%}"
        return f"BatchSelection({k} from each of {n_pools:,} pools{note}{mean}{exact})"


@dataclass(frozen=True, eq=False)
class Samples:
    """Random sets of rows, of unequal size: a sequence of vectors of rows.

    Attributes
    ----------
    indices : ndarray of int64
        Rows of `X`, ascending in each set, set after set.
    offsets : ndarray of int64, shape (n_sets + 1,)
        Set s holds ``indices[offsets[s]:offsets[s + 1]]``, which is what ``samples[s]`` returns.
    """

    indices: NDArray[np.int64]
    offsets: NDArray[np.int64]

    @property
    def sizes(self) -> NDArray[np.int64]:
        """How many rows each set has."""
        return self.offsets[1:] - self.offsets[:-1]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, sample: int) -> NDArray[np.int64]:
        number = range(len(self))[sample]
        return self.indices[self.offsets[number] : self.offsets[number + 1]]

    def __repr__(self) -> str:
        if not len(self):
            return "Samples(0 sets)"
        sizes = self.sizes
        return (
            f"Samples({len(self):,} sets of {sizes.min()} to {sizes.max()} rows, "
            f"mean {sizes.mean():.3g})"
        )
