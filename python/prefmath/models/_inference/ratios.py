r"""Ratios of coefficients, such as what people would pay, and how far they may be off.

With estimates a and b of covariance V the ratio r = a / b has, by the delta method, the variance
:math:`(V_{aa} - 2 r V_{ab} + r^2 V_{bb}) / b^2`. Krinsky and Robb (1986) draw a and b and take the
quantiles of their ratios. Fieller (1954) takes all r at which :math:`a - r b` is not clear of 0,
which is an interval where b is clear of 0, and otherwise has no end on one side or both: no finite
interval can then have its level, and none is returned.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from prefmath._validate import as_generator, as_whole_number
from prefmath.models._inference.contrasts import row_labels
from prefmath.models._inference.digits import error_text, interval_text, value_text
from prefmath.models._inference.intervals import as_level
from prefmath.models._inference.marks import NOT_DETERMINED, footnotes, sign_of
from prefmath.models._inference.named import Names, covariance_of, gravest
from prefmath.models._inference.tails import normal_quantile
from prefmath.models._inference.text_table import text_table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.models._inference.named import Estimates

    _F64 = NDArray[np.float64]

__all__ = ["NOT_CLEAR", "Ratio", "ratio_of"]

NOT_CLEAR = "denominator not clear of 0"
"""Why there is no finite interval of a ratio."""

_MOST_DRAWS = 10_000_000


@dataclass(frozen=True, eq=False, repr=False)
class Ratio:
    """A ratio of two parameters in each class, with three intervals.

    Attributes
    ----------
    label : str
        What was asked for.
    estimate : ndarray, shape (n_components,)
        The ratio of the estimates. One row where a class was named.
    se : ndarray, shape (n_components,)
        Its standard error by the delta method; infinite where the denominator is not clear of 0.
    delta, draws, fieller : ndarray, shape (n_components, 2)
        Confidence intervals: normal by the delta method, which is symmetric; quantiles of draws of
        Krinsky and Robb; and Fieller's, which has its level where estimates are normal. Infinite
        where the denominator is not clear of 0.
    level : float
        Level of the intervals.
    marks : tuple of str
        "denominator not clear of 0" where its own interval of this level holds 0; otherwise as in
        `Uncertainty`.
    robust, named : bool
        Whether errors are robust to clustering, and units annotators.
    """

    label: str
    estimate: _F64
    se: _F64
    delta: _F64
    draws: _F64
    fieller: _F64
    level: float
    marks: tuple[str, ...]
    robust: bool
    named: bool

    def __repr__(self) -> str:
        signs = [mark for mark in self.marks if mark != NOT_CLEAR]
        any_marked = any(signs)
        rows = []
        for label, value, error, mark, *intervals in zip(
            row_labels(self.label, len(self.estimate)),
            *(self.estimate, self.se, self.marks, self.delta, self.draws, self.fieller),
            strict=True,
        ):
            if mark in {NOT_CLEAR, NOT_DETERMINED}:
                rows.append([label, mark, "", "", "", ""])
                continue
            sign = sign_of(mark, any_marked=any_marked)
            ends = [interval_text(*of) for of in intervals]
            rows.append([label, value_text(value, error), error_text(error) + sign, *ends])
        header = ["", "estimate", "std. error", "delta method", "Krinsky-Robb", "Fieller"]
        notes = footnotes(np.array(signs), robust=self.robust, named=self.named)
        if NOT_CLEAR in self.marks:
            notes.append("no finite interval of a ratio holds where its denominator may be 0")
        of = f"{100 * self.level:.10g}% intervals"
        return "\n".join([f"Ratio({self.label}; {of})", text_table(header, rows), *notes])


def ratio_of(
    estimates: Estimates,
    numerator: object,
    denominator: object,
    *,
    sign: float,
    level: float,
    n_draws: int,
    random_state: int | np.random.Generator | None,
) -> Ratio:
    """Return `sign` times a ratio of sums of parameters, as `Uncertainty.ratio` says."""
    level = as_level(level)
    number = as_whole_number(n_draws, "n_draws", 100, _MOST_DRAWS)
    rng = as_generator(random_state)
    names = Names(estimates.parameters, len(estimates.params))
    above, over = names.weights(numerator, "numerator")
    below, under = names.weights(denominator, "denominator")
    if len(above) != len(below):
        raise ValueError(
            f"numerator and denominator must both name a class or neither: {over!r}, {under!r}"
        )
    above = sign * above
    covariance, params = covariance_of(estimates), estimates.params.ravel()
    marks = gravest(estimates, np.abs(above) + np.abs(below))
    n, whole = len(above), np.array([-np.inf, np.inf])
    errors = np.sqrt(np.maximum(covariance.diagonal(), 0))
    estimate, se = np.zeros(n), np.full(n, np.inf)
    delta, draws, fieller = (np.tile(whole, (n, 1)) for _ in range(3))
    reach = normal_quantile(level)
    for row in range(n):
        pair = np.stack([above[row], below[row]])
        # In units of the errors, whose squares float64 may not hold.
        units = np.abs(pair * errors).max(axis=1)
        units[units == 0] = 1
        pair /= units[:, None]
        unit = units[0] / units[1]
        a, b = pair @ params
        v = pair @ covariance @ pair.T
        if marks[row] == NOT_DETERMINED or not abs(b) > reach * np.sqrt(max(v[1, 1], 0)):
            # What it would be is told where there is a number at all.
            estimate[row] = unit * (a / b) if b else 0.0
            marks[row] = marks[row] if marks[row] == NOT_DETERMINED else NOT_CLEAR
            continue
        r = estimate[row] = a / b
        se[row] = np.sqrt(max(v[0, 0] - 2 * r * v[0, 1] + r * r * v[1, 1], 0)) / abs(b)
        delta[row] = r - reach * se[row], r + reach * se[row]
        drawn = _draws(v, number, rng) + np.array([a, b])
        tail = (1 - level) / 2
        draws[row] = np.quantile(drawn[:, 0] / drawn[:, 1], [tail, 1 - tail])
        fieller[row] = _fieller(a, b, v, reach)
        for values in (estimate, se, delta, draws, fieller):
            values[row] *= unit
    label = f"{'-' if sign < 0 else ''}{_grouped(over)} / {_grouped(under)}"
    return Ratio(
        label=label,
        estimate=estimate,
        se=se,
        delta=delta,
        draws=draws,
        fieller=fieller,
        level=level,
        marks=tuple(marks),
        robust=estimates.robust,
        named=estimates.named,
    )


def _draws(v: _F64, n: int, rng: np.random.Generator) -> _F64:
    """Draw two normal numbers of mean 0 and this covariance, which may be singular, n times."""
    scale = np.sqrt(np.maximum(v.diagonal(), 0))
    safe = np.where(scale > 0, scale, 1)
    values, vectors = np.linalg.eigh(v / safe / safe[:, None])
    root = vectors * np.sqrt(np.maximum(values, 0))
    drawn: _F64 = rng.standard_normal((n, 2)) @ root.T * scale
    return drawn


def _fieller(a: float, b: float, v: _F64, reach: float) -> tuple[float, float]:
    """Return the roots of (a - r b)² = reach² times its variance, b being clear of 0."""
    square = reach**2
    of_r2 = b * b - square * v[1, 1]
    of_r = a * b - square * v[0, 1]
    constant = a * a - square * v[0, 0]
    root = np.sqrt(max(of_r * of_r - of_r2 * constant, 0))
    return (of_r - root) / of_r2, (of_r + root) / of_r2


def _grouped(text: str) -> str:
    return f"({text})" if " + " in text or " - " in text else text
