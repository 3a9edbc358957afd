"""Odd values in every argument of Choices: a container of judgements, or one sentence."""

from __future__ import annotations

import collections
import datetime as dt
import enum
import uuid
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefmath import Choices


class Name(str, enum.Enum):  # noqa: UP042, a str beside StrEnum
    A = "a"
    B = "b"
    C = "c"


class Number(enum.IntEnum):
    A = 1
    B = 2
    C = 0


class Plain(enum.Enum):
    A = 1
    B = 2
    C = 0


def objects(*values):
    return np.fromiter(values, dtype=object, count=len(values))


COLUMNS = {
    "rows": [0, 1, 2],
    "int8": np.array([0, 1, 2], np.int8),
    "uint64": np.array([0, 1, 2**63], np.uint64),
    "big endian": np.array([0, 1, 2], ">i4"),
    "strided": np.arange(6)[::2],
    "read-only": np.broadcast_to(np.array(1), (3,)),
    "floats": [0.0, 1.0, 2.0],
    "float16": np.array([0, 1, 2], np.float16),
    "longdouble": np.array([0, 1, 2], np.longdouble),
    "nan": [0.0, np.nan, 1.0],
    "inf": [0.0, 1.0, np.inf],
    "subnormal": [5e-324, 0.0, 0.0],
    "largest": [1.7e308] * 3,
    "negative": [-1, 0, 1],
    "huge": [10**400, 1, 2],
    "complex": np.array([0, 1, 2j]),
    "booleans": [True, False, True],
    "strings": ["a", "b", "c"],
    "bytes": np.array([b"a", b"b", b"c"]),
    "zero characters": ["a\0", "a", "b"],
    "surrogates": ["\ud800", "a", "b"],
    "none": ["a", None, "b"],
    "nothing": [None] * 3,
    "mixed": ["a", 1, 2.0],
    "names": list(Name),
    "numbers": list(Number),
    "plain": list(Plain),
    "ellipses": [...] * 3,
    "years": np.array(["2020", "2021", "2022"], "M8[Y]"),
    "instants": np.array([1, 2, 3], "M8[ns]"),
    "durations": np.array([1, 2, 3], "m8"),
    "dates": [dt.date(2024, 1, day) for day in (1, 2, 3)],
    "zoned": pd.Series(pd.date_range("2024", periods=3, tz="UTC")),
    "periods": pd.Series(pd.period_range("2024", periods=3)),
    "uuids": [uuid.UUID(int=i) for i in range(3)],
    "decimals": [Decimal(i) for i in range(3)],
    "fractions": [Fraction(i, 3) for i in range(3)],
    "tuples": [(1, 2), (2, 3), (3, 4)],
    "ragged tuples": [(1,), (1, 2), (3,)],
    "lists": [[1], [2], [3]],
    "ragged lists": [[1], [2, 3], [3]],
    "dicts": [{}, {}, {}],
    "masked": np.ma.array([0, 1, 2], mask=[0, 1, 0]),
    "categorical": pd.Categorical(["a", "b", None]),
    "nullable": pd.Series([0, None, 2], dtype="Int64"),
    "sparse": pd.Series(pd.arrays.SparseArray([0, 1, 2])),
    "polars nulls": pl.Series([1, None, 2]),
    "polars int128": pl.Series([1, 2, 3], dtype=pl.Int128),
    "polars lists": pl.Series([[1], [2], [3]]),
    "polars structs": pl.Series([{"a": 1}] * 3),
    "arrow": pa.array([1, None, 2]),
    "chunked": pa.chunked_array([["a"], ["b", "c"]]),
    "void": np.zeros(3, "V4"),
    "structured": np.zeros(3, "i4,i4"),
    "scalar": 3,
    "string": "abc",
    "empty": [],
    "short": [0, 1],
    "matrix": [[0, 1, 2]] * 3,
    "set": {1, 2, 3},
    "mapping": {1: 2, 3: 4, 5: 6},
    "deque": collections.deque([1, 0, 2]),
    "range": range(3),
    "buffer": memoryview(b"abc"),
    "function": len,
    "frame": pd.DataFrame({"a": [1, 2, 3]}),
    "lazy": pl.LazyFrame({"a": [1, 2, 3]}),
}
odd = st.sampled_from(list(COLUMNS))
maybe = st.none() | odd


def asked(make):
    """Return choices, or None where they are refused as they should be."""
    try:
        choices = make()
    except (TypeError, ValueError) as error:
        message = str(error)
        assert message
        assert "\n" not in message
        assert len(message) < 400
        return None
    assert choices.weight is None or 0 < choices.weight.sum() < np.inf
    assert (choices.items < choices.n_items).all()
    for ids in (choices.item_ids, choices.annotator_ids):
        assert ids is None or len(set(ids.tolist())) == len(ids)
    assert repr(choices)
    return choices


@pytest.mark.parametrize("name", COLUMNS)
@pytest.mark.parametrize("role", ["annotator", "weight", "tie", "first", "context", "item_ids"])
def test_each_argument(name, role):
    asked(lambda: Choices.from_pairs([0, 1, 2], [1, 2, 0], **{role: COLUMNS[name]}))


@given(odd, odd, maybe, maybe, maybe)
def test_pairs(winner, loser, item_ids, annotator, weight):
    given = {"item_ids": item_ids, "annotator": annotator, "weight": weight}
    given = {role: None if name is None else COLUMNS[name] for role, name in given.items()}
    asked(lambda: Choices.from_pairs(COLUMNS[winner], COLUMNS[loser], **given))


@given(odd, odd, odd)
def test_sets(offsets, items, outcome):
    of = {name: COLUMNS[name] for name in (offsets, items, outcome)}
    asked(lambda: Choices.from_choice_sets(of[offsets], [0, 1], [0, 0]))
    asked(lambda: Choices.from_choice_sets([0, 1, 2, 3], of[items], of[outcome]))
    asked(lambda: Choices.from_rankings([0, 1, 2, 3], of[items], n_ranked=of[outcome]))
    asked(lambda: Choices.from_rankings([0, 3], of[items], item_ids=of[outcome]))


@given(odd)
def test_rows(rows):
    choices = Choices.from_pairs([0, 1, 2], [1, 2, 0])
    asked(lambda: choices.take(COLUMNS[rows]))


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, pa.table])
@pytest.mark.parametrize("name", COLUMNS)
def test_frames(make, name):
    others = {"s": ["b", "c", "a"], "i": [1, 2, 0], "one": [1, 0, 0], "r": [1, 2, 3]}
    try:
        frame = make({"x": COLUMNS[name], **others})
    except Exception:  # noqa: BLE001
        pytest.skip("the library makes no such frame")
    for other in ("s", "i"):
        for columns in ({"winner": "x", "loser": other}, {"winner": other, "loser": "x"}):
            asked(lambda columns=columns: Choices.from_frame(frame, "pairs", **columns))
        for more in ({}, {"offered": "all"}, {"offered": "named"}, {"item_ids": [0, 1, 2]}):
            ballot = {"items": [other, "x"], **more}
            asked(lambda ballot=ballot: Choices.from_frame(frame, "rankings", **ballot))
    for layout, columns in (
        ("choice_sets", {"choice_set": "x", "chosen": "one", "item": "s"}),
        ("choice_sets", {"items": ["s", "x"], "chosen": "x"}),
        ("choice_sets", {"choice_set": "i", "chosen": "x", "annotator": "x"}),
        ("rankings", {"choice_set": "i", "rank": "x", "item": "s"}),
        ("rankings", {"choice_set": "i", "rank": "r", "item": "x", "context": ["x", "s"]}),
        ("pairs", {"winner": "s", "loser": "s", "weight": "x", "tie": "x", "first": "x"}),
    ):
        asked(lambda layout=layout, columns=columns: Choices.from_frame(frame, layout, **columns))
