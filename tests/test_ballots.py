"""Ballots of the first few in columns: what they leave out was offered, or was not."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefmath import Choices
from prefmath.models import PlackettLuce

GOALS = ["order", "say", "prices", "freedom"]
FRAMES = {
    "pandas": pd.DataFrame,
    "pandas nullable": lambda table: pd.DataFrame(table).convert_dtypes(),
    "polars": pl.DataFrame,
    "polars lazy": pl.LazyFrame,
    "pyarrow": pa.table,
}
kinds = pytest.mark.parametrize("kind", FRAMES)
VOTES = {
    "first": ["order", "say", "prices", "freedom"],
    "second": ["say", None, "order", "prices"],
    "third": ["prices", None, None, "order"],
}


def sets_of(choices):
    """Return each ranking: what is ranked, in order, and what is behind."""
    items = choices.items if choices.item_ids is None else choices.item_ids[choices.items]
    starts, n_ranked = choices.offsets[:-1], choices.n_ranked
    return [
        (items[a : a + n].tolist(), sorted(items[a + n : b].tolist()))
        for a, b, n in zip(starts, choices.offsets[1:], n_ranked, strict=True)
    ]


@kinds
def test_all_were_offered(kind):
    choices = Choices.from_frame(
        FRAMES[kind](VOTES), "rankings", items=list(VOTES), item_ids=GOALS, offered="all"
    )
    assert repr(choices) == "Choices(4 rankings of the first 1 to 3 among 4 over 4 items)"
    assert sets_of(choices) == [
        (["order", "say", "prices"], ["freedom"]),
        (["say"], ["freedom", "order", "prices"]),
        (["prices", "order"], ["freedom", "say"]),
        (["freedom", "prices", "order"], ["say"]),
    ]


@kinds
def test_all_that_anybody_names_were_offered_where_no_table_is_given(kind):
    choices = Choices.from_frame(FRAMES[kind](VOTES), "rankings", items=list(VOTES), offered="all")
    assert sets_of(choices)[1] == (["say"], ["freedom", "order", "prices"])
    # Rows 1, 2 and 4 of an item table; rows 0 and 3 are no goals.
    frame = FRAMES[kind]({"a": [1, 4], "b": [2, None]})
    choices = Choices.from_frame(frame, "rankings", items=["a", "b"], offered="all")
    assert sets_of(choices) == [([1, 2], [4]), ([4], [1, 2])]
    assert choices.n_items == 5


@kinds
@pytest.mark.parametrize("item_ids", [GOALS, None])
def test_only_those_named_were_offered(kind, item_ids):
    choices = Choices.from_frame(
        FRAMES[kind](VOTES), "rankings", items=list(VOTES), item_ids=item_ids, offered="named"
    )
    named = [list(filter(None, ballot)) for ballot in zip(*VOTES.values(), strict=True)]
    assert sets_of(choices) == [(ballot, []) for ballot in named]


@kinds
@pytest.mark.parametrize("base", [1, 2**60])
def test_integers_stay_what_they_are_beside_nulls_and_zeros(kind, base):
    if base > 1 and kind == "pandas":
        pytest.skip("pandas itself makes floats of integers beside missing ones")
    ids = [base, base + 1, base + 2, base + 3]
    first, second, third = [ids[0], ids[3]], [ids[1], None], [ids[2], 0]
    if kind == "pandas nullable":
        second, third = pd.array(second, "Int64"), pd.array(third, "Int64")
        frame = pd.DataFrame({"a": first, "b": second, "c": third})
    else:
        frame = FRAMES[kind]({"a": first, "b": second, "c": third})
    choices = Choices.from_frame(
        frame, "rankings", items=["a", "b", "c"], item_ids=ids, offered="all"
    )
    assert sets_of(choices) == [(ids[:3], ids[3:]), (ids[3:], ids[:3])]


def test_zero_and_nothing_are_items_where_they_are_named_so():
    frame = pd.DataFrame({"a": [0, 1], "b": [1, 0]})
    choices = Choices.from_frame(frame, "rankings", items=["a", "b"], item_ids=[0, 1])
    assert sets_of(choices) == [([0, 1], []), ([1, 0], [])]
    assert sets_of(Choices.from_frame(frame, "rankings", items=["a", "b"])) == sets_of(choices)
    frame = pd.DataFrame({"a": ["", "x"], "b": ["x", ""]})
    choices = Choices.from_frame(frame, "rankings", items=["a", "b"], item_ids=["", "x"])
    assert sets_of(choices) == [(["", "x"], []), (["x", ""], [])]


@kinds
@given(
    data=st.data(),
    ballots=st.lists(
        st.tuples(st.permutations(GOALS), st.integers(1, 3), st.floats(0.5, 2)), min_size=1
    ),
)
def test_they_are_the_ballots_of_the_long_form(kind, data, ballots):
    gap = data.draw(st.sampled_from([None, ""]))
    wide = {
        f"rank {place}": [b[place] if place < n else gap for b, n, _ in ballots]
        for place in range(3)
    }
    wide["weight"] = [weight for *_, weight in ballots]
    choices = Choices.from_frame(
        FRAMES[kind](wide),
        "rankings",
        items=[f"rank {place}" for place in range(3)],
        weight="weight",
        item_ids=GOALS,
        offered="all",
    )
    rows = [
        (row, goal, place + 1 if place < n else None, weight)
        for row, (ballot, n, weight) in enumerate(ballots)
        for place, goal in enumerate(ballot)
    ]
    long = pd.DataFrame(rows, columns=["ballot", "goal", "rank", "weight"])
    expected = Choices.from_frame(
        long,
        "rankings",
        choice_set="ballot",
        item="goal",
        rank="rank",
        weight="weight",
        item_ids=GOALS,
    )
    assert sets_of(choices) == sets_of(expected)
    np.testing.assert_array_equal(choices.weight, expected.weight)


def test_the_likelihood_is_that_of_the_long_form_on_real_ballots(data_dir):
    frame = pd.read_csv(data_dir / "german" / "german.csv.gz")
    columns = [f"rank_{place}" for place in range(1, 5)]
    given = {"weight": "count", "item_ids": [1, 2, 3, 4]}
    choices = Choices.from_frame(frame, "rankings", items=columns[:2], offered="all", **given)
    found = PlackettLuce().fit(choices)
    long = frame.melt(["count"], columns, ignore_index=False).reset_index(names="ballot")
    long["rank"] = long["variable"].str[-1].astype(float).where(lambda rank: rank <= 2)
    expected = PlackettLuce().fit(
        Choices.from_frame(
            long, "rankings", choice_set="ballot", item="value", rank="rank", **given
        )
    )
    assert found.log_likelihood_ == pytest.approx(-4882.4988, abs=1e-4)
    assert found.log_likelihood_ == pytest.approx(expected.log_likelihood_, abs=1e-8)
    np.testing.assert_allclose(found.utilities_, expected.utilities_, atol=1e-6)
    named = Choices.from_frame(frame, "rankings", items=columns[:2], offered="named", **given)
    assert PlackettLuce().fit(named).log_likelihood_ == pytest.approx(-1515.6047, abs=1e-4)


ASK = (
    ": say offered='all' if all of item_ids could be ranked, so that those not named lie behind, "
    "or offered='named' if only those named were shown"
)


@kinds
@pytest.mark.parametrize(
    ("changes", "arguments", "message"),
    [
        ({}, {"item_ids": GOALS}, f"items name 3 of 4 item_ids in row 0{ASK}"),
        (
            {"third": ["freedom", "order", "say", "say"]},
            {"item_ids": GOALS, "items": ["first", "third"]},
            f"items name 2 of 4 item_ids in row 0{ASK}",
        ),
        (
            {},
            {},
            (
                "items['second'] is missing in row 1: say offered='all' if all items that any row "
                "names could be ranked, so that those not named lie behind, or offered='named' if "
                "only those named were shown"
            ),
        ),
        ({}, {"offered": "some"}, "offered must be 'all' or 'named', got 'some'"),
        (
            {"third": ["prices", "order", None, "order"]},
            {"offered": "named"},
            (
                "items['second'] must not be missing before items['third'], which holds an item: "
                "row 1 has a gap"
            ),
        ),
        (
            {"first": ["order", None, "prices", "freedom"]},
            {"offered": "named"},
            "items must name an item in each row: row 1 names none",
        ),
        (
            {"first": ["order", "", "prices", "freedom"]},
            {"offered": "all", "item_ids": GOALS},
            "items must name an item in each row: row 1 names none",
        ),
        (
            {"second": ["say", None, "prices", "prices"]},
            {"offered": "all", "item_ids": GOALS},
            "the same item twice in ranking 2: 'prices'",
        ),
        (
            {"second": ["say", None, "peace", "prices"]},
            {"offered": "all", "item_ids": GOALS},
            "unknown item: items['second'][2]='peace' is not in item_ids",
        ),
    ],
)
def test_refusals(kind, changes, arguments, message):
    arguments = {"items": list(VOTES)} | arguments
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        Choices.from_frame(FRAMES[kind](VOTES | changes), "rankings", **arguments)


def test_offered_has_its_place():
    frame = pd.DataFrame({"a": ["x"], "b": ["y"]})
    with pytest.raises(ValueError, match=r"^offered='all' has no place in layout='pairs'$"):
        Choices.from_frame(frame, "pairs", winner="a", loser="b", offered="all")
    with pytest.raises(ValueError, match=r"it has no place in layout='rankings' without items$"):
        Choices.from_frame(frame, "rankings", choice_set="a", item="a", rank="b", offered="named")
