"""Multinomial logit (McFadden 1974): log P(c | set) = u_c - log sum exp(u)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from prefmath._numba._njit import njit

from ._part import Values

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ._part import Part

    _F64 = NDArray[np.float64]

__all__ = ["derivatives", "log_likelihood", "probabilities", "product"]


def log_likelihood(u: _F64, part: Part) -> _F64:
    """Compute u_chosen - log sum exp(u) of each set."""
    out = np.empty((len(part.chosen), u.shape[1]))
    _log_likelihood(u, part.offsets, part.chosen, out)
    return out


@njit
def _log_likelihood(u, offsets, chosen, out):
    for s in range(len(chosen)):
        members = u[offsets[s] : offsets[s + 1]]
        for k in range(u.shape[1]):
            out[s, k] = members[chosen[s], k] - _log_sum(members, k)


@njit
def _log_sum(members, k):
    peak = members[:, k].max()
    total = 0.0
    for at in range(len(members)):
        total += np.exp(members[at, k] - peak)
    return peak + np.log(total)


@njit
def probabilities(u, offsets, out):
    """Write the choice probabilities of the items of sets; `out` may be `u`."""
    for s in range(len(offsets) - 1):
        members = u[offsets[s] : offsets[s + 1]]
        for k in range(u.shape[1]):
            log_sum = _log_sum(members, k)
            for at in range(len(members)):
                out[offsets[s] + at, k] = np.exp(members[at, k] - log_sum)


def derivatives(u: _F64, part: Part, weights: _F64) -> tuple[Values, Values]:
    """Compute w (1{chosen} - p) and w p (1 - p) of each item."""
    first, second = np.empty_like(u), np.empty_like(u)
    probabilities(u, part.offsets, u)
    _derivatives(u, part.offsets, part.chosen, weights, first, second)
    return Values(first, None), Values(second, None)


@njit
def _derivatives(p, offsets, chosen, weights, first, second):
    for s in range(len(chosen)):
        for at in range(offsets[s], offsets[s + 1]):
            target = 1.0 if at - offsets[s] == chosen[s] else 0.0
            for k in range(p.shape[1]):
                first[at, k] = weights[s, k] * (target - p[at, k])
                second[at, k] = weights[s, k] * p[at, k] * (1.0 - p[at, k])


def product(
    u: _F64,
    part: Part,
    weights: _F64,
    v: _F64,
    v_tie: _F64,  # noqa: ARG001
) -> Values:
    """Multiply w (diag(p) - p pᵀ) of each set with a direction."""
    out = np.empty_like(u)
    probabilities(u, part.offsets, u)
    _product(u, part.offsets, weights, v, out)
    return Values(out, None)


@njit
def _product(p, offsets, weights, v, out):
    for s in range(len(offsets) - 1):
        for k in range(p.shape[1]):
            mean = 0.0
            for at in range(offsets[s], offsets[s + 1]):
                mean += p[at, k] * v[at, k]
            for at in range(offsets[s], offsets[s + 1]):
                out[at, k] = weights[s, k] * p[at, k] * (v[at, k] - mean)
