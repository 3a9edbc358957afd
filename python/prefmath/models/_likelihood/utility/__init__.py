"""How good each item is: a table with a row an item and a column a taste, and how to get back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, Self

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from prefmath.models._likelihood.data import Data
    from prefmath.models._likelihood.observation import Observation
    from prefmath.models._likelihood.utility.linear import LinearUtility

    _F64 = NDArray[np.float64]
    _I64 = NDArray[np.int64]

__all__ = ["Utility"]


class Utility(Protocol):
    """Utilities of items as a function of parameters, one row of them a column of the table.

    Parameters of a column are first `n_coef` that make utilities, then `n_extra` that are rows of
    the table themselves: those of positions and ties, which the observation has.
    """

    @property
    def linear(self) -> LinearUtility | None:
        """The utility itself where it is linear in features, and otherwise None."""

    @property
    def n_extra(self) -> int:
        """Rows of the table after those of the items."""

    @property
    def n_items(self) -> int:
        """Rows of the table that are items."""

    @property
    def n_coef(self) -> int:
        """Parameters of a column that make utilities."""

    @property
    def n_parameters(self) -> int:
        """Parameters of a column."""

    @property
    def n_free(self) -> int:
        """Parameters of a column that data can determine."""

    @property
    def penalty_scale(self) -> _F64:
        """What the penalty multiplies the square of each parameter by, (n_parameters,)."""

    @property
    def spreads(self) -> _F64 | None:
        """By how much features differ within choice sets, if the penalty is in these units."""

    def standardized(self, data: Data) -> Utility:
        """Return the same with the penalty in units in which the data know each parameter."""

    def table(self, params: _F64) -> _F64:
        """Compute the utility table, (n_items + n_extra, n_columns)."""

    def pull_back(self, gradient: _F64) -> _F64:
        """Turn a gradient on the table into one in the parameters, (n_columns, n_parameters)."""

    def gradient(self, of_coef: _F64) -> _F64:
        """Turn gradients in what is `reported`, along the last axis, into those in parameters."""

    @property
    def without_units(self) -> Utility:
        """The same with parameters as they are `reported`, in units of the caller."""

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
        """Responsibilities, evidence and gradient of latent classes, without making a table.

        None where a table is the better way.
        """

    def scores(self, items: NDArray[np.int32], residuals: _F64, entry_offsets: _I64) -> _F64:
        """Sum what residuals of entries are in the parameters of utilities over those of each unit.

        Unit h has the entries ``entry_offsets[h]:entry_offsets[h + 1]`` of `items` and of
        `residuals`, which has a column each of the table; (n_units, n_columns, n_coef).
        """

    def information(self, observation: Observation, table: _F64, weights: _F64) -> _F64:
        """Return the negative Hessian of the weighted log-likelihood, (n_columns, p, p)."""

    def spread(self, data: Data, latent: _F64) -> tuple[_F64, _F64, _F64] | None:
        """Sum what judgements say of each coefficient where utilities are equal, by column.

        That is the variance of its feature within their set: of each unit m, the sum of these, and
        v, that of their squares. Returned are the sums over units of l m, (l m)² and l v, where l
        is `latent`, each unit as often as it counts, (n_columns, n_coef) each. None where a
        coefficient is that of an item.
        """

    def from_coef(self, coef: _F64) -> _F64:
        """Return the parameters of what `reported` returned."""

    def reported(self, params: _F64, *, fixed: bool) -> _F64:
        """Return what the user is told; `fixed` says that a penalty fixes the level of utility."""

    def on_threads(self, n_threads: int) -> Self:
        """Return the same for so many threads."""
