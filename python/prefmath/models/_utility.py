"""How good each item is for each class, and the Newton step that improves it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._kernels import kernels

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from prefmath.models._observation import Observation

    _F64 = NDArray[np.float64]

__all__ = ["ItemUtility", "LinearUtility"]

# Newton's systems over items are solved to this share of the first residual (squared).
_CG_TOLERANCE = 1e-10
_CG_STEPS = 250


@dataclass(frozen=True, eq=False)
class LinearUtility:
    """Utilities linear in the features of an item, u = features · coefᵀ, and `n_extra` others."""

    features: NDArray[Any]
    n_threads: int
    n_extra: int = 0

    @property
    def n_coef(self) -> int:
        """Coefficients a class."""
        return int(self.features.shape[1])

    @property
    def n_parameters(self) -> int:
        """Parameters a class: coefficients, and those that the observation has."""
        return self.n_coef + self.n_extra

    @property
    def n_free(self) -> int:
        """Parameters a class that the data can determine."""
        return self.n_parameters

    def table(self, params: _F64) -> _F64:
        """Compute the utility table, (n_items + n_extra, n_classes)."""
        coef = np.ascontiguousarray(params[:, : self.n_coef])
        utility = kernels.linear_utility(self.features, coef, self.n_threads)
        if not self.n_extra:
            return utility
        return np.concatenate([utility, params[:, self.n_coef :].T])

    def newton_step(
        self, coef: _F64, table: _F64, observation: Observation, weights: _F64, l2: float
    ) -> tuple[_F64, float]:
        """Newton step for the penalised weighted log-likelihood, and the rise that it promises."""
        if not observation.simple:
            return self._newton_step_by_products(coef, table, observation, weights, l2)
        gradient, hessian = kernels.linear_statistics(
            self.features,
            table,
            observation.offsets,
            observation.items,
            observation.chosen,
            observation.tied,
            weights,
            self.n_threads,
        )
        gradient -= l2 * coef
        diagonal = np.arange(self.n_parameters)
        hessian[:, diagonal, diagonal] += l2
        step = kernels.newton_direction(gradient, hessian, self.n_threads)
        return step, float((gradient * step).sum()) / 2

    def _newton_step_by_products(
        self, params: _F64, table: _F64, observation: Observation, weights: _F64, l2: float
    ) -> tuple[_F64, float]:
        """Newton step by conjugate gradients, for observations with parameters of their own."""
        by_row, curvature = observation.gradient(table, weights)
        gradient = self._on_parameters(by_row) - l2 * params.T

        def product(direction: _F64) -> _F64:
            rows = self.table(np.ascontiguousarray(direction.T))
            image = observation.curvature_product(table, weights, rows)
            return self._on_parameters(image) + l2 * direction

        n_items = len(self.features)
        squares = self.features.astype(np.float64) ** 2
        diagonal = np.concatenate([squares.T @ curvature[:n_items], curvature[n_items:]]) + l2
        step = _conjugate_gradients(product, gradient, diagonal)
        return np.ascontiguousarray(step.T), float((gradient * step).sum()) / 2

    def _on_parameters(self, by_row: _F64) -> _F64:
        """Turn what is summed by row of the table into sums by parameter, (p, n_classes)."""
        n_items = len(self.features)
        return np.concatenate([self.features.T @ by_row[:n_items], by_row[n_items:]])

    def centered(self, coef: _F64, l2: float) -> _F64:  # noqa: ARG002
        """Coefficients are determined as they are."""
        return coef


@dataclass(frozen=True, eq=False)
class ItemUtility:
    """A free utility for every item; determined up to a constant, which the penalty sets to mean 0.

    Newton's system has as many unknowns as there are items, so that it is solved by conjugate
    gradients from products with the curvature: memory grows with the items, not with their square.
    """

    n_items: int
    n_extra: int = 0

    @property
    def n_coef(self) -> int:
        """Utilities a class."""
        return self.n_items

    @property
    def n_parameters(self) -> int:
        """Parameters a class: utilities, and those that the observation has."""
        return self.n_items + self.n_extra

    @property
    def n_free(self) -> int:
        """Parameters a class that the data can determine."""
        return self.n_parameters - 1

    def table(self, params: _F64) -> _F64:
        """Compute the utility table, (n_items + n_extra, n_classes)."""
        return np.ascontiguousarray(params.T)

    def newton_step(
        self, coef: _F64, table: _F64, observation: Observation, weights: _F64, l2: float
    ) -> tuple[_F64, float]:
        """Newton step for the penalised weighted log-likelihood, and the rise that it promises."""
        gradient, curvature = observation.gradient(table, weights)
        gradient -= l2 * coef.T

        def product(direction: _F64) -> _F64:
            return observation.curvature_product(table, weights, direction) + l2 * direction

        step = _conjugate_gradients(product, gradient, curvature + l2)
        if l2 > 0:
            # No choice depends on a constant, so that the exact step takes the mean to 0.
            items = slice(self.n_items)
            step[items] -= (step[items].mean(axis=0) + coef[:, items].mean(axis=1))[None]
        return np.ascontiguousarray(step.T), float((gradient * step).sum()) / 2

    def centered(self, coef: _F64, l2: float) -> _F64:
        """Without a penalty nothing fixes the constant: the mean becomes 0."""
        if l2 > 0:
            return coef
        mean = coef[:, : self.n_items].mean(axis=1, keepdims=True)
        return coef - np.where(np.arange(self.n_parameters) < self.n_items, mean, 0)


def _conjugate_gradients(product: Callable[[_F64], _F64], right: _F64, diagonal: _F64) -> _F64:
    """Solve one positive semidefinite system a column, all at once, scaled by their diagonals."""
    scale = 1 / np.where(diagonal > 0, diagonal, 1)
    solution = np.zeros_like(right)
    residual = right.copy()
    scaled = scale * residual
    direction = scaled.copy()
    size = (residual * scaled).sum(axis=0)
    enough = _CG_TOLERANCE * size
    for _ in range(_CG_STEPS):
        going = size > enough
        if not going.any():
            break
        image = product(direction)
        bend = (direction * image).sum(axis=0)
        going &= bend > 0
        length = np.divide(size, bend, out=np.zeros_like(size), where=going)
        solution += length * direction
        residual -= length * image
        scaled = scale * residual
        before, size = size, (residual * scaled).sum(axis=0)
        turn = np.divide(size, before, out=np.zeros_like(size), where=before > 0)
        direction = scaled + turn * direction
        size[~going] = 0
    return solution
