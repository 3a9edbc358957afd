"""Looking at a leaderboard from all sides."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath.leaderboards.audit import Audit
from prefmath.models._fit.predictions import decided_weight
from prefmath.models._inference.tails import chi2_tail, normal_quantile
from prefmath.models.bradley_terry import BradleyTerry

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.leaderboards.board import Leaderboard
    from prefmath.leaderboards.wins import Wins

    _F64 = NDArray[np.float64]

__all__ = ["audited"]

_MOST_NAMED = 3
# A cell of fewer expected wins or losses says little to a chi-square statistic.
_LEAST_EXPECTED = 1.0
# Scores of so many annotators are held at once.
_TOGETHER = 1024


def audited(board: Leaderboard) -> Audit:
    """Look at a board from all sides."""
    wins, expected = board.wins, board.expected_win_matrix()
    first_won, effect, effect_se = _order(board)
    circles, triples = _circles(wins.rate)
    misfit, df = _misfit(board, wins, expected)
    return Audit(
        first_won=first_won,
        order_effect=effect,
        order_effect_se=effect_se,
        circles=circles,
        triples=triples,
        misfit=misfit,
        misfit_df=df,
        misfit_p=chi2_tail(misfit, df) if df else 1.0,
        influence=_influence(board, expected),
        clustering=_clustering(board),
        votes_needed=_votes_needed(board, board.order),
    )


def _order(board: Leaderboard) -> tuple[float | None, float | None, float | None]:
    choices = board.choices
    if choices.first is None:
        return None, None, None
    weight = decided_weight(choices)
    total = weight.sum()
    if not total > 0:
        return None, None, None
    share = float(weight[choices.first].sum() / total)
    parameters = {**board.model.get_params(), "position_effect": True}
    try:
        model = BradleyTerry(**parameters).fit(choices)
        errors = model.uncertainty(choices, robust=choices.has_annotators)
    except ValueError:  # who was shown first tells, or is told by, who won
        return share, None, None
    return share, model.order_effect_, float(errors.position_effects_se[0].sum())


def _circles(rate: _F64) -> tuple[int, int]:
    """Count threes that all met, and those in which each won most against one other."""
    beats = (rate > 0.5).astype(np.int64)
    met = (~np.isnan(rate)).astype(np.int64)
    np.fill_diagonal(met, 0)
    triples = int(np.trace(met @ met @ met)) // 6
    return int(np.trace(beats @ beats @ beats)) // 3, triples


def _misfit(board: Leaderboard, wins: Wins, expected: _F64) -> tuple[float, int]:
    battles = wins.battles
    upper = np.triu(battles * np.minimum(expected, 1 - expected) >= _LEAST_EXPECTED, 1)
    n, p = battles[upper], expected[upper]
    tied = 0.0
    if board.choices.tied is not None:
        tied = float(np.average(board.choices.tied, weights=board.choices.counted_weight))
    # A tie is half a win, which varies less than a win or none.
    variance = np.maximum(p * (1 - p) - tied / 4, 1e-3)
    statistic = n * (wins.rate[upper] - p) ** 2 / variance
    return float(statistic.sum()), max(int(upper.sum()) - (len(board.items) - 1), 0)


def _influence(board: Leaderboard, expected: _F64) -> list[tuple[Any, float]]:
    """Return whose leaving out would move a score most: the inverse information times scores."""
    choices = board.choices
    if choices.annotator_ids is None:
        return []
    errors, n = board.uncertainty, choices.n_items
    independent = board.model.uncertainty(choices, robust=False) if errors.robust else errors
    covariance = independent.covariance[:n, :n]
    rank = np.empty(n, np.int64)
    rank[board.order] = np.arange(n)
    winner, loser = choices.winner, choices.loser
    outcome = np.ones(len(choices)) if choices.tied is None else np.where(choices.tied, 0.5, 1.0)
    residual = outcome - expected[rank[winner], rank[loser]]
    if choices.weight is not None:
        residual = residual * choices.weight
    moved = np.empty(choices.n_annotators)
    ends = choices.annotator_offsets
    for first in range(0, choices.n_annotators, _TOGETHER):
        last = min(first + _TOGETHER, choices.n_annotators)
        there = slice(ends[first], ends[last])
        rows = np.repeat(np.arange(last - first), np.diff(ends[first : last + 1])) * n
        scores = np.bincount(rows + winner[there], residual[there], (last - first) * n)
        scores -= np.bincount(rows + loser[there], residual[there], (last - first) * n)
        moved[first:last] = np.abs(scores.reshape(-1, n) @ covariance).max(axis=1)
    most = np.argsort(-moved, kind="stable")[:_MOST_NAMED]
    return [(choices.annotator_ids[at], float(board.points * moved[at])) for at in most.tolist()]


def _clustering(board: Leaderboard) -> float | None:
    choices, model = board.choices, board.model
    if choices.annotator_ids is None or choices.n_annotators < 2:
        return None
    errors = board.uncertainty if board.uncertainty.robust else model.uncertainty(choices)
    by_annotator = errors.coef_se[0]
    anonymous = replace(
        choices, annotator_ids=None, annotator_offsets=np.array([0, len(choices)], np.int64)
    )
    per_vote = model.uncertainty(anonymous).coef_se[0]
    known = np.isfinite(by_annotator) & np.isfinite(per_vote) & (per_vote > 0)
    return float(np.median(by_annotator[known] / per_vote[known])) if known.any() else None


def _votes_needed(board: Leaderboard, order: NDArray[np.int64]) -> _F64:
    """Return by how much votes must grow that a difference is z standard errors."""
    errors = board.uncertainty
    utilities, n = errors.coef[0][order], len(order)
    covariance = errors.covariance[:n, :n][np.ix_(order, order)]
    variance = covariance.diagonal()
    between = variance[:-1] + variance[1:] - 2 * np.diagonal(covariance, 1)
    gap = utilities[:-1] - utilities[1:]
    with np.errstate(divide="ignore"):
        needed: _F64 = normal_quantile(board.level) ** 2 * np.maximum(between, 0) / gap**2
    return np.where(gap > 0, needed, np.inf)
