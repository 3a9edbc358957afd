"""Leaderboards against logistic regression and sandwiches written out, and other packages."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from prefmath import Choices, leaderboard
from prefmath.io import read
from prefmath.leaderboards import Leaderboard
from prefmath.models import BradleyTerry

POINTS = 400 / np.log(10)


def drawn(n=1500, n_items=6, ties=0.0, seed=0, spread=0.6):
    rng = np.random.default_rng(seed)
    utilities = np.linspace(spread, -spread, n_items)
    left = rng.integers(n_items, size=n)
    right = (left + rng.integers(1, n_items, size=n)) % n_items
    won = rng.random(n) < expit(utilities[left] - utilities[right])
    names = np.array([f"m{at}" for at in range(n_items)])
    return Choices.from_pairs(
        names[np.where(won, left, right)],
        names[np.where(won, right, left)],
        tie=rng.random(n) < ties if ties else None,
        first=won,
        annotator=rng.integers(60, size=n),
    )


def written_out(choices, *, cluster):
    """Return utilities of mean 0 and their covariance: half wins, scores and the information."""
    n, d = len(choices), choices.n_items
    x = np.zeros((n, d))
    x[np.arange(n), choices.winner], x[np.arange(n), choices.loser] = 1, -1
    y = np.ones(n) if choices.tied is None else np.where(choices.tied, 0.5, 1.0)

    u = np.zeros(d)
    for _ in range(20):  # Newton's method; what is common to all is taken out
        p = expit(x @ u)
        information = x.T @ (x * (p * (1 - p))[:, None])
        u = u + np.linalg.pinv(information, rcond=1e-9) @ (x.T @ (y - p))
    p = expit(x @ u)
    inverse = np.linalg.pinv(x.T @ (x * (p * (1 - p))[:, None]), rcond=1e-9)
    scores = x * (y - p)[:, None]
    if cluster:
        scores = np.stack(
            [
                scores[choices.annotator_index == at].sum(axis=0)
                for at in range(choices.n_annotators)
            ]
        )
    meat = scores.T @ scores * len(scores) / (len(scores) - 1)
    return u, inverse @ meat @ inverse


def check(choices, *, cluster):
    board = leaderboard(choices)
    u, covariance = written_out(choices, cluster=cluster)
    order = np.argsort(-u, kind="stable")
    ids = np.arange(len(u)) if choices.item_ids is None else choices.item_ids
    assert board.items == ids[order].tolist()
    np.testing.assert_allclose(board.score, 1000 + POINTS * u[order], rtol=1e-6)
    se = POINTS * np.sqrt(covariance.diagonal())[order]
    np.testing.assert_allclose(board.se, se, rtol=1e-4)
    np.testing.assert_allclose(board.interval[:, 1], board.score + 1.959964 * se, rtol=1e-5)
    low, high = board.interval.T
    assert board.rank.tolist() == [1 + (low > mine).sum() for mine in high]


@pytest.mark.parametrize("ties", [0.0, 0.3])
def test_errors_by_annotator(ties):
    check(drawn(ties=ties), cluster=True)


def test_errors_by_vote_where_nobody_is_named():
    choices = drawn(400)
    anonymous = Choices.from_pairs(choices.winner, choices.loser)
    check(anonymous, cluster=False)


def test_votes_and_rates_by_hand():
    choices = Choices.from_pairs(list("abacbc"), list("babaca"), tie=[0, 0, 0, 1, 1, 0])
    board = leaderboard(choices, prior=1)
    of = dict(zip(board.items, zip(board.votes, board.win_rate, strict=True), strict=True))
    assert of["a"] == (5, pytest.approx((1 + 0 + 1 + 0.5 + 0) / 5))
    assert of["c"] == (3, pytest.approx((0.5 + 0.5 + 1) / 3))
    at = board.items.index("a"), board.items.index("b")
    assert board.win_matrix()[at] == pytest.approx(2 / 3)
    assert board.battles()[at] == 3
    expected = board.expected_win_matrix()
    np.testing.assert_allclose(expected + expected.T, 1)


@pytest.mark.parametrize("ties", ["half", "davidson", "rao_kupper"])
def test_what_is_expected_of_battles_is_what_the_model_says(ties):
    choices = drawn(ties=0.3)
    board = leaderboard(choices, ties=ties)
    expected, battles = board.expected_win_matrix(), board.battles()
    won = np.nansum(board.win_matrix() * battles, axis=1)
    if ties != "rao_kupper":  # whose likelihood does not count wins
        np.testing.assert_allclose((expected * battles).sum(axis=1), won, rtol=1e-5)
    else:
        np.testing.assert_allclose((expected * battles).sum(axis=1), won, rtol=0.05)


def test_an_anchor_has_its_score():
    choices = drawn()
    board = leaderboard(choices, anchor={"m3": 1200})
    at = board.items.index("m3")
    assert (board.score[at], board.se[at]) == (1200, 0)
    _, covariance = written_out(choices, cluster=True)
    ids = choices.item_ids.tolist()
    i, j = ids.index("m0"), ids.index("m3")
    variance = covariance[i, i] + covariance[j, j] - 2 * covariance[i, j]
    assert board.se[board.items.index("m0")] == pytest.approx(POINTS * np.sqrt(variance), rel=1e-4)
    logits = leaderboard(choices, scale="logit")
    np.testing.assert_allclose(POINTS * logits.score + 1000, leaderboard(choices).score)


def test_tiers_hold_who_cannot_be_told_apart():
    board = leaderboard(drawn(40_000, spread=1.5))
    assert board.tier.tolist() == [1, 2, 3, 4, 5, 6]
    assert board.rank_range.tolist() == [[at, at] for at in range(1, 7)]
    alike = leaderboard(drawn(300, spread=0.0))
    assert alike.tier.max() == 1


def test_resamples_give_intervals():
    board = leaderboard(drawn(), n_resamples=400)
    plain = leaderboard(drawn())
    assert board.method == "400 resamples of annotators"
    np.testing.assert_allclose(np.ptp(board.interval, 1), np.ptp(plain.interval, 1), rtol=0.25)
    assert board.tier.tolist() == plain.tier.tolist()


def test_a_board_for_each_label():
    battles = [
        {"model_a": a, "model_b": b, "winner": winner, "language": language}
        for language in ("en", "fr")
        for a, b in [("x", "y"), ("y", "x"), ("x", "z" if language == "en" else "y")]
        for winner in ["model_a", "model_b"]
    ]
    boards = leaderboard(read(battles), by="language")
    assert sorted(boards["en"].items) == ["x", "y", "z"]
    assert sorted(boards["fr"].items) == ["x", "y"]
    rows = [{**row, "judge": f"u{at % 5}"} for at, row in enumerate(battles)]
    languages = [row["language"] for row in rows]
    preferences = read(rows)
    for by in ("language", languages, np.array(languages)):
        again = leaderboard(preferences, by=by)
        for language, board in boards.items():
            assert again[language].items == board.items
            np.testing.assert_array_equal(again[language].votes, board.votes)
    with pytest.raises(TypeError, match="by"):
        leaderboard(preferences, by=[1, *languages[1:]])
    with pytest.raises(ValueError, match="by='lang' is no column"):
        leaderboard(read(battles), by="lang")
    with pytest.raises(ValueError, match="by must have a label for each of 12 judgements"):
        leaderboard(read(battles), by=["en"])


def test_what_is_printed():
    board = leaderboard(drawn())
    text = repr(board)
    assert text.startswith("Leaderboard(6 items, ")
    assert "robust standard errors from 60 annotators" in text
    frame = board.to_frame()
    assert frame["item"].tolist() == board.items
    assert (frame["lower"] < frame["score"]).all()
    hostile = drawn()
    ids = hostile.item_ids.astype(object)
    ids[0] = "<script>alert(1)</script>"
    board = leaderboard(
        Choices.from_pairs(ids[hostile.winner].astype(str), ids[hostile.loser].astype(str))
    )
    assert "<script>" not in board._repr_html_()
    assert "&lt;script&gt;" in board._repr_html_()


def test_refusals():
    choices = drawn()
    for options, match in (
        ({"scale": "points"}, "scale must be"),
        ({"anchor": {"m9": 1000}}, "anchor names 'm9'"),
        ({"anchor": {"m0": np.inf}}, "anchor must be"),
        ({"anchor": 1000}, "anchor must be one label with its score"),
        ({"level": 2}, "level"),
        ({"n_resamples": -1}, "n_resamples must be at least 0"),
    ):
        with pytest.raises((ValueError, TypeError), match=match):
            leaderboard(choices, **options)
    with pytest.raises(ValueError, match="battles must be pairs"):
        leaderboard(Choices.from_rankings([0, 2], [0, 1]))
    with pytest.raises(ValueError, match="'c'"):
        leaderboard(Choices.from_pairs(list("aba"), list("bac")))


def test_real_judgements(data_dir):
    votes = pd.read_csv(data_dir / "llmfao" / "comparisons_crowd.csv.gz")
    right = votes.winner == "right"
    choices = Choices.from_pairs(
        np.where(right, votes.name_y, votes.name_x),
        np.where(right, votes.name_x, votes.name_y),
        tie=votes.winner == "tie",
        annotator=votes.worker,
    )
    board = leaderboard(choices)
    assert isinstance(board, Leaderboard)
    u, covariance = written_out(choices, cluster=True)
    order = np.argsort(-u)
    np.testing.assert_allclose(board.score, 1000 + POINTS * u[order], rtol=1e-5)
    np.testing.assert_allclose(board.se, POINTS * np.sqrt(covariance.diagonal())[order], rtol=1e-3)
    plain = BradleyTerry().fit(choices)
    assert board.items[0] == choices.item_ids[plain.utilities_.argmax()]
