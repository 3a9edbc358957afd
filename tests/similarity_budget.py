"""How far from float64 NumPy a similarity may be, by metric and type of number.

With u half a unit in the last place of the result (2^-24 for float32, which float16, bfloat16 and
int8 are widened to, exactly; 2^-53 for float64) and d columns, an entry may be off by

| metric | at most |
|---|---|
| dot | d u S, where S is the sum of the absolute products x_k y_k |
| cosine | (d + 3) u S / (|x| |y|) |
| angular | that of the cosine over pi sin(angle), and 4 u |
| sqeuclidean | 20 (d + 6) u of itself |
| euclidean | half of that, of itself |
| rbf | exp(-gamma d^2) gamma times that of d^2, and 4 u |

The reasons: a sum of d products, in whatever order, is off by d roundings of what is summed (Higham
2002, section 3.1). For the cosine each factor is rounded to unit length first and the result last.
The angle adds the slope of the arc cosine; beyond a cosine of 0.99 it comes from the chord, in
whose digits nothing cancels. A squared distance by expansion about a common centre is off by
(d + 6) u (|x|^2 + |y|^2); where it is less than a twentieth of |x|^2 + |y|^2 it comes from the
differences. The root halves what is relative; the exponential multiplies by its slope.

Beside that each product and the result may be off by one of the smallest subnormal numbers. float64
NumPy itself is as far off as float64 results may be, so that these are given twice as much.
"""

from __future__ import annotations

import numpy as np

METRICS = ["cosine", "dot", "euclidean", "sqeuclidean", "angular", "rbf"]
SLACK = 1.01
"""For what is of second order in u."""


def expected(x, y, metric, gamma):
    """Compute the metric of all rows in float64, distances from differences."""
    x, y = x.astype(np.float64), y.astype(np.float64)
    if metric == "dot":
        return x @ y.T
    if metric in {"cosine", "angular"}:
        x, y = (rows / lengths(rows) for rows in (x, y))
        if metric == "cosine":
            return np.clip(x @ y.T, -1, 1)
        # Exact for all angles (Kahan 2006, section 12).
        return 2 / np.pi * np.arctan2(distances(x, y), distances(x, -y))
    distance = distances(x, y)
    if metric == "euclidean":
        return distance
    return distance**2 if metric == "sqeuclidean" else np.exp(-gamma * distance**2)


def budget(x, y, metric, gamma):
    """Return what each entry may be off by."""
    dtype = np.float64 if x.dtype == np.float64 else np.float32
    u, least = float(np.finfo(dtype).eps) / 2, float(np.finfo(dtype).smallest_subnormal)
    twice = 2 if dtype == np.float64 else 1
    d = x.shape[1]
    x, y = x.astype(np.float64), y.astype(np.float64)
    if metric in {"cosine", "angular"}:
        x, y = (rows / lengths(rows) for rows in (x, y))
    if metric in {"dot", "cosine", "angular"}:
        magnitude = np.abs(x) @ np.abs(y).T
        off = (d if metric == "dot" else d + 3) * (u * magnitude + least)
        if metric == "angular":
            # From a cosine of 0.99 on the arc cosine is not asked; 0.98 for what rounds across.
            sine = np.sqrt(1 - np.clip(x @ y.T, -0.98, 0.98) ** 2)
            off = off / (np.pi * sine) + 4 * u
    else:
        squares = distances(x, y) ** 2
        relative = 20 * (d + 6) * u
        if metric == "rbf":
            exponent = gamma * squares
            off = np.exp(-exponent) * exponent * relative + 4 * u
        else:
            off = relative * squares if metric == "sqeuclidean" else relative / 2 * np.sqrt(squares)
        off += least
    return SLACK * twice * off


def lengths(x):
    """Compute lengths without overflow, as a column."""
    largest = np.abs(x).max(axis=1, initial=0, keepdims=True)
    return largest * np.linalg.norm(x / largest, axis=1, keepdims=True)


def distances(x, y):
    """Compute Euclidean distances from the differences, without overflow."""
    out = np.empty((len(x), len(y)))
    for i, row in enumerate(x):
        difference = np.abs(y - row)
        largest = difference.max(axis=1, initial=0)
        scaled = difference / np.where(largest > 0, largest, 1)[:, None]
        out[i] = largest * np.linalg.norm(scaled, axis=1)
    return out


def assert_within_budget(found, x, y, metric, gamma=None):
    """Compare every entry of a matrix."""
    gamma = 1 / x.shape[1] if gamma is None else gamma
    off = np.abs(found.astype(np.float64) - expected(x, y, metric, gamma))
    excess = off - budget(x, y, metric, gamma)
    assert not (excess > 0).any(), (
        f"{metric} of {x.dtype}: entry {np.unravel_index(excess.argmax(), excess.shape)} is off by "
        f"{off.flat[excess.argmax()]:.3g}, {excess.max():.3g} too much"
    )
