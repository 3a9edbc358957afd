"""The audit of a leaderboard sees what is wrong with made-up battles, and nothing else."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from command_line import refusal, run
from prefmath import Choices, leaderboard


def battles(n=6000, n_items=5, order=0.0, circle=0.0, cluster=0.0, seed=1):
    rng = np.random.default_rng(seed)
    utilities = np.linspace(0.5, -0.5, n_items)
    left = rng.integers(n_items, size=n)
    right = (left + rng.integers(1, n_items, size=n)) % n_items
    person = rng.integers(100, size=n)
    tastes = cluster * rng.standard_normal((100, n_items))
    ahead = utilities[left] - utilities[right] + order
    ahead += tastes[person, left] - tastes[person, right]
    ahead += circle * np.where(
        (right - left) % n_items == 1, 1, np.where((left - right) % n_items == 1, -1, 0)
    )
    won = rng.random(n) < expit(ahead)
    return Choices.from_pairs(
        np.where(won, left, right), np.where(won, right, left), first=won, annotator=person
    )


def test_nothing_is_wrong():
    audit = leaderboard(battles()).audit()
    assert abs(audit.first_won - 0.5) < 0.03
    assert abs(audit.order_effect) < 3 * audit.order_effect_se
    assert audit.misfit_p > 0.01
    assert audit.misfit_df == 10 - 4
    assert 0.7 < audit.clustering < 1.3
    assert "told apart" in repr(audit) or (audit.votes_needed <= 1).all()


def test_the_side_shown_first():
    audit = leaderboard(battles(order=0.5)).audit()
    assert audit.order_effect == pytest.approx(0.5, abs=3 * audit.order_effect_se)
    assert audit.first_won > 0.55
    unknown = battles()
    unknown = Choices.from_pairs(unknown.winner, unknown.loser)
    audit = leaderboard(unknown).audit()
    assert (audit.first_won, audit.clustering, audit.influence) == (None, None, [])
    assert "nobody knows" in repr(audit)


def test_an_effect_of_order_that_nothing_tells():
    choices = Choices.from_pairs([0, 1, 0], [1, 0, 1], first=[True, False, True])
    audit = leaderboard(choices).audit()
    assert audit.first_won == pytest.approx(2 / 3)
    assert audit.order_effect is None
    assert "an effect that is not determined" in repr(audit)
    tied = Choices.from_pairs([0, 1], [1, 0], tie=[True, True], first=[True, False])
    assert leaderboard(tied, prior=1).audit().first_won is None


def test_counts_are_battles():
    written = battles(600)
    tie = np.arange(600) % 5 == 0
    pairs = {"tie": tie, "first": written.first}
    counts = np.where(tie, 3.0, 1.0)
    rows = np.repeat(np.arange(600), counts.astype(int))
    out = Choices.from_pairs(
        written.winner[rows], written.loser[rows], tie=tie[rows], first=written.first[rows]
    )
    counted = Choices.from_pairs(written.winner, written.loser, **pairs, count=counts)
    assert leaderboard(counted).audit().misfit == pytest.approx(leaderboard(out).audit().misfit)


def test_circles():
    audit = leaderboard(battles(circle=1.5)).audit()
    assert audit.circles >= 1
    assert audit.triples == 10
    assert audit.misfit_p < 1e-6


def test_clusters_and_influence():
    choices = battles(cluster=1.5)
    board = leaderboard(choices)
    audit = board.audit()
    assert audit.clustering > 1.3
    who, moved = audit.influence[0]
    kept = choices.take(choices.restore(choices.annotator_ids[choices.annotator_index] != who))
    again = leaderboard(kept)
    change = [
        abs(board.score[board.items.index(i)] - again.score[again.items.index(i)])
        for i in board.items
    ]
    assert max(change) == pytest.approx(moved, rel=0.3)


def test_votes_needed():
    few, many = battles(2000), battles(8000)
    one, two = (leaderboard(choices).audit().votes_needed for choices in (few, many))
    assert len(one) == 4
    assert np.median(one / two) > 1.5


def test_the_command(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = [
        {"model_a": a, "model_b": b, "winner": winner, "judge": f"u{at}", "language": "en"}
        for at in range(12)
        for a, b in [("<x>", "y"), ("y", "z"), ("z", "<x>")]
        for winner in ["model_a" if at % 3 else "model_b"]
    ]
    (tmp_path / "battles.jsonl").write_text("\n".join(map(json.dumps, rows)))
    found = run("rank", "battles.jsonl", "--audit", "--by", "language", "-o", "board.csv")
    assert found.status == 0
    assert "language: en" in found.out
    assert "Leaderboard(3 items" in found.out
    assert "circles: 1 of 1" in found.out
    assert pd.read_csv("board.csv")["language"].tolist() == ["en"] * 3
    assert "exists already" in refusal("rank", "battles.jsonl", "-o", "board.csv")
    for name in ("board.json", "board.parquet", "board.html"):
        assert run("rank", "battles.jsonl", "-o", name).status == 0
    assert {row["item"] for row in json.loads((tmp_path / "board.json").read_text())} == {
        "<x>",
        "y",
        "z",
    }
    assert "<x>" not in (tmp_path / "board.html").read_text()
    (tmp_path / "b.jsonl").write_text("\n".join(json.dumps({**r, "language": "<b>"}) for r in rows))
    assert run("rank", "b.jsonl", "-o", "hostile.html", "--by", "language").status == 0
    assert "<b>" not in (tmp_path / "hostile.html").read_text()
    (tmp_path / "board.json").write_text(json.dumps(rows))
    read = refusal("rank", "board.json", "-o", "board.json", "--force")
    assert "is a file that is read" in read
    (tmp_path / "b.csv").write_text("model_a,model_b,winner\nx,y,left\n")
    assert "'b.csv', line 2: winner must be" in refusal("rank", "b.csv")
