"""Selection: the greedy choice of each objective from pools; samples of determinantal processes."""

from __future__ import annotations

from .greedy import greedy_batch
from .one_pool import greedy
from .samples import sample_projections

__all__ = ["greedy", "greedy_batch", "sample_projections"]
