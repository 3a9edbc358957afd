"""Selection: greedy choices, the best of all, samples of determinantal point processes."""

from __future__ import annotations

from .exact import exact_batch
from .greedy.many_pools import greedy_batch
from .greedy.one_pool import greedy
from .refine import refine_batch
from .sampling.dpp import sample_projections

__all__ = ["exact_batch", "greedy", "greedy_batch", "refine_batch", "sample_projections"]
