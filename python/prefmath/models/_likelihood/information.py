"""How sharply a likelihood peaks where a fit ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from prefmath.models._likelihood.products import cross_sum

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    _F64 = NDArray[np.float64]

__all__ = ["Information"]


@dataclass(frozen=True, eq=False)
class Information:
    """At a fitted model; parameters of column after column, then coordinates of the population.

    `observed` is the negative Hessian of the penalised log-likelihood, `gradient` its gradient, and
    `outer` the sum over units of the outer products of their scores, less an equal share of the sum
    of all; None where it was not asked for, or where units are fewer than parameters and `scores`
    are these scores, (n_units, n).
    """

    observed: _F64
    gradient: _F64
    outer: _F64 | None
    scores: _F64 | None = None

    def of_functions(self, jacobian: _F64, n_threads: int) -> _F64:
        """Return the outer products of linear functions of the scores, the rows of `jacobian`."""
        if self.scores is not None:
            images = self.scores @ jacobian.T
            return cross_sum(images, images, n_threads)
        if self.outer is None:
            raise ValueError("the information was asked for without outer products")
        products: _F64 = jacobian @ self.outer @ jacobian.T
        return products
