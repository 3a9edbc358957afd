"""Making a leaderboard of battles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from prefmath._label_values import label_array
from prefmath._labels import code_labels, shown
from prefmath._validate import as_generator, as_number, as_whole_number
from prefmath.choices import Choices
from prefmath.io.preferences import Preferences
from prefmath.io.reading import read_arena
from prefmath.leaderboards.board import POINTS, Leaderboard
from prefmath.leaderboards.tiers import tiers_of
from prefmath.leaderboards.wins import wins_between
from prefmath.models import BradleyTerry, bootstrap
from prefmath.models._inference.intervals import as_level
from prefmath.models._inference.marks import NOT_DETERMINED
from prefmath.models._inference.ranks import clearly_better, rank_intervals
from prefmath.models._inference.tails import normal_quantile

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from prefmath.models._likelihood.ties import Ties

    _F64 = NDArray[np.float64]

__all__ = ["leaderboard"]

_BASE = 1000.0
_N_DRAWS = 10_000


def leaderboard(
    battles: Any,
    *,
    by: str | ArrayLike | None = None,
    scale: str = "elo",
    anchor: Mapping[Any, float] | None = None,
    ties: Ties = "half",
    prior: float = 0.0,
    level: float = 0.95,
    robust: bool = True,
    n_resamples: int = 0,
    random_state: int | np.random.Generator | None = 0,
    n_threads: int | None = None,
) -> Any:
    r"""Rank models, or whatever met in battles, with intervals, ranges of ranks and tiers.

    Parameters
    ----------
    battles : Choices, Preferences, path, data frame, list of dict, or dict of columns
        Pairs, or what `prefmath.io.read_arena` reads: `model_a, model_b, winner` and the like.
    by : str or array_like, shape (n_judgements,), optional
        A board for each label: a column of ``Preferences.judgements``, such as "language", or
        labels in the order in which the judgements were passed in.
    scale : {"elo", "logit"}
        400 points to odds of 10 to 1 around 1,000, or utilities around 0.
    anchor : dict of a label to a score, optional
        Whose score is given; its own error is 0. By default the mean of all is 1,000, or 0.
    ties, prior
        As in `BradleyTerry`. A `prior` above 0 ranks items that only won or only lost, too.
    level : float
        Of intervals, ranks and tiers.
    robust : bool
        Whether errors are robust: to clustering by annotator where annotators are named, else vote
        by vote, as arenas have it. Without it they are those of the model.
    n_resamples : int
        Intervals from so many resamples of annotators, or of votes where nobody is named, instead
        of standard errors. Ranks and tiers stay those of the standard errors.
    random_state : int, Generator or None
        For resamples, and the draws behind ranks and tiers.
    n_threads : int, optional
        As in `BradleyTerry`.

    Returns
    -------
    Leaderboard or dict of label to Leaderboard
        The latter with `by`.

    Raises
    ------
    ValueError
        If battles do not connect all items, so that some have no finite score: these are named; or
        an argument is none of those above.

    References
    ----------
    Chiang et al. (2024), Chatbot Arena: an open platform for evaluating LLMs by human preference,
    section 5. Ranges of ranks: Mogstad, Romano, Shaikh and Wilhelm (2024), section 3.

    Examples
    --------
    >>> from prefmath import leaderboard
    >>> names = ["ash", "birch", "cedar"]
    >>> battles = [
    ...     {"model_a": a, "model_b": b, "winner": "model_a" if at % 4 else "model_b"}
    ...     for at in range(80)
    ...     for a, b in [("ash", "birch"), ("birch", "cedar"), ("ash", "cedar")]
    ... ]
    >>> leaderboard(battles)
    Leaderboard(3 items, 3 tiers; robust standard errors from 240 judgements)
           score           95%  ranks  tier  votes  won
    ash     1131  [1088, 1175]      1     1    160  75%
    birch   1000   [964, 1036]      2     2    160  50%
    cedar    869    [825, 912]      3     3    160  25%
    """
    choices, judgements = _battles(battles)
    if scale not in ("elo", "logit"):
        raise ValueError(f"scale must be 'elo' or 'logit', got {scale!r}")
    settings = _Settings(
        BradleyTerry(ties=ties, prior=prior, n_threads=n_threads),
        scale,
        anchor,
        as_level(level),
        robust=robust,
        n_resamples=as_whole_number(n_resamples, "n_resamples", 0),
        random_state=random_state,
    )
    if by is None:
        return _board(choices, settings)
    labels, codes = code_labels(_labels(by, judgements, choices), "by")
    boards = {}
    for at, label in enumerate(labels.tolist()):
        some = choices.take(codes == at)
        try:
            boards[label] = _board(_of_those_there(some), settings)
        except ValueError as error:
            raise ValueError(f"of by={shown(label)}: {error}") from error
    return boards


def _battles(battles: Any) -> tuple[Choices, Mapping[str, Any]]:
    if not isinstance(battles, (Choices, Preferences)):
        battles = read_arena(battles)
    choices: Choices = battles if isinstance(battles, Choices) else battles.choices
    if choices.layout != "pairs":
        raise ValueError(f"battles must be pairs, not {choices.layout}")
    return choices, {} if isinstance(battles, Choices) else battles.judgements


def _labels(by: str | ArrayLike, judgements: Mapping[str, Any], choices: Choices) -> NDArray[Any]:
    """Return a label for each judgement, in the order in which they were passed in."""
    if isinstance(by, str):
        if by not in judgements:
            known = ", ".join(map(repr, judgements)) or "none: give labels, one a judgement"
            raise ValueError(f"by={by!r} is no column of the judgements; there are {known}")
        return choices.restore(label_array(judgements[by], "by"))
    labels = label_array(by, "by")
    if len(labels) != len(choices):
        raise ValueError(
            f"by must have a label for each of {len(choices)} judgements, not {len(labels)}"
        )
    return labels


def _of_those_there(choices: Choices) -> Choices:
    """Return the same over those items alone that are in a battle."""
    there, rows = np.unique(choices.items, return_inverse=True)
    ids = there if choices.item_ids is None else choices.item_ids[there]
    items = rows.reshape(-1).astype(np.int32)
    return replace(choices, items=items, item_ids=ids, n_items=len(ids))


class _Settings(NamedTuple):
    """What was asked for."""

    model: BradleyTerry
    scale: str
    anchor: Mapping[Any, float] | None
    level: float
    robust: bool
    n_resamples: int
    random_state: Any


def _board(choices: Choices, settings: _Settings) -> Leaderboard:
    scale, level, n_resamples = settings.scale, settings.level, settings.n_resamples
    rng = as_generator(settings.random_state)
    model = BradleyTerry(**settings.model.get_params()).fit(choices)
    errors = model.uncertainty(choices, robust=settings.robust)
    labels = np.arange(choices.n_items) if choices.item_ids is None else choices.item_ids
    order = np.argsort(-model.utilities_, kind="stable")
    points = POINTS[scale]
    n = choices.n_items
    covariance = errors.covariance[:n, :n]
    unknown = errors.marks[0, :n] == NOT_DETERMINED
    utilities = errors.coef[0]
    zero, base = _zero(labels, settings.anchor, scale)
    at_zero = np.zeros(n) if zero is None else covariance[zero]
    variance = covariance.diagonal() - 2 * at_zero + (0 if zero is None else covariance[zero, zero])
    se = np.where(unknown, np.inf, np.sqrt(np.maximum(variance, 0)))
    score = base + points * (utilities - (0 if zero is None else utilities[zero]))
    interval = score[:, None] + points * normal_quantile(level) * se[:, None] * np.array([-1, 1])
    method = errors.kind_text()
    if n_resamples:
        drawn = bootstrap(model, choices, n_resamples=n_resamples, random_state=rng)
        coef = drawn.coef[:, 0] - (0 if zero is None else drawn.coef[:, 0, zero, None])
        ends = np.quantile(coef, [(1 - level) / 2, (1 + level) / 2], axis=0)
        interval = base + points * ends.T
        se = coef.std(axis=0, ddof=1)
        method = f"{n_resamples:,} resamples of {'annotators' if drawn.named else 'votes'}"
    better = clearly_better(
        utilities, covariance, level, unknown=unknown, joint=True, n_draws=_N_DRAWS, rng=rng
    )
    ranges = rank_intervals(
        utilities, covariance, level, unknown=unknown, joint=False, n_draws=_N_DRAWS, rng=rng
    )
    votes, rate = wins_between(choices).of_items
    low, high = interval.T
    return Leaderboard(
        items=labels[order].tolist(),
        score=score[order],
        se=points * se[order],
        interval=interval[order],
        votes=votes[order],
        win_rate=rate[order],
        rank=1 + (low[None, order] > high[order, None]).sum(axis=1),
        rank_range=ranges[order],
        tier=tiers_of(order, better.above)[order],
        level=level,
        scale=scale,
        marks=errors.marks[0, :n][order].tolist(),
        model=model,
        uncertainty=errors,
        choices=choices,
        method=method,
    )


def _zero(labels: NDArray[Any], anchor: Any, scale: str) -> tuple[int | None, float]:
    """Return the row of the item whose score is given, and the score; or what the mean is."""
    if anchor is None:
        return None, _BASE if scale == "elo" else 0.0
    if not isinstance(anchor, Mapping) or len(anchor) != 1:
        raise ValueError(
            f"anchor must be one label with its score, as in {{'a': 1000}}, got {anchor!r}"
        )
    ((label, score),) = anchor.items()
    rows = np.flatnonzero(labels == label)
    if not len(rows):
        raise ValueError(f"anchor names {label!r}, which is not among the items")
    if not np.isfinite(as_number(score, "anchor")):
        raise ValueError(f"anchor must be a finite score, got {score!r}")
    return int(rows[0]), float(score)
