"""Slope of the log-likelihood of every outcome at the utilities of its entries."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.models._observation import Observation

    _F64 = NDArray[np.float64]

__all__ = ["residuals"]


def residuals(observation: Observation, table: _F64) -> tuple[_F64, _F64 | None]:
    """Return slopes at the utility of each entry, and of each outcome at the row of ties.

    (n_entries, n_classes), and (n_outcomes, n_classes) or None where ties have no row.
    """
    utility = table[observation.items]
    if observation.extra is not None:
        shown = observation.extra >= 0
        utility[shown] += table[observation.extra[shown]]
    if observation.tie_row >= 0:
        tied = np.zeros(observation.n_outcomes) if observation.tied is None else observation.tied
        slope = _davidson if observation.ties == "davidson" else _rao_kupper
        first, second, tie = slope(
            utility[0::2], utility[1::2], table[observation.tie_row], tied[:, None] > 0
        )
        return np.stack([first, second], axis=1).reshape(utility.shape), tie
    starts, sizes = observation.offsets[:-1], np.diff(observation.offsets)
    utility -= np.repeat(np.maximum.reduceat(utility, starts), sizes, axis=0)
    np.exp(utility, out=utility)
    utility /= np.repeat(np.add.reduceat(utility, starts), sizes, axis=0)
    np.negative(utility, out=utility)
    chosen = starts + observation.chosen
    if observation.tied is None:
        utility[chosen] += 1
    else:
        half = observation.tied[:, None] / 2
        utility[chosen] += 1 - half
        utility[starts + 1 - observation.chosen] += half
    return utility, None


def _davidson(
    first: _F64, second: _F64, log_nu: _F64, tied: NDArray[np.bool_]
) -> tuple[_F64, _F64, _F64]:
    """Win, loss and tie as e^u, e^v and nu e^((u + v) / 2) (Davidson 1970, equation 2.4)."""
    top = np.maximum(first, second)
    win, loss = np.exp(first - top), np.exp(second - top)
    tie = np.exp(log_nu + (first + second) / 2 - top)
    total = win + loss + tie
    share = tie / total
    half = (tied - share) / 2
    return ~tied - win / total + half, half - loss / total, tied - share


def _rao_kupper(
    first: _F64, second: _F64, log_threshold: _F64, tied: NDArray[np.bool_]
) -> tuple[_F64, _F64, _F64]:
    """Win L(m - λ), loss L(-m - λ), else a tie; L logistic (Rao and Kupper 1967, equation 2)."""
    margin, threshold = first - second, np.exp(log_threshold)
    above, below = _logistic(margin + threshold), _logistic(margin - threshold)
    on_margin = np.where(tied, 1 - above - below, 1 - below)
    apart = _logistic(-margin - threshold) / _logistic(threshold - margin) + below / above
    on_threshold = np.where(tied, apart / -np.expm1(-2 * threshold), below - 1)
    return on_margin, -on_margin, on_threshold * threshold


def _logistic(x: _F64) -> _F64:
    small = np.exp(-np.abs(x))
    share: _F64 = np.where(x >= 0, 1, small) / (1 + small)
    return share
