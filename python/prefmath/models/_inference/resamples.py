"""What a bootstrap returns: coefficients and shares of every resample, and their intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath.models._inference.digits import interval_text, spread_of, value_text
from prefmath.models._inference.intervals import (
    SHOWN,
    as_level,
    intervals_of,
    reading_order,
    table_of,
)
from prefmath.models._inference.marks import (
    CLOSE,
    COINCIDING,
    FEW_UNITS,
    FEWEST_UNITS,
    NOT_DETERMINED,
    NOT_FINITE,
    sign_of,
)
from prefmath.models._inference.percentiles import deviation, ends_of_ranks, percentiles
from prefmath.models._inference.ranks import rank_intervals

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.models._inference.intervals import Intervals
    from prefmath.models._inference.membership_resamples import MembershipResamples
    from prefmath.models._likelihood.parameters import Parameters

    _F64 = NDArray[np.float64]

__all__ = ["Bootstrap"]

# Draws that tell how large the largest difference may be by chance.
_DRAWS = 2000
# A covariance of so many items is no matter.
_FEW_ITEMS = 500


@dataclass(frozen=True, eq=False, repr=False)
class Bootstrap:
    """What a model would have found, had other annotators of the same kind been asked.

    Printed, items stand from the best to the worst; arrays have them in the order of ``coef_``.

    Attributes
    ----------
    params : ndarray, shape (n_resamples, n_components, p)
        Parameters of every resample, as in `Uncertainty`; classes matched to those of the model.
        Infinite where a resample only bounds a parameter from the other side, as of an item that
        wins all its games; 0 where it says nothing of it, as of an item that was not drawn.
    determined : ndarray of bool, shape (n_resamples, n_components, p)
        Whether a resample has a finite estimate of a parameter, which `params` then holds.
    weights : ndarray, shape (n_resamples, n_components)
        Shares of the classes.
    converged : ndarray of bool, shape (n_resamples,)
        Which refits settled.
    estimate_params, estimate_weights : ndarray
        Those of the model, utilities less the mean of those of `reference`.
    parameters : Parameters
        What the columns of `params` are.
    marks : ndarray of str, shape (n_components, p)
        Why intervals are not to be relied on, or nothing. "not determined": the judgements say
        nothing of it. "coinciding": nobody's judgements tell whether they are in the class, whose
        refits stay where the fit of the model began. "not finite": more than 5% of the resamples
        have no finite estimate. "few units": fewer than 20 stand behind it, as in `Uncertainty`,
        so that resamples differ less than other annotators would.
    weights_marks : ndarray of str, shape (n_components,)
        "coinciding", or nothing.
    reference : ndarray of bool, shape (n_items,)
        Items whose mean utility is 0. Empty for coefficients of features.
    named : bool
        Whether annotators were drawn, and not judgements.
    membership : MembershipResamples or None
        Coefficients of membership, if the model was fitted with it.
    """

    params: _F64
    determined: NDArray[np.bool_]
    weights: _F64
    converged: NDArray[np.bool_]
    estimate_params: _F64
    estimate_weights: _F64
    parameters: Parameters
    marks: NDArray[Any]
    weights_marks: NDArray[Any]
    reference: NDArray[np.bool_]
    named: bool
    membership: MembershipResamples | None = None

    @property
    def n_degenerate(self) -> int:
        """Resamples that have no finite estimate of some parameter of which others have one."""
        some = self.determined.any(axis=0)
        return int((~self.determined & some).any(axis=(1, 2)).sum())

    @property
    def coef(self) -> _F64:
        """Coefficients, or utilities of items less that of `reference`, as `params` holds them."""
        return self.params[:, :, self.parameters.coef]

    @property
    def coef_se(self) -> _F64:
        """Standard deviations of the coefficients over resamples, (n_components, d).

        Over those that are finite; infinite where more than 5% are not.
        """
        columns = self.parameters.coef
        return deviation(self.coef, self.determined[:, :, columns], self.marks[:, columns])

    @property
    def weights_se(self) -> _F64:
        """Standard deviations of the shares over resamples, (n_components,)."""
        errors: _F64 = self.weights.std(axis=0, ddof=1)
        return errors

    def interval(self, level: float = 0.95) -> Intervals:
        """Return percentile intervals of parameters and shares.

        Resamples that bound a parameter from one side only count as above or below all others, so
        that an end may be infinite; those that say nothing of it do not count.

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
        params = self._natural_ends(level)
        weights = np.moveaxis(np.quantile(self.weights, _ends(level), axis=0), 0, -1)
        return intervals_of(params, weights, self.parameters, level)

    def ranks(self, level: float = 0.95) -> NDArray[np.int64]:
        """Return marginal intervals of the ranks of items in each class, 1 the best.

        Each by itself, as those of `Uncertainty.ranks`: of percentiles of ranks over resamples,
        which are too narrow where items are all but equal, and ranks that no clear difference
        rules out, by the covariance of the resamples, the wider one; of more than 500 items those
        of percentiles alone. An item that was not drawn
        may have any rank, and two that win all their games either one.

        Parameters
        ----------
        level : float
            Above 0 and below 1.

        Returns
        -------
        ndarray of int, shape (n_components, n_items, 2)
            Best and worst rank.

        Raises
        ------
        ValueError
            If the model was fitted to features, or `level` is no such number.
        """
        if not self.parameters.of_items:
            raise ValueError("ranks are of items, but the model was fitted to features")
        low, high = _ends(level)
        missing = ~self.determined[:, :, self.parameters.coef] & np.isfinite(self.coef)
        missing |= self.marks[:, self.parameters.coef] == NOT_DETERMINED
        best, worst = ends_of_ranks(self.coef, missing)
        ends = [
            np.quantile(best, low, axis=0, method="inverted_cdf"),
            np.quantile(worst, high, axis=0, method="inverted_cdf"),
        ]
        percentiles_of_ranks = np.stack(ends, axis=-1).astype(np.int64)
        if self.coef.shape[2] > _FEW_ITEMS:
            return percentiles_of_ranks
        of_differences = np.stack([self._clear_ranks(z, level) for z in range(len(missing[0]))])
        outer = np.stack([percentiles_of_ranks, of_differences])
        return np.stack([outer[..., 0].min(axis=0), outer[..., 1].max(axis=0)], axis=-1)

    def _clear_ranks(self, z: int, level: float) -> NDArray[np.int64]:
        """Return the ranks in a class that no clear difference rules out, (n_items, 2)."""
        items = self.parameters.coef
        estimate, there = self.estimate_params[z, items], self.determined[:, z, items]
        # Where a resample has no finite estimate, percentiles tell more.
        off = np.where(there, self.params[:, z, items] - estimate, 0.0)
        off -= off.mean(axis=0)
        return rank_intervals(
            estimate,
            off.T @ off / max(len(off) - 1, 1),
            as_level(level),
            unknown=self.marks[z, items] == NOT_DETERMINED,
            joint=False,
            n_draws=_DRAWS,
            rng=np.random.default_rng(0),
        )

    def _natural_ends(self, level: float) -> _F64:
        """Return both ends of parameters as they are called, (n_components, p, 2)."""
        ends = percentiles(self.params, self.determined, _ends(level))
        ends[:, self.marks == NOT_DETERMINED] = np.array([[-np.inf], [np.inf]])
        return np.stack([self.parameters.natural(end) for end in ends], axis=-1)

    def __repr__(self) -> str:
        natural = self.parameters.natural(self.estimate_params)
        ends = self._natural_ends(0.95)
        any_marked = bool((self.marks != "").any())
        of_shares = np.quantile(self.weights, _ends(0.95), axis=0).T
        of_row = zip(self.estimate_weights, of_shares, self.weights_marks, strict=True)
        shares = [_figure(*one, any_marked=any_marked) for one in of_row]
        rows, labels = [], self.parameters.labels()
        mean = self.estimate_weights @ self.estimate_params
        for column in self.parameters.in_order(mean, SHOWN):
            of_class = zip(natural[:, column], ends[:, column], self.marks[:, column], strict=True)
            figures = [_figure(*one, any_marked=any_marked) for one in of_class]
            rows.append([labels[column], *figures])
        table = table_of(shares, rows, len(labels) - len(rows))
        of = f"{len(self.params):,} resamples; 95% intervals{reading_order(self.parameters)}"
        return "\n".join([f"Bootstrap({of})", table, *self._footnotes()])

    def _footnotes(self) -> list[str]:
        """Say what the marks mean, here or in rows that are not printed, and what was left out."""
        units = "annotators" if self.named else "judgements"
        notes = {
            FEW_UNITS: f"* fewer than {FEWEST_UNITS} {units} stand behind it: too narrow",
            NOT_FINITE: "! not finite in over 5% of resamples: set l2 or prior, or leave it out",
            CLOSE: "~ the classes are not clear of each other: intervals are too narrow",
            COINCIDING: "= nothing tells the classes apart: refits stay where the fit began",
            NOT_DETERMINED: "not determined: the judgements say nothing of it",
        }
        lines = [note for mark, note in notes.items() if (self.marks == mark).any()]
        n = len(self.params)
        if self.n_degenerate:
            lines.append(
                f"{self.n_degenerate:,} of {n:,} resamples have no finite estimate of some "
                "parameter: it counts there as above or below all others, or not at all"
            )
        if not self.converged.all():
            unsettled = int((~self.converged).sum())
            lines.append(f"{unsettled:,} of {n:,} refits have not settled: raise max_iter or tol")
        if not self.reference.all():
            of = len(self.reference)
            lines.append(f"utilities are less the mean of {self.reference.sum()} of {of} items")
        return lines


def _ends(level: float) -> tuple[float, float]:
    tail = (1 - as_level(level)) / 2
    return tail, 1 - tail


def _figure(value: float, ends: _F64, mark: str, *, any_marked: bool) -> str:
    sign = sign_of(mark, any_marked=any_marked)
    if mark == NOT_DETERMINED:
        return NOT_DETERMINED + sign
    return (
        f"{value_text(value, spread_of(ends[0], ends[1]))} {interval_text(ends[0], ends[1])}{sign}"
    )
