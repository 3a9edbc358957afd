"""Davidson (1970): first, second and tie as exp(u), exp(v) and exp(tau + (u + v) / 2).

With the margin m = u - v a multinomial logit of m / 2, -m / 2 and tau.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from prefmath._numba._njit import njit

from ._part import Values

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ._part import Part

    _F64 = NDArray[np.float64]

__all__ = ["derivatives", "log_likelihood", "product"]


def log_likelihood(u: _F64, part: Part) -> _F64:
    """Compute the log-probability of each win or tie."""
    out = np.empty((len(part.tied), u.shape[1]))
    _log_likelihood(u, part.tie, part.tied, out)
    return out


@njit
def _log_likelihood(u, tie, tied, out):
    for pair in range(len(tied)):
        for k in range(u.shape[1]):
            half = (u[2 * pair, k] - u[2 * pair + 1, k]) / 2
            peak = max(abs(half), tie[k])
            # All but the largest of the three, so that no digit of a small sum is lost.
            rest = np.exp(-abs(half) - peak) + np.exp(min(abs(half), tie[k]) - peak)
            out[pair, k] = (tie[k] if tied[pair] else half) - peak - np.log1p(rest)


def derivatives(u: _F64, part: Part, weights: _F64) -> tuple[Values, Values]:
    """Compute weighted slopes and the diagonal of the negative curvature."""
    first, second = Values.like(u, part), Values.like(u, part)
    _derivatives(u, part.tie, part.tied, weights, *first, *second)
    return first, second


@njit
def _derivatives(u, tie, tied, weights, first, first_tie, second, second_tie):
    for pair in range(len(tied)):
        one, two = 2 * pair, 2 * pair + 1
        for k in range(u.shape[1]):
            w = weights[pair, k]
            p, q, t = _probabilities(u[one, k] - u[two, k], tie[k])
            first[one, k] = w * ((q - p) / 2 if tied[pair] else q + t / 2)
            first[two, k] = -first[one, k]
            first_tie[pair, k] = w * (p + q if tied[pair] else -t)
            second[one, k] = second[two, k] = w * (t * (p + q) / 4 + p * q)
            second_tie[pair, k] = w * t * (p + q)


@njit
def _probabilities(margin, tie):
    peak = max(abs(margin) / 2, tie)
    p, q, t = np.exp(margin / 2 - peak), np.exp(-margin / 2 - peak), np.exp(tie - peak)
    total = p + q + t
    return p / total, q / total, t / total


def product(u: _F64, part: Part, weights: _F64, v: _F64, v_tie: _F64) -> Values:
    """Multiply the negative Hessian, the same for every outcome, with a direction."""
    out = Values.like(u, part)
    _product(u, part.tie, weights, v, v_tie, *out)
    return out


@njit
def _product(u, tie, weights, v, v_tie, out, out_tie):
    for pair in range(len(weights)):
        one, two = 2 * pair, 2 * pair + 1
        for k in range(u.shape[1]):
            w = weights[pair, k]
            p, q, t = _probabilities(u[one, k] - u[two, k], tie[k])
            moved, cross = v[one, k] - v[two, k], t * (q - p) / 2
            out[one, k] = w * ((t * (p + q) / 4 + p * q) * moved + cross * v_tie[k])
            out[two, k] = -out[one, k]
            out_tie[pair, k] = w * (cross * moved + t * (p + q) * v_tie[k])
