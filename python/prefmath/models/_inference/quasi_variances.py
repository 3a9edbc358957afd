r"""Quasi-variances: one number an item, from which the error of any difference follows.

Of items i and j the variance of the difference is to be :math:`q_i + q_j`. The q that come nearest
minimise :math:`\sum_{i<j} (\log v_{ij} - \log(q_i + q_j))^2` (Firth 2003, Overcoming the reference
category problem in the presentation of statistical models, Sociological Methodology 33; Firth and
de Menezes 2004, Quasi-variances, Biometrika 91). Errors of differences of items come out right in a
plot of one bar an item, which standard errors of utilities alone do not give.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from prefmath.models._inference.digits import error_text, value_text
from prefmath.models._inference.intervals import SHOWN, reading_order
from prefmath.models._inference.marks import NOT_DETERMINED
from prefmath.models._inference.named import covariance_of
from prefmath.models._inference.text_table import text_table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.models._inference.named import Estimates
    from prefmath.models._likelihood.parameters import Parameters

    _F64 = NDArray[np.float64]

__all__ = ["QuasiVariances", "quasi_variances_of"]

_ITERATIONS = 200
_SETTLED = 1e-13


@dataclass(frozen=True, eq=False, repr=False)
class QuasiVariances:
    """Variances of items as if these were independent.

    Attributes
    ----------
    quasi_variances : ndarray, shape (n_components, n_items)
        The standard error of the difference of two items of a class is about the root of their sum.
        Infinite of an item whose utility is not determined. One may be below 0, where an item is
        known together with others better than alone; sums of two never are.
    estimate : ndarray, shape (n_components, n_items)
        Utilities.
    worst : ndarray, shape (n_components, 2)
        The lowest and the highest relative error of a standard error of a difference that is taken
        from them: -0.02 is 2% too small.
    parameters : Parameters
        What the columns are.
    """

    quasi_variances: _F64
    estimate: _F64
    worst: _F64
    parameters: Parameters

    @property
    def quasi_se(self) -> _F64:
        """Roots of the quasi-variances, 0 where these are below."""
        roots: _F64 = np.sqrt(np.maximum(self.quasi_variances, 0))
        return roots

    def __repr__(self) -> str:
        rows, labels = [], self.parameters.labels()
        order = self.parameters.in_order(self.estimate.mean(axis=0), SHOWN)
        for column in order:
            cells = []
            for value, q in zip(
                self.estimate[:, column], self.quasi_variances[:, column], strict=True
            ):
                if not np.isfinite(q):
                    cells += [NOT_DETERMINED, ""]
                    continue
                error = float(np.sqrt(abs(q)))
                cells += [value_text(value, error), error_text(error) if q > 0 else "below 0"]
            rows.append([labels[column], *cells])
        k, n = self.estimate.shape
        lines = [text_table(["", *["utility", "quasi-SE"] * k], rows)]
        if n > len(order):
            lines.append(f"… {n - len(order)} more")
        for z, (low, high) in enumerate(self.worst):
            where = f" in class {z}" if k > 1 else ""
            # Of rounding alone no sign is told: -0.0 and 0 make 0.
            ends = [f"{round(end, 3) + 0.0:+.1%}" for end in (low, high)]
            lines.append(f"errors of differences are off by {ends[0]} to {ends[1]}{where}")
        return "\n".join([f"QuasiVariances({n} items{reading_order(self.parameters)})", *lines])


def quasi_variances_of(estimates: Estimates) -> QuasiVariances:
    """Return the quasi-variances of items, as `Uncertainty.quasi_variances` says."""
    parameters = estimates.parameters
    if not parameters.of_items:
        raise ValueError("quasi-variances are of items, but the model was fitted to features")
    k, p = estimates.params.shape
    n = len(parameters.names)
    if n < 2:
        raise ValueError("quasi-variances need two items at least")
    blocks = covariance_of(estimates).reshape(k, p, k, p)
    found, worst = np.full((k, n), np.inf), np.zeros((k, 2))
    for z in range(k):
        known = np.flatnonzero(estimates.marks[z, :n] != NOT_DETERMINED)
        if len(known) < 2:
            continue
        covariance = blocks[z, :n, z, :n][np.ix_(known, known)]
        variance = covariance.diagonal()
        differences = variance[:, None] + variance - 2 * covariance
        found[z, known], worst[z] = _nearest(differences)
    return QuasiVariances(found, estimates.params[:, :n].copy(), worst, parameters)


def _nearest(v: _F64) -> tuple[_F64, tuple[float, float]]:
    """Return quasi-variances for variances of differences, and the worst relative errors."""
    n = len(v)
    others = ~np.eye(n, dtype=np.bool_)
    scale = v[others].mean()
    if not v[others].min() > 0:
        raise ValueError("quasi-variances need differences of items that are not known exactly")
    if n == 2:
        return np.full(2, v[0, 1] / 2), (0.0, 0.0)
    v = v / scale
    # Least squares of the variances themselves are a start, if no sum of two is lost.
    q = (v.sum(axis=1) - v.sum() / (2 * (n - 1))) / (n - 2)
    if not (q[:, None] + q)[others].min() > 0:
        q = np.full(n, 0.5)
    log_v = np.log(np.where(others, v, 1))
    value = _misfit(q, log_v, others)
    for _ in range(_ITERATIONS):
        sums = np.where(others, q[:, None] + q, 1)
        residual = np.where(others, log_v - np.log(sums), 0)
        inverse = np.where(others, 1 / sums, 0)
        slope = (residual * inverse).sum(axis=1)
        curvature = np.square(inverse)
        curvature[np.diag_indices(n)] = curvature.sum(axis=1)
        step = np.linalg.solve(curvature, slope)
        for _ in range(60):
            trial = _misfit(q + step, log_v, others)
            if trial <= value:
                break
            step /= 2
        else:
            break
        q, value = q + step, trial
        if np.abs(step).max() < _SETTLED * np.abs(q).max():
            break
    ratio = np.sqrt(((q[:, None] + q) / np.where(others, v, 1))[others]) - 1
    return q * scale, (float(ratio.min()), float(ratio.max()))


def _misfit(q: _F64, log_v: _F64, others: NDArray[np.bool_]) -> float:
    """Sum the squares that are minimised; infinite where a sum of two is not above 0."""
    sums = np.where(others, q[:, None] + q, 1)
    if not sums.min() > 0:
        return np.inf
    return float(np.square(np.where(others, log_v - np.log(sums), 0)).sum())
