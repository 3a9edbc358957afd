"""Similarities other than cosines, as the kernels of an objective take them.

The cosines of embeddings the kernels take as they go. Of every other metric they take a square
matrix in float64 for each pool, matrix after matrix in one vector, as a `GramBatch` holds them: a
vector in place of a matrix of embeddings means that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._validate import as_number
from prefmath.selection._objectives import Terms
from prefmath.similarity import _matrices as matrices

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["Similarities", "check_metric", "fitted", "refuse_indefinite"]

# Half the distance between float32 numbers from 1 on: a limit may be a similarity in float32.
_HALF_STEP = 2.0**-24

_COVERING = ("facility_location", "saturated_coverage")


def check_metric(metric: Any, method: str, gamma: Any) -> None:
    """Refuse a metric that there is not, or that an objective makes nothing of."""
    matrices.check_metric(metric, gamma)
    if metric not in {"euclidean", "sqeuclidean"}:
        return
    if method == "dpp":
        raise ValueError(
            f"a determinantal point process needs similarities, and has no use for {metric!r} "
            "distances: take metric='rbf', or another method"
        )
    if method in _COVERING:
        raise ValueError(
            f"{method!r} counts similarities above 0, and {metric!r} distances have no natural "
            "end: take metric='rbf' or 'angular', or method='k_medoids'"
        )


@dataclass(frozen=True)
class Similarities:
    """The matrices of all pools as the kernels of an objective take them, and what that changed.

    Attributes
    ----------
    log_diagonal : ndarray of float64, shape (n,), or None
        Under ``"dpp"``, where the diagonals were not ones: log det S is that of the values with
        diagonals of ones and the sum of these over the set.
    scale : float
        Under ``"k_medoids"`` the values were divided by it.
    slack : float
        By how much a similarity in float32 may be wrong, of its size; where it was computed, of
        its size or one.
    """

    values: NDArray[np.float64]
    cuts: NDArray[np.int64]
    log_diagonal: NDArray[np.float64] | None
    scale: float
    slack: float
    computed: bool

    def terms(self, terms: Terms) -> Terms:
        """Return bonus and weight with which the objective is what it was."""
        if self.log_diagonal is None:
            return Terms(terms.bonus, terms.weight * self.scale)
        added = self.log_diagonal
        # Without weight a row without a diagonal has no likelihood all the same.
        added = np.where(added > -np.inf, terms.weight * np.maximum(added, -1e300), -np.inf)
        return Terms(added if terms.bonus is None else terms.bonus + added, terms.weight)

    def limit(self, max_similarity: Any) -> float:
        """Return what no value of two chosen rows may exceed."""
        if max_similarity is None:
            return np.inf
        limit = as_number(max_similarity, "max_similarity")
        if np.isnan(limit):
            raise ValueError("max_similarity must be a number, not nan")
        size = max(min(abs(limit), 1e150), float(self.computed))
        return (limit + self.slack * size) / self.scale


def fitted(
    X: Any,
    offsets: ArrayLike | None,
    metric: str,
    gamma: float | None,
    method: str,
    n_threads: int,
) -> Similarities:
    """Return the similarities of every two rows of each pool as the kernels of `method` take them.

    Under ``"dpp"`` they take diagonals of ones, under ``"k_medoids"`` no value below -1 and
    swaps that gain more than a billionth.
    """
    values, cuts, rounding = matrices.as_similarities(X, offsets, metric, gamma, n_threads)
    log_diagonal, scale = None, 1.0
    if method == "dpp":
        if metric == "precomputed":
            refuse_indefinite(values, cuts, rounding, in_pools=offsets is not None)
        diagonal = _diagonal_of(values, cuts)
        if (diagonal != 1).any():
            values = _with_unit_diagonal(values, cuts, diagonal)
            with np.errstate(divide="ignore"):
                log_diagonal = np.log(diagonal.clip(0))
    elif method == "k_medoids":
        values, scale = _of_size_one(values)
    computed = metric != "precomputed"
    slack = 3 * _HALF_STEP * (np.shape(X)[1] + 8 if computed else 1)
    return Similarities(values, cuts, log_diagonal, scale, slack, computed)


def refuse_indefinite(
    values: NDArray[np.float64], cuts: NDArray[np.int64], rounding: float, *, in_pools: bool
) -> None:
    """Refuse matrices with an eigenvalue that is negative beyond rounding."""
    for pools, _, stack in matrices.stacks(values, cuts):
        n = stack.shape[1]
        diagonals = np.diagonal(stack, axis1=1, axis2=2)
        largest = diagonals.max(axis=1)
        slack = max(1e-6, 4 * rounding) * np.sqrt(n) * np.maximum(largest, np.finfo(float).tiny)
        try:
            np.linalg.cholesky(stack + slack[:, None, None] * np.eye(n))
        except np.linalg.LinAlgError:
            smallest = np.linalg.eigvalsh(stack)[:, 0]
            for at in np.flatnonzero(smallest < -slack)[:1]:
                where = f" of pool {pools[at]}" if in_pools else ""
                raise ValueError(
                    "a determinantal point process needs similarities without negative "
                    f"eigenvalues, and the smallest{where} is {smallest[at]:.4g}: other methods "
                    "take these as they are, or add as much to the diagonal"
                ) from None


def _diagonal_of(values: NDArray[np.float64], cuts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the similarity of each row of all pools with itself."""
    sizes, n = np.diff(cuts), int(cuts[-1])
    within = np.arange(n) - np.repeat(cuts[:-1], sizes)
    places = np.repeat(matrices.begins_of(cuts)[:-1], sizes) + within * (
        np.repeat(sizes, sizes) + 1
    )
    diagonal: NDArray[np.float64] = values[places]
    return diagonal


def _with_unit_diagonal(
    values: NDArray[np.float64], cuts: NDArray[np.int64], diagonal: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return s_ij / √(s_ii s_jj), 0 where a row has none of itself."""
    scale = np.divide(1, np.sqrt(diagonal.clip(0)), where=diagonal > 0, out=np.zeros_like(diagonal))
    begins, out = matrices.begins_of(cuts), values.copy()
    for pool in np.flatnonzero(np.diff(cuts)).tolist():
        matrix, of_pool = (
            matrices.matrix_of(out, cuts, begins, pool),
            scale[cuts[pool] : cuts[pool + 1]],
        )
        for row, of_row in enumerate(of_pool):
            # One product of the two scales, so that the matrix stays symmetric to the bit.
            matrix[row] *= of_row * of_pool
        np.fill_diagonal(matrix, 1)
    return out


def _of_size_one(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Return values divided by a power of two, the largest then about 1, and that power."""
    largest = max(values.max(initial=0), -values.min(initial=0))
    if largest == 0 or 0.5 < largest <= 1:
        return values, 1.0
    power = float(np.ldexp(1.0, np.frexp(largest)[1]))
    scaled: NDArray[np.float64] = values / power
    return scaled, power
