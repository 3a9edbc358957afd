"""What a bootstrap returns: coefficients and shares of every resample, and their intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath.models._ranks import ranks_of
from prefmath.models._text_table import text_table
from prefmath.models.uncertainty import SHOWN, Intervals, as_level

if TYPE_CHECKING:
    from numpy.typing import NDArray

    _F64 = NDArray[np.float64]

__all__ = ["Bootstrap"]


@dataclass(frozen=True, eq=False, repr=False)
class Bootstrap:
    """What a model would have found, had other annotators of the same kind been asked.

    Attributes
    ----------
    coef : ndarray, shape (n_resamples, n_components, d)
        Coefficients, or utilities of items less their mean, of every resample; classes matched to
        those of the model.
    weights : ndarray, shape (n_resamples, n_components)
        Shares of the classes.
    converged : ndarray of bool, shape (n_resamples,)
        Which refits settled.
    estimate_coef, estimate_weights : ndarray
        Those of the model.
    names : ndarray of str, shape (d,)
        Items or features.
    of_items : bool
        Whether the coefficients are utilities of items.
    """

    coef: _F64
    weights: _F64
    converged: NDArray[np.bool_]
    estimate_coef: _F64
    estimate_weights: _F64
    names: NDArray[Any]
    of_items: bool

    @property
    def coef_se(self) -> _F64:
        """Standard deviations of the coefficients over resamples."""
        errors: _F64 = self.coef.std(axis=0, ddof=1)
        return errors

    @property
    def weights_se(self) -> _F64:
        """Standard deviations of the shares over resamples."""
        errors: _F64 = self.weights.std(axis=0, ddof=1)
        return errors

    def interval(self, level: float = 0.95) -> Intervals:
        """Return percentile intervals of coefficients and shares.

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
        coef, weights = (np.quantile(x, ends, axis=0) for x in (self.coef, self.weights))
        return Intervals(np.moveaxis(coef, 0, -1), np.moveaxis(weights, 0, -1), level)

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
        if not self.of_items:
            raise ValueError("ranks are of items, but the model was fitted to features")
        low, high = _ends(level)
        ranks = ranks_of(self.coef)
        ends = [
            np.quantile(ranks, low, axis=0, method="inverted_cdf"),
            np.quantile(ranks, high, axis=0, method="inverted_cdf"),
        ]
        return np.stack(ends, axis=-1).astype(np.int64)

    def __repr__(self) -> str:
        order = np.argsort(-(self.estimate_weights @ self.estimate_coef), kind="stable")
        order = (order if self.of_items else np.arange(len(order)))[:SHOWN]
        found = self.interval()
        rows = [["share", *map(_figure, self.estimate_weights, found.weights)]]
        for j in order:
            figures = map(_figure, self.estimate_coef[:, j], found.coef[:, j])
            rows.append([str(self.names[j]), *figures])
        rest = len(self.names) - len(order)
        rows += [[f"… {rest} more", *[""] * len(self.estimate_coef)]] if rest else []
        header = ["", *(f"class {z}" for z in range(len(self.estimate_coef)))]
        table = text_table(header, rows)
        return f"Bootstrap({len(self.coef):,} resamples; 95% intervals)\n{table}"


def _ends(level: float) -> tuple[float, float]:
    tail = (1 - as_level(level)) / 2
    return tail, 1 - tail


def _figure(value: float, ends: _F64) -> str:
    return f"{value:.3f} [{ends[0]:.3f}, {ends[1]:.3f}]"
