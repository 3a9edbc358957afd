"""Rao and Kupper (1967): P(first) = sigmoid(m - l), P(second) = sigmoid(-m - l), the rest a tie.

The threshold is l = exp(tau), the margin m. P(tie) = (exp(2 l) - 1) P(first) P(second).
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

# Larger thresholds are taken as exp of this: their squares must stay finite.
_LARGEST = 300.0


def log_likelihood(u: _F64, part: Part) -> _F64:
    """Compute the log-probability of each win or tie."""
    out = np.empty((len(part.tied), u.shape[1]))
    _log_likelihood(u, part.tie, part.tied, out)
    return out


@njit
def _log_likelihood(u, tie, tied, out):
    for k in range(u.shape[1]):
        threshold, log_spread, _, _ = _constants(tie[k])
        for pair in range(len(tied)):
            margin = u[2 * pair, k] - u[2 * pair + 1, k]
            near = np.log1p(np.exp(-abs(margin - threshold)))
            if tied[pair]:
                far = np.log1p(np.exp(-abs(margin + threshold)))
                out[pair, k] = log_spread - max(abs(margin) - threshold, 0.0) - (near + far)
            else:
                out[pair, k] = min(margin - threshold, 0.0) - near


@njit
def _constants(tie):
    """Return l, log(1 - exp(-2 l)), d = 2 l / (exp(2 l) - 1) and d (d + 2 l - 1)."""
    threshold = np.exp(min(tie, _LARGEST))
    doubled = 2.0 * threshold
    if doubled < 1e-9:
        return threshold, tie + np.log(2.0) - threshold, 1.0 - threshold, threshold
    d = doubled / np.expm1(doubled)
    return threshold, np.log(-np.expm1(-doubled)), d, d * (d + doubled - 1.0)


def derivatives(u: _F64, part: Part, weights: _F64) -> tuple[Values, Values]:
    """Compute weighted slopes and the diagonal of the negative curvature."""
    first, second = Values.like(u, part), Values.like(u, part)
    _derivatives(u, part.tie, part.tied, weights, *first, *second)
    return first, second


@njit
def _derivatives(u, tie, tied, weights, first, first_tie, second, second_tie):
    for k in range(u.shape[1]):
        constants = _constants(tie[k])
        threshold, _, d, _ = constants
        for pair in range(len(tied)):
            one, two = 2 * pair, 2 * pair + 1
            w = weights[pair, k]
            margin = u[one, k] - u[two, k]
            p, q = _sigmoid(margin - threshold), _sigmoid(-margin - threshold)
            not_p = _sigmoid(threshold - margin)
            first[one, k] = w * (q - p if tied[pair] else not_p)
            first[two, k] = -first[one, k]
            first_tie[pair, k] = w * (d + threshold * (p + q) if tied[pair] else -threshold * not_p)
            bend, _, bend_tie = _definite(tied[pair], margin, constants)
            second[one, k] = second[two, k] = w * bend
            second_tie[pair, k] = w * bend_tie


@njit
def _sigmoid(x):
    small = np.exp(-abs(x))
    return 1.0 / (1.0 + small) if x >= 0 else small / (1.0 + small)


@njit
def _curvature(tied, margin, constants):
    """Return the negative second derivatives in m, in m and tau, in tau."""
    threshold, _, _, extra = constants
    p, not_p = _sigmoid(margin - threshold), _sigmoid(threshold - margin)
    if not tied:
        bend = p * not_p
        return bend, -threshold * bend, threshold * threshold * bend + threshold * not_p
    q, not_q = _sigmoid(-margin - threshold), _sigmoid(margin + threshold)
    one, two = p * not_p, q * not_q
    straight = threshold * threshold * (one + two)
    return one + two, threshold * (two - one), straight - threshold * (p + q) + extra


@njit
def _definite(tied, margin, constants):
    """Leave out what the curve of l in tau adds where it would make a tie indefinite."""
    bend, cross, bend_tie = _curvature(tied, margin, constants)
    if tied and not (bend_tie >= 0 and bend * bend_tie >= cross * cross):
        bend_tie = constants[0] * constants[0] * bend
    return bend, cross, bend_tie


def product(u: _F64, part: Part, weights: _F64, v: _F64, v_tie: _F64) -> Values:
    """Multiply the negative Hessian, made semidefinite, with a direction."""
    out = Values.like(u, part)
    _product(u, part.tie, part.tied, weights, v, v_tie, *out)
    return out


@njit
def _product(u, tie, tied, weights, v, v_tie, out, out_tie):
    for k in range(u.shape[1]):
        constants = _constants(tie[k])
        for pair in range(len(weights)):
            one, two = 2 * pair, 2 * pair + 1
            w, moved = weights[pair, k], v[one, k] - v[two, k]
            bend, cross, bend_tie = _definite(tied[pair], u[one, k] - u[two, k], constants)
            out[one, k] = w * (bend * moved + cross * v_tie[k])
            out[two, k] = -out[one, k]
            out_tie[pair, k] = w * (cross * moved + bend_tie * v_tie[k])
