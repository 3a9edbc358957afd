"""Which latent classes are not clear of another one, so that no error of theirs is to be relied on.

Where two classes might be one, the likelihood is far from a parabola: estimates of classes that
hardly differ come out further apart than they are, and with errors that are too small. The square
of the distance between two classes over their errors, by the number of parameters, is the analogue
of the F statistic of weak instruments, of which less than 10 is called weak (Staiger and Stock
1997, Instrumental variables regression with weak instruments, Econometrica 65). Here that is not
enough, since those come out above 10 by chance that are too far apart: in simulations of a class of
15% of 400 people, intervals of 95% held 84 to 89% above 10, and 93% or more where F is mostly above
20; docs/coverage.md has the table.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    _F64 = NDArray[np.float64]
    _Bool = NDArray[np.bool_]

__all__ = ["CLEAR", "close_classes"]

CLEAR = 20.0
"""The least F that classes are told apart by."""

# Variances of standardized sums below this are those of what is 0 by definition.
_NOTHING = 1e-9


def close_classes(params: _F64, covariance: _F64, known: _Bool) -> _Bool:
    """Say of each class whether there is another that it is not clear of, (n_classes,).

    The covariance is of the parameters of class after class, and `known` says which of these,
    (n_classes, n_parameters), the judgements tell anything of.
    """
    n_classes, p = params.shape
    close = np.zeros(n_classes, np.bool_)
    for one, two in combinations(range(n_classes), 2):
        both = np.flatnonzero(known[one] & known[two])
        if not len(both):  # nobody is in one of them
            continue
        first, second = one * p + both, two * p + both
        of_difference = (
            covariance[np.ix_(first, first)]
            + covariance[np.ix_(second, second)]
            - covariance[np.ix_(first, second)]
            - covariance[np.ix_(second, first)]
        )
        if not distance(params[one, both] - params[two, both], of_difference) >= CLEAR:
            close[[one, two]] = True
    return close


def distance(difference: _F64, covariance: _F64) -> float:
    """Return the squared length of a difference over its errors, by its degrees of freedom."""
    variance = covariance.diagonal()
    scale = 1 / np.sqrt(np.where(variance > 0, variance, np.inf))
    values, vectors = np.linalg.eigh(covariance * scale * scale[:, None])
    there = values > _NOTHING * max(len(values), 1)
    if not there.any():
        return 0.0
    lengths = vectors[:, there].T @ (difference * scale)
    return float(np.mean(np.square(lengths) / values[there]))
