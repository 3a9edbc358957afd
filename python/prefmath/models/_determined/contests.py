"""Linear utilities as contests: what was chosen scored at least as much as what was not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath.models._likelihood.subset import spread, taken
from prefmath.models._likelihood.ties import tie_model

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from prefmath.models._likelihood.observation import Observation
    from prefmath.models._likelihood.utility.linear import LinearUtility

    _F64 = NDArray[np.float64]

__all__ = ["Contests", "contests_of", "n_contests", "some_contests"]

# Features of so many numbers are widened at a time.
_BLOCK = 1 << 22
# Linear combinations of columns that agree to so many digits cannot be told apart.
_SAME = 1e-7
# The error of a stored number, in units of its last digit, and of what is summed of such.
_ULPS = 4


@dataclass(frozen=True, eq=False)
class Contests:
    """Rows z, one for each alternative to an outcome, which is as probable as z θ is high.

    ``z = factor (x[ahead] - x[behind]) + tie e``, where x are features and positions of an entry
    and e the parameter of ties. Half a win for each side wants z θ both high and low: `even`.
    """

    utility: LinearUtility
    observation: Observation
    outcome: NDArray[np.int64]
    ahead: NDArray[np.int64]
    behind: NDArray[np.int64]
    factor: _F64
    tie: _F64
    even: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.outcome)

    def of(self, which: NDArray[Any] | slice) -> Contests:
        """Return some of them."""
        return Contests(
            self.utility,
            self.observation,
            self.outcome[which],
            self.ahead[which],
            self.behind[which],
            self.factor[which],
            self.tie[which],
            self.even[which],
        )

    def rows(self) -> _F64:
        """Return the rows z, (n, n_parameters)."""
        return self._of_entries(self.ahead, self.behind)[0]

    def scores(self, params: _F64) -> _F64:
        """Return z · params of each, by its row."""
        return self.rows() @ params

    def all_scores(self, params: _F64) -> _F64:
        """Return z · params of each, by the utilities of all items: for most of the contests."""
        observation = self.observation
        table = self.utility.table(params[None])[:, 0]
        utility = table[observation.items]
        if observation.extra is not None:
            utility += np.where(observation.extra >= 0, table[observation.extra], 0)
        score: _F64 = self.factor * (utility[self.ahead] - utility[self.behind])
        return score + self.tie * params[-1] if observation.tie_row >= 0 else score

    def along(self, directions: _F64) -> tuple[_F64, _F64]:
        """Return z · direction for every direction, a column each, and how far rounding may go."""
        value, error = np.empty((2, len(self), directions.shape[1]))
        size = np.abs(directions)
        # 16-bit floats are taken as the float32 numbers that they are.
        double = self.utility.features.dtype == np.float64
        eps = _ULPS * np.finfo(np.float64 if double else np.float32).eps
        for block, part in self._blocks():
            z, magnitude = part._of_entries(part.ahead, part.behind)  # noqa: SLF001
            value[block] = z @ directions
            error[block] = _SAME * (np.abs(z) @ size) + eps * (magnitude @ size)
        return value, error

    def _blocks(self) -> Iterator[tuple[slice, Contests]]:
        step = max(1, _BLOCK // max(self.utility.n_parameters, 1))
        for first in range(0, len(self), step):
            block = slice(first, first + step)
            yield block, self.of(block)

    def _of_entries(self, ahead: NDArray[np.int64], behind: NDArray[np.int64]) -> tuple[_F64, _F64]:
        """Return the rows z, and the size of the numbers of which they are differences."""
        features, items, extra = (
            self.utility.features,
            self.observation.items,
            self.observation.extra,
        )
        d, n_items = self.utility.n_coef, len(features)
        z, magnitude = np.zeros((2, len(self), self.utility.n_parameters))
        better = features[items[ahead]].astype(np.float64)
        worse = features[items[behind]].astype(np.float64)
        z[:, :d] = self.factor[:, None] * (better - worse)
        magnitude[:, :d] = np.maximum(np.abs(better), np.abs(worse))
        if extra is not None:
            row = np.arange(len(self))
            for entries, sign in ((ahead, 1.0), (behind, -1.0)):
                at = extra[entries].astype(np.int64)
                shown = at >= 0
                column = at[shown] - n_items + d
                z[row[shown], column] += sign * self.factor[shown]
        if self.observation.tie_row >= 0:
            z[:, -1] += self.tie
        return z, magnitude


def n_contests(observation: Observation) -> int:
    """Count the alternatives to what was chosen: so many comparisons the data hold at most."""
    return int((np.diff(observation.offsets) - 1).clip(0).sum()) * (
        1 if observation.ties == "half" else 2
    )


def some_contests(utility: LinearUtility, observation: Observation, wanted: int) -> Contests:
    """Return about so many contests, of outcomes evenly spread over the data."""
    n, others = observation.n_outcomes, max(len(observation.items) / observation.n_outcomes - 1, 1)
    n_rows = min(n, int(np.ceil(wanted / others)))
    if n_rows == n:
        return contests_of(utility, observation)
    rows = spread(n, n_rows)
    found = contests_of(utility, taken(observation, rows))
    return Contests(
        utility,
        found.observation,
        rows[found.outcome],
        found.ahead,
        found.behind,
        found.factor,
        found.tie,
        found.even,
    )


def contests_of(utility: LinearUtility, observation: Observation) -> Contests:
    """Return all contests of choices of one or of pairs, as the model of ties has them."""
    starts, sizes = observation.offsets[:-1], np.diff(observation.offsets)
    outcome = np.repeat(np.arange(len(sizes)), sizes)
    behind = np.arange(len(outcome))
    chosen = np.repeat(starts + observation.chosen, sizes)
    other = behind != chosen
    outcome, ahead, behind = outcome[other], chosen[other], behind[other]
    n = len(outcome)
    none = np.zeros(n)
    tied = np.zeros(n, np.bool_) if observation.tied is None else observation.tied[outcome]
    ties = tie_model(observation.ties)
    parts = [(np.ones(n, np.bool_), False, 1.0, 0.0)]
    if ties is not None:
        parts = [
            (tied if contest.of_ties else ~tied, contest.turned, contest.factor, contest.tie)
            for contest in ties.contests
        ]
    even = tied if ties is None else np.zeros(n, np.bool_)
    rows = np.concatenate([np.flatnonzero(which) for which, *_ in parts])
    counts = [int(which.sum()) for which, *_ in parts]
    turned, factor, tie = (np.repeat([part[at] for part in parts], counts) for at in (1, 2, 3))
    return Contests(
        utility,
        observation,
        outcome[rows],
        np.where(turned, behind[rows], ahead[rows]),
        np.where(turned, ahead[rows], behind[rows]),
        factor,
        tie + none[rows],
        even[rows],
    )
