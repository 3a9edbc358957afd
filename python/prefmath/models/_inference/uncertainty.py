"""Uncertainty: standard errors, covariance and intervals of what a model found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._validate import as_generator, as_whole_number
from prefmath.choices.counts import count_text
from prefmath.models._inference.comparisons import Comparisons
from prefmath.models._inference.digits import estimate_text
from prefmath.models._inference.intervals import (
    SHOWN,
    Intervals,
    as_level,
    intervals_of,
    reading_order,
    table_of,
)
from prefmath.models._inference.marks import NOT_DETERMINED, footnotes, sign_of
from prefmath.models._inference.ranks import rank_intervals
from prefmath.models._inference.tails import normal_quantile

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.models._inference.membership import MembershipUncertainty
    from prefmath.models._likelihood.parameters import Parameters

    _F64 = NDArray[np.float64]

__all__ = ["Intervals", "Uncertainty"]

# Ends of ranks want ten thousand draws; of more than this a digit was too many.
_MOST_DRAWS = 10_000_000


@dataclass(frozen=True, eq=False, repr=False)
class Uncertainty(Comparisons):
    """How far a fitted model's numbers may be off, had other annotators been asked.

    Printed, items stand from the best to the worst; arrays have them in the order of ``coef_``.

    Attributes
    ----------
    params : ndarray, shape (n_components, p)
        The estimates: coefficients, or utilities of items less the mean of those in `reference`;
        effects of position; the log of Davidson's nu, or the log of the log of Rao and Kupper's
        theta.
    weights : ndarray, shape (n_components,)
        Shares of the classes.
    covariance : ndarray, shape (n_components * (p + 1), n_components * (p + 1))
        Of the parameters, class after class, then of the shares. The variances of marked ones are
        raised to those of the model, if these are larger.
    robust : bool
        Whether it is robust to the clustering of judgements by annotator.
    n_units : float
        Annotators; judgements where nobody is named. Each as often as its count says.
    parameters : Parameters
        What the columns of `params` are.
    marks : ndarray of str, shape (n_components, p)
        Why an error is not to be relied on, or nothing. "few units": fewer than 20 stand behind a
        robust error. "nearly singular": the error of the model is more than 2 in utility, of the
        item or of the usual difference in a feature, or more than 3 times the robust error.
        "close classes": the distance to another class, over its errors, has an F below 20, so that
        the classes may be one; errors are then too small, and estimates too far apart.
        "not determined": the judgements say nothing of it, and the error is infinite.
    weights_marks : ndarray of str, shape (n_components,)
        The same of the shares.
    n_behind : ndarray, shape (n_components, p)
        How many units stand behind each parameter: of how many equally informative ones it would
        be, each counted as far as it is in the class.
    reference : ndarray of bool, shape (n_items,)
        Items whose mean utility is 0 in every class: all but those that are not determined or
        nearly singular in some class. Empty for coefficients of features.
    named, weighted : bool
        Whether units are annotators, and whether judgements have weights. In robust errors a row
        is one unit, or a part of one, whatever its weight; in those of the model it counts as often
        as its weight says.
    n_distinct : int or None
        Rows of units, each of which stands for as many as its count says; None without counts.
    membership : MembershipUncertainty or None
        The same of the coefficients that tell the class of a person by covariates, if the model has
        any; shares are then the mean over the people of the fit.

    See Also
    --------
    ChoiceMixture.uncertainty : Where it comes from.
    bootstrap : The same by resampling, without normality.
    """

    params: _F64
    weights: _F64
    covariance: _F64
    robust: bool
    n_units: float
    parameters: Parameters
    marks: NDArray[Any]
    weights_marks: NDArray[Any]
    n_behind: _F64
    reference: NDArray[np.bool_]
    named: bool
    weighted: bool
    n_distinct: int | None = None
    membership: MembershipUncertainty | None = None

    @property
    def coef(self) -> _F64:
        """Coefficients, or utilities of items less that of `reference`, (n_components, d)."""
        return self.params[:, self.parameters.coef]

    @property
    def coef_se(self) -> _F64:
        """Standard errors of `coef`; infinite where it is not determined."""
        return self.params_se[:, self.parameters.coef]

    @property
    def weights_se(self) -> _F64:
        """Standard errors of `weights`."""
        return self._errors()[self.params.size :]

    @property
    def position_effects_se(self) -> _F64:
        """Standard errors of the effects of position, (n_components, n_positions)."""
        return self.params_se[:, self.parameters.positions]

    @property
    def tie_se(self) -> _F64 | None:
        """Standard error of nu or theta by the delta method, (n_components,), if there is one."""
        if self.parameters.ties == "half":
            return None
        return self._natural_se()[:, -1]

    def interval(self, level: float = 0.95) -> Intervals:
        """Return intervals, normal for parameters (ties: their logs), and for logits of shares.

        Those of what is not determined are infinite.

        Parameters
        ----------
        level : float
            Above 0 and below 1.

        Returns
        -------
        Intervals

        Raises
        ------
        ValueError
            If `level` is no such number.
        """
        # Of what is not determined all is within reach, however low the level.
        reach = normal_quantile(as_level(level))
        ends = np.array([-reach, reach])
        errors = self.params_se
        with np.errstate(over="ignore"):
            params = np.stack(
                [self.parameters.natural(self.params + end * errors) for end in ends], axis=-1
            )
            inner = (self.weights > 0) & (self.weights < 1)
            share = np.where(inner, self.weights, 0.5)
            error = self.weights_se / (share * (1 - share))
            logit = np.log(share / (1 - share))[:, None] + error[:, None] * ends
            weights = np.where(inner[:, None], 1 / (1 + np.exp(-logit)), self.weights[:, None])
        return intervals_of(params, weights, self.parameters, level)

    def ranks(
        self,
        level: float = 0.95,
        *,
        joint: bool = False,
        n_draws: int = 10_000,
        random_state: int | np.random.Generator | None = 0,
    ) -> NDArray[np.int64]:
        """Confidence intervals of the ranks of items in each class, 1 the best.

        Marginal ones hold each rank by itself, joint ones all ranks of a class at once: both by the
        largest of the differences to other items over their errors, of one item or of all. Where
        items are all but equal they hold, and are wide.

        An item whose utility is not determined may have any rank.

        Parameters
        ----------
        level : float
            Above 0 and below 1.
        joint : bool
            Whether all ranks of a class shall lie within their intervals at once (joint), rather
            than each by itself (marginal).
        n_draws : int
            Draws of the estimates that tell how large the largest difference may be by chance.
        random_state : int, Generator or None
            Where the draws come from.

        Returns
        -------
        ndarray of int, shape (n_components, n_items, 2)
            Best and worst rank.

        Raises
        ------
        ValueError
            If the model was fitted to features, or `level` is no such number.

        References
        ----------
        Mogstad, Romano, Shaikh and Wilhelm (2024), Inference for ranks with applications to
        mobility across neighbourhoods and academic achievement across countries, Review of
        Economic Studies 91, section 3.
        """
        if not self.parameters.of_items:
            raise ValueError("ranks are of items, but the model was fitted to features")
        draws = as_whole_number(n_draws, "n_draws", 100, _MOST_DRAWS)
        rng = as_generator(random_state)
        (k, p), d = self.params.shape, self.coef.shape[1]
        blocks = [slice(z * p, z * p + d) for z in range(k)]
        return np.stack(
            [
                rank_intervals(
                    utilities,
                    self.covariance[block, block],
                    as_level(level),
                    unknown=marks == NOT_DETERMINED,
                    joint=joint,
                    n_draws=draws,
                    rng=rng,
                )
                for utilities, block, marks in zip(
                    self.coef, blocks, self.marks[:, :d], strict=True
                )
            ]
        )

    def _errors(self) -> _F64:
        errors: _F64 = np.sqrt(np.maximum(self.covariance.diagonal(), 0))
        errors[: self.params.size][self.marks.ravel() == NOT_DETERMINED] = np.inf
        return errors

    @property
    def params_se(self) -> _F64:
        """Standard errors of `params`; infinite where one is not determined."""
        return self._errors()[: self.params.size].reshape(self.params.shape)

    def _natural_se(self) -> _F64:
        with np.errstate(over="ignore"):
            errors: _F64 = self.params_se * self.parameters.derivative(self.params)
        return errors

    def __repr__(self) -> str:
        natural, errors = self.parameters.natural(self.params), self._natural_se()
        marked = bool((self.marks != "").any() or (self.weights_marks != "").any())
        of_row = zip(self.weights, self.weights_se, self.weights_marks, strict=True)
        shares = [_figure(*one, any_marked=marked) for one in of_row]
        rows, labels = [], self.parameters.labels()
        for column in self.parameters.in_order(self.weights @ self.params, SHOWN):
            of_row = zip(natural[:, column], errors[:, column], self.marks[:, column], strict=True)
            rows.append([labels[column], *(_figure(*one, any_marked=marked) for one in of_row)])
        table = table_of(shares, rows, len(labels) - len(rows))
        header = f"Uncertainty({self.kind_text()}{reading_order(self.parameters)})"
        of_membership = [] if self.membership is None else [repr(self.membership)]
        return "\n".join([header, table, *self.footnotes(), *of_membership])

    def kind_text(self) -> str:
        """Say of which kind the errors are, and of how many units."""
        kind = "robust standard errors" if self.robust else "standard errors"
        units = f"{count_text(self.n_units)} {'annotators' if self.named else 'judgements'}"
        if self.n_distinct is not None:
            units += f" ({self.n_distinct:,} distinct)"
        return f"{kind} from {units}"

    def footnotes(self) -> list[str]:
        """Say what the marks mean, here or in rows that are not printed, and what weights do."""
        marks = self.marks, self.weights_marks
        notes = footnotes(*marks, robust=self.robust, named=self.named)
        if not self.reference.all():
            n = len(self.reference)
            notes.append(f"utilities are less the mean of {self.reference.sum()} of {n} items")
        if self.weighted and self.robust and self.named:
            notes.append("a unit is an annotator, whatever its judgements weigh")
        elif self.weighted and self.robust:
            notes.append("a row of weight w counts once, not w times: give count= for w judgements")
        elif self.weighted:
            notes.append("a row of weight w counts w times")
        if self.n_distinct is not None:
            kind = "annotators who answered alike" if self.named else "judgements"
            notes.append(f"a row of count c is c {kind}")
        return notes


def _figure(value: float, error: float, mark: str, *, any_marked: bool) -> str:
    sign = sign_of(mark, any_marked=any_marked)
    return (NOT_DETERMINED if mark == NOT_DETERMINED else estimate_text(value, error)) + sign
