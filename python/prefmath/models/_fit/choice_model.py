"""What all estimators of choices share: fit, and all that follows from a fit."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from prefmath._threads import resolve_threads
from prefmath._validate import as_generator, as_number, as_whole_number
from prefmath.models._determined.choice_warnings import (
    UndeterminedWarning,
    warn_of_little,
    warn_of_weights,
)
from prefmath.models._fit.estimator import Estimator
from prefmath.models._fit.fitted import Fitted
from prefmath.models._fit.fitting import fit, unsettled
from prefmath.models._fit.gate import gate_of, keep_gate
from prefmath.models._fit.only_choices import refuse_other_than_choices
from prefmath.models._fit.predictions import (
    drawn,
    entry_probabilities,
    most_probable,
    n_units_of,
    total_weight,
)
from prefmath.models._fit.printed import coefficients_table
from prefmath.models._fit.start_report import LocalOptimumWarning
from prefmath.models._fit.starts import Search
from prefmath.models._fit.statistical import StatisticalModel
from prefmath.models._inference.uncertain import uncertainty_of
from prefmath.models._likelihood.covariates import covariates_of
from prefmath.models._likelihood.observation import Form, form_of
from prefmath.models._likelihood.penalty.l2 import L2
from prefmath.models._likelihood.penalty.virtual_pairs import VirtualPairs
from prefmath.models._likelihood.population.classes import Classes
from prefmath.models._likelihood.posing import Specification
from prefmath.models._likelihood.problem import ConvergenceWarning
from prefmath.models._likelihood.ties import tie_model

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    from prefmath.choices import Choices
    from prefmath.models._fit.fitting import Fit
    from prefmath.models._fit.start_report import Starts
    from prefmath.models._inference.uncertainty import Uncertainty
    from prefmath.models._likelihood.penalty import Penalty
    from prefmath.models._likelihood.population import Population
    from prefmath.models._likelihood.problem import Problem
    from prefmath.models._likelihood.ties import Ties

    _F64 = NDArray[np.float64]

__all__ = ["ChoiceModel"]

# Of more starts than this a digit was too many: they would take months.
_MOST_STARTS = 1_000_000


class ChoiceModel(StatisticalModel, Estimator):
    """A specification of utility, observation, population and penalty, and what a fit of it found.

    Estimators of one class leave the parameters of several as they are here.
    """

    learned_by_population = Classes.learned

    n_components: int = 1
    ties: Ties = "half"
    position_effect: bool = False
    l2: float = 0.0
    prior: float = 0.0
    tol: float
    max_iter: int
    warm_start: bool
    n_init: int = 1
    random_state: int | np.random.Generator | None = None
    n_threads: int | None
    progress: Callable[[int, int, float], None] | None = None

    coef_: _F64
    weights_: _F64
    responsibilities_: _F64
    annotator_ids_: NDArray[Any] | None
    annotator_counts_: _F64 | None = None
    item_ids_: NDArray[Any] | None
    feature_names_in_: NDArray[np.object_]
    log_likelihood_: float
    lower_bounds_: list[float]
    converged_: bool
    starts_: Starts | None = None
    _extra: _F64
    _layout: Any
    _ties: Ties
    _linear: bool
    _spreads: _F64 | None
    _undetermined: list[str]

    @property
    def lower_bound_(self) -> float:
        """Penalised log-likelihood at the end."""
        self._check_fitted()
        return self.lower_bounds_[-1]

    @property
    def n_iter_(self) -> int:
        """Iterations of the best start."""
        self._check_fitted()
        return len(self.lower_bounds_) - 1

    @property
    def n_features_in_(self) -> int:
        """Columns of the features; there is no such attribute where a model has none."""
        self._check_fitted()
        if not self._linear:
            msg = f"this {type(self).__name__} was fitted without features"
            raise AttributeError(msg)
        return int(self.coef_.shape[1])

    @property
    def position_effects_(self) -> _F64:
        """Utility of positions beside that of the items there, (n_components, n_positions)."""
        self._check_fitted()
        return self._extra[:, : self._n_positions]

    @property
    def tie_(self) -> Any:
        """Parameter of ties in each class; nan where a tie is half a win."""
        self._check_fitted()
        model = tie_model(self._ties)
        if model is None:
            return np.full(len(self.coef_), np.nan)
        return model.natural(self._extra[:, -1])

    def predict_proba(
        self,
        choices: Choices,
        features: ArrayLike | None = None,
        *,
        responsibilities: ArrayLike | None = None,
        membership: Any = None,
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
        fitted = self._fitted_for(choices, membership)
        return choices.restore_items(
            entry_probabilities(fitted, choices, features, responsibilities)
        )

    def predict(
        self,
        choices: Choices,
        features: ArrayLike | None = None,
        *,
        responsibilities: ArrayLike | None = None,
        membership: Any = None,
    ) -> NDArray[np.int64]:
        """Position of the most probable item in each set, the first of equals.

        Parameters
        ----------
        choices, features, responsibilities, membership
            As for `predict_proba`.

        Returns
        -------
        ndarray of int, shape (n_judgements,)
            In the order in which the judgements were passed in.
        """
        probability = entry_probabilities(
            self._fitted_for(choices, membership), choices, features, responsibilities
        )
        return choices.restore(most_probable(choices, probability))

    def sample(
        self,
        choices: Choices,
        features: ArrayLike | None = None,
        *,
        responsibilities: ArrayLike | None = None,
        membership: Any = None,
        random_state: int | np.random.Generator | None = None,
    ) -> Choices:
        """Draw what the annotators of some choices would do, if the model were true.

        Parameters
        ----------
        choices : Choices
            Who judges which sets; what was chosen is not looked at, but so many are ranked.
        features, responsibilities, membership
            As for `predict_proba`. Each annotator is drawn into one class.
        random_state : int, numpy.random.Generator or None
            Where the draws come from.

        Returns
        -------
        Choices
            Of the same annotators and items, in the same order; also for a parametric bootstrap.
            Counted ones are written out first, as `Choices.written_out` does.

        Raises
        ------
        ValueError
            If a count is not whole.
        """
        rng = as_generator(random_state)
        return drawn(
            self._fitted_for(choices, membership), choices, features, responsibilities, rng
        )

    def responsibilities(
        self, choices: Choices, features: ArrayLike | None = None, *, membership: Any = None
    ) -> NDArray[np.float64]:
        """Class probabilities of annotators, given these judgements and no others.

        Parameters
        ----------
        choices, features, membership
            As for `adapt`.

        Returns
        -------
        ndarray, shape (n_annotators, n_components)
            In the order of ``choices.annotator_ids``.
        """
        return self._fitted_for(choices, membership).expect(choices, features)[0]

    def adapt(
        self, choices: Choices, features: ArrayLike | None = None, *, membership: Any = None
    ) -> NDArray[np.float64]:
        """Class probabilities of annotators after some more judgements.

        New annotators start from the class weights, or from what their covariates tell; those known
        by id from what `fit` found, so that their new judgements add to the old. The model itself
        is not changed.

        Parameters
        ----------
        choices : Choices
            Judgements, often only a few for each annotator.
        features : array_like, shape (n_items, d), optional
            Of the items of these choices, for a model fitted to features.
        membership : frame, mapping or array_like, optional
            Covariates of the annotators of these choices, for a model fitted with membership; may
            be left out where all of them were in the fit.

        Returns
        -------
        ndarray, shape (n_annotators, n_components)
            In the order of ``choices.annotator_ids``; to be handed to `predict_proba`.
        """
        fitted = self._fitted_for(choices, membership)
        return fitted.expect(choices, features, fitted.before(choices))[0]

    def score(
        self, choices: Choices, features: ArrayLike | None = None, *, membership: Any = None
    ) -> float:
        """Mean log-likelihood of a judgement, in nats, the annotators' classes being unknown.

        Judgements count as their weights and counts say.

        Parameters
        ----------
        choices : Choices
            What was chosen.
        features : array_like, shape (n_items, d), optional
            Of the items of these choices, for a model fitted to features.
        membership : frame, mapping or array_like, optional
            As for `adapt`.

        Returns
        -------
        float
            The higher the better; 0 at best.

        Raises
        ------
        ValueError
            If all weights are 0.
        """
        fitted = self._fitted_for(choices, membership)
        total = total_weight(choices)
        if total == 0:
            raise ValueError("weights must not all be 0: there is no mean")
        return fitted.log_likelihood(choices, features)[1] / total

    def bic(
        self, choices: Choices, features: ArrayLike | None = None, *, membership: Any = None
    ) -> float:
        r"""Bayesian information criterion: the lower the better.

        :math:`p \log n - 2 \log L` with p free parameters [1]_. Annotators are the n independent
        units that are counted, each as often as `count` says; where nobody is named, judgements, as
        often as their weights and counts say. Of counts that are not whole n is the sum.

        References
        ----------
        .. [1] Schwarz (1978), Estimating the dimension of a model, Annals of Statistics 6.
        """
        log_likelihood = self._fitted_for(choices, membership).log_likelihood(choices, features)[1]
        return self._n_parameters * float(np.log(n_units_of(choices))) - 2 * log_likelihood

    def aic(
        self, choices: Choices, features: ArrayLike | None = None, *, membership: Any = None
    ) -> float:
        r"""Akaike's information criterion: the lower the better.

        :math:`2 p - 2 \log L` with p free parameters [1]_.

        References
        ----------
        .. [1] Akaike (1974), A new look at the statistical model identification, IEEE Transactions
           on Automatic Control 19.
        """
        log_likelihood = self._fitted_for(choices, membership).log_likelihood(choices, features)[1]
        return 2 * self._n_parameters - 2 * log_likelihood

    def icl(
        self, choices: Choices, features: ArrayLike | None = None, *, membership: Any = None
    ) -> float:
        r"""Integrated completed likelihood: the lower the better.

        `bic` plus twice the entropy of the responsibilities, so that classes that overlap cost
        something [1]_. With one class it is `bic`.

        References
        ----------
        .. [1] Biernacki, Celeux and Govaert (2000), Assessing a mixture model for clustering with
           the integrated completed likelihood, IEEE Transactions on Pattern Analysis and Machine
           Intelligence 22, equation 9.
        """
        fitted = self._fitted_for(choices, membership)
        latent, log_likelihood = fitted.log_likelihood(choices, features)
        cost = self._n_parameters * float(np.log(n_units_of(choices)))
        entropy = fitted.population.entropy(latent, choices.annotator_counts)
        return cost - 2 * log_likelihood + 2 * entropy

    def uncertainty(
        self,
        choices: Choices,
        features: ArrayLike | None = None,
        *,
        robust: bool = True,
        membership: Any = None,
    ) -> Uncertainty:
        r"""Return standard errors and covariance of coefficients and class sizes.

        From the observed information of the penalised marginal likelihood, in which nobody's class
        is known [1]_. That is right where the model is. Robust ones put it on both sides of the
        summed outer products of the slopes of annotators (a sandwich [2]_, times
        :math:`H / (H - 1)` for H annotators, each as often as it counts): they hold too where the
        judgements of one annotator depend on each other in ways that the model does not know, and
        want some dozens of annotators in every class: of a few they come out too small, and are
        marked.

        Parameters
        ----------
        choices, features, membership
            Those of `fit`.
        robust : bool
            Whether to be robust to clustering by annotator; where nobody is named, each judgement
            stands for itself.

        Returns
        -------
        Uncertainty
            With `interval`, `ranks`, and a table where it is printed; ``uncertainty.membership``
            has the same of the coefficients of membership and of marginal effects.

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
        nothing of has an infinite error. A row of `count` c is c units, whole or not. A row of
        `weight` w is one in robust errors, or a part of one, not w as in `bic`; for the larger of
        two, the model's error is that of rows that weigh 1.

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
        return uncertainty_of(
            self._fitted_for(choices, membership), choices, features, robust=robust
        )

    def _population(self, n_columns: int) -> Population:
        """Say how people differ, between so many columns of the table."""
        return Classes(n_columns)

    def _penalty(self) -> Penalty:
        return VirtualPairs(self.prior) if self.prior > 0 else L2(self.l2)

    def _specification(self, choices: Choices) -> Specification:
        form = form_of(choices, self.ties, position_effect=self.position_effect)
        return Specification(self._population(self.n_components), self._penalty(), form)

    def _search(self) -> Search:
        return Search(self.n_init, self.tol, self.max_iter, self.random_state, self.progress)

    def _fit(
        self,
        choices: Choices,
        features: ArrayLike | None,
        first_params: Callable[[Problem], _F64] | None = None,
        membership: Any = None,
    ) -> Self:
        """Check the parameters, fit, keep what was found, and warn of what it is not."""
        self._check_parameters()
        found = fit(
            self._specification(choices),
            self._search(),
            choices,
            features,
            n_threads=resolve_threads(self.n_threads),
            begin=self._fitted() if self.warm_start and hasattr(self, "coef_") else None,
            first_params=first_params,
            membership=None if membership is None else covariates_of(membership, choices),
        )
        warn_of_little(choices, position_effect=self.position_effect, stacklevel=3)
        warn_of_weights(choices, self.n_components, stacklevel=3)
        self._keep(found)
        self._warn(found, stacklevel=4)
        return self

    def _warn(self, found: Fit, stacklevel: int) -> None:
        if not found.converged:
            linear = found.fitted.linear
            msg = unsettled(found.gain, self.n_iter_, self.max_iter, linear=linear)
            warnings.warn(msg, ConvergenceWarning, stacklevel=stacklevel)
        elif found.starts is not None and found.starts.found_once:
            warnings.warn(found.starts.once(), LocalOptimumWarning, stacklevel=stacklevel)
        for undetermined in found.undetermined:
            warnings.warn(undetermined, UndeterminedWarning, stacklevel=stacklevel)

    def _check_parameters(self) -> None:
        as_whole_number(self.n_components, "n_components", 1)
        as_whole_number(self.n_init, "n_init", 1, _MOST_STARTS)
        as_whole_number(self.max_iter, "max_iter", 1)
        for name, default in self._defaults().items():
            if isinstance(default, bool) and not isinstance(getattr(self, name), (bool, np.bool_)):
                raise TypeError(f"{name} must be True or False, not {getattr(self, name)!r}")
        if self.random_state is not None:
            as_generator(self.random_state)
        for name in ("l2", "prior", "tol"):
            value = getattr(self, name)
            if not 0 <= as_number(value, name) < np.inf:
                msg = f"{name} must be finite and at least 0, not {value}"
                raise ValueError(msg)
        if self.l2 > 0 and self.prior > 0:
            msg = f"l2={self.l2} and prior={self.prior} exclude each other: set one of them"
            raise ValueError(msg)

    def _keep(self, found: Fit) -> None:
        """Store what was found."""
        fitted, form = found.fitted, found.fitted.form
        of_population, of_annotators = self.learned_by_population
        setattr(self, of_population, fitted.told_shares)
        keep_gate(self, fitted.gate)
        setattr(self, of_annotators, fitted.latent)
        self.coef_, self._extra = fitted.coef, fitted.extra
        self.annotator_ids_, self.item_ids_ = fitted.annotator_ids, fitted.item_ids
        self.annotator_counts_ = fitted.annotator_counts
        self.log_likelihood_ = found.log_likelihood
        self.lower_bounds_, self.converged_ = found.objectives, found.converged
        self.starts_ = found.starts
        self._layout, self._ties = form.layout, form.ties
        self._linear, self._undetermined = fitted.linear, found.undetermined
        self._spreads = fitted.spreads
        if fitted.feature_names is not None:
            self.feature_names_in_ = np.array(fitted.feature_names, dtype=object)
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_

    def _fitted_for(self, choices: Any, membership: Any = None) -> Fitted:
        """Return what was found, for what follows from it for these choices, of such people."""
        self._check_fitted()
        refuse_other_than_choices(choices)
        return self._fitted().among(membership)

    def _fitted(self) -> Fitted:
        """Return what was found, as what follows from it takes it."""
        self._check_fitted()
        population, gate = self._population(len(self.coef_)), gate_of(self)
        of_population, of_annotators = self.learned_by_population
        names = getattr(self, "feature_names_in_", None)
        return Fitted(
            coef=self.coef_,
            extra=self._extra,
            mixing=getattr(self, of_population) if gate is None else gate.mixing,
            latent=getattr(self, of_annotators),
            population=population if gate is None else gate.population(population),
            shares=getattr(self, of_population),
            gate=gate,
            penalty=self._penalty(),
            form=Form(self._layout, self._ties, self._n_positions),
            linear=self._linear,
            spreads=getattr(self, "_spreads", None),
            annotator_ids=self.annotator_ids_,
            annotator_counts=self.annotator_counts_,
            item_ids=self.item_ids_,
            n_threads=resolve_threads(self.n_threads),
            feature_names=None if names is None else tuple(names),
        )

    @property
    def _n_positions(self) -> int:
        """Effects of position: what parameters there are beside utility and ties."""
        return int(self._extra.shape[1]) - (self._ties != "half")

    @property
    def _n_free(self) -> int:
        """Parameters of a column that data can determine: utilities are so up to a constant."""
        return int(self.coef_.shape[1] + self._extra.shape[1]) - (not self._linear)

    @property
    def _n_parameters(self) -> int:
        """Free parameters: those of every column, and those of the population."""
        n_columns = len(self.coef_)
        return n_columns * self._n_free + self._fitted().population.n_free

    def __repr__(self) -> str:
        names = getattr(self, "feature_names_in_", None)
        if names is None:
            return super().__repr__()
        shares = getattr(self, "weights_", None)
        if shares is None:
            shares = getattr(self, self.learned_by_population[1]).mean(axis=0)
        return f"{super().__repr__()}\n{coefficients_table(names, self.coef_, shares)}"
