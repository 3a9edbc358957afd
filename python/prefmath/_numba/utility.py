"""Utilities linear in features."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ._njit import njit
from ._tasks import in_order, rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    _F64 = NDArray[np.float64]

__all__ = ["linear_utility"]

_ITEMS_PER_TASK = 16384


def linear_utility(
    features: NDArray[np.float32] | _F64, coef: _F64, n_threads: int
) -> NDArray[np.float64]:
    """Multiply features with coefficients, summed in float64."""
    out = np.empty((len(features), len(coef)))
    tasks = rows(len(features), _ITEMS_PER_TASK)

    def run(first: int, last: int) -> None:
        _linear_utility(features, coef, first, last, out)

    for _ in in_order(run, tasks, n_threads):
        pass
    return out


@njit
def _linear_utility(features, coef, first, last, out):
    for item in range(first, last):
        for k in range(len(coef)):
            total = 0.0
            for j in range(features.shape[1]):
                total += features[item, j] * coef[k, j]
            out[item, k] = total
