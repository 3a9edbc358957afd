"""What is written is what trainers and the loader of data sets read."""

import json

import numpy as np
import pytest

from prefmath.io import read, read_completions, trl_rows, write_trl

PAIRS = [
    {"prompt": "q", "chosen": "good é", "rejected": "bad", "margin": 2.5, "user_id": "b"},
    {"prompt": "p", "chosen": "yes", "rejected": "no\nno", "margin": 0.5, "user_id": "a"},
]
ANSWERS = [{"answer": text, "rank": at} for at, text in enumerate("abc")]


def content(preferences):
    choices, texts = preferences.choices, preferences.items["text"]
    of_pairs = zip(choices.winner, choices.loser, choices.context, strict=True)
    return {
        (texts[won], texts[lost], preferences.prompts["text"][prompt], strength)
        for (won, lost, prompt), strength in zip(
            of_pairs, preferences.judgements["strength"], strict=True
        )
    }


def test_pairs_come_back_as_they_were(tmp_path):
    preferences = read(PAIRS)
    for name in ("train.jsonl", "train.parquet"):
        assert write_trl(tmp_path / name, preferences, "reward") == 2
        again = read(tmp_path / name)
        assert content(again) == content(preferences)


def test_conversations_come_back_as_they_were(tmp_path):
    write_trl(tmp_path / "train.jsonl", read(PAIRS), conversational=True)
    row = json.loads((tmp_path / "train.jsonl").read_text().splitlines()[0])
    assert row == {
        "prompt": [{"role": "user", "content": "p"}],
        "chosen": [{"role": "assistant", "content": "yes"}],
        "rejected": [{"role": "assistant", "content": "no\nno"}],
    }
    assert sorted(read(tmp_path / "train.jsonl").items["text"]) == [
        "bad",
        "good é",
        "no\nno",
        "yes",
    ]


def test_a_set_and_a_ranking_are_rows_of_pairs():
    record = {"prompt": "q", "answers": ANSWERS}
    sets = read_completions([record], layout="choice_sets")
    assert [(row["chosen"], row["rejected"]) for row in trl_rows(sets)] == [("a", "b"), ("a", "c")]
    ranked = read_completions([record], layout="rankings")
    found = [(row["chosen"], row["rejected"]) for row in trl_rows(ranked)]
    assert found == [("a", "b"), ("a", "c"), ("b", "c")]
    labels = [(row["completion"], row["label"]) for row in trl_rows(sets, "kto")]
    assert labels == [("a", True), ("b", False), ("a", True), ("c", False)]


def test_weights_are_a_column_or_decide_what_is_drawn():
    preferences = read(PAIRS)
    weight = [0.25, 0.75]
    rows = list(trl_rows(preferences, weight=weight, columns={"class_0": [0.1, 0.9]}))
    assert [row["weight"] for row in rows] == weight
    assert [row["class_0"] for row in rows] == [0.1, 0.9]
    words = list(trl_rows(preferences, columns={"who": np.array(["x", None], object)}))
    assert [row["who"] for row in words] == ["x", None]
    drawn = [
        row["chosen"] for row in trl_rows(preferences, weight=weight, draw=4000, random_state=0)
    ]
    # The choices are sorted by annotator: "a" comes first.
    assert abs(drawn.count("yes") / 4000 - 0.25) < 0.03
    assert "weight" not in next(trl_rows(preferences, weight=weight, draw=1))


def test_what_cannot_be_written_is_refused(tmp_path):
    preferences = read(PAIRS)
    path = tmp_path / "train.jsonl"
    write_trl(path, preferences)
    with pytest.raises(FileExistsError, match="overwrite=True"):
        write_trl(path, preferences)
    assert write_trl(path, preferences, overwrite=True) == 2
    with pytest.raises(ValueError, match=r"must end in \.jsonl or"):
        write_trl(tmp_path / "train.csv", preferences)
    with pytest.raises(ValueError, match=r"weight\[1\]=-1.0"):
        trl_rows(preferences, weight=[0, -1])
    with pytest.raises(ValueError, match="weight must have a value for each of 2 judgements"):
        trl_rows(preferences, weight=[1])
    with pytest.raises(ValueError, match="draw must be at least 1"):
        trl_rows(preferences, draw=0)
    with pytest.raises(ValueError, match="kind must be"):
        trl_rows(preferences, "dpo")
    with pytest.raises(ValueError, match="no strength of judgement 0"):
        trl_rows(read([{**PAIRS[0], "margin": None}]), "reward")
    battles = [{"model_a": "x", "model_b": "y", "winner": "tie", "judge": 1}]
    with pytest.raises(ValueError, match="must hold texts"):
        trl_rows(read(battles))
    texts = [{**battles[0], "prompt": "q", "response_a": "a", "response_b": "b"}]
    from prefmath.io import read_arena

    with pytest.raises(ValueError, match="every judgement is a tie"):
        write_trl(tmp_path / "ties.jsonl", read_arena(texts, items="responses"))
    assert not (tmp_path / "ties.jsonl").exists()


def test_the_loader_of_data_sets_reads_it(tmp_path):
    datasets = pytest.importorskip("datasets")
    for name, kind in (("json", "jsonl"), ("parquet", "parquet")):
        path = tmp_path / f"train.{kind}"
        write_trl(path, read(PAIRS), "reward", conversational=True)
        found = datasets.load_dataset(
            name, data_files=str(path), split="train", cache_dir=str(tmp_path / "cache")
        )
        assert found[0]["chosen"] == [{"role": "assistant", "content": "yes"}]
        assert found["margin"][:] == [0.5, 2.5]
