"""What the compiled module offers; ``prefmath._numba`` offers the same.

Arrays are C-contiguous. A utility table has n_items rows and n_classes columns; judgements (choice
sets, pairs) come in the order of their annotators. Nothing here has a default: callers decide.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

_F32: TypeAlias = NDArray[np.float32]
_F64: TypeAlias = NDArray[np.float64]
_I32: TypeAlias = NDArray[np.int32]
_I64: TypeAlias = NDArray[np.int64]
_Bool: TypeAlias = NDArray[np.bool_]
# float32, float64, float16, int8, or uint16: the bits of bfloat16
_Embeddings: TypeAlias = NDArray[Any]
_Progress: TypeAlias = Callable[[int, int], object]
# float32, float64, float16, or uint16: the bits of bfloat16
_Features: TypeAlias = NDArray[Any]
_Rules: TypeAlias = tuple[_Bool | None, _I64, _I64, _I32 | None, _I64, _I64, float]
# kind, offsets, items, chosen, tied, extra, n_ranked, ties, tie_row, block_ends
_Observation: TypeAlias = tuple[
    str,
    _I64 | None,
    _I32,
    _I32 | None,
    _Bool | None,
    _I32 | None,
    _I32 | None,
    str,
    int,
    _I64 | None,
]

__all__ = [
    "__version__",
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

__version__: str

def instruction_set() -> str: ...

# similarity
def similarity_matrix(
    x: _Embeddings,
    y: _Embeddings | None,
    metric: str,
    gamma: float,
    out: _F32 | _F64,
    progress: _Progress | None,
    n_threads: int,
) -> None: ...
def nearest_neighbors(
    x: _Embeddings,
    y: _Embeddings | None,
    k: int,
    metric: str,
    progress: _Progress | None,
    n_threads: int,
) -> tuple[_I32, _F64]: ...

# pairs of rows, the lower first; where there are offsets, within pool p: offsets[p]:offsets[p + 1];
# a score is to be at least the threshold, a distance at most. Of groups the lowest row that such
# pairs connect each row with; the top pairs are the n best, the best first
def pairs_above(
    x: _Embeddings,
    offsets: _I64 | None,
    threshold: float,
    metric: str,
    max_pairs: int,
    progress: _Progress | None,
    n_threads: int,
) -> tuple[_I32, _F64]: ...
def groups_above(
    x: _Embeddings,
    offsets: _I64 | None,
    threshold: float,
    metric: str,
    progress: _Progress | None,
    n_threads: int,
) -> _I32: ...
def top_pairs(
    x: _Embeddings,
    offsets: _I64 | None,
    n: int,
    metric: str,
    progress: _Progress | None,
    n_threads: int,
) -> tuple[_I32, _F64]: ...

# pools: pool p holds the rows offsets[p]:offsets[p + 1], and at least two where pairs count
# metric is "dot" or "cosine"; the matrices row by row, one after the other
def gram_batch(x: _Embeddings, offsets: _I64, metric: str, n_threads: int) -> _F32 | _F64: ...
def mean_cosine(x: _Embeddings, offsets: _I64, n_threads: int) -> _F64: ...

# metric is "cosine" or "sqeuclidean"; rows within the pool, the earlier first, ties to the first
def closest_pairs(
    x: _Embeddings, offsets: _I64, metric: str, n_threads: int
) -> tuple[_I32, _F64]: ...

# selected are rows of x; 1 - cosine, or the squared distance, of the row that is worst off
def coverage(
    x: _Embeddings,
    offsets: _I64,
    selected: _I64,
    selected_offsets: _I64,
    metric: str,
    n_threads: int,
) -> _F64: ...

# the sum of x xᵀ over the rows x, or over x / |x|
def covariance(x: _Embeddings, unit: bool, n_threads: int) -> _F64: ...

# selection: a bonus for the choice of each row, the weight of diversity; the rules are eligible,
# include and its offsets by pool, group, least and most of each group, max_similarity
# x are embeddings, or in one vector the similarities of every two rows of each pool, matrix after
# matrix; the matrices of dpp have ones on their diagonals, those of k_medoids no value below -1
def greedy(
    x: _F32 | _F64,
    method: str,
    bonus: _F64 | None,
    weight: float,
    k: int,
    rules: _Rules | None,
    n_threads: int,
) -> tuple[_I32, _F64]: ...
def greedy_batch(
    x: _F32 | _F64,
    offsets: _I64,
    method: str,
    bonus: _F64 | None,
    weight: float,
    ks: _I64,
    rules: _Rules | None,
    n_threads: int,
) -> tuple[_I32, _F64]: ...
def exact_batch(
    x: _F32 | _F64,
    offsets: _I64,
    method: str,
    bonus: _F64 | None,
    weight: float,
    ks: _I64,
    rules: _Rules | None,
    n_threads: int,
) -> tuple[_I32, _F64, _Bool]: ...
def refine_batch(
    x: _F32 | _F64,
    offsets: _I64,
    method: str,
    bonus: _F64 | None,
    weight: float,
    ks: _I64,
    rules: _Rules | None,
    positions: _I32,
    n_threads: int,
) -> _I32: ...

# sample s is drawn from the projection on the rows members[offsets[s]:offsets[s + 1]] of vectors,
# which are orthonormal, and holds as many of their columns, ascending; sums are the running sums of
# the squares along each row, to propose with; uniforms a row for each sample: for each item, then
# for each proposal
def sample_projections(
    vectors: _F64,
    sums: _F64 | None,
    members: _I32,
    offsets: _I64,
    uniforms: _F64,
    n_threads: int,
) -> _I32: ...

# utility
def linear_utility(features: _Features, coef: _F64, n_threads: int) -> _F64: ...

# of_table.T @ features, (n_classes, d); rows of of_table that are zero are not read
def linear_pull_back(features: _Features, of_table: _F64, n_threads: int) -> _F64: ...

# (n_units, n_classes, d): unit h has the entries entry_offsets[h]:entry_offsets[h + 1] of items and
# of residuals, each of which counts residuals[entry, class] times
def linear_scores(
    features: _Features, items: _I32, residuals: _F64, entry_offsets: _I64, n_threads: int
) -> _F64: ...

# with s2 the variances of the features within the set of a judgement and w its weight, of each unit
# m = sum of w s2 and v = sum of w s2 s2; the sums over units of g m, (g m)**2 and g v, where g are
# responsibilities, (n_classes, d) each. Judgement s is of set outcome[s], or s
def linear_spread(
    features: _Features,
    offsets: _I64,
    items: _I32,
    outcome: _I32 | None,
    weight: _F64 | None,
    unit_offsets: _I64,
    responsibilities: _F64,
    n_threads: int,
) -> tuple[_F64, _F64, _F64]: ...

# observation: kind "choose_one", "pair" or "ranking"; outcome s has the entries
# offsets[s]:offsets[s + 1] of items, a pair two. chosen: position in the set; of a pair the first
# is preferred unless tied; of a ranking the first n_ranked stand in order before the rest. extra: a
# further row whose value is added to that of the item, -1 for none. ties: "half" or, with the row
# of the class's parameter, "davidson" (log nu) and "rao_kupper" (log threshold, whose curvature is
# made semidefinite). Log-likelihoods and weights have a row an outcome. block_ends cut the outcomes
# into blocks for sums, see cross_product
def log_likelihood(utility: _F64, observation: _Observation, n_threads: int) -> _F64: ...
def table_gradient(
    utility: _F64, observation: _Observation, weights: _F64, n_threads: int
) -> tuple[_F64, _F64]: ...
def curvature_product(
    utility: _F64, observation: _Observation, weights: _F64, direction: _F64, n_threads: int
) -> _F64: ...

# negative Hessian (n_classes, n_rows, n_rows); of choices and rankings without extra rows
def table_curvature(
    utility: _F64, observation: _Observation, weights: _F64, n_threads: int
) -> _F64: ...

# slopes in the utilities of the entries, and in the parameter of ties of each outcome
def residuals(
    utility: _F64, observation: _Observation, n_threads: int
) -> tuple[_F64, _F64 | None]: ...

# rows of items as int32 or int64, both the same; tables of wins and, where tied is given, of ties
def count_pairs(
    winner: NDArray[Any],
    loser: NDArray[Any],
    tied: _Bool | None,
    weight: _F64 | None,
    n_items: int,
    n_threads: int,
) -> tuple[_F64, _F64 | None]: ...

# wins sorted by winner: item i won against loser[offsets[i]:offsets[i + 1]]; ties are half a win
# for each of the two. offsets, loser, weight (None where each counts 1), won, lost
def wins_by_winner(
    winner: NDArray[Any],
    loser: NDArray[Any],
    tied: _Bool | None,
    weight: _F64 | None,
    n_items: int,
    n_threads: int,
) -> tuple[_I64, _I32, _F64 | None, _F64, _F64]: ...

# log-likelihood, gradient, diagonal of the negative Hessian, curvature of each win
def win_derivatives(
    utility: _F64, offsets: _I64, loser: _I32, weight: _F64 | None, n_threads: int
) -> tuple[float, _F64, _F64, _F64]: ...
def win_product(
    direction: _F64, offsets: _I64, loser: _I32, curvature: _F64, n_threads: int
) -> _F64: ...

# leftᵀ right, or without left the sum of the rows of right; the same to the last bit on any number
# of threads. block_ends, ascending and the last the number of rows, cut the rows into blocks: a sum
# of 2**s blocks of which the first is a multiple of 2**s is a term of that of more of them
def cross_product(
    left: _F64 | None, right: _F64, block_ends: _I64 | None, n_threads: int
) -> _F64: ...

# population: judgement s has row outcome[s] of the log-likelihood, or row s
def posterior_by_annotator(
    log_likelihood: _F64,
    outcome: _I32 | None,
    weight: _F64 | None,
    annotator_offsets: _I64,
    log_prior: _F64,
    n_threads: int,
) -> tuple[_F64, _F64]: ...
def outcome_weights(
    responsibilities: _F64,
    outcome: _I32 | None,
    weight: _F64 | None,
    annotator_offsets: _I64,
    n_outcomes: int,
    block_ends: _I64 | None,
    n_threads: int,
) -> _F64: ...

# the posterior for utilities linear in features, and the gradient of the summed log-likelihood of
# annotators in the coefficients; annotator h counts counts[h] times; log_prior has a value a class
def linear_posterior(
    features: _Features,
    coef: _F64,
    offsets: _I64,
    items: _I32,
    chosen: _I32,
    tied: _Bool | None,
    weight: _F64 | None,
    annotator_offsets: _I64,
    counts: _F64 | None,
    log_prior: _F64,
    block_ends: _I64 | None,
    n_threads: int,
) -> tuple[_F64, _F64, _F64]: ...

# M-step; the Hessian of features narrower than float64 has six digits, the rest is summed in
# float64
def linear_statistics(
    features: _Features,
    utility: _F64,
    offsets: _I64,
    items: _I32,
    chosen: _I32,
    tied: _Bool | None,
    weights: _F64,
    in_float64: bool,
    block_ends: _I64 | None,
    n_threads: int,
) -> tuple[_F64, _F64]: ...
def newton_direction(gradient: _F64, hessian: _F64, n_threads: int) -> _F64: ...
