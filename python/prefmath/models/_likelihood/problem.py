"""Whose likelihood to maximise: the four parts of a model and the data, in one place."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.models._likelihood.data import Data
    from prefmath.models._likelihood.observation import Observation
    from prefmath.models._likelihood.penalty import Penalty
    from prefmath.models._likelihood.population import Population, Tabulated
    from prefmath.models._likelihood.utility import Utility

    _F64 = NDArray[np.float64]

__all__ = ["ConvergenceWarning", "Problem", "State"]


class ConvergenceWarning(UserWarning):
    """A fit stopped before the log-likelihood had settled."""


@dataclass(frozen=True, eq=False)
class State:
    """Parameters, and what a pass over the data says of them.

    `mixing` are the parameters of the population, `latent` says what each annotator is, `masses`
    what the population's parameters depend on; `gradient` is that of the objective in `coef`.
    """

    coef: _F64
    mixing: _F64
    latent: _F64
    masses: _F64
    log_likelihood: float
    objective: float
    gradient: _F64
    tabulated: Tabulated | None


@dataclass(frozen=True, eq=False)
class Problem:
    """The penalised likelihood of data, as a function of the parameters of utility and population.

    Parameters of the utility have a row for each column of the table.
    """

    utility: Utility
    population: Population
    penalty: Penalty
    data: Data

    @property
    def observation(self) -> Observation:
        """What was done with choice sets."""
        return self.data.observation

    @property
    def n_threads(self) -> int:
        """Threads that kernels take."""
        return self.data.n_threads

    def expect(self, coef: _F64, mixing: _F64) -> State:
        """Pass over the data: the objective there, its gradient, and what each annotator is.

        What float64 cannot hold is infinite or nan, and never the objective of a better state.
        """
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            found = self.population.expect(self.utility, self.data, coef, mixing)
            penalty, utility = self.penalty, self.utility
            return State(
                coef=coef,
                mixing=mixing,
                latent=found.latent,
                masses=found.masses,
                log_likelihood=found.log_likelihood,
                objective=found.log_likelihood - penalty.value(utility, coef),
                gradient=found.gradient - penalty.gradient(utility, coef),
                tabulated=found.tabulated,
            )

    def of_one_column(self, population: Population) -> Problem:
        """Return the problem of what all annotators have in common."""
        return replace(self, population=population)

    def on_threads(self, n_threads: int) -> Problem:
        """Return the same for so many threads."""
        utility, data = self.utility.on_threads(n_threads), self.data.on_threads(n_threads)
        return replace(self, utility=utility, data=data)
