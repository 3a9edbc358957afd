"""How good each item is for each class, and what a slope over the utilities is in parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._kernels import kernels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    _F64 = NDArray[np.float64]

__all__ = ["ItemUtility", "LinearUtility"]


# Rows of features that are widened at a time.
_BLOCK = 4096


@dataclass(frozen=True, eq=False)
class LinearUtility:
    """Utilities linear in the features of an item: u = features · coefᵀ.

    Parameters are coefficients times `units`, powers of two, by default 1, so that solvers meet
    numbers of a like size whatever the features are measured in. Columns of the parameters after
    those of the features are `n_extra` rows that the observation adds to the table.
    """

    features: NDArray[Any]
    n_threads: int
    n_extra: int = 0
    units: _F64 | None = None

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
        if self.n_coef == 0:
            table = np.zeros((len(self.features), len(params)))
        else:
            table = kernels.linear_utility(self.features, self.coef(params), self.n_threads)
        extra = params[:, self.n_coef :]
        return table if self.n_extra == 0 else np.concatenate([table, extra.T])

    def pull_back(self, gradient: _F64) -> _F64:
        """Turn a gradient on the table into one in the parameters."""
        n_items = len(self.features)
        of_coef = np.zeros((gradient.shape[1], self.n_coef))
        for first in range(0, n_items, _BLOCK):
            rows = slice(first, min(first + _BLOCK, n_items))
            of_coef += gradient[rows].T @ self.features[rows]
        return np.concatenate([self.slope(of_coef), gradient[n_items:].T], axis=1)

    def coef(self, params: _F64) -> _F64:
        """Coefficients as kernels take them."""
        return np.ascontiguousarray(self.slope(params[:, : self.n_coef]))

    def slope(self, of_coef: _F64) -> _F64:
        """Turn slopes in the coefficients, along the last axis, into those in the parameters."""
        return of_coef if self.units is None else of_coef / self.units

    def curvature(self, of_coef: _F64) -> _F64:
        """Turn curvatures in the coefficients, a matrix a class, into those in the parameters."""
        return of_coef if self.units is None else of_coef / self.units / self.units[:, None]

    def penalty(self, l2: float) -> _F64:
        """Curvature of the penalty in each parameter: it is on the coefficients as they are."""
        penalty = np.full(self.n_parameters, float(l2))
        if self.units is not None:
            penalty[: self.n_coef] /= self.units**2
        return penalty

    def posed(self, params: _F64) -> _F64:
        """Parameters for coefficients of features, and what stands beside them."""
        if self.units is None:
            return params
        d = self.n_coef
        return np.concatenate([params[:, :d] * self.units, params[:, d:]], axis=1)

    def reported(self, params: _F64, l2: float) -> _F64:  # noqa: ARG002
        """Coefficients of the features as they are, and what stands beside them."""
        return np.concatenate([self.coef(params), params[:, self.n_coef :]], axis=1)


@dataclass(frozen=True, eq=False)
class ItemUtility:
    """A free utility for every item; determined up to a constant, which the penalty sets to mean 0.

    Parameters after those of the items are `n_extra` rows that the observation adds to the table.
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

    def pull_back(self, gradient: _F64) -> _F64:
        """Turn a gradient on the table into one in the parameters."""
        return np.ascontiguousarray(gradient.T)

    def penalty(self, l2: float) -> _F64:
        """Curvature of the penalty in each parameter."""
        return np.full(self.n_parameters, float(l2))

    def posed(self, params: _F64) -> _F64:
        """Parameters for utilities, and what stands beside them."""
        return params

    def reported(self, params: _F64, l2: float) -> _F64:
        """Without a penalty nothing fixes the constant: the mean over items becomes 0."""
        if l2 > 0:
            return params
        shift = params[:, : self.n_items].mean(axis=1, keepdims=True)
        return np.concatenate(
            [params[:, : self.n_items] - shift, params[:, self.n_items :]], axis=1
        )
