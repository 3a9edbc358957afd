"""Who judged what: the outcomes, whose they are, and what they weigh."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from prefmath._kernels import kernels

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from prefmath.models._likelihood.observation import Observation

    _F64 = NDArray[np.float64]

__all__ = ["Data"]


@dataclass(frozen=True, eq=False)
class Data:
    """Judgements of annotators, one annotator after the other.

    Where `outcome` is given, judgement s is outcome ``outcome[s]`` of the observation, otherwise
    outcome s. `counts` says how many annotators each stands for, 1 by default: that is not the same
    as the weight of their judgements, which says more of who they are.
    """

    observation: Observation
    annotator_offsets: NDArray[np.int64]
    weight: _F64 | None
    n_threads: int
    counts: _F64 | None = None
    outcome: NDArray[np.int32] | None = None

    @property
    def n_judgements(self) -> int:
        """Judgements, whether or not some are alike."""
        return int(self.annotator_offsets[-1])

    @property
    def n_rows(self) -> int:
        """Annotators, however much each counts."""
        return len(self.annotator_offsets) - 1

    @property
    def n_annotators(self) -> float:
        """Annotators, each as often as it counts."""
        return float(self.n_rows if self.counts is None else self.counts.sum())

    def sum(self, of_annotators: _F64) -> _F64:
        """Sum over annotators, each as often as it counts, what has a row for each."""
        if self.counts is None:
            total: _F64 = of_annotators.sum(axis=0)
            return total
        return self.counts @ of_annotators

    def outcome_weights(self, of_annotators: _F64) -> _F64:
        """Weight of each outcome in each column, (n_outcomes, n_columns)."""
        if self.counts is not None:
            of_annotators = of_annotators * self.counts[:, None]
        return kernels.outcome_weights(
            of_annotators,
            self.outcome,
            self.weight,
            self.annotator_offsets,
            self.observation.n_outcomes,
            self.n_threads,
        )

    def on_threads(self, n_threads: int) -> Data:
        """Return the same for so many threads."""
        observation = replace(self.observation, n_threads=n_threads)
        return replace(self, observation=observation, n_threads=n_threads)
