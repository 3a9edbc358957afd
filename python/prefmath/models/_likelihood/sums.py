"""Sums over units of products of what they have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prefmath._kernels import kernels

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    _F64 = NDArray[np.float64]

__all__ = ["cross_sum", "outer_sum"]


def cross_sum(left: _F64, right: _F64, n_threads: int) -> _F64:
    """Return the sum over rows of the outer products of those of `left` and of `right`."""
    return kernels.cross_product(left, right, None, n_threads)


def outer_sum(scores: _F64, n_threads: int, counts: _F64 | None = None) -> _F64:
    """Return the sum over rows of their outer products, less that of an equal share of their sum.

    The scores of all units, less an equal share of their sum each, sum to nothing. Each row stands
    for as many units as `counts` says, by default for one.
    """
    counted = scores if counts is None else scores * counts[:, None]
    total = counted.sum(axis=0)
    outer = cross_sum(counted, scores, n_threads)
    outer -= total[:, None] * (total / (len(scores) if counts is None else counts.sum()))
    return outer
