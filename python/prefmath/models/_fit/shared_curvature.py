"""One curvature for all classes: that of a judgement, times the judgements of each class.

Where features are many, a matrix for each class costs more than all else. The curvature of a
judgement depends on how sure its annotator is, much less on what the annotator wants, so that one
matrix serves all classes as the metric of the climb; the secants learn what it gets wrong.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from prefmath.models._likelihood.products import combined, inverse_of, products

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.models._likelihood.problem import Problem
    from prefmath.models._likelihood.state import State
    from prefmath.models._likelihood.utility.linear import LinearUtility

    _F64 = NDArray[np.float64]
    _F32 = NDArray[np.float32]

__all__ = ["Metric", "SharedCurvature", "is_wide", "metric_at"]

# Up to so many features a matrix for each class is worth while.
_FEW_FEATURES = 64

# Judgements looked at, for each feature if that takes no longer than so many passes over all data
# and at least so many in all: where they are fewer than features, the matrix is of low rank and a
# diagonal.
_JUDGEMENTS_A_FEATURE = 20
_PASSES = 2
_LEAST_JUDGEMENTS = 256
# One class of up to so many features has a matrix of its own.
_DENSE_FEATURES = 1024
# Correlations are shrunk by at least this, so that float32 can tell them; by more where there are
# fewer rows than features.
_LEAST_SHRINKAGE = 1e-6
_LEAST_OF_FEW = 1e-3
# Curvature of a feature in its unit that is rounding.
_NOTHING = 1e-9
# Numbers of features held at a time.
_BLOCK = 1 << 22
# Curvature that a parameter beside the coefficients has at least, in all.
_LEAST_BESIDE = 1e-3
# A climb that takes more steps has come to a class which few judgements determine, so that it fits
# them all but for certain: it needs a matrix of its own, which up to so many numbers is affordable.
_PATIENCE = 24
_MOST_NUMBERS = 1 << 20


@dataclass(frozen=True, eq=False)
class Metric:
    """Curvature of a judgement in the coefficients: D^½ (a I + Rᵀ R) D^½.

    `scale` holds the square roots of D. Where R has more rows than columns, `factor` is the matrix
    in brackets and `inverse` its inverse; otherwise `factor` is R, and `inverse` that of
    a I + R Rᵀ.
    """

    scale: _F64
    shrinkage: float
    factor: NDArray[np.floating]
    inverse: _F64
    dense: bool
    n_threads: int

    def product(self, vectors: _F64) -> _F64:
        """Multiply vectors, one a row, by the curvature."""
        x = vectors * self.scale
        if self.dense:
            x = products(x, self.factor, self.n_threads)
        else:
            reduced = products(x, self.factor, self.n_threads)
            x = self.shrinkage * x + combined(reduced, self.factor, self.n_threads)
        product: _F64 = x * self.scale
        return product

    def solve(self, vectors: _F64) -> _F64:
        """Multiply vectors, one a row, by the inverse of the curvature."""
        x = vectors / self.scale
        if self.dense:
            x = products(x, self.inverse, self.n_threads)
        else:
            # The identity of Sherman, Morrison and Woodbury.
            reduced = products(x, self.factor, self.n_threads)
            reduced = products(reduced, self.inverse, self.n_threads)
            x = (x - combined(reduced, self.factor, self.n_threads)) / self.shrinkage
        solution: _F64 = x / self.scale
        return solution


def is_wide(problem: Problem) -> bool:
    """Whether one curvature serves all classes, as one for each would cost too much."""
    if problem.utility.linear is None:
        return False
    few = _FEW_FEATURES if problem.population.n_columns > 1 else _DENSE_FEATURES
    return problem.utility.n_coef > few


def affordable(problem: Problem) -> bool:
    """Whether there may be a matrix for each class."""
    return problem.population.n_columns * problem.utility.n_coef**2 <= _MOST_NUMBERS


def metric_at(problem: Problem, state: State) -> Metric:
    """Return the curvature of a judgement there, with its part of the penalty, from a sample.

    Correlations in the sample are shrunk by the share that lowers their expected error most
    (Schäfer and Strimmer 2005): hardly where there are many judgements a feature, or where features
    are highly correlated.
    """
    utility = problem.utility.linear
    if utility is None:
        raise TypeError("a metric is that of linear utilities")
    rows = _rows(problem, utility, state)
    n, d = rows.shape
    square = np.einsum("ij,ij->j", rows, rows, dtype=np.float64) / n
    mass = problem.data.mass / problem.population.n_columns
    penalty = problem.penalty.curvature(utility, state.coef)
    square += penalty[:, :d].mean(axis=0) / max(mass, 1)
    # A feature that differs in no set of the sample may differ in others, if in few.
    scale = np.sqrt(np.where(square > _NOTHING, square, 1 / n))
    rows /= (scale * np.sqrt(n)).astype(np.float32)
    dense = d <= n
    gram = rows.T @ rows if dense else rows @ rows.T
    least = _LEAST_SHRINKAGE if dense else _LEAST_OF_FEW
    shrinkage = min(max(_shrinkage(rows, gram), least), 1.0)
    system = gram.astype(np.float64) * (1 - shrinkage)
    system[np.diag_indices(len(system))] += shrinkage
    inverse = inverse_of(system, problem.n_threads)
    if not dense:
        rows *= np.float32(np.sqrt(1 - shrinkage))
    factor = system if dense else rows
    return Metric(scale, shrinkage, factor, inverse, dense, problem.n_threads)


def _shrinkage(rows: _F32, gram: _F32) -> float:
    """Estimate the variance of correlations over their squares, summed over all pairs."""
    n = len(rows)
    square = rows * rows
    lengths = square.sum(axis=1, dtype=np.float64)
    columns = square.sum(axis=0, dtype=np.float64)
    squares = float(np.einsum("ij,ij->", gram, gram, dtype=np.float64)) - float(columns @ columns)
    fourth = float(np.einsum("ij,ij->", square, square, dtype=np.float64))
    variance = float(lengths @ lengths) - fourth - squares / n
    return variance / squares if squares > 0 else 1.0


def _n_judgements(problem: Problem, d: int) -> int:
    """Return how many judgements to look at: to multiply them out costs a few passes at most."""
    seen = problem.observation
    products = _PASSES * 4 * len(seen.items) * problem.population.n_columns
    affordable = int(max(min(np.sqrt(products), d), products / d))
    return int(np.clip(affordable, _LEAST_JUDGEMENTS, _JUDGEMENTS_A_FEATURE * d))


def _rows(problem: Problem, utility: LinearUtility, state: State) -> _F32:
    """Return a row for each judgement of a sample, whose square is its curvature on average.

    It is the sum of the features of the set around their mean, each times the root of its chance
    and a random sign, under the class that its annotator is in most probably.
    """
    data, d = problem.data, utility.n_coef
    seen, n = data.observation, data.n_judgements
    wanted = min(n, _n_judgements(problem, d))
    judgements = np.arange(wanted, dtype=np.int64) * n // wanted
    annotator = np.searchsorted(data.annotator_offsets, judgements, side="right") - 1
    of_class = state.latent.argmax(axis=1)[annotator]
    outcomes = judgements if data.outcome is None else data.outcome[judgements].astype(np.int64)
    starts, sizes = seen.offsets[outcomes], np.diff(seen.offsets)[outcomes]
    signs = np.random.default_rng(0)
    rows = np.empty((wanted, d), np.float32)
    coef = state.coef[:, :d].astype(np.float32)
    wide = utility.features.dtype == np.float64
    units = np.ones(d) if utility.units is None else utility.units
    units = units.astype(np.float64 if wide else np.float32)
    block = max(1, _BLOCK // (d * max(int(sizes.max(initial=1)), 1)))
    for first in range(0, wanted, block):
        part = slice(first, first + block)
        size = sizes[part]
        cuts = np.concatenate([[0], np.cumsum(size)])
        entries = np.repeat(starts[part] - cuts[:-1], size) + np.arange(cuts[-1])
        x = utility.features[seen.items[entries]].astype(units.dtype, copy=False)
        x = (x / units).astype(np.float32, copy=False)
        u = np.einsum("ij,ij->i", x, np.repeat(coef[of_class[part]], size, axis=0))
        u = np.exp(u - np.repeat(np.maximum.reduceat(u, cuts[:-1]), size))
        p = u / np.repeat(np.add.reduceat(u, cuts[:-1]), size)
        w = np.sqrt(p) * np.where(signs.random(len(p)) < 0.5, -1, 1)
        w -= p * np.repeat(np.add.reduceat(w, cuts[:-1]), size)
        x *= w[:, None].astype(np.float32)
        rows[part] = np.add.reduceat(x, cuts[:-1])
    return rows


class SharedCurvature:
    """A metric times the judgements of each class, and a diagonal beside the coefficients."""

    exact = False
    shared = True

    def __init__(self, problem: Problem, state: State, metric: Metric) -> None:
        data, population = problem.data, problem.population
        self.metric = metric
        self._affordable = affordable(problem)
        weight = data.mass
        masses = np.maximum(data.sum(state.latent), 1.0)
        self._mass = weight * masses / masses.sum()
        d, n_extra = len(metric.scale), problem.utility.n_extra
        self._beside = np.ones((population.n_columns, n_extra))
        if n_extra and state.tabulated is not None:
            diagonal = state.tabulated.diagonal[-n_extra:].T
            penalty = problem.penalty.curvature(problem.utility, state.coef)[:, d:]
            self._beside = np.maximum(diagonal, _LEAST_BESIDE) + penalty

    def due(self, n_steps: int) -> bool:
        """Whether there should be a matrix for each class: where the climb takes long."""
        return n_steps >= _PATIENCE and self._affordable

    def solve(self, gradient: _F64) -> _F64:
        """Return the step for a gradient, (n_classes, n_parameters)."""
        d = len(self.metric.scale)
        of_coef = self.metric.solve(gradient[:, :d]) / self._mass[:, None]
        return np.concatenate([of_coef, gradient[:, d:] / self._beside], axis=1)

    def of_one_class(self) -> _F64:
        """Return the diagonal in the first class."""
        of_coef = self._mass[0] * self.metric.scale**2
        return np.concatenate([of_coef, self._beside[0]])

    def of_more(self, times: float) -> SharedCurvature:
        """Return the curvature of so many times the data."""
        more = copy(self)
        more._mass, more._beside = self._mass * times, self._beside * times  # noqa: SLF001
        return more
