"""Plackett-Luce (Plackett 1975): log P = sum of u_t - L_t, L_t the log-sum of u from t on.

Stage t = 0, ..., l - 1 chooses item t from those from t on. With q_a = exp(u_a - L_s) and d_t the
sum of exp(L_t - L_s) over s <= t, t and s at most l - 1, the slope of u_a is 1{a < l} - q_a d_a.
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

__all__ = ["derivatives", "last_stage", "log_likelihood", "log_sums", "product"]


def log_likelihood(u: _F64, part: Part) -> _F64:
    """Sum u_t - L_t over the stages of each ranking."""
    out = np.zeros((len(part.n_ranked), u.shape[1]))
    _log_likelihood(u, part.offsets, part.n_ranked, np.empty(len(u)), out)
    return out


@njit
def _log_likelihood(u, offsets, n_ranked, logs, out):
    for s in range(len(n_ranked)):
        start, end = offsets[s], offsets[s + 1]
        for k in range(u.shape[1]):
            log_sums(u, start, end, k, logs)
            for at in range(start, last_stage(start, end, n_ranked[s])):
                out[s, k] += u[at, k] - logs[at]


@njit
def last_stage(start, end, n_ranked):
    """Return the end of the stages: the last item left is no choice."""
    return start + min(n_ranked, end - start - 1)


@njit
def log_sums(u, start, end, k, logs):
    log = -np.inf
    for at in range(end - 1, start - 1, -1):
        peak = max(log, u[at, k])
        log = peak + np.log1p(np.exp(min(log, u[at, k]) - peak))
        logs[at] = log


def derivatives(u: _F64, part: Part, weights: _F64) -> tuple[Values, Values]:
    """Compute weighted slopes and the diagonal of the negative curvature."""
    first, second = np.empty_like(u), np.empty_like(u)
    _derivatives(u, part.offsets, part.n_ranked, weights, np.empty(len(u)), first, second)
    return Values(first, None), Values(second, None)


@njit
def _derivatives(u, offsets, n_ranked, weights, logs, first, second):
    for s in range(len(n_ranked)):
        start, end = offsets[s], offsets[s + 1]
        last = last_stage(start, end, n_ranked[s])
        for k in range(u.shape[1]):
            log_sums(u, start, end, k, logs)
            d = squares = 0.0
            log = logs[start]
            for at in range(start, end):
                if at < last:
                    ratio = np.exp(logs[at] - log)
                    log = logs[at]
                    d, squares = 1.0 + ratio * d, 1.0 + ratio * ratio * squares
                q = np.exp(u[at, k] - log)
                first[at, k] = weights[s, k] * ((1.0 if at < last else 0.0) - q * d)
                second[at, k] = weights[s, k] * q * (d - q * squares)


def product(
    u: _F64,
    part: Part,
    weights: _F64,
    v: _F64,
    v_tie: _F64,  # noqa: ARG001
) -> Values:
    """Multiply the negative Hessian, a sum of w (diag(p) - p pᵀ) over stages, with a direction."""
    out = np.empty_like(u)
    room = np.empty(len(u)), np.empty(len(u))
    _product(u, part.offsets, part.n_ranked, weights, v, room, out)
    return Values(out, None)


@njit
def _product(u, offsets, n_ranked, weights, v, room, out):
    logs, means = room
    for s in range(len(n_ranked)):
        start, end = offsets[s], offsets[s + 1]
        last = last_stage(start, end, n_ranked[s])
        for k in range(u.shape[1]):
            log_sums(u, start, end, k, logs)
            mean = 0.0
            for at in range(end - 1, start - 1, -1):
                log = logs[max(start, min(at, last - 1))]
                kept = np.exp(logs[at + 1] - log) if at + 1 < last else 1.0
                mean = np.exp(u[at, k] - log) * v[at, k] + kept * mean
                means[at] = mean
            d = e = 0.0
            log = logs[start]
            for at in range(start, end):
                if at < last:
                    ratio = np.exp(logs[at] - log)
                    log = logs[at]
                    d, e = 1.0 + ratio * d, means[at] + ratio * e
                out[at, k] = weights[s, k] * np.exp(u[at, k] - log) * (d * v[at, k] - e)
