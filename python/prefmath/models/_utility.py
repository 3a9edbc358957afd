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

    Columns of the parameters after those of the features are `n_extra` rows that the observation
    adds to the table.
    """

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
        d = self.n_coef
        table = kernels.linear_utility(
            self.features, np.ascontiguousarray(params[:, :d]), self.n_threads
        )
        return table if self.n_extra == 0 else np.concatenate([table, params[:, d:].T])

    def pull_back(self, gradient: _F64) -> _F64:
        """Turn a gradient on the table into one in the parameters."""
        n_items = len(self.features)
        of_coef = np.zeros((gradient.shape[1], self.n_coef))
        for first in range(0, n_items, _BLOCK):
            rows = slice(first, min(first + _BLOCK, n_items))
            of_coef += gradient[rows].T @ self.features[rows]
        return np.concatenate([of_coef, gradient[n_items:].T], axis=1)

    def centered(self, params: _F64, l2: float) -> _F64:  # noqa: ARG002
        """Coefficients are determined as they are."""
        return params


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

    def centered(self, params: _F64, l2: float) -> _F64:
        """Without a penalty nothing fixes the constant: the mean over items becomes 0."""
        if l2 > 0:
            return params
        shift = params[:, : self.n_items].mean(axis=1, keepdims=True)
        return np.concatenate(
            [params[:, : self.n_items] - shift, params[:, self.n_items :]], axis=1
        )
