"""A free utility for every item."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from prefmath.models._likelihood.table_curvature import table_curvature

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.models._likelihood.observation import Observation

    _F64 = NDArray[np.float64]
    _I64 = NDArray[np.int64]

__all__ = ["ItemUtility"]


@dataclass(frozen=True, eq=False)
class ItemUtility:
    """A free utility for every item; determined up to a constant, which the penalty sets to mean 0.

    Parameters after those of the items are `n_extra` rows that the observation adds to the table.
    """

    n_items: int
    n_extra: int = 0

    @property
    def linear(self) -> None:
        """It is not linear in features."""

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

    @property
    def penalty_scale(self) -> _F64:
        """What the penalty multiplies the square of each parameter by."""
        return np.ones(self.n_parameters)

    @property
    def spreads(self) -> None:
        """Whether an item is in a set has no unit."""

    def standardized(self, *_: Any) -> Self:
        """Return the same: utilities have no units."""
        return self

    def gradient(self, of_coef: _F64) -> _F64:
        """Return the same: utilities are their own parameters."""
        return of_coef

    @property
    def without_units(self) -> Self:
        """The utility itself."""
        return self

    def posterior(self, *_: Any) -> None:
        """Return None: a table there is."""

    def scores(self, items: NDArray[np.int32], residuals: _F64, entry_offsets: _I64) -> _F64:
        """Sum residuals by unit and item."""
        n_units, n = len(entry_offsets) - 1, self.n_items
        cells = np.repeat(np.arange(n_units) * n, np.diff(entry_offsets)) + items
        scores = np.empty((n_units, residuals.shape[1], n))
        for z, residual in enumerate(residuals.T):
            scores[:, z] = np.bincount(cells, residual, n_units * n).reshape(n_units, n)
        return scores

    def information(self, observation: Observation, table: _F64, weights: _F64) -> _F64:
        """Return the negative Hessian on the table, whose rows are the parameters."""
        return table_curvature(observation, table, weights)

    def spread(self, *_: Any) -> None:
        """Return None: what is in a set and what is not are items."""

    def from_coef(self, coef: _F64) -> _F64:
        """Return the parameters for utilities, and what stands beside them."""
        return coef

    def reported(self, params: _F64, *, fixed: bool) -> _F64:
        """Where nothing fixes the level of utility, the mean over items becomes 0."""
        if fixed:
            return params
        shift = params[:, : self.n_items].mean(axis=1, keepdims=True)
        return np.concatenate(
            [params[:, : self.n_items] - shift, params[:, self.n_items :]], axis=1
        )

    def on_threads(self, n_threads: int) -> Self:  # noqa: ARG002
        """Return the same: no kernel is called."""
        return self
