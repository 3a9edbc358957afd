"""What is asked of a fitted model as a statistical model: a summary, tests, contrasts."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Literal

from prefmath.choices.text import described
from prefmath.models._inference.constrained import constrained_test
from prefmath.models._inference.fit_statistics import fit_statistics_of
from prefmath.models._inference.pointwise import pointwise_of
from prefmath.models._inference.summary import summary_of
from prefmath.models._inference.uncertain import uncertainty_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    from prefmath.choices import Choices
    from prefmath.models._fit.fitted import Fitted
    from prefmath.models._fit.starts import Search
    from prefmath.models._inference.contrasts import Contrast
    from prefmath.models._inference.fit_statistics import FitStatistics
    from prefmath.models._inference.hypotheses import HypothesisTest
    from prefmath.models._inference.pointwise import By
    from prefmath.models._inference.summary import Summary
    from prefmath.models._likelihood.posing import Specification

__all__ = ["StatisticalModel"]


class StatisticalModel(ABC):
    """Questions whose answers need the fit and the choices it was fitted to."""

    log_likelihood_: float
    converged_: bool
    _ties: Any

    @abstractmethod
    def _fitted_for(self, choices: Any, membership: Any = None) -> Fitted:
        """Return what was found, for choices that it can be asked of."""

    @property
    @abstractmethod
    def _n_parameters(self) -> int:
        """How many the data determine."""

    @abstractmethod
    def _specification(self, choices: Choices) -> Specification:
        """Return what the estimator is."""

    @abstractmethod
    def _search(self) -> Search:
        """Return how to look for the best fit."""

    def _penalty_text(self) -> str:
        """Say what penalty the fit has."""
        values = {name: getattr(self, name, 0.0) for name in ("l2", "prior")}
        return ", ".join(f"{name}={value:g}" for name, value in values.items() if value > 0)

    def summary(
        self,
        choices: Choices,
        features: ArrayLike | None = None,
        *,
        robust: bool = True,
        level: float = 0.95,
        membership: Any = None,
    ) -> Summary:
        """Return how well the model fits, and its parameters with errors, tests and intervals.

        Parameters
        ----------
        choices, features, membership
            Those of `fit`.
        robust : bool
            Whether standard errors are robust to clustering by annotator, as in `uncertainty`;
            otherwise they are those of the model, as most software has them.
        level : float
            Of the intervals, above 0 and below 1.

        Returns
        -------
        Summary
            Printed, a table; also `to_text`, `to_frame` and `to_latex`. Figures of fit are in
            ``summary.statistics``: log-likelihoods, ρ² [1]_, AIC, BIC and numbers.

        Raises
        ------
        ValueError
            As `uncertainty` does.

        References
        ----------
        .. [1] McFadden (1974), Conditional logit analysis of qualitative choice behavior, Frontiers
           in Econometrics, section V.

        Examples
        --------
        >>> import pandas as pd
        >>> from prefmath import Choices
        >>> from prefmath.models import ConditionalLogit
        >>> price = pd.DataFrame({"price": [1.0, 2.0, 3.0]})
        >>> choices = Choices.from_choice_sets(range(0, 91, 3), [0, 1, 2] * 30, [0, 0, 2] * 10)
        >>> ConditionalLogit().fit(choices, price).summary(choices, price, robust=False)
        ConditionalLogit of 30 choices among 3 over 3 items
        log-likelihood       -30.4037     AIC         62.807
        null log-likelihood  -32.9584     BIC         64.209
        McFadden's ρ²           0.078     judgements      30
        adjusted ρ²             0.047     parameters       1
        <BLANKLINE>
               estimate  std. error      z       p      95% interval
        price    -0.522       0.239  -2.19  0.0288  [-0.991, -0.054]
        <BLANKLINE>
        standard errors from 30 judgements
        """
        fitted = self._fitted_for(choices, membership)
        uncertainty = uncertainty_of(fitted, choices, features, robust=robust)
        title = f"{type(self).__name__} of {described(choices)}"
        return summary_of(title, self.fit_statistics(choices), uncertainty, level)

    def fit_statistics(self, choices: Choices) -> FitStatistics:
        """Return log-likelihoods, ρ², AIC, BIC and numbers of the fit, without a pass over data.

        Parameters
        ----------
        choices : Choices
            Those of `fit`, of which what is counted is read; they are not looked at otherwise.

        Returns
        -------
        FitStatistics

        Examples
        --------
        >>> from prefmath import Choices
        >>> from prefmath.models import BradleyTerry
        >>> choices = Choices.from_pairs(["tea"] * 3 + ["milk"], ["milk"] * 3 + ["tea"])
        >>> found = BradleyTerry().fit(choices).fit_statistics(choices)
        >>> round(found.null_log_likelihood, 4), round(found.rho_squared, 4)
        (-2.7726, 0.1887)
        """
        self._fitted_for(choices)
        return fit_statistics_of(
            choices,
            log_likelihood=self.log_likelihood_,
            n_parameters=self._n_parameters,
            ties=self._ties,
            penalty=self._penalty_text(),
            converged=bool(self.converged_),
        )

    def contrast(
        self,
        a: str | Mapping[Any, float],
        b: str | Mapping[Any, float] | None,
        choices: Choices,
        features: ArrayLike | None = None,
        *,
        robust: bool = True,
        level: float = 0.95,
        membership: Any = None,
    ) -> Contrast:
        """Return the difference of two items' utilities or two coefficients, with its error.

        Of several questions ask ``model.uncertainty(choices, features)`` once, and that: it has
        `contrast`, `ratio`, `willingness_to_pay`, `quasi_variances` and `test`.

        Parameters
        ----------
        a, b : name, or mapping of names to weights
            As for `Uncertainty.contrast`.
        choices, features, membership
            Those of `fit`.
        robust : bool
            As for `uncertainty`.
        level : float
            Of the interval, above 0 and below 1.

        Returns
        -------
        Contrast
            Estimate, standard error, interval, z and p in each class, and a table where printed.

        Raises
        ------
        ValueError
            As `uncertainty` does; and if there is no parameter of such a name, or the difference is
            0 by definition.
        TypeError
            If it is neither a name nor a mapping of names to numbers.

        Examples
        --------
        >>> from prefmath import Choices
        >>> from prefmath.models import BradleyTerry
        >>> choices = Choices.from_pairs(["tea"] * 30 + ["milk"] * 10, ["milk"] * 30 + ["tea"] * 10)
        >>> model = BradleyTerry().fit(choices)
        >>> found = model.contrast("tea", "milk", choices, robust=False)
        >>> found.estimate.round(3).tolist(), found.se.round(3).tolist()
        ([1.099], [0.365])
        """
        fitted = self._fitted_for(choices, membership)
        found = uncertainty_of(fitted, choices, features, robust=robust)
        return found.contrast(a, b, level=level)

    def test(
        self,
        choices: Choices,
        features: ArrayLike | None = None,
        hypotheses: object = None,
        *,
        method: Literal["wald", "likelihood_ratio"] = "wald",
        robust: bool = True,
        membership: Any = None,
    ) -> HypothesisTest:
        """Test hypotheses about named coefficients, all at once.

        Those of membership are tested by ``model.uncertainty(...).membership.test``.

        Parameters
        ----------
        choices, features, membership
            Those of `fit`.
        hypotheses : str, list of str or of pairs, or dict; optional
            Equations such as ``"price = 0"`` or ``["a = b", "c = 0.5"]``, pairs of names that are
            equal, or names and their values, ``{"price": 0}``. A name means every class, and with
            a class, ``"price[0] = price[1]"``, that one. By default all coefficients are 0, or
            all items are equal.
        method : {"wald", "likelihood_ratio"}
            By the errors of the estimates, or by a second fit in which the hypotheses hold; then
            these are of coefficients that are 0, or that are equal in every class.
        robust : bool
            Whether the errors of Wald's test are robust to clustering by annotator. The likelihood
            ratio never is.

        Returns
        -------
        HypothesisTest
            With statistic, degrees of freedom and p, and what the test relies on.

        Raises
        ------
        ValueError
            As `uncertainty` does; if one names no parameter, is no equation, holds by definition or
            contradicts others; or if a likelihood ratio is asked for of something else.
        TypeError
            If one is no text, pair or number.

        See Also
        --------
        prefmath.models.compare_nested : The same of two fitted models.

        Examples
        --------
        >>> from prefmath import Choices
        >>> from prefmath.models import BradleyTerry
        >>> choices = Choices.from_pairs(["tea"] * 30 + ["milk"] * 10, ["milk"] * 30 + ["tea"] * 10)
        >>> model = BradleyTerry().fit(choices)
        >>> model.test(choices, hypotheses="tea = milk", robust=False)
        HypothesisTest(Wald test of tea = milk)
        chi-squared 9.052, df 1, p 0.0026
        standard errors from 40 judgements
        >>> model.test(choices, hypotheses="tea = milk", method="likelihood_ratio")
        HypothesisTest(likelihood ratio test of tea = milk)
        chi-squared 10.465, df 1, p 0.0012
        """
        fitted = self._fitted_for(choices, membership)
        if method == "wald":
            return uncertainty_of(fitted, choices, features, robust=robust).test(hypotheses)
        if method != "likelihood_ratio":
            raise ValueError(f"method must be 'wald' or 'likelihood_ratio', not {method!r}")
        return constrained_test(
            fitted,
            self._specification(choices),
            self._search(),
            choices,
            features,
            hypotheses,
            log_likelihood=self.log_likelihood_,
            penalty=self._penalty_text(),
            converged=bool(self.converged_),
        )

    def pointwise(
        self,
        choices: Choices,
        features: ArrayLike | None = None,
        *,
        by: By = "judgement",
        membership: Any = None,
    ) -> NDArray[np.float64]:
        r"""Log-likelihood of each judgement or annotator, in nats; their sum is that of all.

        For cross-validation, leave-one-out, WAIC and tests of models that are not nested, such as
        Vuong's [1]_. Judgements of an annotator depend on each other where there are several
        classes: each has the log-likelihood given those of the same annotator that come before it,
        :math:`\log p(y_t \mid y_1, \ldots, y_{t-1})`, so that they sum to that of the annotator;
        to leave one person out, ask by annotator.

        Parameters
        ----------
        choices : Choices
            What was chosen, in `fit` or elsewhere.
        features : array_like, shape (n_items, d), optional
            Of the items of these choices, for a model fitted to features.
        by : {"judgement", "annotator"}
            Whose. Judgements of weight w have w times their log-likelihood, those of somebody who
            stands for c people c times.
        membership : frame, mapping or array_like, optional
            Covariates of the annotators, for a model fitted with membership.

        Returns
        -------
        ndarray, shape (n_judgements,) or (n_annotators,)
            In the order in which the judgements were passed in, or that of
            ``choices.annotator_ids``.

        Raises
        ------
        ValueError
            If `by` is something else, or nobody is named.

        References
        ----------
        .. [1] Vuong (1989), Likelihood ratio tests for model selection and non-nested hypotheses,
           Econometrica 57.

        Examples
        --------
        >>> from prefmath import Choices
        >>> from prefmath.models import BradleyTerry
        >>> choices = Choices.from_pairs(["tea"] * 3 + ["milk"], ["milk"] * 3 + ["tea"])
        >>> BradleyTerry().fit(choices).pointwise(choices).round(3).tolist()
        [-0.288, -0.288, -0.288, -1.386]
        """
        return pointwise_of(self._fitted_for(choices, membership), choices, features, by)
