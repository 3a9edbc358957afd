"""Files of model arenas: which side won is no item, and "tie" is not ranked as a model."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from prefmath import Choices

MODELS = {"model_a": ["gpt", "llama", "qwen", "gpt"], "model_b": ["qwen", "gpt", "llama", "qwen"]}
MESSAGE = (
    "; give the winner's and the loser's names as winner and loser, both sides' names where "
    "neither won, and tie as booleans"
)


@pytest.mark.parametrize(
    "outcomes",
    [
        ["model_a", "tie", "model_b", "model_a"],
        ["tie (bothbad)", "model_b", "tie", "model_a"],
        ["both_bad", "Model A", "model b", "tie"],
        ["left", "right", "tie", "left"],
        ["A", "B", "Tie", "A"],
        ["model_a", "model_b", "model_b", "model_a"],
    ],
)
def test_which_side_won_is_no_item(outcomes):
    frame = pd.DataFrame({**MODELS, "outcome": outcomes})
    for winner, loser, wrong in [("outcome", "model_b", "winner"), ("model_a", "outcome", "loser")]:
        message = (
            f"{wrong} must name items, not which side won: {wrong}[0]={outcomes[0]!r}{MESSAGE}"
        )
        named = f"{message} ({wrong} is column 'outcome')"
        with pytest.raises(ValueError, match=f"^{re.escape(named)}$"):
            Choices.from_frame(frame, "pairs", winner=winner, loser=loser)
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            Choices.from_pairs(frame[winner], frame[loser])


@pytest.mark.parametrize(
    ("winner", "loser"),
    [
        (["a", "a", "b"], ["b", "c", "c"]),
        (["left", "left", "right"], ["centre", "right", "centre"]),
        (["left", "right"], ["centre", "centre"]),
        (["model_a", "model_b"], ["model_c", "model_d"]),
        (["model_a", "model_a"], ["model_b", "model_b"]),
        (["tie"], ["shirt"]),
        (["first", "second"], ["third", "third"]),
    ],
)
def test_items_may_have_such_names(winner, loser):
    assert len(Choices.from_pairs(winner, loser)) == len(winner)


def test_what_the_sentence_says_works():
    frame = pd.DataFrame({**MODELS, "outcome": ["model_a", "tie", "model_b", "model_a"]})
    swapped = frame["outcome"] == "model_b"
    frame["best"] = frame["model_a"].where(~swapped, frame["model_b"])
    frame["other"] = frame["model_b"].where(~swapped, frame["model_a"])
    frame["tied"] = frame["outcome"] == "tie"
    choices = Choices.from_frame(frame, "pairs", winner="best", loser="other", tie="tied")
    assert repr(choices) == "Choices(4 pairs, 1 tied, over 3 items)"
