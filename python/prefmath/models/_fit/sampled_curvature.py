"""The curvature of one class from two halves of a sample, which say how far to trust each other."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from prefmath._kernels import kernels
from prefmath.models._fit.sample import Sample
from prefmath.models._likelihood.products import inverse_of, products

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.models._likelihood.problem import Problem
    from prefmath.models._likelihood.state import State
    from prefmath.models._likelihood.utility.linear import LinearUtility

    _F64 = NDArray[np.float64]

__all__ = ["SampledCurvature", "sampled_curvature"]

# Correlations are shrunk where at least this share of their squares is noise. Where more of it is
# signal, some directions may be nearly collinear, and shrinkage would hide them.
_MOSTLY_NOISE = 0.5
# Parameters over rows: more would be no curvature at all.
_MOST_RATIO = 0.5
# How far products of a matrix and its inverse may be from what went in.
_EXACT = 1e-6


@dataclass(frozen=True, eq=False)
class SampledCurvature:
    """One matrix from a sample, D^½ R D^½: it shows the way, and the secants find what is left.

    `scale` holds the square roots of D, `inverse` is that of R, or None where R is too nearly
    singular to have one.
    """

    scale: _F64
    correlations: _F64
    inverse: _F64 | None
    n_threads: int
    exact = False
    shared = False

    def due(self, n_steps: int) -> bool:  # noqa: ARG002
        """Whether it is to be worked out anew: never."""
        return False

    def solve(self, gradient: _F64) -> _F64:
        """Return the step for a gradient, (1, n_parameters)."""
        x = np.ascontiguousarray(gradient / self.scale)
        if self.inverse is None:
            x = kernels.newton_direction(x, self.correlations[None], self.n_threads)
        else:
            x = products(x, self.inverse, self.n_threads)
        step: _F64 = x / self.scale
        return step

    def of_one_class(self) -> _F64:
        """Return the matrix."""
        matrix: _F64 = self.correlations * self.scale * self.scale[:, None]
        return matrix

    def of_more(self, times: float) -> SampledCurvature:
        """Return the curvature of so many times the data."""
        return replace(self, scale=self.scale * np.sqrt(times))


def sampled_curvature(
    problem: Problem, utility: LinearUtility, state: State, rows: NDArray[np.int64]
) -> SampledCurvature:
    """Return the curvature of one class from some outcomes.

    Correlations that are mostly noise are shrunk by the share of their squares that is, which
    halves of the sample tell, towards none but those that the chosen coefficients cause
    (Ledoit and Wolf 2004, A well-conditioned estimator for large-dimensional covariance matrices).
    """
    halves = [
        Sample(problem, utility, rows[part]).curvature(state)[0]
        for part in (slice(0, None, 2), slice(1, None, 2))
    ]
    matrix = (halves[0] + halves[1]) / 2
    if not np.isfinite(matrix).all():
        msg = "weights or features are too large for float64 to sum: divide them by a constant"
        raise ValueError(msg)
    diagonal = matrix.diagonal()
    scale = np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
    one, two = (half / scale / scale[:, None] for half in halves)
    correlations = (one + two) / 2
    apart = (one - two) / 2
    noise = float(np.einsum("ij,ij->", apart, apart)) - float(apart.diagonal() @ apart.diagonal())
    square = float(np.einsum("ij,ij->", correlations, correlations)) - len(scale)
    share = min(noise / square, 1.0) if square > 0 else 0.0
    if share >= _MOSTLY_NOISE:
        correlations = _shrunk(correlations, state.coef * scale, share, problem.n_threads)
    else:
        correlations *= _excess(noise / len(scale))
    inverse = _inverse(correlations, problem.n_threads)
    return SampledCurvature(scale, correlations, inverse, problem.n_threads)


def _shrunk(correlations: _F64, coef: _F64, share: float, n_threads: int) -> _F64:
    """Shrink towards the identity, and along the coefficients towards what is seen there.

    What is chosen for sure has less curvature, so that it is smaller along what is wanted.
    """
    shrunk = correlations * (1 - share)
    shrunk[np.diag_indices(len(shrunk))] += share
    along = products(coef, correlations, n_threads)
    length = float((along**2).sum())
    if length > 0:
        along /= np.sqrt(length)
        seen = float((products(along, correlations, n_threads) * along).sum())
        shrunk += share * (seen - 1) * along * along.T
    return shrunk


def _excess(ratio: float) -> float:
    """Return by how much to overstate the curvature, of which `ratio` is parameters over rows.

    Whitened by a sample, the curvature has eigenvalues from 1 / (1 + √ratio)² to 1 / (1 - √ratio)²
    (Marchenko and Pastur 1967): this makes the largest 1 + x where it makes the smallest 1 - x.
    """
    ratio = min(max(ratio, 0.0), _MOST_RATIO)
    return (1 + ratio) / (1 - ratio) ** 2


def _inverse(matrix: _F64, n_threads: int) -> _F64 | None:
    """Invert a matrix; None where it is singular, or so nearly that the inverse would not do."""
    try:
        inverse = inverse_of(matrix, n_threads)
    except np.linalg.LinAlgError:
        return None
    probe = np.random.default_rng(0).standard_normal((1, len(matrix)))
    found = products(probe, inverse, n_threads)
    again = products(found, matrix, n_threads)
    # Along nothing may the step be downhill.
    sound = np.abs(again - probe).max() < _EXACT and float((found * probe).sum()) > 0
    return inverse if sound else None
