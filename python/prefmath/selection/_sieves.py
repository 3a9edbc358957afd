"""Sieves: the rows of a stream that are kept for one guess of the best value."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Adding", "Apart", "Sieve"]


class Sieve(ABC):
    """Rows kept for one guess of the best value."""

    def __init__(self, k: int, guess: float) -> None:
        self.k, self.guess = k, guess
        self.rows: list[int] = []
        self.values: list[NDArray[np.float32]] = []
        self.value = 0.0

    def fill(self, other: Sieve) -> None:
        """Take rows of another sieve up to k: more rows are never worse."""
        for row, values in zip(other.rows, other.values, strict=True):
            if len(self.rows) < self.k and row not in self.rows:
                self.rows.append(row)
                self.values.append(values)

    def take_chunk(
        self,
        x: NDArray[np.float32],
        unit: NDArray[np.float64],
        first: int,
        head: NDArray[np.int64],
    ) -> None:
        """Keep the rows `head` of a chunk and then those that add enough."""
        enough, fresh = self.begin(unit), np.ones(len(x), np.bool_)
        for row in head.tolist():
            enough = self._take(x, unit, first, row)
            fresh[row] = False
        if len(head):
            # What counts is what the others add to these.
            self.value = 0.0
            enough = self.begin(unit)
        at = 0
        while len(self.rows) < self.k:
            later = np.flatnonzero(enough[at:] & fresh[at:])
            if not len(later):
                return
            at += int(later[0])
            enough = self._take(x, unit, first, at)
            at += 1

    def _take(
        self, x: NDArray[np.float32], unit: NDArray[np.float64], first: int, at: int
    ) -> NDArray[np.bool_]:
        """Keep a row, and return which others add enough then."""
        self.rows.append(first + at)
        self.values.append(x[at].copy())
        return self.keep(unit, at)

    @abstractmethod
    def begin(self, unit: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return which rows of a chunk add enough to those kept before."""

    @abstractmethod
    def keep(self, unit: NDArray[np.float64], at: int) -> NDArray[np.bool_]:
        """Return the same with one more row kept."""


class Apart(Sieve):
    """Keeps what is further than the guess, halved, from all that it kept."""

    def __init__(self, k: int, guess: float) -> None:
        super().__init__(k, guess)
        self.kept: list[NDArray[np.float64]] = []

    def begin(self, unit: NDArray[np.float64]) -> NDArray[np.bool_]:
        self.nearest = np.full(len(unit), -1.0)
        if self.kept:
            self.nearest = (unit @ np.stack(self.kept).T).max(axis=1)
        return self._enough()

    def keep(self, unit: NDArray[np.float64], at: int) -> NDArray[np.bool_]:
        self.kept.append(unit[at])
        self.nearest = np.maximum(self.nearest, unit @ unit[at])
        return self._enough()

    def _enough(self) -> NDArray[np.bool_]:
        enough: NDArray[np.bool_] = 2 - 2 * self.nearest >= (self.guess / 2) ** 2
        return enough


class Adding(Sieve):
    """Keeps what adds enough to log det(1 + S) to come half the way to the guess."""

    def __init__(self, k: int, guess: float) -> None:
        super().__init__(k, guess)
        self.basis: list[tuple[NDArray[np.float64], float, NDArray[np.float64]]] = []

    def begin(self, unit: NDArray[np.float64]) -> NDArray[np.bool_]:
        self.factor = np.empty((0, len(unit)))
        self.residual = np.full(len(unit), 2.0)
        for row, diagonal, of_earlier in self.basis:
            self._condition(unit @ row, diagonal, of_earlier)
        return self._enough()

    def keep(self, unit: NDArray[np.float64], at: int) -> NDArray[np.bool_]:
        diagonal, of_earlier = float(np.sqrt(self.residual[at])), self.factor[:, at].copy()
        self.value += 2 * np.log(diagonal)
        self.basis.append((unit[at].copy(), diagonal, of_earlier))
        self._condition(unit @ unit[at], diagonal, of_earlier)
        return self._enough()

    def _condition(
        self, similarity: NDArray[np.float64], diagonal: float, of_earlier: NDArray[np.float64]
    ) -> None:
        """One step of the incremental Cholesky factorisation of 1 + S."""
        row = (similarity - of_earlier @ self.factor) / diagonal
        self.factor = np.concatenate([self.factor, row[None]])
        self.residual = self.residual - row**2

    def _enough(self) -> NDArray[np.bool_]:
        left = self.k - len(self.rows)
        if left == 0:
            return np.zeros(len(self.residual), np.bool_)
        enough: NDArray[np.bool_] = np.log(self.residual) >= (self.guess / 2 - self.value) / left
        return enough
