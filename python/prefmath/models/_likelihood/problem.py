"""The E-step of latent classes of annotators: what parameters say of the data, and its slope."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from prefmath._kernels import kernels
from prefmath.models._likelihood.utility import LinearUtility

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.models._likelihood.observation import Observation
    from prefmath.models._likelihood.utility import ItemUtility

    _F64 = NDArray[np.float64]

__all__ = ["ConvergenceWarning", "Problem", "State", "Tabulated", "log_of"]

# With one class annotators do not matter: so many judgements go together, for threads to share.
_STRETCH = 32

# Utilities are worked out set by set, not item by item, where an item is in so few sets.
_SETS_AN_ITEM = 2


class ConvergenceWarning(UserWarning):
    """EM stopped before the log-likelihood had settled."""


@dataclass(frozen=True, eq=False)
class Tabulated:
    """Utilities by row of the table and class, and what was summed over all outcomes on the way.

    `outcome_weights` holds the weight of each outcome in each class, `diagonal` how the
    log-likelihood bends along each entry of the table.
    """

    table: _F64
    outcome_weights: _F64
    diagonal: _F64


@dataclass(frozen=True, eq=False)
class State:
    """Parameters, and what the E-step says of them.

    `gradient` is that of the objective in `coef`, the class weights being fixed; `shares` are the
    mean responsibilities, which EM takes as class weights next.
    """

    coef: _F64
    weights: _F64
    responsibilities: _F64
    shares: _F64
    log_likelihood: float
    objective: float
    gradient: _F64
    tabulated: Tabulated | None


@dataclass(frozen=True, eq=False)
class Problem:
    """Whose likelihood to maximise: utility, observation and population.

    `counts` says how many annotators each stands for, 1 by default: that is not the same as weight
    of their judgements, which says more of the class that they are in. Where `outcome` is given,
    judgement s is outcome ``outcome[s]`` of the observation, otherwise outcome s.
    """

    utility: LinearUtility | ItemUtility
    observation: Observation
    annotator_offsets: NDArray[np.int64]
    weight: _F64 | None
    l2: float
    n_threads: int
    counts: _F64 | None = None
    outcome: NDArray[np.int32] | None = None

    @property
    def n_judgements(self) -> int:
        """Judgements, whether or not some are alike."""
        return int(self.annotator_offsets[-1])

    @property
    def n_annotators(self) -> float:
        """Annotators, each as often as it counts."""
        counts = self.counts
        return float(len(self.annotator_offsets) - 1 if counts is None else counts.sum())

    def expect(self, coef: _F64, weights: _F64) -> State:
        """E-step, and the gradient of the penalised marginal log-likelihood.

        By Fisher's identity it is that of the complete data under the responsibilities. What
        float64 cannot hold is infinite or nan, and never the objective of a better state.
        """
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            return self._expected(coef, weights)

    def _expected(self, coef: _F64, weights: _F64) -> State:
        tabulated = None
        utility = self.utility
        if isinstance(utility, LinearUtility) and self._fits_one_pass(utility):
            found = self._in_one_pass(utility, coef, weights)
            responsibilities, log_likelihood, gradient = found
        else:
            table = self.utility.table(coef)
            responsibilities, log_likelihood, outcome_weights = self._in_classes(table, weights)
            on_table, diagonal = self.observation.gradient(table, outcome_weights)
            gradient = self.utility.pull_back(on_table)
            tabulated = Tabulated(table, outcome_weights, diagonal)
        counts = np.ones(len(responsibilities)) if self.counts is None else self.counts
        penalty = self.utility.penalty(self.l2)
        gradient -= penalty * coef
        return State(
            coef=coef,
            weights=weights,
            responsibilities=responsibilities,
            shares=counts @ responsibilities / counts.sum(),
            log_likelihood=log_likelihood,
            objective=log_likelihood - float((penalty * coef * coef).sum()) / 2,
            gradient=gradient,
            tabulated=tabulated,
        )

    def _in_classes(self, table: _F64, weights: _F64) -> tuple[_F64, float, _F64]:
        """Responsibilities, log-likelihood, and the weight of each outcome in each class."""
        each = self.observation.log_likelihood(table)
        if len(weights) == 1 and self.outcome is None and self.counts is None:
            # A single class has all of everyone: there is nothing to share out.
            weight = np.ones(len(each)) if self.weight is None else self.weight
            everyone = np.ones((len(self.annotator_offsets) - 1, 1))
            return everyone, float((each[:, 0] * weight).sum()), weight[:, None]
        responsibilities, evidence = kernels.posterior_by_annotator(
            each,
            self.outcome,
            self.weight,
            self.annotator_offsets,
            log_of(weights)[None],
            self.n_threads,
        )
        return responsibilities, self._total(evidence), self.outcome_weights(responsibilities)

    def outcome_weights(self, responsibilities: _F64) -> _F64:
        """Weight of each outcome in each class, (n_outcomes, n_classes)."""
        if self.counts is not None:
            responsibilities = responsibilities * self.counts[:, None]
        return kernels.outcome_weights(
            responsibilities,
            self.outcome,
            self.weight,
            self.annotator_offsets,
            self.observation.n_outcomes,
            self.n_threads,
        )

    def _fits_one_pass(self, utility: LinearUtility) -> bool:
        """Whether to go through the sets of items, and not through a table of utilities."""
        entries, n_items = len(self.observation.items), len(utility.features)
        return (
            self.outcome is None and self.observation.simple and entries <= _SETS_AN_ITEM * n_items
        )

    def _in_one_pass(
        self, utility: LinearUtility, coef: _F64, weights: _F64
    ) -> tuple[_F64, float, _F64]:
        """Responsibilities, log-likelihood and its gradient, the features being read once."""
        offsets, counts = self.annotator_offsets, self.counts
        one_class = len(weights) == 1 and counts is None
        if one_class:
            offsets = np.append(np.arange(0, self.n_judgements, _STRETCH), self.n_judgements)
        seen = self.observation
        responsibilities, evidence, gradient = kernels.linear_posterior(
            utility.features,
            utility.coef(coef),
            seen.offsets,
            seen.items,
            seen.chosen,
            seen.tied,
            self.weight,
            offsets,
            counts,
            log_of(weights),
            self.n_threads,
        )
        gradient = utility.slope(gradient)
        if one_class:
            responsibilities = np.ones((len(self.annotator_offsets) - 1, 1))
            return responsibilities, float(evidence.sum()), gradient
        return responsibilities, self._total(evidence), gradient

    def _total(self, evidence: _F64) -> float:
        return float(evidence.sum() if self.counts is None else self.counts @ evidence)


def log_of(weights: _F64) -> _F64:
    """Logarithm of class weights; an empty class is ruled out."""
    with np.errstate(divide="ignore"):
        return np.log(weights)
