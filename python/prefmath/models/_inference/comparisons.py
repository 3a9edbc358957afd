"""What follows from estimates and their covariance: contrasts, ratios, quasi-variances, tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from prefmath.models._inference.contrasts import contrast_of
from prefmath.models._inference.hypotheses import wald
from prefmath.models._inference.quasi_variances import quasi_variances_of
from prefmath.models._inference.ratios import ratio_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

    from prefmath.models._inference.contrasts import Contrast
    from prefmath.models._inference.hypotheses import HypothesisTest
    from prefmath.models._inference.named import Estimates
    from prefmath.models._inference.quasi_variances import QuasiVariances
    from prefmath.models._inference.ratios import Ratio

__all__ = ["Comparisons"]


class Comparisons:
    """Questions about named parameters.

    A parameter is named by its label, or an item by its id. In a mixture each class has an answer;
    the class in brackets, as in "price[0]", asks for one.
    """

    def contrast(
        self: Estimates,
        a: str | Mapping[Any, float],
        b: str | Mapping[Any, float] | None = None,
        *,
        level: float = 0.95,
    ) -> Contrast:
        """Return the difference of two parameters, such as two items' utilities, with its error.

        Parameters
        ----------
        a, b : name, or mapping of names to weights
            What is taken from what. Weights make a sum: ``{"tea": 0.5, "milk": 0.5}`` is a mean.
            Without `b` it is `a` itself.
        level : float
            Of the interval, above 0 and below 1.

        Returns
        -------
        Contrast
            Estimate, standard error, interval, z and p in each class, and a table where printed.

        Raises
        ------
        ValueError
            If there is no parameter of such a name, or the difference is 0 by definition.
        TypeError
            If it is neither a name nor a mapping of names to numbers.

        Examples
        --------
        >>> from prefmath import Choices
        >>> from prefmath.models import BradleyTerry
        >>> choices = Choices.from_pairs(["tea"] * 30 + ["milk"] * 10, ["milk"] * 30 + ["tea"] * 10)
        >>> errors = BradleyTerry().fit(choices).uncertainty(choices, robust=False)
        >>> errors.contrast("tea", "milk")
        Contrast(tea - milk; standard errors)
                    estimate  std. error     z       p    95% interval
        tea - milk     1.099       0.365  3.01  0.0026  [0.383, 1.814]
        """
        return contrast_of(self, a, b, level)

    def ratio(
        self: Estimates,
        numerator: str | Mapping[Any, float],
        denominator: str | Mapping[Any, float],
        *,
        level: float = 0.95,
        n_draws: int = 10_000,
        random_state: int | np.random.Generator | None = 0,
    ) -> Ratio:
        """Return a ratio of two coefficients, with intervals of three kinds.

        Parameters
        ----------
        numerator, denominator : name, or mapping of names to weights
            As for `contrast`.
        level : float
            Of the intervals, above 0 and below 1.
        n_draws : int
            Draws of the estimates, of which quantiles are taken.
        random_state : int, Generator or None
            Where the draws come from.

        Returns
        -------
        Ratio
            By the delta method [1]_, by draws of Krinsky and Robb [2]_, and Fieller's [3]_. Where
            the denominator is not clear of 0 it is marked, and its intervals are infinite.

        Raises
        ------
        ValueError
            If there is no parameter of such a name.
        TypeError
            If it is neither a name nor a mapping of names to numbers.

        References
        ----------
        .. [1] Daly, Hess and de Jong (2012), Calculating errors for measures derived from choice
           modelling estimates, Transportation Research B 46.
        .. [2] Krinsky and Robb (1986), On approximating the statistical properties of elasticities,
           Review of Economics and Statistics 68.
        .. [3] Fieller (1954), Some problems in interval estimation, Journal of the Royal
           Statistical Society B 16.

        Examples
        --------
        >>> import numpy as np
        >>> from prefmath import Choices
        >>> from prefmath.models import ConditionalLogit
        >>> rng = np.random.default_rng(0)
        >>> time_and_price = rng.uniform(1, 5, (600, 2))
        >>> utility = time_and_price @ [-1.0, -0.5] + rng.gumbel(size=600)
        >>> chosen = utility.reshape(200, 3).argmax(axis=1)
        >>> choices = Choices.from_choice_sets(range(0, 601, 3), range(600), chosen)
        >>> errors = ConditionalLogit().fit(choices, time_and_price).uncertainty(
        ...     choices, time_and_price
        ... )
        >>> found = errors.ratio("feature 0", "feature 1")
        >>> found.estimate.round(1), found.fieller.round(1)
        (array([3.2]), array([[1.9, 7.3]]))
        """
        return ratio_of(
            self,
            numerator,
            denominator,
            sign=1.0,
            level=level,
            n_draws=n_draws,
            random_state=random_state,
        )

    def willingness_to_pay(
        self: Estimates,
        attribute: str | Mapping[Any, float],
        cost: str | Mapping[Any, float],
        *,
        level: float = 0.95,
        n_draws: int = 10_000,
        random_state: int | np.random.Generator | None = 0,
    ) -> Ratio:
        """Return how much cost one unit of an attribute is worth: minus `ratio`.

        Parameters
        ----------
        attribute, cost : name, or mapping of names to weights
            As for `contrast`.
        level, n_draws, random_state
            As for `ratio`.

        Returns
        -------
        Ratio
            Minus the coefficient of the attribute over that of the cost, which is usually below 0.

        Raises
        ------
        ValueError
            As `ratio` does.
        TypeError
            As `ratio` does.
        """
        return ratio_of(
            self,
            attribute,
            cost,
            sign=-1.0,
            level=level,
            n_draws=n_draws,
            random_state=random_state,
        )

    def quasi_variances(self: Estimates) -> QuasiVariances:
        """Return one variance an item, from which that of any difference of two follows.

        The standard error of ``utility[i] - utility[j]`` is about the root of ``q[i] + q[j]``, so
        that one column of a table, or bars of a plot, tell of all differences [1]_. How far off
        that is at worst is told.

        Returns
        -------
        QuasiVariances

        Raises
        ------
        ValueError
            If the model was fitted to features, or there are fewer than two items.

        References
        ----------
        .. [1] Firth and de Menezes (2004), Quasi-variances, Biometrika 91.

        Examples
        --------
        >>> from prefmath import Choices
        >>> from prefmath.models import PlackettLuce
        >>> choices = Choices.from_rankings([0, 3, 6, 8], list("abcbcaca"), weight=[40, 20, 10])
        >>> PlackettLuce().fit(choices).uncertainty(choices, robust=False).quasi_variances()
        QuasiVariances(3 items; best items first, not as in arrays)
           utility  quasi-SE
        b    0.501     0.169
        a    0.096     0.189
        c   -0.597     0.169
        errors of differences are off by +0.0% to +0.0%
        """
        return quasi_variances_of(self)

    def test(self: Estimates, hypotheses: object = None) -> HypothesisTest:
        """Return Wald's test that all of some hypotheses about parameters hold [1]_.

        Parameters
        ----------
        hypotheses : str, list of str or of pairs, or dict; optional
            Equations such as ``"price = 0"`` or ``["a = b", "c = 0.5"]``, pairs of names that are
            equal, or names and their values, ``{"price": 0}``. A name means every class, and with
            a class, ``"price[0] = price[1]"``, that one. By default all coefficients are 0, or
            all items are equal.

        Returns
        -------
        HypothesisTest
            With statistic, degrees of freedom and p.

        Raises
        ------
        ValueError
            If one names no parameter, is no equation, holds by definition or contradicts others, or
            the judgements say nothing of it.
        TypeError
            If one is no text, pair or number.

        References
        ----------
        .. [1] Wald (1943), Tests of statistical hypotheses concerning several parameters when the
           number of observations is large, Transactions of the American Mathematical Society 54.

        Examples
        --------
        >>> from prefmath import Choices
        >>> from prefmath.models import BradleyTerry
        >>> choices = Choices.from_pairs(["tea"] * 30 + ["milk"] * 10, ["milk"] * 30 + ["tea"] * 10)
        >>> BradleyTerry().fit(choices).uncertainty(choices, robust=False).test("tea = milk")
        HypothesisTest(Wald test of tea = milk)
        chi-squared 9.052, df 1, p 0.0026
        standard errors from 40 judgements
        """
        return wald(self, hypotheses)
