"""The metrics, and how each follows from the score that the kernels compute of two rows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from prefmath._validate import as_number

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

__all__ = [
    "METRICS",
    "SCORE",
    "as_gamma",
    "as_threshold",
    "check_metric",
    "from_score",
    "is_distance",
    "strict_bound",
]

SCORE = {
    "cosine": "cosine",
    "dot": "dot",
    "euclidean": "sqeuclidean",
    "sqeuclidean": "sqeuclidean",
    "angular": "cosine",
    "rbf": "sqeuclidean",
}
"""What is computed in float64 of two rows, for each metric."""

METRICS = tuple(SCORE)


def check_metric(metric: str, allowed: Collection[str] = METRICS) -> None:
    """Refuse a metric that there is not."""
    if metric not in allowed:
        msg = f"metric must be {_listed(allowed)}, not {metric!r}"
        raise ValueError(msg)


def _listed(names: Collection[str]) -> str:
    *first, last = map(repr, names)
    return f"{', '.join(first)} or {last}" if first else last


def is_distance(metric: str) -> bool:
    """Whether less is more alike."""
    return metric in {"euclidean", "sqeuclidean", "angular"}


def as_gamma(gamma: float | None, metric: str, n_columns: int) -> float:
    """Return the width of the rbf kernel, by default 1 / columns; other metrics have none."""
    if gamma is None:
        return 1 / n_columns
    if metric != "rbf":
        msg = f"gamma belongs to metric 'rbf', not to {metric!r}"
        raise ValueError(msg)
    value = as_number(gamma, "gamma")
    if not 0 < value < math.inf:
        msg = f"gamma must be positive and finite, not {value}"
        raise ValueError(msg)
    return value


_WITHIN = {
    "cosine": (-1.0, 1.0),
    "dot": (-math.inf, math.inf),
    "euclidean": (0.0, math.inf),
    "sqeuclidean": (0.0, math.inf),
    "angular": (0.0, 1.0),
    "rbf": (5e-324, 1.0),
}


def as_threshold(threshold: float, metric: str, gamma: float) -> tuple[float, float]:
    """Return the threshold, and what the score is to reach, or at most to be.

    Where the score is converted, this is a little less strict than the threshold: no pair is lost
    by rounding, and the caller compares what was converted.
    """
    limit = as_number(threshold, "threshold")
    low, high = _WITHIN[metric]
    if not (low <= limit <= high and math.isfinite(limit)):
        where = f"within [{low:g}, {high:g}]" if high <= 1 else f"at least {low:g} and finite"
        where = {"dot": "finite", "rbf": "within (0, 1]"}.get(metric, where)
        msg = f"threshold of metric {metric!r} must be {where}, not {limit}"
        raise ValueError(msg)
    if metric == "angular":
        return limit, math.cos(math.pi * limit) - _ROUNDING
    if metric == "euclidean":
        return limit, limit * limit * (1 + _ROUNDING)
    if metric == "rbf":
        return limit, (_ROUNDING - math.log(limit)) / gamma * (1 + _ROUNDING)
    return limit, limit


def strict_bound(limit: float, bound: float, metric: str, gamma: float) -> float:
    """Return the last score whose metric is within the limit, given a bound beyond it.

    With it a kernel decides as one does who compares the metric: conversions do not turn back.
    """
    if metric == SCORE[metric]:
        return bound
    # A score that passes, that of equal rows, and one that may not; as whole numbers in order.
    inside = _ordinal(1.0 if SCORE[metric] == "cosine" else 0.0)
    # No cosine is below -1, though a bound may be.
    furthest = max(bound, -1.0) if metric == "angular" else bound
    outside = _ordinal(furthest)
    if _is_within(limit, furthest, metric, gamma):
        return bound
    while abs(outside - inside) > 1:
        middle = (inside + outside) // 2
        if _is_within(limit, _float_of(middle), metric, gamma):
            inside = middle
        else:
            outside = middle
    return _float_of(inside)


def _is_within(limit: float, score: float, metric: str, gamma: float) -> bool:
    value = float(from_score(metric, np.array([score]), gamma)[0])
    return value <= limit if is_distance(metric) else value >= limit


def _ordinal(value: float) -> int:
    """Return a whole number for each float64, in their order."""
    bits = int(np.float64(value).view(np.int64))
    return bits if bits >= 0 else -(bits + (1 << 63))


def _float_of(ordinal: int) -> float:
    bits = ordinal if ordinal >= 0 else -ordinal - (1 << 63)
    return float(np.int64(bits).view(np.float64))


# Much more than float64 rounds in a conversion.
_ROUNDING = 1e-14


def from_score(metric: str, score: NDArray[np.float64], gamma: float) -> NDArray[np.float64]:
    """Return the metric of pairs with this score."""
    if metric == "angular":
        return np.arccos(score) / np.pi
    if metric == "euclidean":
        return np.sqrt(score)
    if metric == "rbf":
        return np.exp(-gamma * score)
    return score
