"""First and second derivatives in linear coefficients, in the precision that the data ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._kernels import kernels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    _F64 = NDArray[np.float64]

__all__ = ["fits_float32", "linear_statistics"]

# Squares of features that float32 hardly holds.
_LEAST = 1e-30


def linear_statistics(
    features: NDArray[Any],
    utility: _F64,
    offsets: NDArray[np.int64],
    items: NDArray[np.int32],
    chosen: NDArray[np.int32],
    tied: NDArray[np.bool_] | None,
    weights: _F64,
    n_threads: int,
) -> tuple[_F64, _F64]:
    """Return gradient and negative Hessian of the weighted log-likelihood, for each class.

    Outer products of narrower features than float64 are summed in float32 where all sums fit, which
    is decided on those over all data.
    """

    def summed(*, in_float64: bool) -> tuple[_F64, _F64]:
        sets = offsets, items, chosen, tied
        return kernels.linear_statistics(
            features, utility, *sets, weights, in_float64, None, n_threads
        )

    if features.dtype == np.float64:
        return summed(in_float64=True)
    found = summed(in_float64=False)
    return found if fits_float32(*found) else summed(in_float64=True)


def fits_float32(gradient: _F64, hessian: _F64) -> bool:
    """Whether outer products fitted: float32 overflows beyond 1e19 and is blind below 1e-19."""
    diagonal = np.diagonal(hessian, axis1=1, axis2=2)
    fits = np.isfinite(diagonal) & ((diagonal > _LEAST) | (gradient == 0))
    return bool(fits.all())
