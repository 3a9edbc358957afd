"""What reading choices from a data frame refuses, with columns and rows of the frame."""

from __future__ import annotations

import re
import sys

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from prefmath.choices import Choices

PAIRS = {"a": ["x", "y", None], "b": ["y", "z", "x"], "t": [True, None, False], "n": [0, 1, 2]}
LONG = {
    "set": [5, 5, 3, 3, 5],
    "item": ["x", "y", "x", "y", "z"],
    "yes": [0, 1, 1, 0, 0],
    "two": [1, 0, 1, 1, 0],
    "half": [0.0, 1.0, 0.5, 0.5, 0.0],
    "who": ["p", "p", "q", "q", "r"],
    "twice": ["x", "y", "z", "x", "y"],
    "weight": [1.0, 1.0, 2.0, 3.0, 1.0],
    "rank": [1, 2, 2, 1, None],
    "gap": [1, 3, 2, 1, None],
    "none": [None, None, 1, 2, None],
    "null": [5, 5, 3, None, 5],
}
NEEDS = {"choice_set": "set", "chosen": "yes"}


@pytest.mark.parametrize(
    "make",
    [pd.DataFrame, lambda table: pd.DataFrame(table).convert_dtypes(), pl.DataFrame, pa.table],
    ids=["pandas", "pandas nullable", "polars", "pyarrow"],
)
@pytest.mark.parametrize(
    ("table", "layout", "columns", "message", "error"),
    [
        (
            PAIRS,
            "pair",
            {},
            "layout must be one of 'pairs', 'choice_sets', 'rankings', got 'pair'",
            ValueError,
        ),
        (
            PAIRS,
            "pairs",
            {"winner": "a"},
            "layout='pairs' needs columns for loser and winner",
            ValueError,
        ),
        (
            PAIRS,
            "choice_sets",
            {"chosen": "n"},
            "layout='choice_sets' needs columns for choice_set and chosen, or chosen and items",
            ValueError,
        ),
        (
            PAIRS,
            "rankings",
            {"items": ["a", "b"], "winner": "a"},
            "winner has no place beside items in layout='rankings'",
            ValueError,
        ),
        (
            PAIRS,
            "pairs",
            {"winner": "a", "loser": "c"},
            "frame has no column 'c' for loser: it has 'a', 'b', 't', 'n'",
            ValueError,
        ),
        (
            PAIRS,
            "pairs",
            {"winner": "b", "loser": "a"},
            "loser must not be missing: loser[2]=None",
            ValueError,
        ),
        (
            PAIRS,
            "pairs",
            {"winner": "b", "loser": "n", "tie": "t"},
            "winner holds strings but loser holds integers",
            TypeError,
        ),
        (
            PAIRS,
            "rankings",
            {"items": "ab"},
            "items must be a list of column names, got 'ab'",
            TypeError,
        ),
        (
            PAIRS,
            "rankings",
            {"items": ["b", "a"]},
            (
                "items['a'] is missing in row 2: say offered='all' if all items that any row names "
                "could be ranked, so that those not named lie behind, or offered='named' if only "
                "those named were shown"
            ),
            ValueError,
        ),
        (
            PAIRS,
            ["pairs"],
            {},
            "layout must be one of 'pairs', 'choice_sets', 'rankings', got ['pairs']",
            ValueError,
        ),
        (
            PAIRS,
            "rankings",
            {"items": [["a"], ["b"]]},
            "items must be a list of column names, got [['a'], ['b']]",
            TypeError,
        ),
        (
            PAIRS,
            "rankings",
            {"items": ["b", "b"]},
            "items must name each column once, got 'b' twice",
            ValueError,
        ),
        (
            LONG,
            "choice_sets",
            {"items": ["item", "twice"], "chosen": "yes"},
            "the same item twice in choice set 0: 'x'",
            ValueError,
        ),
        (
            LONG,
            "choice_sets",
            {"items": ["item", "who"], "chosen": "twice"},
            (
                "chosen must name one of the item columns 'item', 'who' or hold positions: "
                "chosen[0]='x'"
            ),
            ValueError,
        ),
        (
            LONG,
            "choice_sets",
            {"items": ["item", "who"], "chosen": "set"},
            "chosen must be a position inside its choice set: chosen[0]=5 in a set of 2",
            ValueError,
        ),
        (
            LONG,
            "choice_sets",
            {"choice_set": "set", "chosen": "two"},
            (
                "chosen must mark one row of each choice set: choice set 3 (from row 2) has 2; if "
                "ids begin anew for each person, name the column of persons as annotator"
            ),
            ValueError,
        ),
        (
            LONG,
            "choice_sets",
            {"choice_set": "set", "chosen": "half"},
            "chosen must hold booleans or 0 and 1: chosen[2]=0.5",
            ValueError,
        ),
        (
            LONG,
            "choice_sets",
            {"choice_set": "null", "chosen": "yes"},
            "choice_set must not be missing: choice_set[3]=null",
            ValueError,
        ),
        (
            LONG,
            "choice_sets",
            NEEDS | {"item": "twice"},
            "the same item twice in choice set 5 (from row 0): 'y'",
            ValueError,
        ),
        (
            LONG,
            "choice_sets",
            NEEDS | {"item": "item", "item_ids": ["x", "z"]},
            "unknown item: item[1]='y' is not in item_ids",
            ValueError,
        ),
        (
            LONG,
            "choice_sets",
            NEEDS | {"item_ids": list("vwxyz")},
            "item_ids needs a column for item: without one each row is an item",
            ValueError,
        ),
        (
            LONG,
            "choice_sets",
            NEEDS | {"annotator": "who"},
            (
                "chosen must mark one row of each choice set: choice set 5 of annotator 'r' (from "
                "row 4) has 0; row 0 of this id is of annotator 'p', and so of another choice set"
            ),
            ValueError,
        ),
        (
            LONG,
            "choice_sets",
            NEEDS | {"weight": "weight"},
            (
                "weight must be the same in all rows of a choice set: "
                "weight[3]=3.0 but 2.0 before in choice set 3 (from row 2)"
            ),
            ValueError,
        ),
        (
            LONG,
            "choice_sets",
            NEEDS | {"context": "item"},
            (
                "context must be the same in all rows of a choice set: "
                "context[1]='y' but 'x' before in choice set 5 (from row 0)"
            ),
            ValueError,
        ),
        (
            LONG,
            "rankings",
            {"choice_set": "set", "item": "item", "rank": "gap"},
            (
                "rank must run 1, 2, … in each choice set: "
                "rank[1]=3 comes as number 2 in choice set 5 (from row 0)"
            ),
            ValueError,
        ),
        (
            LONG,
            "rankings",
            {"choice_set": "set", "item": "item", "rank": "none"},
            "rank must rank an item of each choice set: choice set 5 (from row 0) has none",
            ValueError,
        ),
        (
            {"a": []},
            "pairs",
            {"winner": "a", "loser": "a"},
            "there are no judgements: frame has no rows",
            ValueError,
        ),
    ],
)
def test_refusals(make, table, layout, columns, message, error):
    named = [
        f"{role} is column {name!r}"
        for role, name in columns.items()
        if isinstance(name, str) and name != role and re.search(rf"\b{role}\[\d", message)
    ]
    message += f" ({', '.join(named)})" if named else ""
    pattern = re.escape(message).replace("null", "(nan|None)", 1 if "=null" in message else 0)
    with pytest.raises(error, match=f"^{pattern}$"):
        Choices.from_frame(make(table), layout, **columns)


def test_the_column_is_named_beside_the_argument():
    frame = pl.DataFrame({"best": ["a", "b"], "other": ["b", "b"], "tie": [0, 2]})
    message = "the same item twice in a pair: winner[1] and loser[1] are 'b'"
    columns = "(winner is column 'best', loser is column 'other')"
    with pytest.raises(ValueError, match=f"^{re.escape(message)} {re.escape(columns)}$"):
        Choices.from_frame(frame, "pairs", winner="best", loser="other")
    message = "tie must hold booleans or 0 and 1: tie[1]=2"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        Choices.from_frame(
            frame[:1].vstack(frame[1:].with_columns(other=pl.lit("a"))),
            "pairs",
            winner="best",
            loser="other",
            tie="tie",
        )


def test_a_lazy_frame_that_cannot_be_collected_is_refused_in_words():
    lazy = pl.LazyFrame({"a": ["x"], "b": ["y"]}).with_columns(c=pl.col("d"))
    with pytest.raises(ValueError, match=r'^frame is lazy and cannot be collected: .*"d".*$'):
        Choices.from_frame(lazy, "pairs", winner="a", loser="b")


def test_two_columns_of_one_name_are_refused_in_a_sentence():
    frame = pd.DataFrame([["x", "y", "z"]], columns=["a", "a", "b"])
    message = "frame cannot be read: Expected unique column names, got: - 'a' 2 times"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        Choices.from_frame(frame, "pairs", winner="a", loser="b")


def test_ranks_must_be_numbers():
    with pytest.raises(TypeError, match=r"^rank must hold numbers, column 'item' is String$"):
        Choices.from_frame(
            pl.DataFrame(LONG), "rankings", choice_set="set", item="item", rank="item"
        )


def test_what_is_no_frame_is_refused():
    with pytest.raises(TypeError, match=r"^frame must be a data frame .*, got dict$"):
        Choices.from_frame(PAIRS, "pairs", winner="a", loser="b")


def test_without_narwhals_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "narwhals", None)
    with pytest.raises(ImportError, match=r'pip install "prefmath\[frames\]"'):
        Choices.from_frame(pl.DataFrame(PAIRS), "pairs", winner="b", loser="n")
