"""Exports of annotation tools: one record, several annotators.

Argilla, ``to_list(flatten=True)``: `<question>.responses`, `.responses.users` and
`.responses.status` side by side. Label Studio: `annotations[].result[]` of type "pairwise".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from prefmath.io._formats.fields import first_of, number, parsed, text_of
from prefmath.io._formats.messages import as_messages, joined

if TYPE_CHECKING:
    from collections.abc import Mapping

    from prefmath.io._records.collector import Collector

__all__ = ["add", "recognises"]

_RESPONSES = ".responses"
_PROMPTS = ("prompt", "instruction", "question", "context", "text")
_SIDES = {"a": 0, "b": 1, "1": 0, "2": 1, "left": 0, "right": 1, "first": 0, "second": 1}
_TIES = frozenset(("tie", "equal", "both", "same", "neither", "no preference"))
_SUBMITTED = frozenset(("submitted", None))


def recognises(fields: Mapping[str, Any]) -> bool:
    """Whether a record is of this family."""
    return bool(_questions(fields)) or ("annotations" in fields and "data" in fields)


def add(record: Mapping[str, Any], row: int, out: Collector, question: str | None = None) -> None:
    """Add the pair that each annotator judged.

    Raises
    ------
    ValueError
        If there are several questions and none is named, or an answer is none that is known.
    """
    if "annotations" in record and "data" in record:
        _add_label_studio(record, row, out)
        return
    questions = _questions(record)
    if question is None and len(questions) > 1:
        raise ValueError(f"question must name one of {', '.join(questions)}")
    asked = question if question is not None else questions[0]
    if asked not in questions:
        raise ValueError(f"question must be one of {', '.join(questions)}, not {asked!r}")
    answers = record.get(f"{asked}{_RESPONSES}") or ()
    n = len(answers)
    users = record.get(f"{asked}{_RESPONSES}.users") or [None] * n
    states = record.get(f"{asked}{_RESPONSES}.status") or [None] * n
    names, texts = _two_texts(record, [name for name in record if name.partition(".")[0] != asked])
    for answer, user, state in zip(answers, users, states, strict=True):
        if state not in _SUBMITTED:
            out.drop(row, f"an answer is {state}, not submitted")
            continue
        _add_answer(record, row, out, names, texts, _side(answer, names), user)


def _add_label_studio(record: Mapping[str, Any], row: int, out: Collector) -> None:
    data = record["data"]
    names, texts = _two_texts(data, list(data))
    for annotation in record["annotations"] or ():
        who = annotation.get("completed_by")
        if isinstance(who, dict):
            who = first_of(who, ("email", "id"))
        if annotation.get("was_cancelled"):
            out.drop(row, "an annotation was cancelled")
            continue
        chosen = [
            result["value"].get("selected")
            for result in annotation.get("result") or ()
            if result.get("type") == "pairwise"
        ]
        if not chosen:
            out.drop(row, "an annotation has no pairwise result")
            continue
        _add_answer(data, row, out, names, texts, _side(chosen[0], names), who)


def _add_answer(
    record: Mapping[str, Any],
    row: int,
    out: Collector,
    names: list[str],
    texts: list[str | None],
    side: int | None,
    annotator: Any,
) -> None:
    one, two = texts
    if one is None or two is None:
        out.drop(row, f"{names[0]} or {names[1]} is missing or empty")
        return
    if one == two:
        out.drop(row, "both responses are the same")
        return
    prompt = out.prompt(_content(first_of(record, _PROMPTS)) or "")
    items = [out.response(prompt, text) for text in (one, two)]
    winner = side or 0
    out.pair(
        row,
        items[winner],
        items[1 - winner],
        tie=side is None,
        first=winner == 0,
        prompt=prompt,
        annotator=annotator,
    )


def _questions(fields: Mapping[str, Any]) -> list[str]:
    return [name[: -len(_RESPONSES)] for name in fields if name.endswith(_RESPONSES)]


def _two_texts(record: Mapping[str, Any], names: list[str]) -> tuple[list[str], list[str | None]]:
    """Return the two fields that are compared: those whose names differ in the side alone."""
    sides: dict[str, list[tuple[int, str]]] = {}
    for name in names:
        word = name.lower()
        for side, place in _SIDES.items():
            stem = word.removesuffix(side)
            # A digit may follow at once, as in answer1; letters stand alone or behind a stroke.
            if stem != word and (not stem or side.isdigit() or stem[-1] in "_- "):
                sides.setdefault(stem.rstrip("_- "), []).append((place, name))
                break
    found = [pair for pair in sides.values() if len(pair) == 2]
    if len(found) != 1:
        raise ValueError(
            "two fields must hold the responses, named alike up to a, b or 1, 2 or left, right; "
            f"there are {', '.join(names)}"
        )
    # The first side first, in whatever order the fields stand.
    first_and_second = [name for _, name in sorted(found[0])]
    return first_and_second, [_content(record.get(name)) for name in first_and_second]


def _side(answer: Any, names: list[str]) -> int | None:
    """Return which of two an answer prefers, None for neither.

    Raises
    ------
    ValueError
        If the answer is none that is known.
    """
    if isinstance(answer, dict) and "value" in answer:
        answer = answer["value"]
    ranks = parsed(answer)
    if isinstance(ranks, list) and all(isinstance(each, dict) for each in ranks):
        found = {each.get("value"): number(each.get("rank")) for each in ranks}
        one, two = (found.get(name) for name in names)
        if one is not None and two is not None:
            return None if one == two else int(two < one)
    if isinstance(answer, str):
        if answer in names:
            return names.index(answer)
        word = answer.strip().lower()
        if word in _TIES:
            return None
        if word in _SIDES:
            return _SIDES[word]
    raise ValueError(f"an answer must be {names[0]}, {names[1]} or a tie, not {answer!r}")


def _content(value: Any) -> str | None:
    messages = as_messages(parsed(value))
    return text_of(joined(messages)) if messages is not None else text_of(value)
