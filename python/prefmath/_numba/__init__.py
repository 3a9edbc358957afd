"""The kernels in numba: the readable specification of the compiled ones, and their stand-in.

The same functions with the same signatures as ``prefmath._native``. Without numba they run as plain
Python: slow but right.
"""

from __future__ import annotations

from importlib.metadata import version

from ._njit import instruction_set
from .choice import (
    choose_one_gradient,
    choose_one_log_likelihood,
    curvature_product,
    linear_utility,
    pair_gradient,
    pair_log_likelihood,
)
from .mixture import linear_statistics, newton_direction, posterior_by_annotator
from .selection import greedy, greedy_batch, sample_projections
from .similarity import (
    closest_pairs,
    covariance,
    coverage,
    gram_batch,
    mean_cosine,
    nearest_neighbors,
    pairs_above,
    similarity_matrix,
)

__all__ = [
    "choose_one_gradient",
    "choose_one_log_likelihood",
    "closest_pairs",
    "covariance",
    "coverage",
    "curvature_product",
    "gram_batch",
    "greedy",
    "greedy_batch",
    "instruction_set",
    "linear_statistics",
    "linear_utility",
    "mean_cosine",
    "nearest_neighbors",
    "newton_direction",
    "pair_gradient",
    "pair_log_likelihood",
    "pairs_above",
    "posterior_by_annotator",
    "sample_projections",
    "similarity_matrix",
]

__version__ = version("prefmath")
