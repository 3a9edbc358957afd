"""The pairs of texts that judgements compare."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.choices import Choices

__all__ = ["Compared", "compared"]


class Compared(NamedTuple):
    """Row by row the better and the worse item, and the judgement that says so."""

    better: NDArray[np.int32]
    worse: NDArray[np.int32]
    judgement: NDArray[np.int64]


def compared(choices: Choices) -> Compared:
    """Return which items judgements put before which; ties say nothing of this kind.

    A choice of one among k is k - 1 pairs. A ranking puts every item before those that follow.
    """
    if choices.layout == "pairs":
        n = len(choices)
        decided = np.ones(n, bool) if choices.tied is None else ~choices.tied
        return Compared(
            choices.winner[decided],
            choices.loser[decided],
            np.flatnonzero(decided).astype(np.int64),
        )
    judgement = np.arange(len(choices), dtype=np.int64)
    sets = choices.as_choice_sets()
    if choices.layout == "rankings":
        stages = np.diff(choices.offsets) - 1
        if choices.n_ranked is not None:
            stages = np.minimum(stages, choices.n_ranked)
        judgement = np.repeat(judgement, np.maximum(stages, 1))
    chosen_at = sets.offsets[:-1] if sets.chosen is None else sets.offsets[:-1] + sets.chosen
    others = np.ones(len(sets.items), bool)
    others[chosen_at] = False
    of_set = np.repeat(np.arange(len(sets)), np.diff(sets.offsets))[others]
    return Compared(sets.items[chosen_at][of_set], sets.items[others], judgement[of_set])
