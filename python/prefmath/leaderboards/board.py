"""What a leaderboard holds, and how it is printed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath.io.frames_out import frame_of
from prefmath.leaderboards.wins import Wins, wins_between
from prefmath.models._inference.digits import decimals, percent_text, spread_of
from prefmath.models._inference.text_table import text_table
from prefmath.models._likelihood.ties import tie_model

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.choices import Choices
    from prefmath.leaderboards.audit import Audit
    from prefmath.models import BradleyTerry, Uncertainty

    _F64 = NDArray[np.float64]
    _I64 = NDArray[np.int64]

__all__ = ["POINTS", "Leaderboard"]

_SHOWN = 40
# Odds of 10 to 1 are 400 points of Elo.
POINTS = {"elo": 400 / math.log(10), "logit": 1.0}


@dataclass(frozen=True, eq=False, repr=False)
class Leaderboard:
    """Items from the best to the worst, with what is known of each.

    All arrays are in this order.

    Attributes
    ----------
    items : list
        Their labels.
    score, se : ndarray, shape (n_items,)
        Scores and standard errors on the scale asked for.
    interval : ndarray, shape (n_items, 2)
        Confidence interval of each score.
    votes, win_rate : ndarray, shape (n_items,)
        Battles, and the share that was won, ties counting half.
    rank : ndarray of int, shape (n_items,)
        As arenas count: 1 more than the items whose whole interval lies above.
    rank_range : ndarray of int, shape (n_items, 2)
        Confidence interval of the rank of each item, from all its differences to others.
    tier : ndarray of int, shape (n_items,)
        1 the best. Within a tier nobody is clearly ahead of anybody, by simultaneous intervals of
        all differences.
    level : float
        Of intervals, ranks and tiers.
    scale : {"elo", "logit"}
        400 points or ln 10 to odds of 10 to 1.
    marks : list of str
        Why the error of an item is not to be relied on, or nothing.
    model : BradleyTerry
        The fit behind it.
    uncertainty : Uncertainty
        Its standard errors, behind ranks and tiers. With resamples the intervals are not of these.
    choices : Choices
        The battles.
    method : str
        Where the intervals come from.
    """

    items: list[Any]
    score: _F64
    se: _F64
    interval: _F64
    votes: _F64
    win_rate: _F64
    rank: _I64
    rank_range: _I64
    tier: _I64
    level: float
    scale: str
    marks: list[str]
    model: BradleyTerry
    uncertainty: Uncertainty
    choices: Choices
    method: str

    def to_frame(self, backend: str = "pandas") -> Any:
        """Return the board as a data frame, a row an item.

        Parameters
        ----------
        backend : {"pandas", "polars", "pyarrow"} or another that narwhals knows
            Which library's frame.

        Returns
        -------
        data frame
            With the columns rank, item, score, std_error, lower, upper, votes, win_rate, best_rank,
            worst_rank, tier and mark.
        """
        return frame_of(self._columns, backend)

    def win_matrix(self) -> _F64:
        """Share of battles that the row won against the column, ties half; nan without battles."""
        return self.wins.rate

    def expected_win_matrix(self) -> _F64:
        """Return the same as the model has it, also of those that never met."""
        utilities = self.model.utilities_[self.order]
        ahead = utilities[:, None] - utilities
        ties = tie_model(self.model.ties)
        if ties is None:
            return np.asarray((1 + np.tanh(ahead / 2)) / 2)
        parameter = self.uncertainty.params[0, -1]
        won, lost = ties.probabilities(ahead, np.zeros_like(ahead), parameter)
        half_of_ties: _F64 = (1 + won - lost) / 2
        return half_of_ties

    def battles(self) -> _F64:
        """Battles of each two."""
        return self.wins.battles

    def audit(self) -> Audit:
        """Ask whether the board is to be believed: order, circles, single people, too few votes.

        Returns
        -------
        Audit
        """
        from prefmath.leaderboards.auditing import audited

        return audited(self)

    @property
    def points(self) -> float:
        """Points of the scale to a logit."""
        return POINTS[self.scale]

    @property
    def order(self) -> _I64:
        """Rows of the item table in the order of the board."""
        order: _I64 = np.argsort(-self.model.utilities_, kind="stable")
        return order

    @cached_property
    def wins(self) -> Wins:
        """Who won how often against whom, in the order of the board."""
        order = self.order
        return Wins(wins_between(self.choices).won[np.ix_(order, order)])

    @property
    def _columns(self) -> dict[str, Any]:
        return {
            "rank": self.rank.tolist(),
            "item": self.items,
            "score": self.score.tolist(),
            "std_error": self.se.tolist(),
            "lower": self.interval[:, 0].tolist(),
            "upper": self.interval[:, 1].tolist(),
            "votes": self.votes.tolist(),
            "win_rate": self.win_rate.tolist(),
            "best_rank": self.rank_range[:, 0].tolist(),
            "worst_rank": self.rank_range[:, 1].tolist(),
            "tier": self.tier.tolist(),
            "mark": self.marks,
        }

    def _rows(self, n: int) -> list[list[str]]:
        least = 0 if self.scale == "elo" else 2
        # As many for all rows as the sharpest of them has a meaning for.
        digits = max((decimals(spread_of(*ends), least) for ends in self.interval[:n]), default=0)
        rows = []
        for at in range(n):
            low, high = self.interval[at]
            best, worst = self.rank_range[at]
            rows.append(
                [
                    str(self.items[at]),
                    f"{self.score[at]:.{digits}f}" + ("*" if self.marks[at] else ""),
                    f"[{low:.{digits}f}, {high:.{digits}f}]",
                    f"{best}" if best == worst else f"{best} to {worst}",
                    f"{self.tier[at]}",
                    f"{self.votes[at]:,.0f}",
                    percent_text(self.win_rate[at]),
                ]
            )
        return rows

    @property
    def _header(self) -> list[str]:
        return ["", "score", f"{100 * self.level:.10g}%", "ranks", "tier", "votes", "won"]

    @property
    def _notes(self) -> list[str]:
        marks = dict.fromkeys(mark for mark in self.marks if mark)
        return [f"* not to be relied on: {', '.join(marks)}"] if marks else []

    def __repr__(self) -> str:
        n = min(len(self.items), _SHOWN)
        left = [f"and {len(self.items) - n} more"] if n < len(self.items) else []
        title = f"Leaderboard({len(self.items)} items, {self.tier.max()} tiers; {self.method})"
        return "\n".join([title, text_table(self._header, self._rows(n)), *left, *self._notes])

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{escape(name)}</th>" for name in self._header)
        body = "".join(
            "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>"
            for row in self._rows(len(self.items))
        )
        notes = "".join(f"<p>{escape(note)}</p>" for note in [self.method, *self._notes])
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{notes}"
