"""Summary of a fitted model: how well it fits, and its parameters with errors and tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath.models._inference.contrasts import z_and_p
from prefmath.models._inference.intervals import as_level
from prefmath.models._inference.summary_latex import latex_of
from prefmath.models._inference.summary_rows import Block, Row
from prefmath.models._inference.summary_text import text_of
from prefmath.models._inference.tails import normal_quantile

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.models._inference.fit_statistics import FitStatistics
    from prefmath.models._inference.membership import MembershipUncertainty
    from prefmath.models._inference.uncertainty import Uncertainty

    _F64 = NDArray[np.float64]

__all__ = ["Summary", "summary_of"]

# Rows of a class that are printed unless all are asked for.
_PRINTED = 40


@dataclass(frozen=True, eq=False, repr=False)
class Summary:
    """A fitted model as papers print it.

    Parameters of ties are on the scale on which they are estimated, the logarithm.

    Attributes
    ----------
    title : str
        The model, and what it was fitted to.
    statistics : FitStatistics
        Log-likelihoods, ρ², AIC, BIC, and numbers of people, judgements and parameters.
    labels : tuple of str
        What the columns of the arrays are.
    estimate, se : ndarray, shape (n_components, p)
        Estimates and standard errors; infinite of what the data do not determine.
    z, p : ndarray, shape (n_components, p)
        Estimates over their errors, and how probable numbers as far from 0 are if the truth is 0,
        by the normal distribution. 0 and 1 of what is not determined.
    interval : ndarray, shape (n_components, p, 2)
        Confidence intervals.
    level : float
        Level of these.
    uncertainty : Uncertainty
        Where the errors come from: it says of which kind they are, and answers what else is asked.
    """

    title: str
    statistics: FitStatistics
    labels: tuple[str, ...]
    estimate: _F64
    se: _F64
    z: _F64
    p: _F64
    interval: _F64
    level: float
    uncertainty: Uncertainty

    def __repr__(self) -> str:
        return self.to_text(_PRINTED)

    def to_text(self, most: int | None = None) -> str:
        """Return the summary as lines of text.

        Parameters
        ----------
        most : int, optional
            Coefficients or items of a class that are printed; all by default.

        Returns
        -------
        str
        """
        return text_of(self.title, self.statistics, self._blocks(most), self._notes(), self.level)

    def to_latex(self, most: int | None = None) -> str:
        r"""Return a LaTeX tabular, which needs no package; what LaTeX reads is escaped in names.

        Parameters
        ----------
        most : int, optional
            As for `to_text`.

        Returns
        -------
        str

        Examples
        --------
        >>> from prefmath import Choices
        >>> from prefmath.models import BradleyTerry
        >>> choices = Choices.from_pairs(["a_1"] * 3 + ["b"], ["b"] * 3 + ["a_1"])
        >>> print(BradleyTerry().fit(choices).summary(choices, robust=False).to_latex())
        \begin{tabular}{lrrrrr}
        \hline
         & estimate & std. error & $z$ & $p$ & 95\% interval \\
        \hline
        a\_1 & 0.549 & 0.577 & 0.95 & 0.3414 & [$-$0.582, 1.681] \\
        b & $-$0.549 & 0.577 & $-$0.95 & 0.3414 & [$-$1.681, 0.582] \\
        \hline
        log-likelihood & $-$2.2493 & & & & \\
        null log-likelihood & $-$2.7726 & & & & \\
        McFadden's $\rho^2$ & 0.189 & & & & \\
        adjusted $\rho^2$ & $-$0.172 & & & & \\
        AIC & 6.499 & & & & \\
        BIC & 5.885 & & & & \\
        judgements & 4 & & & & \\
        parameters & 1 & & & & \\
        \hline
        \multicolumn{6}{l}{standard errors from 4 judgements} \\
        \multicolumn{6}{l}{utilities are less their mean: z and p are of the distance from it} \\
        \end{tabular}
        """
        return latex_of(self.statistics, self._blocks(most), self._notes(), self.level)

    def to_frame(self, backend: str = "pandas") -> Any:
        """Return the parameters as a data frame, a row each: of utilities, shares and what else.

        Parameters
        ----------
        backend : {"pandas", "polars", "pyarrow"} or another that narwhals knows
            Which library's frame.

        Returns
        -------
        data frame
            With the columns component, kind, parameter, estimate, std_error, z, p, lower, upper and
            mark. Shares have no z and p: they are null.

        Raises
        ------
        ImportError
            If narwhals or that library is not installed.
        ValueError
            If there is no such library.
        """
        from prefmath.io.frames_out import frame_of

        rows = [(block, row) for block in self._blocks(None) for row in block.rows]
        columns: dict[str, list[Any]] = {
            "component": [block.component for block, _ in rows],
            "kind": [row.kind for _, row in rows],
            "parameter": [row.label for _, row in rows],
            "estimate": [row.estimate for _, row in rows],
            "std_error": [row.se for _, row in rows],
            "z": [row.z for _, row in rows],
            "p": [row.p for _, row in rows],
            "lower": [row.low for _, row in rows],
            "upper": [row.high for _, row in rows],
            "mark": [row.mark for _, row in rows],
        }
        return frame_of(columns, backend)

    def _blocks(self, most: int | None) -> list[Block]:
        """Return the rows of each class: its share, then what it prefers."""
        known, parameters = self.uncertainty, self.uncertainty.parameters
        n_classes, p = self.estimate.shape
        n_coef = len(parameters.names)
        if most is None:
            order, rest = list(range(p)), 0
        else:
            order = parameters.in_order(known.weights @ known.params, most)
            rest = p - len(order)
        first = "utility" if parameters.of_items else "coefficient"
        kinds = [first] * n_coef + ["position"] * parameters.n_positions
        kinds += ["ties"] * (p - len(kinds))
        shares = known.interval(self.level).weights
        blocks = []
        for z in range(n_classes):
            rows = [
                Row(
                    kind=kinds[column],
                    label=self.labels[column],
                    estimate=float(self.estimate[z, column]),
                    se=float(self.se[z, column]),
                    z=float(self.z[z, column]),
                    p=float(self.p[z, column]),
                    low=float(self.interval[z, column, 0]),
                    high=float(self.interval[z, column, 1]),
                    mark=str(known.marks[z, column]),
                )
                for column in order
            ]
            if n_classes > 1:
                share = Row(
                    kind="share",
                    label="share",
                    estimate=float(known.weights[z]),
                    se=float(known.weights_se[z]),
                    z=None,
                    p=None,
                    low=float(shares[z, 0]),
                    high=float(shares[z, 1]),
                    mark=str(known.weights_marks[z]),
                )
                rows = [share, *rows]
            if known.membership is not None and z > 0:
                rows += _of_membership(known.membership, z, self.level)
            title = f"class {z}" if n_classes > 1 else ""
            blocks.append(Block(title=title, component=z, rows=tuple(rows), rest=rest))
        return blocks

    def _notes(self) -> list[str]:
        """Say of which kind the errors are, and what is not to be relied on."""
        known, statistics = self.uncertainty, self.statistics
        notes = [known.kind_text(), *known.footnotes()]
        if known.parameters.of_items and known.reference.all():
            notes.append("utilities are less their mean: z and p are of the distance from it")
        if known.parameters.ties != "half":
            notes.append("ties are told by the logarithm, as they are estimated: tie_ is not")
        if statistics.penalty:
            notes.append(
                f"a penalised fit ({statistics.penalty}): estimates are drawn towards 0, errors "
                "are those of the penalised likelihood, and ρ², AIC and BIC count parameters as "
                "if there were no penalty"
            )
        if known.membership is not None and len(self.estimate) > 1:
            notes.append("membership: coefficients of a logit, relative to class 0")
        if not statistics.converged:
            notes.append("the fit has not settled: raise max_iter")
        return notes


def _of_membership(membership: MembershipUncertainty, z: int, level: float) -> list[Row]:
    """Return the coefficients that tell by covariates how probable a class is."""
    interval = membership.interval(level)[z]
    rows = []
    for j, name in enumerate(membership.names):
        estimate, se = float(membership.coef[z, j]), float(membership.coef_se[z, j])
        known = bool(np.isfinite(estimate) and np.isfinite(se) and se > 0)
        of_z, of_p = z_and_p(np.array([estimate]), np.array([se])) if known else (None, None)
        rows.append(
            Row(
                kind="membership",
                label=f"membership: {name}",
                estimate=estimate,
                se=se,
                z=None if of_z is None else float(of_z[0]),
                p=None if of_p is None else float(of_p[0]),
                low=float(interval[j, 0]),
                high=float(interval[j, 1]),
                mark=str(membership.marks[z, j]),
            )
        )
    return rows


def summary_of(
    title: str, statistics: FitStatistics, uncertainty: Uncertainty, level: float
) -> Summary:
    """Return estimates beside their errors, tests and intervals."""
    level = as_level(level)
    estimate, se = uncertainty.params.copy(), uncertainty.params_se
    z, p = z_and_p(estimate, se)
    reach = normal_quantile(level) * se
    return Summary(
        title=title,
        statistics=statistics,
        labels=tuple(uncertainty.parameters.labels_of_scale()),
        estimate=estimate,
        se=se,
        z=z,
        p=p,
        interval=np.stack([estimate - reach, estimate + reach], axis=-1),
        level=level,
        uncertainty=uncertainty,
    )
