"""How well a fitted model explains choices: mean log-likelihood, and information criteria."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

import numpy as np

from prefmath.models._fit.estimator import Estimator

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from prefmath.choices import Choices

__all__ = ["Criteria", "n_units_of"]


class Criteria(Estimator):
    """A fitted model, measured on choices: those of the fit or others."""

    weights_: NDArray[np.float64]
    _n_free: int

    def score(self, choices: Choices, features: ArrayLike | None = None) -> float:
        """Mean log-likelihood of a judgement, in nats, the annotators' classes being unknown.

        Judgements count as their weights say.

        Parameters
        ----------
        choices : Choices
            What was chosen.
        features : array_like, shape (n_items, d), optional
            Of the items of these choices, for a model fitted to features.

        Returns
        -------
        float
            The higher the better; 0 at best.

        Raises
        ------
        ValueError
            If all weights are 0.
        """
        total = _total_weight(choices)
        if total == 0:
            raise ValueError("weights must not all be 0: there is no mean")
        return float(self._expect(choices, features)[1].sum()) / total

    def bic(self, choices: Choices, features: ArrayLike | None = None) -> float:
        r"""Bayesian information criterion: the lower the better.

        :math:`p \log n - 2 \log L` with p free parameters [1]_. Annotators are the n independent
        units that are counted; where nobody is named, judgements, as often as their weights say.

        References
        ----------
        .. [1] Schwarz (1978), Estimating the dimension of a model, Annals of Statistics 6.
        """
        log_likelihood = float(self._expect(choices, features)[1].sum())
        return self._n_parameters * float(np.log(n_units_of(choices))) - 2 * log_likelihood

    def aic(self, choices: Choices, features: ArrayLike | None = None) -> float:
        r"""Akaike's information criterion: the lower the better.

        :math:`2 p - 2 \log L` with p free parameters [1]_.

        References
        ----------
        .. [1] Akaike (1974), A new look at the statistical model identification, IEEE Transactions
           on Automatic Control 19.
        """
        log_likelihood = float(self._expect(choices, features)[1].sum())
        return 2 * self._n_parameters - 2 * log_likelihood

    def icl(self, choices: Choices, features: ArrayLike | None = None) -> float:
        r"""Integrated completed likelihood: the lower the better.

        `bic` plus twice the entropy of the responsibilities, so that classes that overlap cost
        something [1]_. With one class it is `bic`.

        References
        ----------
        .. [1] Biernacki, Celeux and Govaert (2000), Assessing a mixture model for clustering with
           the integrated completed likelihood, IEEE Transactions on Pattern Analysis and Machine
           Intelligence 22, equation 9.
        """
        responsibilities, evidence = self._expect(choices, features)
        known = np.where(responsibilities > 0, responsibilities, 1)
        entropy = -float((known * np.log(known)).sum())
        cost = self._n_parameters * float(np.log(n_units_of(choices)))
        return cost - 2 * float(evidence.sum()) + 2 * entropy

    @property
    def _n_parameters(self) -> int:
        """Free parameters: those of every class, and the shares of all classes but one."""
        return len(self.weights_) * (self._n_free + 1) - 1

    @abstractmethod
    def _expect(
        self, choices: Choices, features: ArrayLike | None
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Class probabilities and log-likelihood of annotators."""


def _total_weight(choices: Choices) -> float:
    return float(len(choices) if choices.weight is None else choices.weight.sum())


def n_units_of(choices: Choices) -> float:
    """Annotators; judgements, as often as their weights say, where nobody is named."""
    return choices.n_annotators if choices.annotator_ids is not None else _total_weight(choices)
