"""The few directions in which people differ most, and a problem in these alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from prefmath._kernel_view import kernel_view
from prefmath._kernels import kernels
from prefmath.models._likelihood.products import combined, products
from prefmath.models._likelihood.subset import of_shown
from prefmath.models._likelihood.unit_scores import unit_scores
from prefmath.models._likelihood.utility.linear import LinearUtility

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.models._fit.shared_curvature import Metric
    from prefmath.models._likelihood.problem import Problem
    from prefmath.models._likelihood.state import State

    _F32 = NDArray[np.float32]
    _F64 = NDArray[np.float64]

__all__ = ["Subspace", "subspace_at"]

# Numbers of features held at a time.
_BLOCK = 1 << 22
# Blocks of vectors from which directions are made, and how many more a block has than directions.
_BLOCKS = 7
_MORE = 4
# What of a vector is left after taking away what others explain is rounding below this share.
_ROUNDING = 1e-12


@dataclass(frozen=True, eq=False)
class Subspace:
    """Parameters of a column as sums of a few rows, the first what all have in common.

    `origin` are the parameters there, in these rows; `strength` is what the penalty on the
    parameters is of that on these. Parameters beside those of the features stay as they are.
    """

    basis: _F64
    origin: _F64
    strength: float

    def projected(self, problem: Problem) -> Problem:
        """Return the problem with features along the rows alone, of the items that it shows."""
        utility, seen = problem.utility, problem.data.observation
        linear = utility.linear
        if linear is None:
            raise TypeError("only linear utilities have directions")
        coef = np.ascontiguousarray(linear.gradient(self.basis))
        shown, narrow = of_shown(seen, utility.n_items)
        features = np.empty((len(shown), len(coef)), np.float32)
        block = max(1, _BLOCK // linear.n_coef)
        for first in range(0, len(shown), block):
            part = slice(first, first + block)
            rows = kernel_view(linear.features[shown[part]])
            features[part] = kernels.linear_utility(rows, coef, linear.n_threads)
        return replace(
            problem,
            utility=LinearUtility(features, linear.n_threads, utility.n_extra),
            penalty=problem.penalty.of_share(self.strength),
            data=replace(problem.data, observation=narrow),
        )

    def lifted(self, params: _F64) -> _F64:
        """Return parameters of the whole problem for those of the projected one."""
        r = len(self.basis)
        return np.concatenate([combined(params[:, :r], self.basis, 1), params[:, r:]], axis=1)


def subspace_at(
    problem: Problem, common: State, metric: Metric, n_directions: int
) -> Subspace | None:
    """Return what all have in common and the directions along which scores of annotators differ.

    An annotator of n judgements whose coefficients are off by δ has the score n C δ and noise of
    covariance n C, where C is the curvature of a judgement, the metric: whitened scores over √n
    have noise of covariance I, and the leading singular vectors are where they differ by more.
    None where no scores differ at all.
    """
    d = len(metric.scale)
    directions = _leading(_scores(problem, common), metric, n_directions, problem.n_threads)
    if not len(directions):
        return None
    # Rows are as large as the penalty sees them, so that one strength is right for all.
    scale = problem.utility.penalty_scale[:d]
    strength = float((directions**2 * scale).sum(axis=1).mean())
    shared = common.coef[:, :d] if common.coef[:, :d].any() else np.ones((1, d))
    size = np.sqrt(float((shared**2 * scale).sum()) / strength)
    origin = np.zeros((1, 1 + len(directions)))
    origin[0, 0] = size if common.coef[:, :d].any() else 0.0
    origin = np.concatenate([origin, common.coef[:, d:]], axis=1)
    return Subspace(np.concatenate([shared / size, directions]), origin, strength)


def _scores(problem: Problem, common: State) -> _F32:
    """Scores of annotators in the coefficients, each over the root of what it judged.

    The square of a row is that of as many as it stands for.
    """
    data = problem.data
    weight = data.weight
    sums = None if weight is None else np.concatenate([[0.0], np.cumsum(weight)])
    offsets = data.annotator_offsets
    mass = np.diff(offsets if sums is None else sums[offsets])
    d = problem.utility.n_coef
    whitened = np.empty((data.n_rows, d), np.float32)
    for part, scores in unit_scores(problem.utility, data, common.coef):
        roots = np.sqrt(data.of_each[part] / np.maximum(mass[part], 1e-300))
        whitened[part] = scores[:, 0, :d] * roots[:, None]
    return whitened


def _leading(scores: _F32, metric: Metric, n: int, n_threads: int) -> _F64:
    """Directions v of the largest Σ (score · v)², orthonormal in the metric: block Krylov.

    Musco and Musco (2015), Randomized block Krylov methods for stronger and faster approximate
    singular value decomposition, with the metric as the inner product.
    """
    d = len(metric.scale)
    width = min(n + _MORE, d)
    block = np.random.default_rng(0).standard_normal((width, d)) / metric.scale
    basis, images = np.empty((0, d)), np.empty((0, d))
    for _ in range(max(1, min(_BLOCKS, d // width))):
        block = metric.solve(_squared(scores, block, n_threads))
        for _ in range(2):
            if len(basis):
                along = products(block, images, n_threads)
                block = block - combined(along, basis, n_threads)
            if not len(block):
                break
            values, vectors = np.linalg.eigh(products(block, metric.product(block), n_threads))
            known = values > _ROUNDING * max(values[-1], 0.0)
            weights = (vectors[:, known] / np.sqrt(values[known])).T
            block = combined(weights, block, n_threads) if known.any() else block[:0]
        basis = np.concatenate([basis, block])
        images = np.concatenate([images, metric.product(block)])
    if not len(basis):
        return basis
    squared = products(basis, _squared(scores, basis, n_threads), n_threads)
    _, vectors = np.linalg.eigh(squared)
    return combined(vectors[:, ::-1][:, :n].T, basis, n_threads)


def _squared(scores: _F32, vectors: _F64, n_threads: int) -> _F64:
    """Multiply vectors, one a row, by scoresᵀ scores."""
    return combined(products(vectors, scores, n_threads), scores, n_threads)
