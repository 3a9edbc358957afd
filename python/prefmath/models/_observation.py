"""What annotators did with choice sets, as log-likelihood and derivatives over a utility table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from prefmath._kernels import kernels

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from prefmath.choices import Choices

__all__ = ["Observation", "observe"]


@dataclass(frozen=True, eq=False)
class Observation:
    """Judgements over a utility table: one of a set was chosen.

    A pair is a set of two whose first was chosen; where `tied`, each has half of the choice.
    """

    offsets: NDArray[np.int64]
    items: NDArray[np.int32]
    chosen: NDArray[np.int32]
    tied: NDArray[np.bool_] | None
    pairs: bool
    n_threads: int

    @property
    def described(self) -> Any:
        """The observation as the kernels take it."""
        kind = "pair" if self.pairs else "choose_one"
        offsets = None if self.pairs else self.offsets
        return kind, offsets, self.items, self.chosen, self.tied, None, None, "half", -1

    def log_likelihood(self, table: NDArray[np.float64]) -> NDArray[np.float64]:
        """Log-likelihood of each judgement under each class, (n_judgements, n_classes)."""
        return kernels.log_likelihood(table, self.described, self.n_threads)

    def gradient(
        self, table: NDArray[np.float64], weights: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Gradient and diagonal curvature of the weighted log-likelihood, each like `table`."""
        return kernels.table_gradient(table, self.described, weights, self.n_threads)

    def curvature_product(
        self,
        table: NDArray[np.float64],
        weights: NDArray[np.float64],
        direction: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """Negative Hessian of the weighted log-likelihood on the table, times a direction."""
        return kernels.curvature_product(table, self.described, weights, direction, self.n_threads)


def observe(choices: Choices, items: NDArray[np.int32], n_threads: int) -> Observation:
    """Describe judgements whose items are the rows `items` of the utility table."""
    if choices.chosen is None:
        msg = "rankings must be taken apart into choices of one first"
        raise ValueError(msg)
    pairs = choices.layout == "pairs"
    return Observation(choices.offsets, items, choices.chosen, choices.tied, pairs, n_threads)
