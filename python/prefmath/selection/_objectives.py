"""The objectives: their names, and how quality and `trade_off` enter each of them.

Every objective is ``f(S) = wq Q(S) + wd D(S)``, quality and diversity. The weights are 1 and 1, or
``1 - trade_off`` and ``trade_off``, or 0 and 1 where there is no quality. For each member Q is on
the scale of D, so that one `trade_off` means the same everywhere. s is the cosine, s⁺ = max(s, 0),
and sums over i run over all n rows of the pool:

=================== ============================================== ========================
method              D(S)                                           Q(S)
=================== ============================================== ========================
dpp                 log det of the similarities of S               2 Σ log q
mmr                 -Σ, over S in order, of the largest s before   Σ q
max_sum             Σ of 1 - s over pairs                          Σ over pairs of mean q
max_min             smallest 1 - s of a pair                       mean q of that pair
facility_location   Σᵢ max over S of s⁺                            (n / k) Σ q
saturated_coverage  Σᵢ min(C(i, S), a C(i, all)), C the sum of s⁺  n Σ q
k_medoids           Σᵢ max over S of s                             (n / k) Σ q
=================== ============================================== ========================

Here a = min(1, k / n). Under ``max_min`` the blend stands inside the minimum over pairs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from prefmath._validate import as_number

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["METHODS", "Terms", "check_method", "terms"]

METHODS = (
    "dpp",
    "mmr",
    "max_sum",
    "max_min",
    "facility_location",
    "saturated_coverage",
    "k_medoids",
)


class Terms(NamedTuple):
    """What the kernels know of quality and trade-off.

    `bonus` is what the choice of a row adds for its quality (half of what it adds to each pair,
    under ``max_sum`` and ``max_min``), None for nothing; `weight` is that of diversity.
    """

    bonus: NDArray[np.float64] | None
    weight: float


def check_method(method: str) -> None:
    """Refuse a method that there is not."""
    if method not in METHODS:
        names = ", ".join(map(repr, METHODS[:-1]))
        raise ValueError(f"method must be {names} or {METHODS[-1]!r}, not {method!r}")


def terms(
    method: str,
    quality: NDArray[np.float64] | None,
    trade_off: float | None,
    cuts: NDArray[np.int64],
    ks: NDArray[np.int64],
) -> Terms:
    """Return bonus and weight of the rows of the pools ``cuts[p]:cuts[p + 1]``, ``ks[p]`` chosen.

    Raises
    ------
    ValueError
        If `trade_off` is not between 0 and 1, or below 1 where there is no quality.
    """
    of_quality, of_diversity = _weights(quality, trade_off)
    if quality is None or of_quality == 0:
        return Terms(None, of_diversity)
    if method == "dpp":
        with np.errstate(divide="ignore"):
            return Terms(of_quality * 2 * np.log(quality), of_diversity)
    return Terms(of_quality * _scale(method, cuts, ks) * quality, of_diversity)


def _weights(quality: NDArray[np.float64] | None, trade_off: float | None) -> tuple[float, float]:
    if trade_off is None:
        return float(quality is not None), 1.0
    share = as_number(trade_off, "trade_off")
    if not 0 <= share <= 1:
        raise ValueError(f"trade_off must lie between 0 and 1, not {trade_off}")
    if quality is None and share < 1:
        raise ValueError(
            f"trade_off={trade_off} weighs quality, and none is given: leave one out or give both"
        )
    return 1 - share, share


def _scale(
    method: str, cuts: NDArray[np.int64], ks: NDArray[np.int64]
) -> float | NDArray[np.float64]:
    """Return what brings the quality of a row to the scale of diversity."""
    if method in {"max_sum", "max_min"}:
        return 0.5
    sizes = np.diff(cuts)
    if method in {"facility_location", "k_medoids"}:
        return np.repeat(sizes / np.maximum(ks, 1), sizes)
    if method == "saturated_coverage":
        return np.repeat(sizes.astype(np.float64), sizes)
    return 1.0
