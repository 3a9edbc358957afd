"""Between which ranks an item may stand, by what is known of the differences to the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    _F64 = NDArray[np.float64]

__all__ = ["clearly_better", "rank_intervals", "ranks_of"]

# Differences below this share of the largest standard error are rounding.
_ROUNDING = 1e-9


def ranks_of(utilities: _F64) -> NDArray[np.int64]:
    """Rank of each item along the last axis, 1 the best; equals share the better rank."""
    ascending = np.sort(utilities, axis=-1)
    n = utilities.shape[-1]
    flat, sorted_rows = utilities.reshape(-1, n), ascending.reshape(-1, n)
    ranks = np.empty(flat.shape, np.int64)
    for row, values in enumerate(flat):
        ranks[row] = 1 + n - np.searchsorted(sorted_rows[row], values, side="right")
    return ranks.reshape(utilities.shape)


def rank_intervals(
    utilities: _F64,
    covariance: _F64,
    level: float,
    *,
    unknown: NDArray[np.bool_],
    joint: bool,
    n_draws: int,
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    """Best and worst rank of each item, (n_items, 2): how many are clearly better, and worse."""
    better = clearly_better(
        utilities, covariance, level, unknown=unknown, joint=joint, n_draws=n_draws, rng=rng
    )
    ends = [1 + better.above.sum(axis=1), len(utilities) - better.below.sum(axis=1)]
    return np.stack(ends, axis=1)


class Better(NamedTuple):
    """For each item, a row: which others stand above it for sure, and which below."""

    above: NDArray[np.bool_]
    below: NDArray[np.bool_]


def clearly_better(
    utilities: _F64,
    covariance: _F64,
    level: float,
    *,
    unknown: NDArray[np.bool_],
    joint: bool,
    n_draws: int,
    rng: np.random.Generator,
) -> Better:
    """Return which items are better, and worse, than each by more than chance allows.

    All its differences to others, or all differences of all items where `joint`, lie within as many
    standard errors as the largest of them in draws of the estimates' normal distribution (Mogstad,
    Romano, Shaikh and Wilhelm 2024, section 3). Nothing is sure of the differences to `unknown`
    ones.
    """
    variance = covariance.diagonal()
    errors = np.sqrt(np.maximum(variance[:, None] + variance - 2 * covariance, 0))
    errors[unknown] = errors[:, unknown] = 0
    scale = np.where(errors > _ROUNDING * errors.max(), errors, np.inf)
    values, vectors = np.linalg.eigh(covariance)
    draws = (
        rng.standard_normal((n_draws, len(values))) @ (vectors * np.sqrt(np.maximum(values, 0))).T
    )
    largest = np.empty((len(utilities), n_draws))
    for item in range(len(utilities)):
        largest[item] = (np.abs(draws - draws[:, item, None]) / scale[item]).max(axis=1)
    if joint:
        largest[:] = largest.max(axis=0)
    allowed = np.quantile(largest, level, axis=1)[:, None] * errors
    allowed[unknown] = allowed[:, unknown] = np.inf
    difference = utilities - utilities[:, None]
    return Better(difference > allowed, difference < -allowed)
