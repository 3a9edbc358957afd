"""Fitted models that tell how sure they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from prefmath._threads import resolve_threads
from prefmath.choices.judgements import offsets_of
from prefmath.models._fit.predictor import Predictor, as_choices_of_one
from prefmath.models._inference.errors import errors_of
from prefmath.models._inference.parameters import Parameters
from prefmath.models._inference.scores import Point
from prefmath.models._inference.uncertainty import Uncertainty
from prefmath.models._likelihood.features import features_of
from prefmath.models._likelihood.observation import Form, observe_outcomes
from prefmath.models._likelihood.penalty.virtual_pairs import virtual_utility
from prefmath.models._likelihood.utility.items import ItemUtility
from prefmath.models._likelihood.utility.linear import LinearUtility

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from prefmath.choices import Choices
    from prefmath.models._likelihood.observation import Observation

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
        annotators in every class: of a few they come out too small, and are marked.

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
        MemoryError
            If the covariance of so many parameters does not fit: `bootstrap` needs none.

        Notes
        -----
        Free utilities are taken less their mean, so that an item's standard error is that of its
        distance from the average item: of those of which enough is known, so that an item nobody
        judged does not blur all others. Memory grows with the square of the number of parameters.

        Errors that are not to be relied on are marked [3]_. Where fewer than 20 units stand behind
        a parameter of a class, counted as if each said equally much, or where the information is
        nearly singular, the larger of the robust and the model's error is reported: there the
        slopes of the units sum to next to nothing, whatever the truth is. What the judgements say
        nothing of has an infinite error. A row of `weight` w counts once in robust errors, not w
        times as in `bic`; for the larger of two, the model's error is that of rows that count once.

        References
        ----------
        .. [1] Louis (1982), Finding the observed information matrix when using the EM algorithm,
           Journal of the Royal Statistical Society B 44, equation 3.1.
        .. [2] Liang and Zeger (1986), Longitudinal data analysis using generalized linear models,
           Biometrika 73, theorem 2.
        .. [3] Cameron and Miller (2015), A practitioner's guide to cluster-robust inference,
           Journal of Human Resources 50, section VI.

        Examples
        --------
        >>> from prefmath import Choices
        >>> from prefmath.models import ChoiceMixture
        >>> winner, loser = ["tea"] * 30 + ["milk"] * 10, ["milk"] * 30 + ["tea"] * 10
        >>> choices = Choices.from_pairs(winner, loser, annotator=[*range(20), *range(20)])
        >>> ChoiceMixture(l2=0).fit(choices).uncertainty(choices)
        Uncertainty(robust standard errors from 20 annotators; best items first, not as in arrays)
        tea     0.549 ± 0.153
        milk   -0.549 ± 0.153
        """
        point = self._point(choices, features)
        if robust and point.n_units < 2:
            raise ValueError("robust errors need at least 2 annotators, not 1")
        errors = errors_of(point, self._parameters(), robust=robust)
        params = self._params()
        if not self._linear:
            items = params[:, : self.coef_.shape[1]]
            items -= self.coef_[:, errors.reference].mean(axis=1, keepdims=True)
        return Uncertainty(
            params=params,
            weights=self.weights_.copy(),
            covariance=errors.covariance,
            robust=robust,
            n_units=point.n_units,
            parameters=self._parameters(),
            marks=errors.marks,
            weights_marks=errors.weights_marks,
            n_behind=errors.n_behind,
            reference=errors.reference,
            named=choices.annotator_ids is not None,
            weighted=choices.weight is not None,
        )

    def _parameters(self) -> Parameters:
        """Say what the columns of the parameters are."""
        self._check_fitted()
        names = None if self._linear else self.item_ids_
        if names is None:
            kind = "feature" if self._linear else "item"
            names = np.array([f"{kind} {j}" for j in range(self.coef_.shape[1])])
        of_pairs = self._layout == "pairs"
        return Parameters(names, not self._linear, self._n_positions, self._ties, of_pairs)

    def _point(self, choices: Choices, features: ArrayLike | None) -> Point:
        utility, observation, outcome, judged = self._posed(choices, features)
        params, n_coef = self._params(), self.coef_.shape[1]
        prior = getattr(self, "prior", 0.0)
        if prior > 0:
            virtual = virtual_utility(self.coef_[0])
            params = np.insert(params, n_coef, virtual, axis=1)
        units = units_of(choices, judged.annotator_offsets)
        responsibilities = np.ones((len(units) - 1, 1))
        if len(self.weights_) > 1:
            responsibilities = self._expect(choices, features)[0]
        return Point(
            utility=utility,
            observation=observation,
            outcome=outcome,
            units=units,
            weight=judged.weight,
            l2=self.l2,
            prior=prior,
            params=params,
            weights=self.weights_,
            responsibilities=responsibilities,
        )

    def _posed(
        self, choices: Choices, features: ArrayLike | None, n_threads: int | None = None
    ) -> tuple[LinearUtility | ItemUtility, Observation, NDArray[np.int32] | None, Choices]:
        """Return utility, distinct outcomes, which each judgement has, and the judgements."""
        judged = as_choices_of_one(choices)
        self._table(judged, features)
        given, fitted = (
            np.array(()) if ids is None else ids for ids in (choices.item_ids, self.item_ids_)
        )
        others = len(self.weights_) > 1 and choices.n_annotators != len(self.responsibilities_)
        if others or not (self._linear or np.array_equal(given, fitted)):
            raise ValueError("choices must be those of fit")
        threads = resolve_threads(self.n_threads if n_threads is None else n_threads)
        form = Form(self._layout, self._ties, self._n_positions)
        utility: LinearUtility | ItemUtility
        if not self._linear:
            n_items = self.coef_.shape[1] + (getattr(self, "prior", 0.0) > 0)
            utility = ItemUtility(n_items, form.n_extra)
        else:
            x = features_of(choices, features, columns=self.coef_.shape[1] > 0)
            n_items, utility = len(x), LinearUtility(x, threads, form.n_extra)
        return utility, *observe_outcomes(judged, n_items, form, threads), judged


def units_of(choices: Choices, annotator_offsets: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where the choices of one begin of each annotator; of each judgement where nobody is named."""
    if choices.annotator_ids is not None:
        return annotator_offsets
    if choices.n_ranked is None:
        return np.arange(len(choices) + 1, dtype=np.int64)
    # Of one item too: a choice of one, which says nothing.
    stages = np.minimum(choices.n_ranked, np.diff(choices.offsets) - 1)
    return offsets_of(np.maximum(stages, 1))
