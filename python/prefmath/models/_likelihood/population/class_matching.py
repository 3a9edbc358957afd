"""Which class of one fit is which of another: the numbers of classes mean nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["best_assignment"]


def best_assignment(value: NDArray[np.float64]) -> NDArray[np.int64]:
    """Column of each row of a square matrix, each column once, of the largest sum.

    The Hungarian method with potentials, one row added at a time (Kuhn 1955; Munkres 1957).
    """
    n = len(value)
    largest: NDArray[np.int64] = value.argmax(axis=1)
    if len(set(largest.tolist())) == n:
        return largest
    cost = value.max() - value
    row_price, column_price = np.zeros(n), np.zeros(n + 1)
    row_of = np.full(n + 1, -1)  # of each column; the last column is where a new row waits
    for row in range(n):
        row_of[n] = row
        column = n
        shortest, before = np.full(n, np.inf), np.full(n, n)
        visited = np.zeros(n + 1, np.bool_)
        while row_of[column] >= 0:
            visited[column] = True
            at = row_of[column]
            reduced = cost[at] - row_price[at] - column_price[:n]
            nearer = ~visited[:n] & (reduced < shortest)
            shortest[nearer], before[nearer] = reduced[nearer], column
            reach = np.where(visited[:n], np.inf, shortest)
            nearest = int(reach.argmin())
            step = reach[nearest]
            row_price[row_of[visited]] += step
            column_price[visited] -= step
            shortest[~visited[:n]] -= step
            column = nearest
        while column != n:
            row_of[column] = row_of[before[column]]
            column = before[column]
    assignment: NDArray[np.int64] = np.empty(n, np.int64)
    assignment[row_of[:n]] = np.arange(n)
    return assignment
