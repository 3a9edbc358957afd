"""Who judged what: the outcomes, whose they are, and what they weigh."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from prefmath._kernels import kernels
from prefmath.models._likelihood.blocks import block_ends_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.choices.sorted_judgements import SortedJudgements
    from prefmath.models._likelihood.observation import Observation

    _F64 = NDArray[np.float64]

__all__ = ["Data"]

# Where annotators do not matter, so many judgements go together, for threads to share.
_STRETCH = 32


@dataclass(frozen=True, eq=False)
class Data:
    """Judgements of annotators, one annotator after the other.

    Where `outcome` is given, judgement s is outcome ``outcome[s]`` of the observation, otherwise
    outcome s. `counts` says how many annotators each stands for, 1 by default: that is not the same
    as the weight of their judgements, which says more of who they are. `covariates` are what each
    annotator is like, a row for each, where the population asks for it.
    """

    observation: Observation
    annotator_offsets: NDArray[np.int64]
    weight: _F64 | None
    n_threads: int
    counts: _F64 | None = None
    outcome: NDArray[np.int32] | None = None
    covariates: _F64 | None = None

    @classmethod
    def of(
        cls,
        judged: SortedJudgements,
        observation: Observation,
        outcome: NDArray[np.int32] | None,
        n_threads: int,
    ) -> Data:
        """Return the judgements of some choices, people as often as they count.

        Where nobody is named all are of one annotator, and counts are weights of judgements.
        """
        known = judged.has_annotators
        return cls(
            observation,
            judged.annotator_offsets,
            judged.weight if known else judged.counted_weight,
            n_threads,
            counts=judged.annotator_counts,
            outcome=outcome,
        )

    @property
    def n_judgements(self) -> int:
        """Judgements, whether or not some are alike."""
        return int(self.annotator_offsets[-1])

    @property
    def n_rows(self) -> int:
        """Annotators, however much each counts."""
        return len(self.annotator_offsets) - 1

    @cached_property
    def block_ends(self) -> NDArray[np.int64]:
        """Where blocks of annotators end, in which all is summed."""
        return block_ends_of(self.annotator_offsets)

    @cached_property
    def of_each(self) -> _F64:
        """How many annotators each row stands for."""
        return np.ones(self.n_rows) if self.counts is None else self.counts

    @property
    def counted_weight(self) -> _F64 | None:
        """What each judgement weighs, as often as its annotator counts; None where all are 1."""
        if self.counts is None:
            return self.weight
        of_judgements: _F64 = np.repeat(self.counts, np.diff(self.annotator_offsets))
        return of_judgements if self.weight is None else of_judgements * self.weight

    @cached_property
    def mass(self) -> float:
        """Judgements, as often as they weigh and their annotators count."""
        weight = self.counted_weight
        return float(self.n_judgements if weight is None else weight.sum())

    @property
    def n_annotators(self) -> float:
        """Annotators, each as often as it counts."""
        return float(self.n_rows if self.counts is None else self.counts.sum())

    def sum(self, of_annotators: _F64) -> _F64:
        """Sum over annotators, each as often as it counts, what has a row for each."""
        columns = np.ascontiguousarray(of_annotators.reshape(self.n_rows, -1))
        counts = None if self.counts is None else self.counts[:, None]
        sums = kernels.cross_product(counts, columns, self.block_ends, self.n_threads)
        total: _F64 = sums.reshape(of_annotators.shape[1:])
        return total

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
            self.block_ends,
            self.n_threads,
        )

    def gradient(self, table: _F64, outcome_weights: _F64) -> tuple[_F64, _F64]:
        """Gradient and diagonal curvature of the weighted log-likelihood, each like `table`."""
        ends = None
        if self.outcome is None:
            ends = self.annotator_offsets[self.block_ends]
        return self.observation.gradient(table, outcome_weights, ends)

    @cached_property
    def stretches(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Judgements of every block cut into stretches, as if each were an annotator's.

        They are the offsets of these, and where blocks of them end.
        """
        edges = self.annotator_offsets[np.append(0, self.block_ends)]
        starts = [np.arange(first, end, _STRETCH) for first, end in pairwise(edges)]
        ends = np.cumsum([len(some) for some in starts], dtype=np.int64)
        return np.concatenate([*starts, edges[-1:]]), ends

    def on_threads(self, n_threads: int) -> Data:
        """Return the same for so many threads."""
        observation = replace(self.observation, n_threads=n_threads)
        return replace(self, observation=observation, n_threads=n_threads)
