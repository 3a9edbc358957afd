"""The value of any set under any objective, so that ways of choosing can be compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from prefmath._validate import as_quality
from prefmath.selection._directions import as_directions
from prefmath.selection._objectives import check_method, terms

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["set_value", "units"]

# Rows whose similarities to the chosen are held at a time.
_BLOCK = 1 << 13


def set_value(
    X: ArrayLike,
    indices: ArrayLike,
    method: str = "dpp",
    *,
    quality: ArrayLike | None = None,
    trade_off: float | None = None,
) -> float:
    """Return the value of chosen rows of one pool under an objective of `select`.

    Parameters
    ----------
    X : array_like of float32, shape (n, d)
        The pool: all candidates.
    indices : array_like of int, shape (k,)
        The chosen rows, each once. Their order matters to ``"mmr"`` alone.
    method, quality, trade_off
        As for `select`.

    Returns
    -------
    float
        -inf where ``"dpp"`` finds a row in the span of others, or of quality 0.

    Raises
    ------
    ValueError
        If `X` has a row of zeros, NaN or infinity, or if `indices` are not distinct rows of it.
    TypeError
        If an argument is of the wrong type.

    Examples
    --------
    >>> import numpy as np, prefmath
    >>> X = np.array([[1, 0], [0.8, 0.6], [0, 1]], np.float32)
    >>> prefmath.selection.set_value(X, [0, 2], "max_sum")
    1.0
    >>> round(prefmath.selection.set_value(X, [1], "facility_location"), 6)
    2.4
    """
    check_method(method)
    x = as_directions(X)
    rows = _distinct_rows(indices, len(x))
    q = as_quality(quality, len(x), negative=method != "dpp")
    cuts, ks = np.array([0, len(x)], np.int64), np.array([len(rows)], np.int64)
    bonus, weight = terms(method, q, trade_off, cuts, ks)
    of_rows = np.zeros(len(rows)) if bonus is None else bonus[rows]
    chosen = units(x, rows)
    if method in {"max_sum", "max_min"}:
        return _of_pairs(method, chosen @ chosen.T, of_rows, weight)
    diversity = _diversity(method, x, chosen) if len(rows) and weight else 0.0
    return float(of_rows.sum() + weight * diversity)


def _distinct_rows(indices: ArrayLike, n: int) -> NDArray[np.int64]:
    array = np.asarray(indices)
    if array.size == 0:
        return np.empty(0, np.int64)
    if array.ndim != 1 or array.dtype.kind not in "iu":
        raise TypeError(
            f"indices must be a vector of integers, not {array.dtype} of shape {array.shape}"
        )
    for at in np.flatnonzero((array < 0) | (array >= n))[:1]:
        raise ValueError(f"indices must name rows of X, 0 to {n - 1}: indices[{at}]={array[at]}")
    rows = array.astype(np.int64)
    if len(np.unique(rows)) < len(rows):
        raise ValueError("indices must name each row once")
    return rows


def units(
    x: NDArray[np.float32], rows: NDArray[np.int64] | slice, n_before: int = 0
) -> NDArray[np.float64]:
    """Return rows at length 1, or refuse those that have no direction.

    Errors count from the first of `n_before` rows that came before those of `x`.
    """
    values = x[rows].astype(np.float64)
    norms = np.sqrt(np.einsum("nd,nd->n", values, values))
    for at in np.flatnonzero(~(np.isfinite(norms) & (norms > 0)))[:1]:
        row = at + (rows.start or 0) if isinstance(rows, slice) else rows[at]
        for column in np.flatnonzero(~np.isfinite(x[row]))[:1]:
            raise ValueError(f"X must be finite: X[{n_before + row}, {column}] is {x[row, column]}")
        raise ValueError(f"cosine similarity needs non-zero rows: X[{n_before + row}] is all zeros")
    scaled: NDArray[np.float64] = values / norms[:, None]
    return scaled


def _of_pairs(
    method: str, similarity: NDArray[np.float64], bonus: NDArray[np.float64], weight: float
) -> float:
    i, j = np.triu_indices(len(bonus), 1)
    if not len(i):
        return 0.0
    pairs = bonus[i] + bonus[j] + weight * (1 - similarity[i, j])
    return float(pairs.sum() if method == "max_sum" else pairs.min())


def _diversity(method: str, x: NDArray[np.float32], chosen: NDArray[np.float64]) -> float:
    if method == "dpp":
        sign, value = np.linalg.slogdet(chosen @ chosen.T)
        return float(value) if sign > 0 else -np.inf
    if method == "mmr":
        not_before = np.triu(np.full((len(chosen), len(chosen)), np.inf))
        return -float((chosen @ chosen.T - not_before).max(axis=1)[1:].sum())
    blocks = [slice(first, first + _BLOCK) for first in range(0, len(x), _BLOCK)]
    return float(sum(_coverage(method, x, block, chosen, blocks) for block in blocks))


def _coverage(
    method: str,
    x: NDArray[np.float32],
    block: slice,
    chosen: NDArray[np.float64],
    blocks: list[slice],
) -> float:
    """Return how well the chosen cover a block of the rows."""
    of_block = units(x, block)
    similarity = of_block @ chosen.T
    if method == "k_medoids":
        return float(similarity.max(axis=1).sum())
    if method == "facility_location":
        return float(np.maximum(similarity.max(axis=1), 0).sum())
    of_all = np.zeros(len(of_block))
    for other in blocks:
        of_all += np.maximum(of_block @ units(x, other).T, 0).sum(axis=1)
    enough = min(1.0, len(chosen) / len(x)) * of_all
    return float(np.minimum(np.maximum(similarity, 0).sum(axis=1), enough).sum())
