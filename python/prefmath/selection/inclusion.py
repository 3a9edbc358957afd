"""How likely each candidate is to be in a random set."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from prefmath.selection._eigenvectors import log_polynomials, share_of_any, share_of_k
from prefmath.selection._pools import as_size, checked, ensembles

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["inclusion_probabilities"]


def inclusion_probabilities(
    X: ArrayLike,
    k: int | None = None,
    *,
    offsets: ArrayLike | None = None,
    quality: ArrayLike | None = None,
    metric: str = "cosine",
    gamma: float | None = None,
    allow_fewer: bool = False,
    n_threads: int | None = None,
) -> NDArray[np.float64]:
    r"""Return how likely each row of `X` is to be in a set that `sample_dpp` draws.

    Parameters
    ----------
    X, k, offsets, quality, metric, gamma, allow_fewer, n_threads
        As for `sample_dpp`.

    Returns
    -------
    ndarray of float64, shape (n,)
        Their sum over a pool is the (expected) size of a set.

    Raises
    ------
    ValueError, TypeError
        As `sample_dpp`.

    Notes
    -----
    :math:`P(i \in S) = \sum_j w_j v_{ij}^2` over the eigenvectors of L, where
    :math:`w_j = \lambda_j / (1 + \lambda_j)`, and for `k` items
    :math:`\lambda_j e_{k-1}(\lambda_{-j}) / e_k(\lambda)` with the elementary symmetric polynomials
    e (Kulesza, Taskar 2012, sections 2.3 and 5.2).

    Examples
    --------
    >>> import numpy as np
    >>> from prefmath.selection import inclusion_probabilities
    >>> X = np.array([[1, 0], [1, 0], [0, 1]], np.float32)
    >>> inclusion_probabilities(X, 2).round(6)
    array([0.5, 0.5, 1. ])
    """
    x, cuts, q, threads = checked(X, offsets, quality, n_threads, metric, gamma)
    in_pools = offsets is not None
    size = None
    if k is not None:
        size = as_size(k, cuts, in_pools=in_pools, allow_fewer=allow_fewer)
    out, least = np.zeros(cuts[-1]), None if allow_fewer else size
    for pools, ensemble in ensembles(x, cuts, q, least, threads, in_pools=in_pools):
        log_values = ensemble.log_values
        if size is None:
            weights = share_of_any(log_values + ensemble.log_scale[:, None])
        else:
            weights = np.zeros(log_values.shape)
            for of, n_drawn in ensemble.by_size(size):
                table = log_polynomials(log_values[of], n_drawn)
                weights[of] = share_of_k(log_values[of], table)
        found = ensemble.weighted_squares(weights)
        out[cuts[pools][:, None] + np.arange(found.shape[1])] = found.clip(0, 1)
    return out
