"""Which columns are the embedding: no id, score or length is taken for a part of it."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from command_line import refusal, run
from prefmath.cli.embeddings import embedding
from prefmath.io.files import write_table


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def used(table, spec=None, others=()):
    return embedding(pa.table(table), spec, others).names


N = [1.0, 2.0]
ALSO = {"response_id": [7, 8], "score": [0.1, 0.2], "length": [500, 20], "text": ["a", "b"]}


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["e0", "e1"], ["e0", "e1"]),
        (["e1", "e0"], ["e0", "e1"]),
        ([f"e{j}" for j in (10, 2, *range(2), *range(3, 10))], [f"e{j}" for j in range(11)]),
        (["emb_1", "emb_2", "emb_3"], ["emb_1", "emb_2", "emb_3"]),
        (["embedding.0", "embedding.1"], ["embedding.0", "embedding.1"]),
        (["x[0]", "x[1]"], ["x[0]", "x[1]"]),
        (["d000", "d001"], ["d000", "d001"]),
        (["0", "1"], ["0", "1"]),
    ],
)
@pytest.mark.parametrize("also", [{}, ALSO])
def test_columns_of_one_stem(names, expected, also):
    table = {**also, **dict.fromkeys(names, N)}
    assert used(table) == expected


def test_one_column_of_lists():
    assert used({**ALSO, "vector": [N, N]}) == ["vector[0]", "vector[1]"]
    # a column of this name needs no guess
    assert used({"e0": N, "e1": N, "embedding": [N, N]}) == ["embedding[0]", "embedding[1]"]


def test_columns_that_are_put_to_another_use():
    scores = {"e0": N, "e1": N, "score1": N, "score2": N}
    with pytest.raises(ValueError, match="may be 'e0' to 'e1' or 'score1' to 'score2': name its"):
        used(scores)
    assert used(scores, None, ["score1"]) == ["e0", "e1"]
    assert used(scores, "score") == ["score1", "score2"]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (ALSO, "no column 'embedding', no column of lists of numbers and no columns 'e0', 'e1', …"),
        ({**ALSO, "e0": N}, "there are 'response_id', 'score', 'length', 'text', 'e0'; name its"),
        ({"a": [N], "b": [N]}, "the embedding may be 'a' or 'b'"),
        ({"a": [N, N], "e0": N, "e1": N}, "the embedding may be 'a' or 'e0' to 'e1'"),
        (
            {"e0": N, "e1": N, "e3": N},
            "the numbers of columns 'e0' to 'e3' do not run 0, 1, …: 'e3'",
        ),
        ({"e2": N, "e3": N}, "do not run 1, 2, …: 'e2' stands where number 1 should"),
        ({"e0": N, "e00": N}, "'e00' stands where number 1 should"),
        ({"e1": N, f"e{10**30}": N}, "stands where number 2 should"),
        ({"e0": N, "e1": ["1", "x"]}, "column 'e1' must hold numbers: row 1 has 'x'"),
        ({"e0": ["", "1"], "e1": N}, "column 'e0' must hold numbers: row 0 has nothing"),
        ({"e0": N, "e1": pa.nulls(2)}, "column 'e1' has no value in row 0"),
        ({"e0": N, "e1": [1.0, None]}, "column 'e1' has no value in row 1"),
        ({"e0": N, "e1": [1.0, -1e300]}, "column 'e1' holds -1e+300 in row 1, beyond 32 bits"),
        (
            {"embedding": ["[1, 2]", "[3, 4]"]},
            "column 'embedding' holds lists as text, '[1, 2]' in",
        ),
        ({"text1": ["a", "b"], "text2": ["c", "d"]}, "no column 'embedding', no column of lists"),
    ],
)
def test_refusals(table, message):
    with pytest.raises(ValueError, match=r"column|embedding") as caught:
        used(table)
    assert message in str(caught.value)


def test_what_the_names_begin_with():
    table = {**ALSO, "e10": N, "e9": N, "extra": N, "e_text": ["a", "b"], "dim_a": N, "dim_b": N}
    assert used(table, "e1") == ["e10"]
    assert used(table, "dim_") == ["dim_a", "dim_b"]
    assert used({"e10": N, "e9": N}, "e") == ["e9", "e10"]
    with pytest.raises(ValueError, match="'e10', 'e9', 'extra', 'e_text' begin with 'e', of more"):
        used(table, "e")


def test_ids_and_scores_are_not_guessed_on_the_command_line():
    rng = np.random.default_rng(0)
    e = {f"e{j}": rng.standard_normal(9) for j in range(2)}
    write_table("p.csv", pa.table({"response_id": np.arange(9), "score": np.arange(9.0), **e}))
    result = run("select", "p.csv", "-k", 2, "-o", "o.csv")
    assert "embedding: 2 numbers in e0, e1" in result.out
    write_table("q.csv", pa.table({"response_id": np.arange(9), "score": np.arange(9.0) + 1}))
    assert refusal("select", "q.csv", "-k", 2, "-o", "o.npy").startswith("no column 'embedding', ")
    named = run("select", "q.csv", "-k", 1, "--embedding", "score,response_id", "-o", "o.npy")
    assert "embedding: 2 numbers in score, response_id" in named.out


def test_one_bad_cell_does_not_drop_its_column():
    Path("p.csv").write_text("id,e0,e1\n1,0.5,1\n2,n/a ,2\n3,1,3\n", encoding="utf-8")
    assert refusal("select", "p.csv", "-k", 2, "-o", "o.npy") == (
        "column 'e0' must hold numbers: row 1 has 'n/a '"
    )
    assert refusal(
        "select", "p.csv", "-k", 2, "--embedding", "e1", "--quality", "e0", "-o", "o.npy"
    ) == ("column 'e0' must hold numbers: row 1 has 'n/a '")


def test_features_are_not_guessed_either():
    write_table("j.csv", pa.table({"winner": ["a", "b", "a"], "loser": ["b", "a", "b"]}))
    write_table("x.csv", pa.table({"item": ["a", "b"], "id": [7, 9], "price": [1.0, 2.5]}))
    start = ["fit", "j.csv", "-o", "m.npz", "--features", "x.csv"]
    assert refusal(*start).startswith("no column 'embedding', no column of lists of numbers and no")
    result = run(*start, "--embedding", "price,")
    assert result.status == 0
    assert "features: 1 number in price" in result.out


def test_another_separator():
    Path("p.csv").write_text("winner;loser\na;b\n", encoding="utf-8")
    assert refusal("fit", "p.csv", "-o", "m.npz") == (
        "no column 'winner': there are 'winner;loser'; columns are separated by commas, not by ';'"
    )
