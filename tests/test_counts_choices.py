"""What a container of counted judgements holds, in which order, and what it refuses."""

from __future__ import annotations

import pickle
import re

import numpy as np
import pandas as pd
import pytest

from prefmath.choices import Choices

PAIRS = {"winner": ["a", "b", "c", "a"], "loser": ["b", "c", "a", "c"]}
WHO = ["z", "y", "z", "x"]
BALLOTS = pd.DataFrame(
    {"r1": ["a", "c", "b"], "r2": ["b", "b", "a"], "r3": ["c", "a", "c"], "n": [312, 2, 40]}
)


def test_counts_follow_their_annotator():
    choices = Choices.from_pairs(**PAIRS, annotator=WHO, count=[3, 2, 3, 0.5])
    assert choices.annotator_ids.tolist() == ["x", "y", "z"]
    assert choices.annotator_counts.tolist() == [0.5, 2, 3]
    assert choices.restore(choices.count).tolist() == [3, 2, 3, 0.5]
    assert repr(choices) == "Choices(4 pairs by 5.5 annotators (3 distinct) over 3 items)"


def test_where_nobody_is_named_judgements_are_counted():
    choices = Choices.from_pairs(**PAIRS, count=[1, 2, 3, 4], weight=[2, 1, 1, 1])
    assert choices.annotator_counts is None
    assert not choices.has_annotators
    assert choices.counted_weight.tolist() == [2, 2, 3, 4]
    assert repr(choices) == "Choices(4 pairs that stand for 10 over 3 items)"


def test_each_judgement_is_a_person():
    choices = Choices.from_pairs(**PAIRS, annotator="each")
    assert choices.n_annotators == 4
    assert choices.has_annotators
    assert choices.annotator_ids is None
    assert repr(choices) == "Choices(4 pairs by 4 annotators over 3 items)"
    assert choices.take([2, 2, 0]).annotator_offsets.tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("layout", ["wide", "long"])
def test_each_ballot_of_a_frame_is_a_person(layout):
    if layout == "wide":
        items = ["r1", "r2", "r3"]
        choices = Choices.from_frame(BALLOTS, "rankings", items=items, annotator="each", count="n")
    else:
        long = BALLOTS.reset_index().melt(["index", "n"], var_name="rank", value_name="item")
        long["rank"] = long["rank"].str[1:].astype(int)
        choices = Choices.from_frame(
            long.sort_values("item"),
            "rankings",
            choice_set="index",
            item="item",
            rank="rank",
            annotator="each",
            count="n",
        )
    assert choices.n_annotators == 3
    assert sorted(choices.annotator_counts) == [2, 40, 312]
    assert repr(choices).startswith("Choices(3 rankings of 3 by 354 annotators (3 distinct)")


def test_a_column_of_the_name_is_that_column():
    frame = pd.DataFrame({**PAIRS, "each": WHO})
    choices = Choices.from_frame(frame, "pairs", winner="winner", loser="loser", annotator="each")
    assert choices.annotator_ids.tolist() == ["x", "y", "z"]


def test_a_column_of_a_long_frame_counts_sets():
    frame = pd.DataFrame(
        {"set": [1, 2, 1, 2], "item": list("abba"), "chosen": [1, 0, 0, 1], "n": [7, 3, 7, 3]}
    )
    columns = {"choice_set": "set", "item": "item", "chosen": "chosen"}
    choices = Choices.from_frame(frame, "choice_sets", **columns, count="n")
    assert choices.count.tolist() == [7, 3]
    frame.loc[2, "n"] = 8
    message = "count must be the same in all rows of a choice set: count[2]=8.0 but 7.0 before in"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        Choices.from_frame(frame, "choice_sets", **columns, count="n")


@pytest.mark.parametrize("annotator", [None, "each", WHO])
def test_every_copy_is_written_out(annotator):
    count = [3, 2, 3, 0]
    choices = Choices.from_pairs(**PAIRS, annotator=annotator, count=count, weight=[1, 2, 3, 4])
    written = choices.written_out()
    assert written.count is None
    assert len(written) == 8
    assert written.n_annotators == {None: 1, "each": 8}.get(annotator if annotator != WHO else 0, 5)
    by_row = np.bincount((written.weight - 1).astype(int), minlength=4)
    assert by_row.tolist() == count
    if annotator == WHO:
        # Each copy of z made both of z's judgements.
        sizes = np.diff(written.annotator_offsets)
        assert sizes.tolist() == [1, 1, 2, 2, 2]


def test_counts_of_one_keep_names():
    choices = Choices.from_pairs(**PAIRS, annotator=WHO, count=np.ones(4)).written_out()
    assert choices.annotator_ids.tolist() == ["x", "y", "z"]
    assert choices.restore(choices.winner).tolist() == [0, 1, 2, 0]


def test_parts_are_joined_with_their_counts():
    one = Choices.from_pairs(["a"], ["b"], annotator=["x"], count=[3])
    two = Choices.from_pairs(["b", "a"], ["c", "c"], annotator=["y", "x"], count=[2, 3])
    three = Choices.from_pairs(["b"], ["c"], annotator=["w"])
    whole = Choices.concat([one, two, three])
    assert whole.annotator_counts.tolist() == [1, 3, 2]
    with pytest.raises(ValueError, match=r"'x' counts 1 in parts\[1\], but 3 in parts\[0\]$"):
        Choices.concat([one, Choices.from_pairs(["b"], ["c"], annotator=["x"])])


def test_people_without_names_stay_apart():
    one = Choices.from_pairs(**PAIRS, annotator="each", count=[1, 2, 3, 4])
    single = Choices.from_pairs(["a"], ["b"], annotator="each")
    whole = Choices.concat([single, one])
    assert whole.n_annotators == 5
    assert whole.annotator_counts.tolist() == [1, 1, 2, 3, 4]
    message = r"^parts\[1\] does not tell whose judgements belong together, and parts\[0\] does$"
    with pytest.raises(ValueError, match=message):
        Choices.concat([one, Choices.from_pairs(**PAIRS)])


def test_counts_survive_pickling_and_being_taken_apart():
    choices = Choices.from_rankings([0, 3, 6], list("abccab"), annotator=["y", "x"], count=[5, 2])
    assert pickle.loads(pickle.dumps(choices)).annotator_counts.tolist() == [2, 5]  # noqa: S301
    sets = choices.as_choice_sets()
    assert sets.annotator_counts.tolist() == [2, 5]
    assert sets.restore(sets.count).tolist() == [5, 5, 2, 2]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"annotator": WHO, "count": [3, 2, 4, 1]},
            "count must be the same in all rows of an annotator: count[2]=4 but count[0]=3 for 'z'",
        ),
        ({"count": [1, -1, 1, 1]}, "count must not be negative: count[1]=-1.0"),
        ({"count": [1, np.nan, 1, 1]}, "count must be finite: count[1]=nan"),
        ({"count": [0, 0, 0, 0]}, "count must be above 0 in a row at least: all 4 are 0"),
        ({"count": [1, 2]}, "count must have one entry a judgement: 2 for 4 judgements"),
        (
            {"count": [0, 1, 0, 1], "weight": [1, 0, 1, 0]},
            "weight and count must both be above 0 in a row at least",
        ),
        (
            {"count": [1e90] * 4, "weight": [1e90] * 4},
            (
                "weight times count must have a sum between 1e-100 and 1e+100, not 4e+180: "
                "multiply all by one number"
            ),
        ),
    ],
)
def test_counts_that_are_none(changes, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        Choices.from_pairs(**PAIRS, **changes)


def test_counts_that_are_text():
    with pytest.raises(TypeError, match=r"^count must hold numbers, got dtype <U1$"):
        Choices.from_pairs(**PAIRS, count=list("1234"))


def test_only_whole_counts_are_written_out():
    choices = Choices.from_pairs(**PAIRS, annotator=list("dcba"), count=[1, 1, 2.5, 1])
    with pytest.raises(
        ValueError, match=r"^count must be whole to be written out: count\[2\]=2.5$"
    ):
        choices.written_out()
    huge = Choices.from_pairs(**PAIRS, count=[1e15] * 4)
    with pytest.raises(MemoryError, match=r"^4,000,000,000,000,000 judgements are too many"):
        huge.written_out()


def test_rows_that_count_nothing_are_no_selection():
    choices = Choices.from_pairs(**PAIRS, count=[1, 0, 0, 1])
    with pytest.raises(
        ValueError, match=r"^there is nothing to count: rows selects judgements of c"
    ):
        choices.take([1, 2])


def test_people_without_names_have_numbers_in_a_frame():
    choices = Choices.from_pairs(**PAIRS, annotator="each", count=[1, 2, 3, 4])
    frame = choices.to_frame()
    assert frame["annotator"].tolist() == [0, 1, 2, 3]
    columns = {name: name for name in ("winner", "loser", "annotator", "count")}
    again = Choices.from_frame(frame, "pairs", **columns)
    assert again.annotator_counts.tolist() == [1, 2, 3, 4]
