"""Columns are found by their usual names, and battles by the names that arenas give them."""

import pandas as pd
import pytest

from prefmath import Choices

PAIRS = pd.DataFrame({"Chosen": list("aab"), "rejected": list("bcc"), "user_id": [1, 1, 2]})


def test_pairs():
    expected = Choices.from_frame(
        PAIRS, "pairs", winner="Chosen", loser="rejected", annotator="user_id"
    )
    assert Choices.from_frame(PAIRS, "pairs") == expected
    named = PAIRS.assign(who=[3, 4, 5])
    assert Choices.from_frame(named, "pairs", annotator="who").annotator_ids.tolist() == [3, 4, 5]
    tied = Choices.from_frame(PAIRS.assign(tie=[True, False, False]), "pairs")
    assert tied.tied.tolist() == [True, False, False]


def test_long_forms():
    frame = pd.DataFrame(
        {"chid": [1, 1, 2, 2], "alt": list("abab"), "choice": [0, 1, 1, 0], "rank": [2, 1, 1, 2]}
    )
    expected = Choices.from_frame(
        frame, "choice_sets", choice_set="chid", item="alt", chosen="choice"
    )
    assert Choices.from_frame(frame, "choice_sets") == expected
    expected = Choices.from_frame(frame, "rankings", choice_set="chid", item="alt", rank="rank")
    assert Choices.from_frame(frame, "rankings") == expected


def test_what_is_not_found_is_told():
    with pytest.raises(
        ValueError, match=r"no column of a usual name for loser \(loser: loser, lost"
    ):
        Choices.from_frame(PAIRS.drop(columns="rejected"), "pairs")
    with pytest.raises(ValueError, match="needs columns for"):
        Choices.from_frame(PAIRS, "pairs", winner="Chosen")
    with pytest.raises(ValueError, match="layout must be one of"):
        Choices.from_frame(PAIRS, "sets")


def test_arena():
    battles = pd.DataFrame(
        {"model_a": ["x", "y"], "model_b": ["y", "x"], "winner": ["model_a", "tie"]}
    )
    choices = Choices.from_arena(battles)
    first = [True, True]
    assert choices == Choices.from_pairs(["x", "y"], ["y", "x"], tie=[False, True], first=first)
