"""What says which pairs count, and takes them: those above a floor, connected, or the best."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._numba._njit import njit

from .copies import first_equal

if TYPE_CHECKING:
    from numpy.typing import NDArray

    _F64 = NDArray[np.float64]
    _I64 = NDArray[np.int64]

__all__ = ["Above", "Collector", "Groups", "Top"]


class Collector(ABC):
    """Says which pairs count, and takes them; pairs may come from several threads."""

    floor: float
    """What a score must reach; it may only rise."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def start(  # others do more
        self,
        x: NDArray[Any],
        norms: _F64,  # noqa: ARG002
        metric: str,  # noqa: ARG002
        first: int,  # noqa: ARG002
    ) -> _I64:
        """Return the rows to search among, in order; they are rows `first` and so on of all."""
        return np.arange(len(x))

    def unsettled(self, i: _I64, j: _I64) -> Any:  # noqa: ARG002
        """Return the places of the pairs on which something still depends."""
        return slice(None)

    @abstractmethod
    def take(self, i: _I64, j: _I64, score: _F64) -> None:
        """Take pairs whose scores reach the floor."""


class Above(Collector):
    """Keeps all pairs, up to so many."""

    def __init__(self, floor: float, most: int) -> None:
        super().__init__()
        self.floor, self._most, self._n = floor, most, 0
        self._found = [(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))]

    def take(self, i: _I64, j: _I64, score: _F64) -> None:
        with self._lock:
            self._n += len(i)
            if self._n > self._most:
                msg = (
                    f"more than max_pairs={self._most} pairs of rows of X are within the threshold"
                )
                raise ValueError(msg)
            self._found.append((i, j, score))

    def all(self) -> tuple[_I64, _I64, _F64]:
        i, j, score = (np.concatenate(parts) for parts in zip(*self._found, strict=True))
        return i, j, score


class Groups(Collector):
    """Unites what pairs connect; the lowest row of a set is its root."""

    def __init__(self, floor: float, n: int) -> None:
        super().__init__()
        self.floor, self._parents = floor, np.arange(n)

    def start(self, x: NDArray[Any], norms: _F64, metric: str, first: int) -> _I64:
        # Of equal rows a cosine is 1 and a distance 0, but a dot product may be too small.
        equal = first_equal(x)
        copies = equal != np.arange(len(x))
        if metric == "dot":
            copies &= norms >= self.floor
        _unite(self._parents, first + equal[copies], first + np.flatnonzero(copies))
        return np.flatnonzero(~copies)

    def unsettled(self, i: _I64, j: _I64) -> Any:
        return _apart(self._parents, i, j)

    def take(self, i: _I64, j: _I64, score: _F64) -> None:  # noqa: ARG002
        with self._lock:
            _unite(self._parents, i, j)

    def roots(self) -> _I64:
        _flatten(self._parents)
        return self._parents


class Top(Collector):
    """Keeps the best n."""

    def __init__(self, n: int) -> None:
        super().__init__()
        self.floor, self._n = -np.inf, n
        self.best = np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0)

    def take(self, i: _I64, j: _I64, score: _F64) -> None:
        with self._lock:
            new = i, j, score
            i, j, score = (np.concatenate(both) for both in zip(self.best, new, strict=True))
            kept = np.lexsort((j, i, -score))[: self._n]
            self.best = i[kept], j[kept], score[kept]
            if len(kept) == self._n:
                self.floor = float(score[kept[-1]]) if self._n else np.inf


@njit
def _root(parents, row):
    while parents[row] != row:
        row = parents[row]
    return row


@njit
def _flatten(parents):
    """Let every row point at its root."""
    for row in range(len(parents)):
        # The parent is lower, or the row itself: it points at its root already.
        parents[row] = parents[parents[row]]


@njit
def _apart(parents, i, j):
    """Return the places of the pairs that are not connected."""
    out = np.empty(len(i), np.int64)
    n = 0
    for pair in range(len(i)):
        if _root(parents, i[pair]) != _root(parents, j[pair]):
            out[n] = pair
            n += 1
    return out[:n]


@njit
def _unite(parents, i, j):
    """Connect pairs; the lowest row of a set is its root, whatever the order."""
    for pair in range(len(i)):
        one, other = _root(parents, i[pair]), _root(parents, j[pair])
        low, high = min(one, other), max(one, other)
        parents[high] = low
        # The paths become short: two rows more point at the root.
        parents[i[pair]] = low
        parents[j[pair]] = low
