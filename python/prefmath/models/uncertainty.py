"""Uncertainty: standard errors, covariance and intervals of what a model found."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._validate import as_whole_number
from prefmath.models._ranks import rank_intervals
from prefmath.models._text_table import text_table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    _F64 = NDArray[np.float64]

__all__ = ["SHOWN", "Intervals", "Uncertainty", "as_level"]

SHOWN = 12
"""Rows of a printed table."""


@dataclass(frozen=True, eq=False)
class Intervals:
    """Lower and upper ends of confidence intervals, each parameter by itself.

    Attributes
    ----------
    coef : ndarray, shape (n_components, d, 2)
        Of the coefficients, or of the utilities of items, in the order of ``coef_``.
    weights : ndarray, shape (n_components, 2)
        Of the shares of the classes.
    level : float
        Of how many intervals out of all, in repetitions of the study, the truth is within.
    """

    coef: _F64
    weights: _F64
    level: float


@dataclass(frozen=True, eq=False, repr=False)
class Uncertainty:
    """How far a fitted model's numbers may be off, had other annotators been asked.

    Attributes
    ----------
    coef, weights : ndarray
        The estimates, as `coef_` and `weights_` of the model; utilities of items less their mean.
    coef_se, weights_se : ndarray
        Their standard errors, of the same shapes.
    covariance : ndarray, shape (n_components * (d + 1), n_components * (d + 1))
        Of the coefficients, class after class, then of the shares.
    robust : bool
        Whether they are robust to the clustering of judgements by annotator.
    n_units : int
        Annotators; judgements where nobody is named.
    names : ndarray of str, shape (d,)
        Items or features.
    of_items : bool
        Whether the coefficients are utilities of items.

    See Also
    --------
    ChoiceMixture.uncertainty : Where it comes from.
    bootstrap : The same by resampling, without normality.
    """

    coef: _F64
    weights: _F64
    covariance: _F64
    robust: bool
    n_units: int
    names: NDArray[Any]
    of_items: bool

    @property
    def coef_se(self) -> _F64:
        """Standard errors of `coef`."""
        return self._errors()[: self.coef.size].reshape(self.coef.shape)

    @property
    def weights_se(self) -> _F64:
        """Standard errors of `weights`."""
        return self._errors()[self.coef.size :]

    def interval(self, level: float = 0.95) -> Intervals:
        """Confidence intervals: normal for coefficients, normal in the logit for shares.

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
        reach = NormalDist().inv_cdf(0.5 + as_level(level) / 2)
        ends = np.array([-reach, reach])
        coef = self.coef[:, :, None] + self.coef_se[:, :, None] * ends
        inner = (self.weights > 0) & (self.weights < 1)
        share = np.where(inner, self.weights, 0.5)
        error = self.weights_se / (share * (1 - share))
        logit = np.log(share / (1 - share))[:, None] + error[:, None] * ends
        weights = np.where(inner[:, None], 1 / (1 + np.exp(-logit)), self.weights[:, None])
        return Intervals(coef, weights, level)

    def ranks(
        self,
        level: float = 0.95,
        *,
        joint: bool = False,
        n_draws: int = 10_000,
        random_state: int | np.random.Generator | None = 0,
    ) -> NDArray[np.int64]:
        """Confidence intervals of the ranks of items in each class, 1 the best.

        Parameters
        ----------
        level : float
            Above 0 and below 1.
        joint : bool
            Whether all ranks of a class shall lie within their intervals at once, rather than each.
        n_draws : int
            Draws of the estimates that tell how large the largest difference may be by chance.
        random_state : int, Generator or None
            Where the draws come from.

        Returns
        -------
        ndarray of int, shape (n_components, n_items, 2)
            Best and worst rank.

        Raises
        ------
        ValueError
            If the model was fitted to features, or `level` is no such number.

        References
        ----------
        Mogstad, Romano, Shaikh and Wilhelm (2024), Inference for ranks with applications to
        mobility across neighbourhoods and academic achievement across countries, Review of
        Economic Studies 91, section 3.
        """
        if not self.of_items:
            raise ValueError("ranks are of items, but the model was fitted to features")
        draws = as_whole_number(n_draws, "n_draws", 100)
        rng = np.random.default_rng(random_state)
        d = self.coef.shape[1]
        blocks = [slice(z * d, (z + 1) * d) for z in range(len(self.coef))]
        return np.stack(
            [
                rank_intervals(
                    utilities,
                    self.covariance[block, block],
                    as_level(level),
                    joint=joint,
                    n_draws=draws,
                    rng=rng,
                )
                for utilities, block in zip(self.coef, blocks, strict=True)
            ]
        )

    def _errors(self) -> _F64:
        errors: _F64 = np.sqrt(np.maximum(self.covariance.diagonal(), 0))
        return errors

    def __repr__(self) -> str:
        order = np.argsort(-(self.weights @ self.coef), kind="stable")
        order = (order if self.of_items else np.arange(len(order)))[:SHOWN]
        errors, weights_se = self.coef_se, self.weights_se
        rows = [["share", *map(_figure, self.weights, weights_se)]]
        rows += [[str(self.names[j]), *map(_figure, self.coef[:, j], errors[:, j])] for j in order]
        rest = len(self.names) - len(order)
        rows += [[f"… {rest} more", *[""] * len(self.coef)]] if rest else []
        kind = "robust standard errors" if self.robust else "standard errors"
        table = text_table(["", *(f"class {z}" for z in range(len(self.coef)))], rows)
        return f"Uncertainty({kind} from {self.n_units:,} units)\n{table}"


def as_level(level: float) -> float:
    """Return a level of confidence, above 0 and below 1."""
    if not 0 < level < 1:
        raise ValueError(f"level must be above 0 and below 1, not {level}")
    return level


def _figure(value: float, error: float) -> str:
    return f"{value:.3f} ± {error:.3f}"
