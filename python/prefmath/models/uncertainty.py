"""Uncertainty: standard errors, covariance and intervals of what a model found."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from prefmath._validate import as_generator, as_number, as_whole_number
from prefmath.models._ranks import rank_intervals
from prefmath.models._text_table import text_table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.models._parameters import Parameters

    _F64 = NDArray[np.float64]

__all__ = ["SHOWN", "Intervals", "Uncertainty", "as_level", "intervals_of"]

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
    position_effects : ndarray, shape (n_components, n_positions, 2)
        Of the effects of position, if the model has any.
    tie : ndarray, shape (n_components, 2), or None
        Of the parameter of ties, nu or theta; None where a tie is half a win.
    level : float
        Of how many intervals out of all, in repetitions of the study, the truth is within.
    """

    coef: _F64
    weights: _F64
    position_effects: _F64
    tie: _F64 | None
    level: float


@dataclass(frozen=True, eq=False, repr=False)
class Uncertainty:
    """How far a fitted model's numbers may be off, had other annotators been asked.

    Attributes
    ----------
    params : ndarray, shape (n_components, p)
        The estimates: coefficients, or utilities of items less their mean; effects of position; the
        log of Davidson's nu, or the log of the log of Rao and Kupper's theta.
    weights : ndarray, shape (n_components,)
        Shares of the classes.
    covariance : ndarray, shape (n_components * (p + 1), n_components * (p + 1))
        Of the parameters, class after class, then of the shares.
    robust : bool
        Whether it is robust to the clustering of judgements by annotator.
    n_units : int
        Annotators; judgements where nobody is named.
    parameters : Parameters
        What the columns of `params` are.

    See Also
    --------
    ChoiceMixture.uncertainty : Where it comes from.
    bootstrap : The same by resampling, without normality.
    """

    params: _F64
    weights: _F64
    covariance: _F64
    robust: bool
    n_units: int
    parameters: Parameters

    @property
    def coef(self) -> _F64:
        """Coefficients, or utilities of items less their mean, (n_components, d)."""
        return self.params[:, self.parameters.coef]

    @property
    def coef_se(self) -> _F64:
        """Standard errors of `coef`."""
        return self._params_se()[:, self.parameters.coef]

    @property
    def weights_se(self) -> _F64:
        """Standard errors of `weights`."""
        return self._errors()[self.params.size :]

    @property
    def position_effects_se(self) -> _F64:
        """Standard errors of the effects of position, (n_components, n_positions)."""
        return self._params_se()[:, self.parameters.positions]

    @property
    def tie_se(self) -> _F64 | None:
        """Standard error of nu or theta by the delta method, (n_components,), if there is one."""
        if self.parameters.ties == "half":
            return None
        return (self._params_se() * self.parameters.slope(self.params))[:, -1]

    def interval(self, level: float = 0.95) -> Intervals:
        """Return intervals, normal for parameters (ties: their logs), and for logits of shares.

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
        errors = self._params_se()
        params = np.stack(
            [self.parameters.natural(self.params + end * errors) for end in ends], axis=-1
        )
        inner = (self.weights > 0) & (self.weights < 1)
        share = np.where(inner, self.weights, 0.5)
        error = self.weights_se / (share * (1 - share))
        logit = np.log(share / (1 - share))[:, None] + error[:, None] * ends
        weights = np.where(inner[:, None], 1 / (1 + np.exp(-logit)), self.weights[:, None])
        return intervals_of(params, weights, self.parameters, level)

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
        if not self.parameters.of_items:
            raise ValueError("ranks are of items, but the model was fitted to features")
        draws = as_whole_number(n_draws, "n_draws", 100)
        rng = as_generator(random_state)
        (k, p), d = self.params.shape, self.coef.shape[1]
        blocks = [slice(z * p, z * p + d) for z in range(k)]
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

    def _params_se(self) -> _F64:
        return self._errors()[: self.params.size].reshape(self.params.shape)

    def __repr__(self) -> str:
        natural = self.parameters.natural(self.params)
        errors = self._params_se() * self.parameters.slope(self.params)
        rows = [["share", *map(_figure, self.weights, self.weights_se)]]
        labels = self.parameters.labels()
        for column in self.parameters.in_order(self.weights @ self.params, SHOWN):
            figures = map(_figure, natural[:, column], errors[:, column])
            rows.append([labels[column], *figures])
        rest = len(labels) + 1 - len(rows)
        rows += [[f"… {rest} more", *[""] * len(self.coef)]] if rest else []
        kind = "robust standard errors" if self.robust else "standard errors"
        table = text_table(["", *(f"class {z}" for z in range(len(self.coef)))], rows)
        return f"Uncertainty({kind} from {self.n_units:,} units)\n{table}"


def intervals_of(params: _F64, weights: _F64, parameters: Parameters, level: float) -> Intervals:
    """Return the ends of intervals, of parameters as they are called."""
    return Intervals(
        coef=params[:, parameters.coef],
        weights=weights,
        position_effects=params[:, parameters.positions],
        tie=None if parameters.ties == "half" else params[:, -1],
        level=level,
    )


def as_level(level: float) -> float:
    """Return a level of confidence, above 0 and below 1."""
    number = as_number(level, "level")
    if not 0 < number < 1:
        raise ValueError(f"level must be above 0 and below 1, not {level}")
    return number


def _figure(value: float, error: float) -> str:
    return f"{value:.3f} ± {error:.3f}"
