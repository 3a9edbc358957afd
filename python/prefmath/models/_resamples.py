"""What a bootstrap returns: coefficients and shares of every resample, and their intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from prefmath.models._intervals import SHOWN, as_level, intervals_of
from prefmath.models._ranks import ranks_of
from prefmath.models._text_table import text_table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.models._intervals import Intervals
    from prefmath.models._parameters import Parameters

    _F64 = NDArray[np.float64]

__all__ = ["Bootstrap"]


@dataclass(frozen=True, eq=False, repr=False)
class Bootstrap:
    """What a model would have found, had other annotators of the same kind been asked.

    Attributes
    ----------
    params : ndarray, shape (n_resamples, n_components, p)
        Parameters of every resample, as in `Uncertainty`; classes matched to those of the model.
    weights : ndarray, shape (n_resamples, n_components)
        Shares of the classes.
    converged : ndarray of bool, shape (n_resamples,)
        Which refits settled.
    estimate_params, estimate_weights : ndarray
        Those of the model.
    parameters : Parameters
        What the columns of `params` are.
    """

    params: _F64
    weights: _F64
    converged: NDArray[np.bool_]
    estimate_params: _F64
    estimate_weights: _F64
    parameters: Parameters

    @property
    def coef(self) -> _F64:
        """Coefficients, or utilities of items less their mean, (n_resamples, n_components, d)."""
        return self.params[:, :, self.parameters.coef]

    @property
    def coef_se(self) -> _F64:
        """Standard deviations of the coefficients over resamples, (n_components, d)."""
        errors: _F64 = self.coef.std(axis=0, ddof=1)
        return errors

    @property
    def weights_se(self) -> _F64:
        """Standard deviations of the shares over resamples, (n_components,)."""
        errors: _F64 = self.weights.std(axis=0, ddof=1)
        return errors

    def interval(self, level: float = 0.95) -> Intervals:
        """Return percentile intervals of parameters and shares.

        Parameters
        ----------
        level : float
            Above 0 and below 1.

        Returns
        -------
        Intervals

        Raises
        ------
        ValueError
            If `level` is no such number.
        """
        ends = _ends(level)
        low, high = np.quantile(self.params, ends, axis=0)
        params = np.stack([self.parameters.natural(end) for end in (low, high)], axis=-1)
        weights = np.moveaxis(np.quantile(self.weights, ends, axis=0), 0, -1)
        return intervals_of(params, weights, self.parameters, level)

    def ranks(self, level: float = 0.95) -> NDArray[np.int64]:
        """Return percentile intervals of the ranks of items in each class, 1 the best.

        Of items that are all but equal they are too narrow: `Uncertainty.ranks` is not.

        Parameters
        ----------
        level : float
            Above 0 and below 1.

        Returns
        -------
        ndarray of int, shape (n_components, n_items, 2)
            Best and worst rank.

        Raises
        ------
        ValueError
            If the model was fitted to features, or `level` is no such number.
        """
        if not self.parameters.of_items:
            raise ValueError("ranks are of items, but the model was fitted to features")
        low, high = _ends(level)
        ranks = ranks_of(self.coef)
        ends = [
            np.quantile(ranks, low, axis=0, method="inverted_cdf"),
            np.quantile(ranks, high, axis=0, method="inverted_cdf"),
        ]
        return np.stack(ends, axis=-1).astype(np.int64)

    def __repr__(self) -> str:
        natural = self.parameters.natural(self.estimate_params)
        low, high = (
            self.parameters.natural(np.quantile(self.params, end, axis=0)) for end in _ends(0.95)
        )
        shares = np.quantile(self.weights, _ends(0.95), axis=0)
        rows = [["share", *map(_figure, self.estimate_weights, *shares)]]
        labels = self.parameters.labels()
        mean = self.estimate_weights @ self.estimate_params
        for column in self.parameters.in_order(mean, SHOWN):
            figures = map(_figure, natural[:, column], low[:, column], high[:, column])
            rows.append([labels[column], *figures])
        rest = len(labels) + 1 - len(rows)
        rows += [[f"… {rest} more", *[""] * len(natural)]] if rest else []
        table = text_table(["", *(f"class {z}" for z in range(len(natural)))], rows)
        return f"Bootstrap({len(self.params):,} resamples; 95% intervals)\n{table}"


def _ends(level: float) -> tuple[float, float]:
    tail = (1 - as_level(level)) / 2
    return tail, 1 - tail


def _figure(value: float, low: float, high: float) -> str:
    return f"{value:.3f} [{low:.3f}, {high:.3f}]"
