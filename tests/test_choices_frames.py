"""Choices from data frames: the same as from arrays, in every kind of frame; real data."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from prefmath.choices import Choices


def in_batches(table):
    return pa.Table.from_batches(pl.DataFrame(table).to_arrow().to_batches(max_chunksize=2))


FRAMES = {
    "pandas": pd.DataFrame,
    "pandas nullable": lambda table: pd.DataFrame(table).convert_dtypes(),
    "pandas arrow": lambda table: pd.DataFrame(table).convert_dtypes(dtype_backend="pyarrow"),
    "pandas odd index": lambda table: pd.DataFrame(table).set_index(
        pd.Index([7] * len(next(iter(table.values()))))
    ),
    "polars": pl.DataFrame,
    "polars lazy": pl.LazyFrame,
    "pyarrow": pa.table,
    "pyarrow in batches": in_batches,
    "arrow stream": lambda table: pa.table(table).to_reader(),
}

kinds = st.sampled_from(list(FRAMES))


def same(left, right):
    assert left.layout == right.layout
    for name, value in left.as_fields().items():
        other = getattr(right, name)
        if isinstance(value, np.ndarray):
            np.testing.assert_array_equal(value, other, err_msg=name)
        else:
            assert value == other, name


@given(
    kinds,
    st.lists(
        st.tuples(
            st.permutations(["tea", "milk", "juice", "water"]),
            st.booleans(),
            st.sampled_from(["ann", "bob", "cy"]),
            st.floats(0.5, 9),
        ),
        min_size=1,
    ),
)
def test_pairs_are_those_of_the_arrays(kind, rows):
    sets, tie, who, weight = (list(column) for column in zip(*rows, strict=True))
    first, second = [one[0] for one in sets], [one[1] for one in sets]
    frame = FRAMES[kind](
        {"first": first, "second": second, "tie": tie, "who": who, "weight": weight}
    )
    choices = Choices.from_frame(
        frame,
        "pairs",
        winner="first",
        loser="second",
        tie="tie",
        first="tie",
        annotator="who",
        weight="weight",
        context=["who", "first"],
    )
    expected = Choices.from_pairs(
        first,
        second,
        tie=tie,
        first=tie,
        annotator=who,
        weight=weight,
        context=np.column_stack([who, first]).astype(object),
    )
    same(choices, expected)


@given(kinds, st.data())
def test_wide_choice_sets_are_those_of_the_arrays(kind, data):
    n = data.draw(st.integers(1, 6))
    sets = [data.draw(st.permutations(range(5))) for _ in range(n)]
    chosen = [data.draw(st.integers(0, 2)) for _ in range(n)]
    who = [data.draw(st.integers(-2, 2)) for _ in range(n)]
    table = {name: [one[i] for one in sets] for i, name in enumerate("xyz")}
    table |= {"place": chosen, "name": ["xyz"[position] for position in chosen], "who": who}
    flat = [item for one in sets for item in one[:3]]
    expected = Choices.from_choice_sets(np.arange(0, 3 * n + 1, 3), flat, chosen, annotator=who)
    for column in ("place", "name"):
        choices = Choices.from_frame(
            FRAMES[kind](table),
            "choice_sets",
            items=["x", "y", "z"],
            chosen=column,
            annotator="who",
        )
        same(choices, expected)


@given(kinds, st.data())
def test_wide_rankings_are_those_of_the_arrays(kind, data):
    n = data.draw(st.integers(1, 6))
    sets = [data.draw(st.permutations(["a", "b", "c"])) for _ in range(n)]
    table = {name: [one[i] for one in sets] for i, name in enumerate("xyz")}
    choices = Choices.from_frame(
        FRAMES[kind](table), "rankings", items=["x", "y", "z"], item_ids=["c", "b", "a"]
    )
    flat = [item for one in sets for item in one]
    expected = Choices.from_rankings(np.arange(0, 3 * n + 1, 3), flat, item_ids=["c", "b", "a"])
    same(choices, expected)


@st.composite
def long_tables(draw):
    """Draw a long frame, its rows in any order, and the choice sets in order of appearance."""
    sizes = draw(st.lists(st.integers(1, 4), min_size=1, max_size=5))
    labels = draw(st.permutations(range(10, 10 + len(sizes))))
    rows = [
        {"set": label, "item": item, "who": f"w{label % 2}", "chosen": False, "rank": None}
        for label, size in zip(labels, sizes, strict=True)
        for item in draw(st.permutations(["a", "b", "c", "d"]))[:size]
    ]
    rows = draw(st.permutations(rows))
    sets = {}
    for place, row in enumerate(rows):
        row["row"] = place
        sets.setdefault(row["set"], []).append(row)
    for one in sets.values():
        draw(st.sampled_from(one))["chosen"] = True
        for rank, row in enumerate(draw(st.permutations(one))[: draw(st.integers(1, len(one)))], 1):
            row["rank"] = rank
    return rows, list(sets.values())


def as_table(rows):
    return {name: [row[name] for row in rows] for name in rows[0]}


@given(kinds, long_tables())
def test_long_choice_sets_are_those_of_the_arrays(kind, case):
    rows, sets = case
    table = as_table(rows)
    del table["rank"]  # there may be nothing but nulls in it
    offsets = np.cumsum([0, *map(len, sets)])
    chosen = [[row["chosen"] for row in one].index(True) for one in sets]
    who = [one[0]["who"] for one in sets]
    for column in ("item", None):
        choices = Choices.from_frame(
            FRAMES[kind](table),
            "choice_sets",
            choice_set="set",
            chosen="chosen",
            item=column,
            annotator="who",
            context="set",
        )
        expected = Choices.from_choice_sets(
            offsets,
            [row[column or "row"] for one in sets for row in one],
            chosen,
            annotator=who,
            context=[one[0]["set"] for one in sets],
        )
        assert choices.restore_items(choices.items).tolist() == (
            list(range(len(rows)))
            if column is None
            else np.searchsorted(choices.item_ids, [row["item"] for row in rows]).tolist()
        )
        fields = expected.as_fields() | {"item_order": choices.item_order}
        same(choices, Choices(**fields))


@given(kinds, long_tables())
def test_long_rankings_are_those_of_the_arrays(kind, case):
    rows, sets = case
    table = as_table(rows)
    choices = Choices.from_frame(
        FRAMES[kind](table), "rankings", choice_set="set", item="item", rank="rank", annotator="who"
    )
    ranked = [sorted(one, key=lambda row: row["rank"] or np.inf) for one in sets]
    expected = Choices.from_rankings(
        np.cumsum([0, *map(len, sets)]),
        [row["item"] for one in ranked for row in one],
        n_ranked=[sum(row["rank"] is not None for row in one) for one in sets],
        annotator=[one[0]["who"] for one in sets],
    )
    fields = expected.as_fields() | {"item_order": choices.item_order}
    same(choices, Choices(**fields))
    assert choices.item_ids[choices.restore_items(choices.items)].tolist() == table["item"]


def test_a_context_may_hold_what_is_not_a_number():
    table = {"set": [5, 5, 3], "yes": [0, 1, 1], "age": [np.nan, np.nan, 3.0]}
    choices = Choices.from_frame(
        pl.DataFrame(table),
        "choice_sets",
        choice_set="set",
        chosen="yes",
        context=["age", "set"],
    )
    np.testing.assert_array_equal(choices.context, [[np.nan, 5], [3, 3]])


def test_columns_may_be_called_by_numbers():
    frame = pd.DataFrame([[3, 5], [5, 4]])
    pairs = Choices.from_frame(frame, "pairs", winner=0, loser=1)
    same(pairs, Choices.from_pairs([3, 5], [5, 4]))
    rankings = Choices.from_frame(frame, "rankings", items=[0, 1])
    same(rankings, Choices.from_rankings([0, 2, 4], [3, 5, 5, 4]))


def test_electricity(data_dir):
    frame = pd.read_csv(data_dir / "electricity" / "electricity.csv.gz")
    choices = Choices.from_frame(
        frame, "choice_sets", choice_set="chid", chosen="choice", annotator="id"
    )
    assert repr(choices) == "Choices(4,308 choices among 4 by 361 annotators over 17,232 items)"
    np.testing.assert_array_equal(choices.annotator_ids, frame["id"].unique())
    picked = choices.items[choices.offsets[:-1] + choices.chosen]
    np.testing.assert_array_equal(frame["choice"].to_numpy()[picked], 1)

    mixed = frame.sample(frac=1, random_state=0)
    again = Choices.from_frame(
        mixed, "choice_sets", choice_set="chid", chosen="choice", annotator="id", context="chid"
    )
    of_row = np.repeat(again.context, np.diff(again.offsets))
    np.testing.assert_array_equal(again.restore_items(of_row), mixed["chid"])
    np.testing.assert_array_equal(mixed["chid"].to_numpy()[again.items], of_row)


def test_llmfao(data_dir):
    frame = pl.read_csv((data_dir / "llmfao" / "comparisons_crowd.csv.gz").read_bytes())
    left = pl.col("winner") != "right"
    pairs = frame.with_columns(
        best=pl.when(left).then("name_x").otherwise("name_y"),
        other=pl.when(left).then("name_y").otherwise("name_x"),
        tied=pl.col("winner") == "tie",
    )
    choices = Choices.from_frame(
        pairs,
        "pairs",
        winner="best",
        loser="other",
        tie="tied",
        annotator="worker",
        context=["prompt", "pair_id"],
    )
    assert repr(choices) == "Choices(8,931 pairs, 3,471 tied, by 124 annotators over 59 items)"
    per_worker = frame.group_by("worker").len().sort("worker")
    np.testing.assert_array_equal(choices.annotator_ids, per_worker["worker"])
    np.testing.assert_array_equal(np.diff(choices.annotator_offsets), per_worker["len"])
    names = choices.item_ids[choices.restore_items(choices.items)].reshape(-1, 2)
    np.testing.assert_array_equal(names[:, 0], pairs["best"])
    np.testing.assert_array_equal(names[:, 1], pairs["other"])
    np.testing.assert_array_equal(choices.restore(choices.context)[:, 0], frame["prompt"])

    prompt = choices.take(frame["prompt"] == 8)
    assert len(prompt) == (frame["prompt"] == 8).sum()
    assert prompt.n_items == 59


def test_german(data_dir):
    frame = pd.read_csv(data_dir / "german" / "german.csv.gz")
    columns = ["rank_1", "rank_2", "rank_3", "rank_4"]
    goals = [1, 2, 3, 4]
    choices = Choices.from_frame(frame, "rankings", items=columns, weight="count", item_ids=goals)
    assert choices.weight.sum() == 2262
    assert choices.n_items == 4
    np.testing.assert_array_equal(
        choices.item_ids[choices.items].reshape(-1, 4), frame[columns].to_numpy()
    )
    people = frame.loc[frame.index.repeat(frame["count"])].reset_index(names="ordering")
    everyone = Choices.from_frame(people, "rankings", items=columns, item_ids=goals)
    assert repr(everyone) == "Choices(2,262 rankings of 4 over 4 items)"
    assert repr(everyone.as_choice_sets()) == "Choices(6,786 choices among 2 to 4 over 4 items)"
