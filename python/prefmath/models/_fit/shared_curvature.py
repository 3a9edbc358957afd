"""One curvature for all classes: that of a judgement, times the judgements of each class.

Where features are many, a matrix for each class costs more than all else. The curvature of a
judgement depends on how sure its annotator is, much less on what the annotator wants, so that one
matrix serves all classes as the metric of the climb; the secants learn what it gets wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.models._likelihood.problem import Problem, State
    from prefmath.models._likelihood.utility.linear import LinearUtility

    _F64 = NDArray[np.float64]
    _F32 = NDArray[np.float32]

__all__ = ["Metric", "SharedCurvature", "is_wide", "metric_at"]

# Up to so many features a matrix for each class is worth while.
_FEW_FEATURES = 64

# Judgements looked at for each of up to so many features. Where there are more features, the matrix
# is of low rank and a diagonal.
_JUDGEMENTS_A_FEATURE = 20
_DENSE_FEATURES = 1024
_LEAST_JUDGEMENTS = 1024
# Correlations are shrunk by at least this, so that float32 can tell them.
_LEAST_SHRINKAGE = 1e-6
# Numbers of features held at a time.
_BLOCK = 1 << 22
# Curvature that a parameter beside the coefficients has at least, in all.
_LEAST_BESIDE = 1e-3
# The metric is worked out anew after so many steps, and after this power of it, where it takes so
# many that curvature has changed on the way.
_LONG = 32


@dataclass(frozen=True, eq=False)
class Metric:
    """Curvature of a judgement in the coefficients: D^½ (a I + Rᵀ R) D^½.

    `scale` holds the square roots of D. `inverse` is that of the matrix in brackets, or of
    a I + R Rᵀ where `rows`, R, are fewer than the features.
    """

    scale: _F64
    shrinkage: float
    rows: _F32
    inverse: _F64

    def product(self, vectors: _F64) -> _F64:
        """Multiply vectors, one a row, by the curvature."""
        x = vectors * self.scale
        x = self.shrinkage * x + (x @ self.rows.T) @ self.rows
        product: _F64 = x * self.scale
        return product

    def solve(self, vectors: _F64) -> _F64:
        """Multiply vectors, one a row, by the inverse of the curvature."""
        x = vectors / self.scale
        if len(self.inverse) == len(self.scale):
            x = x @ self.inverse
        else:
            # The identity of Sherman, Morrison and Woodbury.
            x = (x - ((x @ self.rows.T) @ self.inverse) @ self.rows) / self.shrinkage
        solution: _F64 = x / self.scale
        return solution


def is_wide(problem: Problem) -> bool:
    """Whether one curvature serves all classes, as one for each would cost too much."""
    if problem.utility.linear is None:
        return False
    few = _FEW_FEATURES if problem.population.n_columns > 1 else _DENSE_FEATURES
    return problem.utility.n_coef > few


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
    mass = problem.data.n_judgements / problem.population.n_columns
    penalty = problem.penalty.curvature(utility, state.coef)
    square += penalty[:, :d].mean(axis=0) / max(mass, 1)
    # A feature that differs in no set of the sample may differ in others, if in few.
    scale = np.sqrt(np.where(square > 0, square, 1 / n))
    rows /= (scale * np.sqrt(n)).astype(np.float32)
    gram = rows.T @ rows if d <= n else rows @ rows.T
    shrinkage = _shrinkage(rows, gram)
    system = gram.astype(np.float64) * (1 - shrinkage)
    system[np.diag_indices(len(system))] += shrinkage
    rows *= np.float32(np.sqrt(1 - shrinkage))
    return Metric(scale, shrinkage, rows, np.linalg.inv(system).astype(np.float64, copy=False))


def _shrinkage(rows: _F32, gram: _F32) -> float:
    """Estimate the variance of correlations over their squares, summed over all pairs."""
    n = len(rows)
    square = rows * rows
    lengths = square.sum(axis=1, dtype=np.float64)
    columns = square.sum(axis=0, dtype=np.float64)
    squares = float(np.einsum("ij,ij->", gram, gram, dtype=np.float64)) - float(columns @ columns)
    fourth = float(np.einsum("ij,ij->", square, square, dtype=np.float64))
    variance = float(lengths @ lengths) - fourth - squares / n
    share = variance / squares if squares > 0 else 1.0
    return min(max(share, _LEAST_SHRINKAGE), 1.0)


def _rows(problem: Problem, utility: LinearUtility, state: State) -> _F32:
    """Return a row for each judgement of a sample, whose square is its curvature on average.

    It is the sum of the features of the set around their mean, each times the root of its chance
    and a random sign, under the class that its annotator is in most probably.
    """
    data, d = problem.data, utility.n_coef
    seen, n = data.observation, data.n_judgements
    wanted = _JUDGEMENTS_A_FEATURE * d if d <= _DENSE_FEATURES else 0
    wanted = min(n, max(wanted, _LEAST_JUDGEMENTS))
    judgements = np.arange(wanted, dtype=np.int64) * n // wanted
    annotator = np.searchsorted(data.annotator_offsets, judgements, side="right") - 1
    of_class = state.latent.argmax(axis=1)[annotator]
    outcomes = judgements if data.outcome is None else data.outcome[judgements].astype(np.int64)
    starts, sizes = seen.offsets[outcomes], np.diff(seen.offsets)[outcomes]
    signs = np.random.default_rng(0)
    rows = np.empty((wanted, d), np.float32)
    coef = state.coef[:, :d].astype(np.float32)
    units = None if utility.units is None else utility.units.astype(utility.features.dtype)
    block = max(1, _BLOCK // (d * max(int(sizes.max(initial=1)), 1)))
    for first in range(0, wanted, block):
        part = slice(first, first + block)
        size = sizes[part]
        cuts = np.concatenate([[0], np.cumsum(size)])
        entries = np.repeat(starts[part] - cuts[:-1], size) + np.arange(cuts[-1])
        x = utility.features[seen.items[entries]]
        x = (x if units is None else x / units).astype(np.float32, copy=False)
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
        weight = float(data.n_judgements if data.weight is None else data.weight.sum())
        masses = np.maximum(state.masses, 1.0)
        self._mass = weight * masses / masses.sum()
        d, n_extra = len(metric.scale), problem.utility.n_extra
        self._beside = np.ones((population.n_columns, n_extra))
        if n_extra and state.tabulated is not None:
            diagonal = state.tabulated.diagonal[-n_extra:].T
            penalty = problem.penalty.curvature(problem.utility, state.coef)[:, d:]
            self._beside = np.maximum(diagonal, _LEAST_BESIDE) + penalty

    def due(self, n_steps: int) -> bool:
        """Whether it is to be worked out anew: where the climb takes long."""
        return n_steps >= _LONG and n_steps & (n_steps - 1) == 0

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
        more = object.__new__(SharedCurvature)
        more.metric, more._mass, more._beside = (
            self.metric,
            self._mass * times,
            self._beside * times,
        )
        return more
