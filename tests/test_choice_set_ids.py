"""Ids of choice sets that begin anew for each person, in long frames."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import polars as pl
import pytest

from prefmath import Choices

# Two people answer the same two questions; rows of the two stand mixed.
ROWS = pl.DataFrame(
    {
        "who": ["ann", "bob", "ann", "bob", "ann", "ann", "bob", "bob"],
        "question": [0, 0, 0, 0, 1, 1, 1, 1],
        "item": ["a", "a", "b", "b", "c", "a", "c", "a"],
        "yes": [1, 0, 0, 1, 1, 0, 1, 0],
        "rank": [1, 2, 2, 1, 2, 1, 1, 2],
    }
)
SETS = {"choice_set": "question", "item": "item"}


def of_people(choices):
    picked = choices.items[choices.offsets[:-1] + (0 if choices.chosen is None else choices.chosen)]
    return choices.annotator_ids[choices.annotator_index].tolist(), choices.item_ids[
        picked
    ].tolist()


@pytest.mark.parametrize("frame", [ROWS, ROWS.to_pandas(), ROWS.lazy()])
def test_sets_are_told_apart_by_annotator_and_id(frame):
    choices = Choices.from_frame(frame, "choice_sets", chosen="yes", annotator="who", **SETS)
    assert repr(choices) == "Choices(4 choices among 2 by 2 annotators over 3 items)"
    assert of_people(choices) == (["ann", "ann", "bob", "bob"], ["a", "c", "b", "c"])
    given = ROWS["item"].to_list()
    assert choices.item_ids[choices.restore_items(choices.items)].tolist() == given
    rankings = Choices.from_frame(frame, "rankings", rank="rank", annotator="who", **SETS)
    assert of_people(rankings) == (["ann", "ann", "bob", "bob"], ["a", "a", "b", "c"])


def test_the_same_sets_with_ids_of_their_own():
    apart = ROWS.with_columns(question=pl.format("{} {}", "who", "question"))
    for layout, outcome in (("choice_sets", {"chosen": "yes"}), ("rankings", {"rank": "rank"})):
        found, expected = (
            Choices.from_frame(frame, layout, annotator="who", **SETS, **outcome)
            for frame in (ROWS, apart)
        )
        for name, value in found.as_fields().items():
            np.testing.assert_array_equal(value, getattr(expected, name), err_msg=name)


@pytest.mark.parametrize(
    ("layout", "columns", "message"),
    [
        (
            "choice_sets",
            {"chosen": "yes"},
            (
                "chosen must mark one row of each choice set: choice set 0 (from row 0) has 2; if "
                "ids begin anew for each person, name the column of persons as annotator"
            ),
        ),
        (
            "rankings",
            {"rank": "rank"},
            (
                "rank must run 1, 2, … in each choice set: rank[3]=1 comes as number 2 in choice "
                "set 0 (from row 0); if ids begin anew for each person, name the column of persons "
                "as annotator"
            ),
        ),
        (
            "choice_sets",
            {"chosen": "yes", "annotator": "team"},
            (
                "chosen must mark one row of each choice set: choice set 0 of annotator 'red' "
                "(from row 0) has 2; if ids begin anew within an annotator, make them differ"
            ),
        ),
    ],
)
def test_ids_that_stand_for_several_sets_are_refused_with_the_cure(layout, columns, message):
    frame = ROWS.with_columns(team=pl.lit("red"))
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        Choices.from_frame(frame, layout, **SETS, **columns)


def test_contexts_of_large_ids_and_floats_stay_exact():
    frame = pd.DataFrame(
        {
            "a": [0],
            "b": [1],
            "prompt": [2**60 + 1],
            "unsigned": np.array([2**63], "u8"),
            "age": [0.5],
        }
    )
    for columns in (["prompt", "age"], ["prompt", "unsigned"]):
        choices = Choices.from_frame(frame, "pairs", winner="a", loser="b", context=columns)
        assert choices.context.tolist() == [[frame[name][0] for name in columns]]
        assert choices.context[0, 0] == 2**60 + 1
