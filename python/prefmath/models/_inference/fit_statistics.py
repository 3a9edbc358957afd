"""How well a model fits, in the figures that tables of choice models have."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from prefmath.models._fit.predictions import n_units_of, total_weight

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.choices import Choices
    from prefmath.models._likelihood.ties import Ties

    _F64 = NDArray[np.float64]

__all__ = ["FitStatistics", "fit_statistics_of", "null_log_likelihood"]

# Outcomes of a pair, and of one where a tie is an outcome of its own.
_TWO, _THREE = math.log(2), math.log(3)


@dataclass(frozen=True)
class FitStatistics:
    """How well a model fits the judgements it was fitted to.

    Attributes
    ----------
    log_likelihood : float
        Of all judgements, without the penalty.
    null_log_likelihood : float
        The same, were all alternatives of a set equally likely; and a tie as likely as each of the
        two, where ties have a parameter.
    n_parameters : int
        Free parameters.
    n_units : float
        Annotators, or judgements by weight and count where nobody is named: the n of `bic`.
    n_annotators : float or None
        Annotators, each as often as `count` says; None where nobody is known.
    n_judgements : int
        Rows of judgements.
    total_weight : float
        Judgements, as often as their weights and counts say.
    penalty : str
        What penalty the fit has; empty where it has none.
    converged : bool
        Whether the fit settled.
    """

    log_likelihood: float
    null_log_likelihood: float
    n_parameters: int
    n_units: float
    n_annotators: float | None
    n_judgements: int
    total_weight: float
    penalty: str
    converged: bool

    @property
    def rho_squared(self) -> float:
        """McFadden's ρ², 1 - log-likelihood / null log-likelihood; 0 where nothing was chosen."""
        return self._rho(0)

    @property
    def adjusted_rho_squared(self) -> float:
        """The same with the number of parameters taken from the log-likelihood."""
        return self._rho(self.n_parameters)

    @property
    def aic(self) -> float:
        """Akaike's information criterion."""
        return 2 * self.n_parameters - 2 * self.log_likelihood

    @property
    def bic(self) -> float:
        """Schwarz's information criterion, of `n_units` units."""
        return self.n_parameters * math.log(self.n_units) - 2 * self.log_likelihood

    def _rho(self, n: int) -> float:
        null = self.null_log_likelihood
        return 1 - (self.log_likelihood - n) / null if null < 0 else 0.0


def fit_statistics_of(
    choices: Choices,
    *,
    log_likelihood: float,
    n_parameters: int,
    ties: Ties,
    penalty: str,
    converged: bool,
) -> FitStatistics:
    """Count the choices of a fit, beside what is known of it."""
    n_units = n_units_of(choices)
    return FitStatistics(
        log_likelihood=log_likelihood,
        null_log_likelihood=null_log_likelihood(choices, ties),
        n_parameters=n_parameters,
        n_units=n_units,
        n_annotators=n_units if choices.has_annotators else None,
        n_judgements=len(choices),
        total_weight=total_weight(choices),
        penalty=penalty,
        converged=converged,
    )


def null_log_likelihood(choices: Choices, ties: Ties) -> float:
    """Return the log-likelihood of choices among alternatives that are equally likely."""
    if choices.layout == "pairs":
        return -total_weight(choices) * (_TWO if ties == "half" else _THREE)
    sizes = np.diff(choices.offsets)
    ranked = np.ones_like(sizes) if choices.n_ranked is None else choices.n_ranked
    stages = np.minimum(ranked, sizes - 1)
    # The logarithm of n (n - 1) ..., as many factors as there are stages.
    of_factorial = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, sizes.max() + 1)))])
    each = of_factorial[sizes] - of_factorial[sizes - np.maximum(stages, 0)]
    weight = choices.counted_weight
    return -float(each.sum() if weight is None else each @ weight)
