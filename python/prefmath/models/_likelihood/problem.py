"""Whose likelihood to maximise: the four parts of a model and the data, in one place."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from prefmath.models._likelihood.state import State

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.models._likelihood.data import Data
    from prefmath.models._likelihood.information import Information
    from prefmath.models._likelihood.observation import Observation
    from prefmath.models._likelihood.penalty import Penalty
    from prefmath.models._likelihood.population import Population
    from prefmath.models._likelihood.utility import Utility

    _F64 = NDArray[np.float64]

__all__ = ["ConvergenceWarning", "Problem"]


class ConvergenceWarning(UserWarning):
    """A fit stopped before the log-likelihood had settled."""


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

    def begin(self, coef: _F64, latent: _F64) -> State:
        """Pass over the data where annotators are guessed to be so."""
        return self.expect(coef, self.population.begun(self.data, latent))

    def in_common(self) -> Problem:
        """Return the problem of what all annotators have in common, one column."""
        return replace(self, population=self.population.in_common)

    def begin_in_common(self, coef: _F64) -> State:
        """Pass over the data of a problem of one column."""
        return self.begin(coef, np.ones((self.data.n_rows, 1)))

    def gradient(self, state: State) -> _F64:
        """Return the gradient of the objective in all parameters and coordinates."""
        of_population = self.population.score(state.mixing, state.masses)
        return np.append(state.gradient, of_population)

    def information(self, state: State, *, outer: bool) -> Information:
        """Return the observed information there, and outer products of unit scores if wanted."""
        return self.population.information(
            self.utility, self.penalty, self.data, state, outer=outer
        )

    def on_threads(self, n_threads: int) -> Problem:
        """Return the same for so many threads."""
        utility, data = self.utility.on_threads(n_threads), self.data.on_threads(n_threads)
        return replace(self, utility=utility, data=data)
