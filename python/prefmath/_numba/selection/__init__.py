"""Selection: the greedy choice of each objective, from one pool and from many."""

from __future__ import annotations

from .greedy import greedy_batch
from .one_pool import greedy

__all__ = ["greedy", "greedy_batch"]
