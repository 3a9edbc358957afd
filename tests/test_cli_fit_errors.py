"""prefmath fit --errors: the summary of the model on the command line."""

import numpy as np
import pyarrow as pa
import pytest

from command_line import run
from prefmath import Choices
from prefmath.io.files import write_table
from prefmath.models import ChoiceMixture

N = 400


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def pairs():
    rng = np.random.default_rng(0)
    first = rng.integers(0, 4, N)
    second = (first + rng.integers(1, 4, N)) % 4
    won = rng.random(N) < 1 / (1 + np.exp(second - first))
    names = np.array(["ale", "[bold]", "cider", "dew"])
    winner, loser = names[np.where(won, first, second)], names[np.where(won, second, first)]
    who = np.array([f"person {i % 40}" for i in range(N)])
    write_table("p.csv", pa.table({"winner": winner, "loser": loser, "annotator": who}))
    return Choices.from_pairs(winner, loser, annotator=who)


def test_the_summary_is_that_of_the_model(pairs):
    result = run("fit", "p.csv", "-o", "m.npz", "--errors")
    assert (result.status, result.err) == (0, "")
    expected = ChoiceMixture(random_state=0).fit(pairs)
    summary = repr(expected.summary(pairs))
    assert summary in result.out
    assert "[bold] " in summary
    fit = expected.fit_statistics(pairs)
    assert f"of equal chances {fit.null_log_likelihood:,.4f}" in result.out
    assert f"AIC {fit.aic:,.2f}   3 parameters" in result.out


def test_features_have_their_names(pairs):
    x = np.random.default_rng(1).standard_normal((4, 2)).astype(np.float32)
    items = pairs.item_ids.tolist()
    write_table("x.csv", pa.table({"item": items, "sweet": x[:, 0], "dry": x[:, 1]}))
    result = run(
        "fit", "p.csv", "--features", "x.csv", "--embedding", "sweet,dry", "-o", "m.npz", "--errors"
    )
    assert result.status == 0
    rows = [line for line in result.out.splitlines() if line.startswith(("sweet", "dry"))]
    assert len(rows) == 4
    assert all("[" in line for line in rows[2:])


def test_no_pass_is_made_for_a_criterion(pairs, monkeypatch):
    del pairs

    def refuse(*_):
        raise AssertionError

    monkeypatch.setattr(ChoiceMixture, "bic", refuse)
    result = run("fit", "p.csv", "-o", "m.npz")
    assert result.status == 0
    assert "BIC " in result.out
    assert "std. error" not in result.out
