"""Bounds on scores from products of unit vectors: who need not be scored exactly.

Each score is, up to rounding, ``a[i] * b[j] * cosine - (c[i] + e[j])`` and larger for more similar
rows:

- cosine: cosine
- dot: |x| |y| cosine
- sqeuclidean, negated: 2 |x| |y| cosine - (|x|² + |y|²), about a point amid the rows

A product of rows that are scaled to unit length and rounded gives the cosine but for `error`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from prefmath._numba._njit import njit

from .products import Products
from .rows import (
    Rows,
    center_of,
    centered_norms,
    inverse_norms,
    product_dtype,
    refuse_zeros,
    squared_row_norms,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    _F64 = NDArray[np.float64]

__all__ = ["Screen", "cosine_error", "lower", "next_possible", "screen", "upper"]

# What rows too near to the centre to be scaled may add to a squared distance; float64 rows alone
# can be so near.
_NOTHING = 2.0**-900

# Columns that are looked at together: most hold no one.
_STRIDE = 64


def cosine_error(d: int, dtype: np.dtype[Any]) -> float:
    """Bound how far a product of two rounded unit vectors of length d is from their exact score.

    With u the unit roundoff of the products: each factor is rounded once, which moves the product
    by at most 2u + u² (Cauchy-Schwarz); the sum, in whatever order, by du / (1 - du) of the sum of
    the absolute products, which is at most (1 + u)² (Higham 2002, section 3.1). What float64 rounds
    (norms, scales, the exact score itself) is less than 6d + 64 of its own units. Underflow adds at
    most d + 2 of the smallest subnormals, which is part of the last percent.
    """
    u = float(np.finfo(dtype).eps) / 2
    return 1.01 * ((d + 3) * u / (1 - (d + 3) * u) + (6 * d + 64) * 2.0**-53)


class Screen(NamedTuple):
    """What bounds the scores of two sets of rows."""

    products: Products
    x_norms: _F64
    """Squared, of the rows as they are."""
    y_norms: _F64
    a: _F64
    b: _F64
    c: _F64
    e: _F64
    error: float
    """Of the cosine, absolute."""
    slack: float
    """Of c[i] + e[j], relative: what float64 rounds in them and in the distances."""

    def bounds(self, i: tuple[int, int], j: tuple[int, int]) -> Bounds:
        """Multiply some rows of x with some of y."""
        rows, columns = slice(*i), slice(*j)
        product = self.products.tile(i, j).product
        terms = self.a[rows], self.b[columns], self.c[rows], self.e[columns]
        return Bounds(product, *terms, self.error, self.slack)


class Bounds(NamedTuple):
    """What bounds the scores of a block of pairs; the arguments of `upper` and `lower`."""

    product: NDArray[Any]
    a: _F64
    b: _F64
    c: _F64
    e: _F64
    error: float
    slack: float


def screen(x: NDArray[Any], y: NDArray[Any] | None, metric: str, n_threads: int) -> Screen:
    """Check the arguments of a kernel and prepare the bounds on their scores."""
    named = [("X", x)] if y is None else [("X", x), ("Y", y)]
    norms = [squared_row_norms(values, name, n_threads) for name, values in named]
    lengths, center = norms, np.empty(0)
    if metric == "cosine":
        for (name, values), own in zip(named, norms, strict=True):
            refuse_zeros(values, name, own)
    elif metric == "sqeuclidean":
        center = center_of(named[-1][1])
        lengths = [centered_norms(values, center, name, n_threads) for name, values in named]
    rows = [
        Rows(values, center, inverse_norms(own), product_dtype(values, unit=True))
        for (_, values), own in zip(named, lengths, strict=True)
    ]
    factors = [np.ones(len(own)) if metric == "cosine" else np.sqrt(own) for own in lengths]
    terms = [own if metric == "sqeuclidean" else np.zeros(len(own)) for own in lengths]
    d = x.shape[1]
    return Screen(
        Products(rows[0], rows[-1]),
        norms[0],
        norms[-1],
        2 * factors[0] if metric == "sqeuclidean" else factors[0],
        factors[-1],
        terms[0],
        terms[-1],
        cosine_error(d, rows[0].dtype),
        (d + 16) * 2.0**-50,
    )


@njit
def upper(bounds, i, j):
    """Bound a score from above."""
    high = bounds.a[i] * bounds.b[j] * (bounds.product[i, j] + bounds.error)
    return high - (bounds.c[i] + bounds.e[j]) * (1.0 - bounds.slack) + _NOTHING


@njit
def lower(bounds, i, j):
    """Bound a score from below."""
    low = bounds.a[i] * bounds.b[j] * (bounds.product[i, j] - bounds.error)
    return low - (bounds.c[i] + bounds.e[j]) * (1.0 + bounds.slack) - _NOTHING


@njit
def next_possible(bounds, i, first, floor):
    """Return the first column, from `first` on, whose score may reach `floor`, or their number."""
    n = bounds.product.shape[1]
    for start in range(first, n, _STRIDE):
        last = min(n, start + _STRIDE)
        hits = 0
        for j in range(start, last):
            hits += upper(bounds, i, j) >= floor
        if hits > 0:
            for j in range(start, last):
                if upper(bounds, i, j) >= floor:
                    return j
    return n
