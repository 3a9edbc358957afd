"""Holding judgements: pairs into `Choices`."""

from __future__ import annotations

import numpy as np
from work import Call, Floor, Work, scaled

from prefmath import Choices

PAIRS = scaled(10_000_000)


def pairs():
    rng = np.random.default_rng(5)
    winner = rng.integers(1_000_000, size=PAIRS)
    loser = (winner + rng.integers(1, 1_000_000, size=PAIRS)) % 1_000_000
    return winner, loser, rng.integers(100_000, size=PAIRS)


WORKS = (
    Work(
        name="from-pairs",
        title=f"Choices.from_pairs, {PAIRS:,} pairs of int64 rows, nobody named",
        data=pairs,
        calls={"prefmath": Call(lambda data: Choices.from_pairs(*data[:2]))},
        # Winner and loser are read; offsets, items and positions are written.
        floor=Floor(bytes=PAIRS * (16 + 8 + 8 + 4)),
    ),
    Work(
        name="from-pairs-sorted",
        title=f"the same by {100_000:,} annotators in no order",
        data=pairs,
        calls={"prefmath": Call(lambda data: Choices.from_pairs(*data[:2], annotator=data[2]))},
        # The annotators are read too, and the order is written.
        floor=Floor(bytes=PAIRS * (16 + 8 + 8 + 8 + 4 + 8)),
    ),
)


def bench_choices(work, who, timed):
    timed(work, who)
