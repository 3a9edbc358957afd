"""prefmath fit says in one line what is wrong with files and options."""

import numpy as np
import pyarrow as pa
import pytest

from command_line import refusal
from prefmath.io.files import write_array, write_table


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


PAIRS = {"winner": ["a", "b"], "loser": ["b", "a"]}
SETS = {"choice_set": [1, 1], "chosen": [1, 0], "x": [1.0, 2.0]}
LONG = ["--layout", "choice_sets"]
REFUSED = {
    "no such file: 'c.npy'": ("c.npy", None, []),
    "'c.txt' must end in .npy or .parquet or .csv or .csv.gz": ("c.txt", None, []),
    "'m.pkl' must end in .npz": ("c.csv", PAIRS, ["-o", "m.pkl"]),
    "no such folder: 'no'": ("c.csv", PAIRS, ["-o", "no/m.npz"]),
    "'c.csv' has no rows": ("c.csv", {"winner": [], "loser": []}, []),
    "no column 'winner': there are 'a', 'loser'": ("c.csv", {"a": ["a"], "loser": ["b"]}, []),
    "no column 'who': there are 'winner', 'loser'": ("c.csv", PAIRS, ["--annotator", "who"]),
    "no column 'x1': there are 'choice_set', 'chosen', 'x'": (
        *("c.csv", SETS, [*LONG, "--feature-columns", "x1"]),
    ),
    "2 components need to know who judged: name the column with --annotator, or give"
    " --annotator each if every judgement is that of another person": (
        *("c.csv", PAIRS, ["--components", 2]),
    ),
    "--components must be at least 1, not 0: see": ("c.csv", PAIRS, ["--components", 0]),
    "--l2 must be at least 0, not -1: see": ("c.csv", PAIRS, ["--l2", -1]),
    "--starts must be at least 1, not 0: see": ("c.csv", PAIRS, ["--starts", 0]),
    "--l2 must be at least 0, not nan: see prefmath fit --help": ("c.csv", PAIRS, ["--l2", "nan"]),
    "--items must name columns, commas between, not ','": (
        *("c.csv", PAIRS, ["--layout", "rankings", "--items", ","]),
    ),
    "--position-effect needs a column that tells with true or false whether the winner was shown": (
        *("c.csv", PAIRS, ["--position-effect"]),
    ),
    "column 'winner' must hold numbers: row 0 has 'a'": ("c.csv", PAIRS, ["--weight", "winner"]),
    "winner must not be missing: winner[1]=None": (
        *("c.csv", {"winner": ["a", ""], "loser": ["b", "c"]}, []),
    ),
    "annotator must not be missing: annotator[0]=None": (
        *("c.csv", {**PAIRS, "annotator": ["", "ann"]}, []),
    ),
    "--chosen says nothing about pairs": ("c.csv", PAIRS, ["--chosen", "winner"]),
    "--winner says nothing about choice_sets in long form": (
        *("c.csv", SETS, [*LONG, "--winner", "x", "--feature-columns", "x"]),
    ),
    "--rank says nothing about rankings in wide form": (
        *("c.csv", PAIRS, ["--layout", "rankings", "--items", "winner,loser", "--rank", "x"]),
    ),
    "--feature-columns describe the alternative of a row: they go with --layout choice_sets": (
        *("c.csv", PAIRS, ["--feature-columns", "winner"]),
    ),
    "without --item every row is an item of its own, which needs --feature-columns or": (
        *("c.csv", SETS, LONG),
    ),
    "--features and --feature-columns exclude each other": (
        *("c.csv", SETS, [*LONG, "--feature-columns", "x", "--features", "x.npy"]),
    ),
    "--embedding names columns of --features, which is missing": (
        *("c.csv", PAIRS, ["--embedding", "x"]),
    ),
    "no such file: 'x.npy'": ("c.csv", PAIRS, ["--features", "x.npy"]),
    "x is nan in row 1": (
        *("c.parquet", {**SETS, "x": [1.0, np.nan]}, [*LONG, "--feature-columns", "x"]),
    ),
    "column 'x' has no value in row 1": (
        *("c.csv", {**SETS, "x": [1.0, None]}, [*LONG, "--feature-columns", "x"]),
    ),
    "--offered says nothing about pairs": ("c.csv", PAIRS, ["--offered", "all"]),
    "--layout rankings needs a table; 'c.npy' can hold pairs only": (
        *("c.npy", np.array([[0, 1]]), ["--layout", "rankings"]),
    ),
    "--winner names a column, and 'c.npy' has none": (
        *("c.npy", np.array([[0, 1]]), ["--winner", "w"]),
    ),
    "'c.npy' must hold whole numbers in 2 columns (winner, loser) or 3 (annotator, winner,": (
        *("c.npy", np.ones((3, 4)), []),
    ),
    "--layout must be one of pairs, choice_sets, rankings, not 'triples': see": (
        "c.csv",
        PAIRS,
        ["--layout", "triples"],
    ),
}


@pytest.mark.parametrize("message", REFUSED)
def test_refusals(tmp_path, message):
    name, content, options = REFUSED[message]
    if isinstance(content, np.ndarray):
        write_array(name, content)
    elif content is not None:
        write_table(name, pa.table(content))
    before = set(tmp_path.iterdir())
    assert refusal("fit", name, "-o", "m.npz", *options).startswith(message)
    assert set(tmp_path.iterdir()) == before


def test_wrong_features():
    features = np.array([[1.0, 0.2], [0.5, 0.1], [0.0, 0.9], [0.1, 1.2]])
    write_table("p.csv", pa.table(PAIRS))
    write_array("few.npy", features[:1])
    write_array("flat.npy", features[0])
    write_array("nan.npy", np.where(features > 1, np.nan, features))
    write_table("named.csv", pa.table({"item": ["a", "c"], "x": [1.0, 2.0]}))
    start = ["fit", "p.csv", "-o", "m.npz", "--features"]
    assert refusal(*start, "few.npy").startswith(
        "items are labels: --features must be a table with a column that names them"
    )
    assert refusal(*start, "flat.npy").startswith(
        "'flat.npy' must hold a matrix of numbers, not float64 of shape (2,)"
    )
    assert refusal(*start, "nan.npy") == "column 1 is nan in row 3"
    assert "'b'" in refusal(*start, "named.csv", "--embedding", "x")
    assert refusal(*start, "named.csv", "--feature-item", "y").startswith("no column 'y'")
    assert refusal(*start, "few.npy", "--feature-item", "y") == (
        "--feature-item names a column, and 'few.npy' has none"
    )
    write_array("p.npy", np.array([[0, 1], [1, 0]]))
    assert refusal("fit", "p.npy", "-o", "m.npz", "--features", "few.npy") == (
        "features must have a row for each of 2 items, not 1"
    )
