"""Fitted models that tell how sure they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._judgements import offsets_of
from prefmath._threads import resolve_threads
from prefmath.models._information import covariance, observed_information
from prefmath.models._predictor import Predictor, as_choices_of_one, features_of
from prefmath.models._scores import Point
from prefmath.models._utility import ItemUtility, LinearUtility
from prefmath.models.uncertainty import Uncertainty

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from prefmath.choices import Choices

__all__ = ["Uncertain", "units_of"]


class Uncertain(Predictor):
    """A fitted mixture, asked how far it may be off."""

    l2: float

    def uncertainty(
        self, choices: Choices, features: ArrayLike | None = None, *, robust: bool = True
    ) -> Uncertainty:
        r"""Return standard errors and covariance of coefficients and class sizes.

        From the observed information of the penalised marginal likelihood, in which nobody's class
        is known [1]_. That is right where the model is. Robust ones put it on both sides of the
        summed outer products of the slopes of annotators (a sandwich [2]_, times
        :math:`H / (H - 1)` for H annotators): they hold too where the judgements of one annotator
        depend on each other in ways that the model does not know, and want some dozens of
        annotators.

        Parameters
        ----------
        choices, features
            Those of `fit`.
        robust : bool
            Whether to be robust to clustering by annotator; where nobody is named, each judgement
            stands for itself.

        Returns
        -------
        Uncertainty
            With `interval`, `ranks`, and a table where it is printed.

        Raises
        ------
        ValueError
            If these are not the choices of `fit`, or it had not settled; if the data do not
            determine a parameter; or if errors are to be robust with one annotator only.

        Notes
        -----
        Free utilities are taken less their mean, so that an item's standard error is that of its
        distance from the average item. Memory grows with the square of the number of parameters.

        References
        ----------
        .. [1] Louis (1982), Finding the observed information matrix when using the EM algorithm,
           Journal of the Royal Statistical Society B 44, equation 3.1.
        .. [2] Liang and Zeger (1986), Longitudinal data analysis using generalized linear models,
           Biometrika 73, theorem 2.

        Examples
        --------
        >>> from prefmath import Choices
        >>> from prefmath.models import ChoiceMixture
        >>> winner, loser = ["tea"] * 30 + ["milk"] * 10, ["milk"] * 30 + ["tea"] * 10
        >>> choices = Choices.from_pairs(winner, loser, annotator=[*range(20), *range(20)])
        >>> ChoiceMixture(l2=0).fit(choices).uncertainty(choices)
        Uncertainty(robust standard errors from 20 units)
                      class 0
        share   1.000 ± 0.000
        tea     0.549 ± 0.153
        milk   -0.549 ± 0.153
        """
        point = self._point(choices, features)
        if robust and point.n_units < 2:
            raise ValueError("robust errors need at least 2 annotators, not 1")
        information = observed_information(point)
        coef, names, of_items = self.named_coef()
        return Uncertainty(
            coef=coef,
            weights=self.weights_.copy(),
            covariance=covariance(information, point, robust=robust),
            robust=robust,
            n_units=point.n_units,
            names=names,
            of_items=of_items,
        )

    def named_coef(self) -> tuple[NDArray[np.float64], NDArray[Any], bool]:
        """Return coefficients, their names, and whether they are of items: then less their mean.

        Returns
        -------
        coef : ndarray, shape (n_components, d)
        names : ndarray of str, shape (d,)
        of_items : bool
        """
        self._check_fitted()
        kind = "feature" if self._linear else "item"
        names = None if self._linear else self.item_ids_
        if names is None:
            names = np.array([f"{kind} {j}" for j in range(self.coef_.shape[1])])
        coef = self.coef_ if self._linear else self.coef_ - self.coef_.mean(axis=1, keepdims=True)
        return coef.copy(), names, not self._linear

    def _point(self, choices: Choices, features: ArrayLike | None) -> Point:
        self._check_fitted()
        if self._extra.size:
            raise ValueError("uncertainty of effects of position and of ties is not known yet")
        _, judged = self._table(as_choices_of_one(choices), features)
        n_threads = resolve_threads(self.n_threads)
        utility: LinearUtility | ItemUtility = ItemUtility(self.coef_.shape[1])
        if features is not None:
            utility = LinearUtility(features_of(choices, features), n_threads)
        units = units_of(choices, judged.annotator_offsets)
        responsibilities = np.ones((len(units) - 1, 1))
        if len(self.weights_) > 1:
            responsibilities = self._expect(choices, features)[0]
        return Point(
            utility=utility,
            observation=self._observe(judged),
            units=units,
            weight=judged.weight,
            l2=self.l2,
            params=self.coef_,
            weights=self.weights_,
            responsibilities=responsibilities,
        )


def units_of(choices: Choices, annotator_offsets: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where the choices of one begin of each annotator; of each judgement where nobody is named."""
    if choices.annotator_ids is not None:
        return annotator_offsets
    if choices.n_ranked is None:
        return np.arange(len(choices) + 1, dtype=np.int64)
    # Of one item too: a choice of one, which says nothing.
    stages = np.minimum(choices.n_ranked, np.diff(choices.offsets) - 1)
    return offsets_of(np.maximum(stages, 1))
