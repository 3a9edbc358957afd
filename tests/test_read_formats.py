"""Every family of files is read to the judgements that a reader with the eye finds in it."""

import json

import numpy as np
import pytest

from prefmath.io import (
    read,
    read_annotations,
    read_arena,
    read_community_alignment,
    read_completions,
    read_prism,
)


def pairs(preferences):
    """Return (winner, loser, tied) in words, in the order of the source."""
    choices = preferences.choices
    names = preferences.items.get("text") or preferences.items["item"]
    tied = np.zeros(len(choices), bool) if choices.tied is None else choices.tied
    found = [
        (names[won], names[lost], bool(tie))
        for won, lost, tie in zip(choices.winner, choices.loser, tied, strict=True)
    ]
    rows = preferences.judgements["row"]
    order = sorted(range(len(found)), key=lambda at: rows[at])
    return [found[at] for at in order]


def sets(preferences):
    """Return (chosen, set) in words, in the order of the source."""
    choices, texts = preferences.choices, preferences.items["text"]
    found = []
    for at in range(len(choices)):
        items = choices.items[choices.offsets[at] : choices.offsets[at + 1]]
        said = [texts[item] for item in items]
        found.append((said[choices.chosen[at]], said))
    rows = preferences.judgements["row"]
    return [found[at] for at in np.argsort(rows, kind="stable")]


def talk(*contents):
    roles = ["user", "assistant"]
    return [{"role": roles[at % 2], "content": said} for at, said in enumerate(contents)]


CHOSEN_REJECTED = [
    {"prompt": "q", "chosen": "good", "rejected": "bad", "margin": 2},
    {"prompt": "q", "chosen": talk("q", "good"), "rejected": talk("q", "worse")},
    {"chosen": "Say why: it is so", "rejected": "Say why: it was so"},
    {"chosen": "\n\nHuman: hi\n\nAssistant: hello", "rejected": "\n\nHuman: hi\n\nAssistant: no"},
    {"chosen": "\n\nHuman: hi\n\nAssistant: hello", "rejected": "\n\nHuman: hi\n\nAssistant:"},
    {"chosen": talk("hi", "yes", "but"), "rejected": talk("hi", "no")},
    {"prompt": "q", "chosen": "same", "rejected": "same"},
    {"prompt": "q", "chosen": "a string", "rejected": ["a list"], "user_id": None},
    {"prompt": "q", "chosen": talk("q", "up"), "rejected": talk("q", "down"), "score_chosen": "8,5",
     "score_rejected": 6},
    {"prompt": talk("long", "ago", "now?"), "chosen": "yes", "rejected": "no"},
    {"prompt": "q", "chosen": "only", "rejected": ""},
]  # fmt: skip


def test_chosen_and_rejected():
    preferences = read(CHOSEN_REJECTED)
    assert pairs(preferences) == [
        ("good", "bad", False),
        ("good", "worse", False),
        ("is so", "was so", False),
        ("hello", "no", False),
        ("a string", "a list", False),
        ("up", "down", False),
        ("yes", "no", False),
    ]
    assert preferences.report.dropped == {
        "a transcript ends in an empty turn": [4],
        "a transcript ends in a turn of the user": [5],
        "chosen and rejected are the same": [6],
        "chosen or rejected is missing or empty": [10],
    }
    assert preferences.judgements["strength"] == [2.0, None, None, None, None, 2.5, None]
    # The same answer to the same question is one item, whatever it stands in.
    assert list(preferences.items["text"]).count("good") == 1
    asked = [preferences.prompts["text"][row] for row in preferences.choices.context]
    assert asked[2] == "Say why: it"
    assert asked[6] == "user: long\n\nassistant: ago\n\nuser: now?"


def test_references_with_a_label():
    records = [
        {"history": "q", "human_ref_A": "a", "human_ref_B": "b", "labels": 1},
        {"history": "q", "human_ref_A": "a", "human_ref_B": "b", "labels": "0"},
    ]
    assert pairs(read(records)) == [("a", "b", False), ("b", "a", False)]
    with pytest.raises(ValueError, match=r"source, row 0: labels must be 1 .* not 2"):
        read([{**records[0], "labels": 2}])


BATTLES = [
    {"model_a": "x", "model_b": "y", "winner": "model_a", "judge": "u1", "language": "en"},
    {"model_a": "x", "model_b": "y", "winner": "model_b", "judge": "u2", "language": "fr"},
    {"model_a": "y", "model_b": "z", "winner": "tie", "judge": "u1", "language": "en"},
    {"model_a": "y", "model_b": "z", "winner": "tie (bothbad)", "judge": "u1", "language": "en"},
    {"model_a": "y", "model_b": "z", "winner": "both_bad", "judge": "u1", "language": "en"},
    {"model_a": "y", "model_b": "y", "winner": "model_a", "judge": "u1", "language": "en"},
    {"model_a": "z", "model_b": "x", "winner": "", "judge": "u3", "language": "en"},
]


def test_battles():
    preferences = read(BATTLES)
    assert pairs(preferences) == [
        ("x", "y", False),
        ("y", "x", False),
        ("y", "z", True),
        ("y", "z", True),
        ("y", "z", True),
    ]
    assert preferences.annotators["annotator"] == ["u1", "u2"]
    assert preferences.judgements["language"] == ["en", "en", "en", "en", "fr"]
    first = dict(zip(preferences.judgements["row"], preferences.choices.first, strict=True))
    assert first[0]
    assert not first[1]
    assert list(preferences.report.dropped.values()) == [[5], [6]]


def test_unknown_winners_are_refused_by_name():
    with pytest.raises(ValueError, match=r"row 1: winner must be model_a, .* not 'left wins'"):
        read([BATTLES[0], {**BATTLES[1], "winner": "left wins"}])


def test_one_hot_battles_with_responses():
    record = {
        "model_a": "x", "model_b": "y", "winner_model_a": 0, "winner_model_b": "1",
        "winner_tie": 0, "prompt": '["first", "second"]', "response_a": '["a", "aa"]',
        "response_b": '["b", "bb"]',
    }  # fmt: skip
    assert pairs(read([record])) == [("y", "x", False)]
    preferences = read_arena([record], items="responses")
    assert pairs(preferences) == [("b\n\nbb", "a\n\naa", False)]
    assert preferences.items["model"] == ["x", "y"]
    assert list(preferences.prompts["text"]) == ["first\n\nsecond"]


def test_french_battles():
    record = {"model_a_name": "x", "model_b_name": "y", "visitor_id": 4}
    records = [
        {**record, "chosen_model_name": "y", "both_equal": False},
        {**record, "chosen_model_name": None, "both_equal": True},
    ]
    assert pairs(read(records)) == [("y", "x", False), ("x", "y", True)]


def test_style_of_battles():
    metadata = {"sum_assistant_a_tokens": 5, "header_count_a": {"h1": 1, "h2": 2}}
    preferences = read([{**BATTLES[0], "conv_metadata": metadata}])
    assert preferences.judgements["tokens_a"] == [5.0]
    assert preferences.judgements["headers_a"] == [3.0]
    assert preferences.judgements["tokens_b"] == [None]


COMPLETIONS = {
    "ultrafeedback": {
        "instruction": "q",
        "completions": [
            {"response": "a", "annotations": {"help": {"Rating": "5"}, "truth": {"Rating": "4"}}},
            {"response": "b", "annotations": {"help": {"Rating": "3"}, "truth": {"Rating": "N/A"}}},
            {"response": "c", "annotations": {"help": {"Rating": "N/A"}}},
        ],
    },
    "nectar": {"prompt": "q", "answers": [{"answer": "b", "rank": 2}, {"answer": "a", "rank": 1}]},
    "helpsteer2": {"prompt": "q", "response_1": "b", "response_2": "a", "preference_strength": 3},
    "helpsteer3": {
        "context": talk("q"), "response1": "a", "response2": "b", "overall_preference": -1,
    },
    "nemo_rl": {
        "context": talk("q"),
        "completions": [
            {"rank": 1, "completion": talk("b")}, {"rank": 0, "completion": talk("a")},
        ],
    },
    "alpaca_eval": {"instruction": "q", "output_1": "b", "output_2": "a", "preference": 1.9},
    "distilabel": {"instruction": "q", "generations": ["b", "a"], "ratings": [1, 5.0]},
}  # fmt: skip


@pytest.mark.parametrize("family", COMPLETIONS)
def test_scored_completions(family):
    preferences = read([COMPLETIONS[family]])
    assert pairs(preferences) == [("a", "b", False)]
    assert list(preferences.prompts["text"]) == ["q"]


def test_layouts_of_completions():
    answers = [{"answer": "c", "rank": 3}, {"answer": "a", "rank": 1}, {"answer": "b", "rank": 2}]
    record = {"prompt": "q", "answers": answers}
    tied = {"prompt": "p", "answers": [*answers, {"answer": "d", "rank": "3"}]}
    assert pairs(read_completions([record])) == [("a", "b", False), ("a", "c", False),
                                                 ("b", "c", False)]  # fmt: skip
    assert pairs(read_completions([tied]))[-1] == ("c", "d", True)
    assert sets(read_completions([record, tied], layout="choice_sets")) == [
        ("a", ["a", "b", "c"]),
        ("a", ["a", "b", "c", "d"]),
    ]
    ranked = read_completions([record, tied], layout="rankings")
    assert [ranked.items["text"][item] for item in ranked.choices.items] == ["a", "b", "c"]
    assert list(ranked.report.dropped.values()) == [[1]]


def test_several_workers_of_a_record():
    record = {
        "text": "q", "completion_a": "a", "completion_b": "b",
        "normal_worker_annotations": [
            {"evaluator": "n1", "overall_pref": "A-is-clearly-better"},
            {"evaluator": "n2", "overall_pref": "Tie"},
        ],
        "expert_worker_annotations": [{"evaluator": "e", "overall_pref": "B-is-slightly-better"}],
    }  # fmt: skip
    preferences = read([record])
    assert sorted(pairs(preferences)) == [("a", "b", False), ("a", "b", True), ("b", "a", False)]
    assert preferences.annotators["annotator"] == ["e", "n1", "n2"]
    with pytest.raises(ValueError, match="overall_pref must be one of"):
        read([{**record, "expert_worker_annotations": [{"overall_pref": "A"}]}])


def test_rankings_in_letters():
    record = {
        "prompt": "q",
        "responses": [{"response_index": letter, "response": letter.lower()} for letter in "ABC"],
        "metadata": {
            "assessments": [
                {"annotator_id": "w", "ranking_blocks": {"personal": [{"ranking": "B>A=C"}]}}
            ]
        },
    }
    assert pairs(read([record])) == [("b", "a", False), ("b", "c", False), ("a", "c", True)]


def test_replies_that_stand_apart():
    records = [
        {"message_id": 2, "parent_id": 1, "text": "worse", "role": "assistant", "rank": 1},
        {"message_id": 1, "parent_id": None, "text": "asked", "role": "prompter", "rank": None},
        {"message_id": 4, "parent_id": 1, "text": "unranked", "role": "assistant", "rank": None},
        {"message_id": 3, "parent_id": 1, "text": "better", "role": "assistant", "rank": 0.0},
    ]
    preferences = read(records)
    assert pairs(preferences) == [("better", "worse", False)]
    assert list(preferences.prompts["text"]) == ["asked"]


def turn(name, prompt, responses, preferred):
    fields = {f"{name}_turn_response_{letter}": text for letter, text in zip("abcd", responses)}  # noqa: B905
    return {
        f"{name}_turn_prompt": prompt, **fields, f"{name}_turn_preferred_response": preferred,
    }  # fmt: skip


ALIGNMENT = [
    {
        "annotator_id": "p2", "assigned_lang": "fr", "annotator_age": "18-34",
        **turn("first", "hi", ["a<|end_of_text|>", "b", "b", "EMPTY STRING"], "response_b"),
        **turn("second", "more", ["c", "d", "e", "f"], "response_d"),
        **turn("third", "EMPTY STRING", ["EMPTY STRING"] * 4, "EMPTY STRING"),
        **turn("fourth", "gap", ["g", "h", "i", "j"], "response_a"),
    },
    {
        "annotator_id": "p1", "assigned_lang": "en", "annotator_age": "55+",
        **turn("first", "hi", ["a", "b", "c", "EMPTY STRING"], "response_d"),
    },
    {
        "annotator_id": "p1", "assigned_lang": "en", "annotator_age": "55+",
        "first_turn_prompt": "old",
        "first_turn_responses": '{"response_a": "1", "response_b": "2"}',
        "first_turn_preferred_response": "response_a",
    },
]  # fmt: skip


def test_community_alignment():
    preferences = read(ALIGNMENT)
    assert sets(preferences) == [
        ("b", ["a", "b"]),
        ("f", ["c", "d", "e", "f"]),
        ("1", ["1", "2"]),
    ]
    assert preferences.annotators["age"] == ["55+", "18-34"]
    assert "hi\n\nb\n\nmore" in list(preferences.prompts["text"])
    assert preferences.report.dropped == {
        "a turn is missing before another": [0],
        "the preferred response is missing": [1],
    }
    lost = {**ALIGNMENT[0], "first_turn_preferred_response": "EMPTY STRING"}
    report = read([lost, ALIGNMENT[2]]).report
    assert report.dropped["a turn follows one without a preferred response"] == [0]
    with pytest.raises(ValueError, match="must be response_a to response_d, not 'ab'"):
        read([{**ALIGNMENT[0], "first_turn_preferred_response": "ab"}])
    assert len(read_community_alignment(ALIGNMENT, turns=["second"]).choices) == 1


def test_prism_with_a_survey():
    def said(interaction, text, chosen, **more):
        return {
            "interaction_id": interaction, "user_id": "u", "user_prompt": "q", "turn": 0,
            "model_name": f"m{text}", "model_response": text, "if_chosen": chosen, "score": 9,
            **more,
        }  # fmt: skip

    records = [
        said("i1", "a", "False"), said("i2", "c", True), said("i1", "b", "True"),
        said("i2", "c", False), said("i2", "d", False), said("i3", "e", True),
    ]  # fmt: skip
    preferences = read_prism(records, [{"user_id": "u", "age": 30}, {"user_id": "v", "age": 40}])
    assert sets(preferences) == [("b", ["a", "b"]), ("c", ["c", "d"])]
    assert preferences.annotators["age"] == [30]
    assert preferences.judgements["score"] == [9, 9]
    again = [said("i", "a", True, score=90), said("i", "b", False), said("i", "a", False, score=1)]
    assert read(again).judgements["score"] == [90]
    with pytest.raises(ValueError, match="source, row 1: if_chosen must be true or false"):
        read([again[0], {**again[1], "if_chosen": "perhaps"}])
    assert preferences.items["model"] == ["ma", "mb", "mc", "md"]


def test_argilla_keeps_what_was_submitted():
    record = {
        "prompt": "q", "response_a": "a", "response_b": "b",
        "better.responses": ["response_a", "B", "tie", [{"value": "response_b", "rank": 1},
                                                        {"value": "response_a", "rank": 2}]],
        "better.responses.users": ["u1", "u2", "u3", "u4"],
        "better.responses.status": ["submitted", "draft", "submitted", "submitted"],
    }  # fmt: skip
    preferences = read([record])
    assert pairs(preferences) == [("a", "b", False), ("a", "b", True), ("b", "a", False)]
    assert preferences.annotators["annotator"] == ["u1", "u3", "u4"]
    two = {**record, "other.responses": [], "other.responses.users": []}
    with pytest.raises(ValueError, match="question must name one of better, other"):
        read([two])
    assert len(read_annotations([two], question="better").choices) == 3


def test_sides_do_not_depend_on_the_order_of_fields():
    record = {
        "prompt": "q", "response_b": "b", "response_a": "a",
        "response.responses": ["a", "response_b"], "response.responses.users": [1, 2],
    }  # fmt: skip
    assert pairs(read([record])) == [("a", "b", False), ("b", "a", False)]
    answers = {"data": {"answer_2": "two", "answer_1": "one"}, "annotations": []}
    left = [{"type": "pairwise", "value": {"selected": "left"}}]
    assert pairs(read([{**answers, "annotations": [{"result": left}]}])) == [("one", "two", False)]


def test_label_studio():
    chosen = [{"type": "pairwise", "value": {"selected": "right"}}]
    record = {
        "id": 1,
        "data": {"prompt": "q", "answer1": "a", "answer2": "b"},
        "annotations": [
            {"completed_by": {"id": 7, "email": "x@y"}, "result": chosen},
            {"completed_by": 8, "result": []},
            {"completed_by": 9, "result": chosen, "was_cancelled": True},
        ],
    }
    preferences = read([record])
    assert pairs(preferences) == [("b", "a", False)]
    assert preferences.annotators["annotator"] == ["x@y"]
    assert len(preferences.report.dropped) == 2


def test_a_format_that_is_not_known_is_told_what_was_found():
    with pytest.raises(ValueError, match="source has the fields colour, size, which no format has"):
        read([{"colour": 1, "size": 2}])
    with pytest.raises(ValueError, match=r"row 0: the record is not built as format 'completions'"):
        read([{"prompt": "q", "answers": [1, 2]}])
    with pytest.raises(ValueError, match="format must be one of"):
        read(ALIGNMENT, "arenas")


def test_records_that_are_json_in_every_way(tmp_path):
    lines = tmp_path / "battles.jsonl"
    lines.write_text("\n".join(map(json.dumps, BATTLES)) + "\n")
    assert pairs(read(lines)) == pairs(read(BATTLES))
    assert read(lines).report.dropped["a model met itself"] == [6]
