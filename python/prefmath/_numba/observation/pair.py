"""Bradley-Terry (1952): log P(first) = log sigmoid(u_first - u_second); a tie is half a win."""

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
    """Compute log sigmoid of the margin of each pair."""
    out = np.empty((len(part.tied), u.shape[1]))
    _log_likelihood(u, part.tied, out)
    return out


@njit
def _log_likelihood(u, tied, out):
    for pair in range(len(tied)):
        for k in range(u.shape[1]):
            margin = u[2 * pair, k] - u[2 * pair + 1, k]
            lost = abs(margin) / 2 if tied[pair] else max(-margin, 0.0)
            out[pair, k] = -(lost + np.log1p(np.exp(-abs(margin))))


def derivatives(u: _F64, part: Part, weights: _F64) -> tuple[Values, Values]:
    """Compute w (y - p), its opposite for the second item, and w p (1 - p) for both."""
    first, second = np.empty_like(u), np.empty_like(u)
    _derivatives(u, part.tied, weights, first, second)
    return Values(first, None), Values(second, None)


@njit
def _derivatives(u, tied, weights, first, second):
    for pair in range(len(tied)):
        one, two = 2 * pair, 2 * pair + 1
        share = 0.5 if tied[pair] else 1.0
        for k in range(u.shape[1]):
            margin = u[one, k] - u[two, k]
            less, more = _sides(margin)
            first[one, k] = weights[pair, k] * (share - (less if margin < 0 else more))
            first[two, k] = -first[one, k]
            second[one, k] = second[two, k] = weights[pair, k] * less * more


@njit
def _sides(margin):
    """Return sigmoid(-|margin|) and sigmoid(|margin|)."""
    small = np.exp(-abs(margin))
    return small / (1.0 + small), 1.0 / (1.0 + small)


def product(
    u: _F64,
    part: Part,  # noqa: ARG001
    weights: _F64,
    v: _F64,
    v_tie: _F64,  # noqa: ARG001
) -> Values:
    """Multiply the negative Hessian with a direction: w p (1 - p) (v_first - v_second)."""
    out = np.empty_like(u)
    _product(u, weights, v, out)
    return Values(out, None)


@njit
def _product(u, weights, v, out):
    for pair in range(len(weights)):
        one, two = 2 * pair, 2 * pair + 1
        for k in range(u.shape[1]):
            less, more = _sides(u[one, k] - u[two, k])
            out[one, k] = weights[pair, k] * less * more * (v[one, k] - v[two, k])
            out[two, k] = -out[one, k]
