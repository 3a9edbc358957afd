"""Utilities linear in the features of an item."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from prefmath._kernel_view import kernel_view
from prefmath._kernels import kernels
from prefmath.models._likelihood.statistics import linear_statistics
from prefmath.models._likelihood.utility.spread import spread_within_sets

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.models._likelihood.data import Data
    from prefmath.models._likelihood.observation import Observation

    _F64 = NDArray[np.float64]
    _I64 = NDArray[np.int64]

__all__ = ["LinearUtility"]

# Numbers of features that are widened at a time: 32 MB.
_NUMBERS = 1 << 22
# Utilities are worked out set by set, not item by item, where an item is in so few sets.
_SETS_AN_ITEM = 2


@dataclass(frozen=True, eq=False)
class LinearUtility:
    """Utilities linear in the features of an item: u = features · coefᵀ.

    Parameters are coefficients times `units`, by default 1, so that solvers meet the same numbers
    whatever the features are measured in. Columns of the parameters after
    those of the features are `n_extra` rows that the observation adds to the table. The penalty is
    on coefficients times `spreads`, by default 1.
    """

    features: NDArray[Any]
    n_threads: int
    n_extra: int = 0
    units: _F64 | None = None
    spreads: _F64 | None = None

    @property
    def linear(self) -> LinearUtility:
        """The utility itself."""
        return self

    @property
    def n_items(self) -> int:
        """Rows of the table that are items."""
        return len(self.features)

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
            features = kernel_view(self.features)
            table = kernels.linear_utility(features, self.coef(params), self.n_threads)
        extra = params[:, self.n_coef :]
        return table if self.n_extra == 0 else np.concatenate([table, extra.T])

    def pull_back(self, gradient: _F64) -> _F64:
        """Turn a gradient on the table into one in the parameters."""
        n_items = len(self.features)
        of_items = np.ascontiguousarray(gradient[:n_items])
        of_coef = kernels.linear_pull_back(kernel_view(self.features), of_items, self.n_threads)
        return np.concatenate([self.gradient(of_coef), gradient[n_items:].T], axis=1)

    def coef(self, params: _F64) -> _F64:
        """Coefficients as kernels take them."""
        return np.ascontiguousarray(self.gradient(params[:, : self.n_coef]))

    def gradient(self, of_coef: _F64) -> _F64:
        """Turn gradients in the coefficients, along the last axis, into those in the parameters."""
        return of_coef if self.units is None else of_coef / self.units

    @property
    def without_units(self) -> LinearUtility:
        """The same with parameters that are the coefficients themselves."""
        return replace(self, units=None)

    def curvature(self, of_coef: _F64) -> _F64:
        """Turn curvatures in the coefficients, a matrix a class, into those in the parameters."""
        return of_coef if self.units is None else of_coef / self.units / self.units[:, None]

    @property
    def penalty_scale(self) -> _F64:
        """What the penalty multiplies the square of each parameter by: it is in spreads."""
        scale = np.ones(self.n_parameters)
        of_coef = scale[: self.n_coef]
        if self.spreads is not None:
            of_coef *= self.spreads
        if self.units is not None:
            of_coef /= self.units
        of_coef *= of_coef
        return scale

    def standardized(self, data: Data) -> LinearUtility:
        """Return the same, the penalty being in units of the features' spread within sets."""
        spreads = spread_within_sets(self.features, data)
        return replace(self, spreads=spreads, units=spreads)

    def posterior(
        self,
        params: _F64,
        observation: Observation,
        weight: _F64 | None,
        annotator_offsets: NDArray[np.int64],
        counts: _F64 | None,
        log_prior: _F64,
        block_ends: NDArray[np.int64],
    ) -> tuple[_F64, _F64, _F64] | None:
        """Responsibilities, evidence and gradient, the features being read once."""
        if not self.items_are_own(observation):
            return None
        responsibilities, evidence, gradient = kernels.linear_posterior(
            kernel_view(self.features),
            self.coef(params),
            observation.offsets,
            observation.items,
            observation.chosen,
            observation.tied,
            weight,
            annotator_offsets,
            counts,
            log_prior,
            block_ends,
            self.n_threads,
        )
        return responsibilities, evidence, self.gradient(gradient)

    def items_are_own(self, observation: Observation) -> bool:
        """Whether items are in so few sets that features are read set by set."""
        few = observation.n_entries_of_all <= _SETS_AN_ITEM * self.n_items
        return observation.simple and few

    def scores(self, items: NDArray[np.int32], residuals: _F64, entry_offsets: _I64) -> _F64:
        """Sum residuals times features over the entries of each unit."""
        features = kernel_view(self.features)
        sums = kernels.linear_scores(features, items, residuals, entry_offsets, self.n_threads)
        return self.gradient(sums)

    def information(self, observation: Observation, table: _F64, weights: _F64) -> _F64:
        """Return the negative Hessian, in one pass where it depends on features alone."""
        if observation.simple:
            _, of_coef = linear_statistics(
                kernel_view(self.features),
                table,
                observation.offsets,
                observation.items,
                observation.chosen,
                observation.tied,
                weights,
                self.n_threads,
            )
            return self.curvature(of_coef)
        n, n_columns = self.n_parameters, table.shape[1]
        information = np.empty((n_columns, n, n))
        for j in range(n):
            direction = np.zeros((n_columns, n))
            direction[:, j] = 1
            image = observation.curvature_product(table, weights, self.table(direction))
            information[:, :, j] = self.pull_back(image)
        return information

    def spread(self, data: Data, latent: _F64) -> tuple[_F64, _F64, _F64]:
        """Sum the variances of features within sets."""

        def summed(latent: _F64) -> tuple[_F64, _F64, _F64]:
            return kernels.linear_spread(
                kernel_view(self.features),
                data.observation.offsets,
                data.observation.items,
                data.outcome,
                data.weight,
                data.annotator_offsets,
                np.ascontiguousarray(latent),
                self.n_threads,
            )

        if data.counts is None:
            return summed(latent)
        # The second sum is of squares: of the roots of counts it is that of counts.
        once = summed(latent * data.counts[:, None])
        return once[0], summed(latent * np.sqrt(data.counts)[:, None])[1], once[2]

    def from_coef(self, coef: _F64) -> _F64:
        """Return the parameters for coefficients of features, and what stands beside them."""
        if self.units is None:
            return coef
        d = self.n_coef
        return np.concatenate([coef[:, :d] * self.units, coef[:, d:]], axis=1)

    def reported(self, params: _F64, *, fixed: bool) -> _F64:  # noqa: ARG002
        """Coefficients of the features as they are, and what stands beside them."""
        return np.concatenate([self.coef(params), params[:, self.n_coef :]], axis=1)

    def on_threads(self, n_threads: int) -> Self:
        """Return the same for so many threads."""
        return replace(self, n_threads=n_threads)
