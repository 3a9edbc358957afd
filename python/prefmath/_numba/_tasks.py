"""Tasks on Python threads: the kernels release the GIL, so that no other threading is needed.

Unlike numba's own threads these survive a fork and do not mind being used from several threads at
once. Tasks are cut from the data alone and their results come back in order, so that the number of
threads changes nothing.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

__all__ = ["groups", "in_order", "rows"]

_Part = TypeVar("_Part")
_Result = TypeVar("_Result")
_pools: dict[tuple[int, int], ThreadPoolExecutor] = {}


def in_order(
    work: Callable[[_Part, _Part], _Result], tasks: list[tuple[_Part, _Part]], n_threads: int
) -> Iterator[_Result]:
    """Yield ``work(*task)`` for every task, in the order of the tasks."""
    if n_threads == 1 or len(tasks) == 1:
        return (work(*task) for task in tasks)
    key = (os.getpid(), n_threads)
    pool = _pools.setdefault(key, ThreadPoolExecutor(n_threads, thread_name_prefix="prefmath"))
    return pool.map(lambda task: work(*task), tasks)


def rows(n: int, length: int) -> list[tuple[int, int]]:
    """Cut `n` rows into stretches of `length`."""
    return [(first, min(n, first + length)) for first in range(0, n, length)]


def groups(offsets: NDArray[Any], weight: int) -> list[tuple[int, int]]:
    """Cut groups into runs of consecutive groups that hold about `weight` values each."""
    n_groups = len(offsets) - 1
    edges = np.searchsorted(offsets, np.arange(weight, offsets[-1], weight), side="left")
    edges = np.unique(np.concatenate([[0], edges, [n_groups]]))
    return [(int(first), int(last)) for first, last in pairwise(edges)]
