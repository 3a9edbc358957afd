"""The curvature in linear coefficients, from a sample of the judgements where that is enough."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from prefmath._kernel_view import kernel_view
from prefmath._kernels import kernels
from prefmath.models._likelihood.statistics import linear_statistics
from prefmath.models._likelihood.subset import spread, taken

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.models._likelihood.problem import Problem
    from prefmath.models._likelihood.state import State
    from prefmath.models._likelihood.utility.linear import LinearUtility

    _F64 = NDArray[np.float64]

__all__ = ["Sample"]

# Alternatives to the chosen one that are looked at for each coefficient: the curvature is then
# known to a tenth or so along every direction, and what is left the secants find.
_ROWS_A_PARAMETER = 60
# All of no more outcomes than this are looked at.
_LEAST_OUTCOMES = 4096


class Sample:
    """Outcomes spread over the data, or those in `rows`, and the features of their items."""

    def __init__(
        self, problem: Problem, utility: LinearUtility, rows: NDArray[np.int64] | None = None
    ) -> None:
        self._problem, seen = problem, problem.observation
        n, others = seen.n_outcomes, len(seen.items) / seen.n_outcomes - 1
        if rows is None:
            n_parameters = problem.population.n_columns * utility.n_parameters
            wanted = int(np.ceil(_ROWS_A_PARAMETER * n_parameters / max(others, 1)))
            rows = spread(n, min(max(wanted, _LEAST_OUTCOMES), n))
        self.whole = len(rows) >= n
        self._rows = rows
        part = seen if self.whole else taken(seen, self._rows)
        self._offsets, self._items = part.offsets, part.items
        self._utility, self._features = utility, kernel_view(utility.features)
        if 2 * len(self._items) < len(self._features):
            self._features = self._features[self._items]
            self._items = np.arange(len(self._items), dtype=np.int32)
        # Of a ranking the first choice stands for all: near enough to show the way.
        self._stages = None
        if part.n_ranked is not None:
            self._stages = np.minimum(part.n_ranked, np.diff(part.offsets) - 1).astype(np.float64)
        self.exact = self.whole and seen.simple
        self._others = max(others, 1.0)

    def curvature(self, state: State) -> _F64:
        """Negative Hessian of the penalised log-likelihood in the parameters of each class."""
        weights, mass = self._weights(state)
        if self._stages is not None:
            weights = weights * self._stages[:, None]
        n_threads = self._problem.n_threads
        utility = self._utility
        _, hessian = linear_statistics(
            self._features,
            kernels.linear_utility(self._features, utility.coef(state.coef), n_threads),
            self._offsets,
            self._items,
            np.zeros(len(self._rows), np.int32),
            None,
            weights,
            n_threads,
        )
        hessian = utility.curvature(hessian)
        if not self.whole:
            hessian = self._scaled(hessian, weights.sum(axis=0), mass)
        return self._penalised(state, hessian)

    def _weights(self, state: State) -> tuple[_F64, _F64]:
        """Weights of the sampled outcomes in each class, and those of all outcomes, summed."""
        if state.tabulated is not None:
            weights = state.tabulated.outcome_weights
            return weights[self._rows], weights.sum(axis=0)
        data = self._problem.data
        offsets, given = data.annotator_offsets, data.weight
        annotator = np.searchsorted(offsets, self._rows, side="right") - 1
        counted = state.latent
        if data.counts is not None:
            counted = counted * data.counts[:, None]
        weights = counted[annotator]
        of_annotator = np.diff(offsets).astype(np.float64)
        if given is not None:
            weights = weights * given[self._rows, None]
            sums = np.concatenate([[0.0], np.cumsum(given)])
            of_annotator = np.diff(sums[offsets])
        return weights, kernels.cross_product(of_annotator[:, None], counted, None, data.n_threads)[
            0
        ]

    def _scaled(self, hessian: _F64, sampled: _F64, mass: _F64) -> _F64:
        """Make up for what was left out; a class of which little was seen resembles all others."""
        d = hessian.shape[1]
        hessian *= np.divide(mass, sampled, out=np.zeros_like(mass), where=sampled > 0)[
            :, None, None
        ]
        seen = len(self._rows) * sampled / sampled.sum() * self._others
        alike = d / (d + seen)
        pooled = hessian.sum(axis=0) / mass.sum()
        hessian *= (1 - alike)[:, None, None]
        hessian += (alike * mass)[:, None, None] * pooled
        # Features that differ in no set of the sample may differ in others, if in few.
        z, j = np.nonzero(np.diagonal(hessian, axis1=1, axis2=2) == 0)
        hessian[z, j, j] = mass[z] / len(self._rows)
        return hessian

    def _penalised(self, state: State, hessian: _F64) -> _F64:
        n_classes, d, _ = hessian.shape
        utility = self._problem.utility
        p = utility.n_parameters
        if p > d and state.tabulated is not None:
            # Parameters beside the coefficients are few: how they bend alone is enough.
            of_coef, hessian = hessian, np.zeros((n_classes, p, p))
            hessian[:, :d, :d] = of_coef
            beside = np.arange(d, p)
            hessian[:, beside, beside] = state.tabulated.diagonal[d - p :].T
        every = np.arange(p)
        hessian[:, every, every] += self._problem.penalty.curvature(utility, state.coef)
        return hessian
