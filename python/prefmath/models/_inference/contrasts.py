"""Contrasts: differences and other sums of parameters, with their errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from prefmath.models._inference.digits import error_text, interval_text, p_text, value_text
from prefmath.models._inference.intervals import as_level
from prefmath.models._inference.marks import NOT_DETERMINED, footnotes, sign_of
from prefmath.models._inference.named import Names, covariance_of, gravest
from prefmath.models._inference.tails import normal_quantile, normal_tails
from prefmath.models._inference.text_table import text_table

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

    from prefmath.models._inference.named import Estimates

    _F64 = NDArray[np.float64]

__all__ = ["Contrast", "contrast_of", "errors_of_sums", "row_labels", "z_and_p"]

# Below this share of the variances that it is made of, the variance of a difference is rounding.
_ROUNDING = 1e-13


@dataclass(frozen=True, eq=False, repr=False)
class Contrast:
    """A difference, or another sum of parameters, in each class.

    Attributes
    ----------
    label : str
        What was asked for.
    estimate, se : ndarray, shape (n_components,)
        Its estimate and standard error, infinite where the data do not determine it. One row where
        a class was named.
    z, p : ndarray, shape (n_components,)
        Estimate over error, and how probable a number as far from 0 is if the truth is 0, by the
        normal distribution. 0 where float64 holds nothing as small.
    interval : ndarray, shape (n_components, 2)
        Confidence interval.
    level : float
        Level of the interval.
    marks : tuple of str
        Why an error is not to be relied on, as in `Uncertainty`, or nothing.
    robust, named : bool
        Whether errors are robust to clustering, and units annotators.
    """

    label: str
    estimate: _F64
    se: _F64
    z: _F64
    p: _F64
    interval: _F64
    level: float
    marks: tuple[str, ...]
    robust: bool
    named: bool

    def __repr__(self) -> str:
        any_marked = any(self.marks)
        rows = []
        for label, *figures, ends, mark in zip(
            row_labels(self.label, len(self.estimate)),
            *(self.estimate, self.se, self.z, self.p, self.interval, self.marks),
            strict=True,
        ):
            value, error, z, p = figures
            sign = sign_of(mark, any_marked=any_marked)
            if mark == NOT_DETERMINED:
                rows.append([label, NOT_DETERMINED + sign, "", "", "", ""])
                continue
            shown = value_text(value, error), error_text(error) + sign, f"{z:.2f}", p_text(p)
            rows.append([label, *shown, interval_text(*ends)])
        header = ["", "estimate", "std. error", "z", "p", f"{100 * self.level:.10g}% interval"]
        notes = footnotes(np.array(self.marks), robust=self.robust, named=self.named)
        kind = "robust standard errors" if self.robust else "standard errors"
        return "\n".join([f"Contrast({self.label}; {kind})", text_table(header, rows), *notes])


def contrast_of(
    estimates: Estimates,
    a: str | Mapping[Any, float],
    b: str | Mapping[Any, float] | None,
    level: float,
) -> Contrast:
    """Return the difference of two sums of parameters, as `Uncertainty.contrast` says."""
    level = as_level(level)
    names = Names(estimates.parameters, len(estimates.params))
    rows, label = names.weights(a, "a")
    if b is not None:
        others, other = names.weights(b, "b")
        if len(others) != len(rows):
            raise ValueError(f"a and b must both name a class or neither: {label!r}, {other!r}")
        single = " " not in other or not isinstance(b, Mapping)
        rows, label = rows - others, f"{label} - {other if single else f'({other})'}"
    if not rows.any():
        raise ValueError(f"a and b must differ: {label} is 0 by definition")
    estimate: _F64 = rows @ estimates.params.ravel()
    marks = gravest(estimates, rows)
    se = errors_of_sums(rows, covariance_of(estimates))
    se[[mark == NOT_DETERMINED for mark in marks]] = np.inf
    z, p = z_and_p(estimate, se)
    reach = normal_quantile(level) * se
    return Contrast(
        label=label,
        estimate=estimate,
        se=se,
        z=z,
        p=p,
        interval=np.stack([estimate - reach, estimate + reach], axis=1),
        level=level,
        marks=tuple(marks),
        robust=estimates.robust,
        named=estimates.named,
    )


def errors_of_sums(rows: _F64, covariance: _F64) -> _F64:
    """Return the standard error of what each row sums; 0 where that is rounding."""
    errors = np.zeros(len(rows))
    for row, weights in enumerate(rows):
        used = np.flatnonzero(weights)
        part = covariance[np.ix_(used, used)]
        scale = np.sqrt(np.maximum(part.diagonal(), 0))
        sizes = weights[used] * scale
        largest = np.abs(sizes).max(initial=0.0)
        if largest == 0:
            continue
        # In units of the largest, whose square float64 may not hold.
        sizes /= largest
        safe = np.where(scale > 0, scale, 1)
        variance = sizes @ (part / safe / safe[:, None]) @ sizes
        if variance > _ROUNDING * (sizes @ sizes):
            errors[row] = largest * np.sqrt(variance)
    return errors


def z_and_p(estimate: _F64, se: _F64) -> tuple[_F64, _F64]:
    """Return estimates over their errors, and both tails; 0 and 1 of what is not known."""
    z = np.zeros_like(estimate)
    known = np.isfinite(se) & (estimate != 0)
    with np.errstate(divide="ignore", over="ignore"):
        z[known] = estimate[known] / se[known]
    tails = np.array([normal_tails(value) for value in z.ravel().tolist()])
    return z, tails.reshape(z.shape)


def row_labels(label: str, n: int) -> list[str]:
    """Return what each row is called: the classes where there are several."""
    return [label] if n == 1 else [f"class {z}" for z in range(n)]
