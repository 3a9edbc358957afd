"""The kernels in numba: the readable specification of the compiled ones, and their stand-in.

The same functions with the same signatures as ``prefmath._native``. Without numba they run as plain
Python: slow but right.
"""

from __future__ import annotations

from importlib.metadata import version

from ._njit import instruction_set
from .cross_product import cross_product
from .linear_posterior import linear_posterior
from .newton import newton_direction
from .observation import (
    curvature_product,
    log_likelihood,
    residuals,
    table_curvature,
    table_gradient,
)
from .pairs import count_pairs
from .population import (
    linear_statistics,
    outcome_weights,
    posterior_by_annotator,
)
from .selection import exact_batch, greedy, greedy_batch, refine_batch, sample_projections
from .similarity import (
    closest_pairs,
    covariance,
    coverage,
    gram_batch,
    groups_above,
    mean_cosine,
    nearest_neighbors,
    pairs_above,
    similarity_matrix,
    top_pairs,
)
from .spread import linear_spread
from .utility import linear_pull_back, linear_scores, linear_utility
from .wins import win_derivatives, win_product, wins_by_winner

__all__ = [
    "closest_pairs",
    "count_pairs",
    "covariance",
    "coverage",
    "cross_product",
    "curvature_product",
    "exact_batch",
    "gram_batch",
    "greedy",
    "greedy_batch",
    "groups_above",
    "instruction_set",
    "linear_posterior",
    "linear_pull_back",
    "linear_scores",
    "linear_spread",
    "linear_statistics",
    "linear_utility",
    "log_likelihood",
    "mean_cosine",
    "nearest_neighbors",
    "newton_direction",
    "outcome_weights",
    "pairs_above",
    "posterior_by_annotator",
    "refine_batch",
    "residuals",
    "sample_projections",
    "similarity_matrix",
    "table_curvature",
    "table_gradient",
    "top_pairs",
    "win_derivatives",
    "win_product",
    "wins_by_winner",
]

__version__ = version("prefmath")
