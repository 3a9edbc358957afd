"""What follows from a fit: predictions, responsibilities, draws."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._kernels import kernels
from prefmath._threads import resolve_threads
from prefmath._validate import as_generator, as_responsibilities
from prefmath.models._fit.criteria import Criteria
from prefmath.models._fit.draws import drawn_choices, drawn_classes
from prefmath.models._fit.known_labels import known_items, prior_of
from prefmath.models._likelihood.features import features_of
from prefmath.models._likelihood.observation import Form, observe
from prefmath.models._likelihood.population.classes import log_of
from prefmath.models._likelihood.probabilities import chances, tie_chance
from prefmath.models._likelihood.utility.linear import LinearUtility

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from prefmath.choices import Choices
    from prefmath.choices.judgements import Layout
    from prefmath.models._likelihood.observation import Observation, Ties

__all__ = ["Predictor", "as_choices_of_one"]


class Predictor(Criteria):
    """A fitted mixture, asked about choices: those of the fit or others."""

    n_threads: int | None
    coef_: NDArray[np.float64]
    weights_: NDArray[np.float64]
    responsibilities_: NDArray[np.float64]
    annotator_ids_: NDArray[Any] | None
    item_ids_: NDArray[Any] | None
    _extra: NDArray[np.float64]
    _layout: Layout
    _ties: Ties
    _n_positions: int
    _linear: bool

    def predict_proba(
        self,
        choices: Choices,
        features: ArrayLike | None = None,
        *,
        responsibilities: ArrayLike | None = None,
    ) -> NDArray[np.float64]:
        """Probability that each item is chosen from its set.

        Parameters
        ----------
        choices : Choices
            Sets to predict; what was chosen is not looked at.
        features : array_like, shape (n_items, d), optional
            Of the items of these choices, for a model fitted to features.
        responsibilities : array_like, shape (n_annotators, n_components), optional
            Class probabilities of the annotators of these choices, as `adapt` returns them. By
            default those found in `fit` for annotators known by their id, and the class weights for
            others.

        Returns
        -------
        ndarray, shape (n,)
            In the order in which the items were passed in; sums to 1 over each set, or to 1 less
            the probability of a tie where ties have a parameter.
        """
        return choices.restore_items(self._shares(choices, features, responsibilities))

    def predict(
        self,
        choices: Choices,
        features: ArrayLike | None = None,
        *,
        responsibilities: ArrayLike | None = None,
    ) -> NDArray[np.int64]:
        """Position of the most probable item in each set, the first of equals.

        Parameters
        ----------
        choices, features, responsibilities
            As for `predict_proba`.

        Returns
        -------
        ndarray of int, shape (n_judgements,)
            In the order in which the judgements were passed in.
        """
        shares = self._shares(choices, features, responsibilities)
        starts, sizes = choices.offsets[:-1], np.diff(choices.offsets)
        best = np.repeat(np.maximum.reduceat(shares, starts), sizes) == shares
        positions = np.arange(len(shares)) - np.repeat(starts, sizes)
        last = len(shares)
        return choices.restore(np.minimum.reduceat(np.where(best, positions, last), starts))

    def sample(
        self,
        choices: Choices,
        features: ArrayLike | None = None,
        *,
        responsibilities: ArrayLike | None = None,
        random_state: int | np.random.Generator | None = None,
    ) -> Choices:
        """Draw what the annotators of some choices would do, if the model were true.

        Parameters
        ----------
        choices : Choices
            Who judges which sets; what was chosen is not looked at, but so many are ranked.
        features, responsibilities
            As for `predict_proba`. Each annotator is drawn into one class.
        random_state : int, numpy.random.Generator or None
            Where the draws come from.

        Returns
        -------
        Choices
            Of the same annotators and items, in the same order; also for a parametric bootstrap.
        """
        table, judged = self._table(choices, features)
        rng = as_generator(random_state)
        classes = drawn_classes(self._given(choices, responsibilities), rng)
        of_entry = np.repeat(classes[choices.annotator_index], np.diff(choices.offsets))
        share = chances(self._observe(judged), table)[np.arange(len(of_entry)), of_entry]
        with np.errstate(divide="ignore"):
            utility = np.log(share)
        return drawn_choices(choices, utility, tie_chance(share) if self._tied else None, rng)

    def responsibilities(
        self, choices: Choices, features: ArrayLike | None = None
    ) -> NDArray[np.float64]:
        """Class probabilities of annotators, given these judgements and no others.

        Returns
        -------
        ndarray, shape (n_annotators, n_components)
            In the order of ``choices.annotator_ids``.
        """
        return self._expect(choices, features)[0]

    def adapt(self, choices: Choices, features: ArrayLike | None = None) -> NDArray[np.float64]:
        """Class probabilities of annotators after some more judgements.

        New annotators start from the class weights; those known by id from what `fit` found, so
        that their new judgements add to the old. The model itself is not changed.

        Parameters
        ----------
        choices : Choices
            Judgements, often only a few for each annotator.
        features : array_like, shape (n_items, d), optional
            Of the items of these choices, for a model fitted to features.

        Returns
        -------
        ndarray, shape (n_annotators, n_components)
            In the order of ``choices.annotator_ids``; to be handed to `predict_proba`.
        """
        self._check_fitted()
        return self._expect(choices, features, self._prior(choices))[0]

    @property
    def _tied(self) -> bool:
        """Whether ties have a parameter."""
        return self._ties != "half"

    def _params(self) -> NDArray[np.float64]:
        """Parameters of every class: of utility, then of positions and ties."""
        return np.concatenate([self.coef_, self._extra], axis=1)

    def _observe(self, choices: Choices) -> Observation:
        """Describe choices over the table of the model."""
        form = Form(self._layout, self._ties, self._n_positions)
        return observe(choices, choices.n_items, form, resolve_threads(self.n_threads))

    def _table(
        self, choices: Choices, features: ArrayLike | None
    ) -> tuple[NDArray[np.float64], Choices]:
        """Return the utility table for some choices, and the choices with its rows as items."""
        self._check_fitted()
        if not self._linear:
            if features is not None:
                msg = "features must be left out: the model was fitted without"
                raise ValueError(msg)
            n_items = self.coef_.shape[1]
            items = known_items(choices, self.item_ids_, n_items)
            judged = replace(choices, items=items, n_items=n_items, item_ids=self.item_ids_)
            return np.ascontiguousarray(self._params().T), judged
        if features is None and self.coef_.shape[1] > 0:
            msg = "features are missing: the model was fitted to features"
            raise ValueError(msg)
        x = features_of(choices, features, columns=self.coef_.shape[1] > 0)
        if x.shape[1] != self.coef_.shape[1]:
            msg = f"features must have {self.coef_.shape[1]} columns as in fit, not {x.shape[1]}"
            raise ValueError(msg)
        utility = LinearUtility(x, resolve_threads(self.n_threads), self._extra.shape[1])
        return utility.table(self._params()), replace(choices, n_items=len(x))

    def _shares(
        self, choices: Choices, features: ArrayLike | None, responsibilities: ArrayLike | None
    ) -> NDArray[np.float64]:
        """Probability of each item in its set, in the order in which the items are stored."""
        table, judged = self._table(choices, features)
        of_annotator = self._given(choices, responsibilities)[choices.annotator_index]
        of_class = chances(self._observe(judged), table)
        of_class *= np.repeat(of_annotator, np.diff(choices.offsets), axis=0)
        shares: NDArray[np.float64] = of_class.sum(axis=1)
        return shares

    def _given(self, choices: Choices, responsibilities: ArrayLike | None) -> NDArray[np.float64]:
        """Class probabilities of annotators, as the caller gave them or as the model knows them."""
        if responsibilities is None:
            return self._prior(choices)
        shape = choices.n_annotators, len(self.weights_)
        return as_responsibilities(responsibilities, shape)

    def _expect(
        self, choices: Choices, features: ArrayLike | None, prior: NDArray[np.float64] | None = None
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Class probabilities and log-likelihood of annotators; by default from the weights."""
        table, judged = self._table(choices, features)
        n_threads = resolve_threads(self.n_threads)
        return kernels.posterior_by_annotator(
            self._observe(judged).log_likelihood(table),
            None,
            judged.weight,
            judged.annotator_offsets,
            log_of(self.weights_[None] if prior is None else prior),
            n_threads,
        )

    def _prior(self, choices: Choices) -> NDArray[np.float64]:
        known = self.annotator_ids_, self.responsibilities_, self.weights_
        return prior_of(choices.annotator_ids, *known, choices.n_annotators)


def as_choices_of_one(choices: Choices) -> Choices:
    return choices.as_choice_sets() if choices.layout == "rankings" else choices
