"""prefmath fit: columns that are not named have the names of their options, and are said."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from command_line import refusal, run
from prefmath import Choices
from prefmath.io.files import write_table
from prefmath.io.models import load_model
from prefmath.models import ChoiceMixture

N = 60
RNG = np.random.default_rng(0)
WINNER = np.array(list("abcd"))[RNG.integers(0, 4, N)]
LOSER = np.array([RNG.choice([x for x in "abcd" if x != w]) for w in WINNER])
FIRST = RNG.random(N) < 0.6


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def fit(table, *options):
    write_table("j.csv", pa.table(table))
    result = run("fit", "j.csv", "-o", "m.npz", "--force", *options)
    assert (result.status, result.err) == (0, "")
    return load_model("m.npz"), result.out


@pytest.mark.parametrize("first", [FIRST, FIRST.astype(int), FIRST.astype(float)])
def test_a_column_called_first_is_read_where_positions_have_an_effect(first):
    table = {"winner": WINNER, "loser": LOSER, "first": first}
    model, text = fit(table, "--position-effect")
    choices = Choices.from_pairs(WINNER, LOSER, first=FIRST)
    expected = ChoiceMixture(position_effect=True, random_state=0).fit(choices)
    np.testing.assert_array_equal(model.position_effects_, expected.position_effects_)
    assert "columns: winner, loser, first\n" in text


def test_a_column_called_first_that_means_something_else():
    table = {"winner": WINNER, "loser": LOSER, "first": WINNER}
    _, text = fit(table)
    assert "columns: winner, loser\n" in text
    message = (
        "column 'first' must tell with true or false, or 1 and 0, whether the winner was shown"
        f" first: row 0 has '{WINNER[0]}'; another column is named with --first"
    )
    for options in (["--position-effect"], ["--first", "first"]):
        assert refusal("fit", "j.csv", "-o", "n.npz", *options) == message
    fit({**table, "left": FIRST}, "--position-effect", "--first", "left")


def test_a_column_called_weight_is_what_judgements_count():
    weight = np.linspace(0.5, 2, N)
    model, text = fit({"winner": WINNER, "loser": LOSER, "weight": weight})
    choices = Choices.from_pairs(WINNER, LOSER, weight=weight)
    expected = ChoiceMixture(random_state=0).fit(choices)
    np.testing.assert_array_equal(model.coef_, expected.coef_)
    assert "columns: winner, loser, weight\n" in text


def test_text_where_true_or_false_is_wanted():
    write_table(
        "j.csv", pa.table({"winner": ["a", "b"], "loser": ["b", "a"], "tie": ["no", "yes"]})
    )
    assert refusal("fit", "j.csv", "-o", "m.npz").startswith(
        "column 'tie' must tell with true or false, or 1 and 0, whether neither won: row 0 has 'no'"
    )
    sets = {"choice_set": [1, 1], "chosen": ["x", ""], "item": ["a", "b"]}
    write_table("s.csv", pa.table(sets))
    assert refusal("fit", "s.csv", "--layout", "choice_sets", "-o", "m.npz").startswith(
        "column 'chosen' must tell with true or false, or 1 and 0, whether the row was chosen: row"
    )


def test_ids_that_floats_do_not_tell_apart():
    big = 1 << 64
    rows = [(1, 2), (3, 1), (big, 3), (big + 1, 2), (2, big), (1, big + 1)]
    lines = "".join(f"{winner},{loser}\n" for winner, loser in rows)
    Path("j.csv").write_text("winner,loser\n" + lines, encoding="utf-8")
    assert refusal("fit", "j.csv", "-o", "m.npz") == (
        "column 'winner' holds labels too large to tell apart, 1.8e+19 in row 2: write text"
    )
    Path("p.csv").write_text(f"by,e0,e1\n{big},1,0\n{big + 1},0,1\n", encoding="utf-8")
    assert refusal("select", "p.csv", "-k", 1, "--by", "by", "-o", "o.npy") == (
        "column 'by' holds labels too large to tell apart, 1.8e+19 in row 0: write text"
    )


@pytest.mark.parametrize("k", [10, 10**9, 10**30])
def test_more_than_any_pool_has(k):
    e = {"by": [1, 1, 2], "e0": [1.0, 0, 1], "e1": [0.0, 1, 1]}
    write_table("p.csv", pa.table(e))
    start = ["select", "p.csv", "--by", "by", "-k", k, "-o", "o.npy"]
    assert refusal(*start) == (
        f"pool 1 has 2 candidates, fewer than {k}: --allow-fewer takes what there is"
    )
    assert run(*start, "--allow-fewer").status == 0
    assert np.load("o.npy").shape == (2, 2)


def test_empty_cells_of_labels_are_missing():
    Path("p.csv").write_text("by,e0,e1\na,1,0\n,0,1\n", encoding="utf-8")
    assert refusal("select", "p.csv", "-k", 1, "--by", "by", "-o", "o.npy") == (
        "column 'by' has no value in row 1"
    )
    write_table("j.csv", pa.table({"winner": ["a", "b"], "loser": ["b", "a"]}))
    Path("x.csv").write_text("item,f\na,1\n,2\n", encoding="utf-8")
    features = ["--features", "x.csv", "--embedding", "f"]
    assert (
        refusal("fit", "j.csv", "-o", "m.npz", *features) == "column 'item' has no value in row 1"
    )


def test_too_much_for_the_memory_is_said():
    arguments = ["--annotators", 4, "--prompts", 10**14]
    assert refusal("demo", *arguments).startswith("out of memory: unable to allocate ")


def test_counted_ballots_of_people_without_names():
    table = {"r1": list("abc"), "r2": list("bca"), "r3": list("cab"), "count": [312, 40, 7]}
    options = ("--layout", "rankings", "--items", "r1,r2,r3", "--annotator", "each")
    model, text = fit(table, *options, "--components", "2")
    items = list("abcbcacab")
    choices = Choices.from_rankings([0, 3, 6, 9], items, annotator="each", count=table["count"])
    expected = ChoiceMixture(2, random_state=0).fit(choices)
    np.testing.assert_array_equal(model.coef_, expected.coef_)
    np.testing.assert_array_equal(model.annotator_counts_, [312, 40, 7])
    assert "columns: r1, r2, r3, count\n" in text
    assert "Choices(3 rankings of 3 by 359 annotators (3 distinct) over 3 items)\n" in text
    members = next(line for line in text.splitlines() if line.startswith("annotators"))
    assert sum(map(int, members.split()[1:])) == 359


def test_a_column_of_counts_has_any_name():
    table = {"winner": ["a", "b"], "loser": ["b", "a"], "times": [7, 3]}
    model, text = fit(table, "--count", "times", "--l2", "0")
    assert model.coef_[0].tolist() == pytest.approx([np.log(7 / 3) / 2, -np.log(7 / 3) / 2])
    assert "Choices(2 pairs that stand for 10 over 2 items)\n" in text
    message = "column 'winner' must hold numbers: row 0 has 'a'"
    assert refusal("fit", "j.csv", "-o", "n.npz", "--count", "winner") == message
