"""How people combine the columns of the utility table: a distribution over weight vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from prefmath.models._likelihood.data import Data
    from prefmath.models._likelihood.information import Information
    from prefmath.models._likelihood.observation import Observation
    from prefmath.models._likelihood.penalty import Penalty
    from prefmath.models._likelihood.state import Expectation, State
    from prefmath.models._likelihood.utility import Utility

    _F64 = NDArray[np.float64]
    _I64 = NDArray[np.int64]

__all__ = ["Population"]


class Population(Protocol):
    """A distribution over weight vectors w on the columns; the utilities of a person are table · w.

    `params` are its parameters, such as the mixing proportions of classes. The climb changes them
    in coordinates without bounds, those of `position`.
    """

    @property
    def n_columns(self) -> int:
        """Columns of the table."""

    @property
    def n_free(self) -> int:
        """Parameters of the population that data can determine."""

    @property
    def smooth(self) -> bool:
        """Whether the objective has a gradient everywhere, so that secants tell its curvature."""

    @property
    def by_column(self) -> bool:
        """Whether an outcome counts in each column as much as its annotator is `latent` there.

        Then the columns of several fits can stand side by side in a pass.
        """

    @property
    def learned(self) -> tuple[str, str]:
        """Name the attributes of a fitted model that hold `params` and what annotators are."""

    @property
    def in_common(self) -> Population:
        """The population of one column, that of what all annotators have in common."""

    def check(self, params: _F64, latent: _F64) -> None:
        """Refuse what no fit can have left, by the names of these attributes."""

    def expect(self, utility: Utility, data: Data, coef: _F64, params: _F64) -> Expectation:
        """Pass over the data: what each annotator is, and the gradient that follows."""

    def latent(self, table: _F64, data: Data, prior: _F64) -> tuple[_F64, _F64]:
        """Return what annotators are, and their evidence, given what they judged.

        `prior` has a row for all annotators, as `prior` returns it, or one for each.
        """

    def chained(self, each: _F64, data: Data, prior: _F64) -> _F64:
        """Return the log-likelihood of each judgement, given those before it of its annotator.

        `each` has the log-likelihood of every judgement in each column, by its weight.
        """

    def prior(self, params: _F64, covariates: _F64 | None = None) -> _F64:
        """Return what is known of an annotator who judged nothing, a row for all.

        Where it depends on what annotators are like, a row for each of the rows of `covariates`.
        """

    def shares(self, params: _F64, data: Data) -> _F64:
        """Return the share of each column among the annotators of some data."""

    def entropy(self, latent: _F64, counts: _F64 | None = None) -> float:
        """Return how unsure it is what annotators are, summed over them, in nats.

        `counts` says how often each counts.
        """

    def probabilities(
        self, observation: Observation, table: _F64, latent: _F64, annotator: _I64
    ) -> _F64:
        """Probability that each entry of `items` is chosen, by annotators who are so.

        `annotator` is the row of `latent` of each entry.
        """

    def drawn(self, latent: _F64, rng: np.random.Generator) -> _F64:
        """Draw a weight vector for every annotator."""

    def masses(self, data: Data, latent: _F64) -> _F64:
        """Return what the parameters depend on, where annotators are so."""

    def begun(self, data: Data, latent: _F64) -> _F64:
        """Return the parameters from which to start where annotators are guessed to be so.

        Of those whose row of `latent` is 0 nothing is guessed.
        """

    def empty(self, data: Data, latent: _F64) -> NDArray[np.bool_]:
        """Say of each column whether nobody is left for it, so that it may start elsewhere."""

    def matched(self, latent: _F64, other: _F64) -> _I64:
        """Return which column of another fit each column is, where annotators are `other` there."""

    def apart(self, latent: _F64, other: _F64) -> float:
        """Return how far two fits are from each other, 0 to 1, their columns being matched.

        Of fits that are far apart, some distance that they are apart at least.
        """

    def largest_first(self, params: _F64, masses: _F64) -> _I64:
        """Return the order of the columns in which they are reported."""

    def reordered(self, params: _F64, order: _I64) -> _F64:
        """Return the parameters for columns in another order."""

    def em_step(self, params: _F64, masses: _F64) -> _F64:
        """Return the parameters that EM takes next, which never lower the likelihood."""

    def position(self, params: _F64) -> _F64:
        """Return the coordinates of parameters."""

    def moved(self, params: _F64, step: _F64) -> _F64:
        """Return the parameters a step of the coordinates away."""

    def longest(self, step: _F64) -> float:
        """Return the largest share of a step, up to 1, that the model of the climb holds for."""

    def information(
        self, utility: Utility, penalty: Penalty, data: Data, state: State, *, outer: bool
    ) -> Information:
        """Return the observed information where a fit ended, and outer products of unit scores.

        `information_by_differences` gives it to a population that has no formula for it.
        """

    def undetermined(self, params: _F64, masses: _F64) -> _F64:
        """Return information to add along coordinates on which nothing reported depends."""

    def jacobian(self, params: _F64, data: Data) -> _F64:
        """Return the derivative of what is told in the coordinates: of `shares` first."""

    def score(self, params: _F64, masses: _F64) -> _F64:
        """Return the derivative of the log-likelihood in the coordinates."""

    def newton(self, params: _F64, masses: _F64, score: _F64) -> _F64:
        """Solve for a step by the curvature of the complete data."""
