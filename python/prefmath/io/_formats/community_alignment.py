"""Community Alignment (arXiv 2507.09650): conversations of up to four turns of four responses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from prefmath.io._formats.fields import first_of, parsed, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from prefmath.io._records.collector import Collector

__all__ = ["TURNS", "add", "recognises"]

TURNS = ("first", "second", "third", "fourth")
_LETTERS = ("a", "b", "c", "d")
_MISSING = "EMPTY STRING"
_END = "<|end_of_text|>"
_ATTRIBUTES = ("age", "gender", "education_level", "political", "ethnicity", "country")
_ABOUT = ("wave", "is_pregenerated_first_prompt", "in_balanced_subset", "in_balanced_subset_10")


def recognises(fields: Mapping[str, Any]) -> bool:
    """Whether a record is of this family."""
    return "first_turn_preferred_response" in fields


def add(
    record: Mapping[str, Any], row: int, out: Collector, turns: tuple[str, ...] = TURNS
) -> None:
    """Add a choice for each turn; what was said before is part of the prompt of a later one."""
    annotator = record.get("annotator_id")
    if annotator is not None:
        attributes = {name: record.get(f"annotator_{name}") for name in _ATTRIBUTES}
        out.annotator(annotator, **{k: v for k, v in attributes.items() if v != _MISSING})
    about = {name: record[name] for name in _ABOUT if name in record}
    if record.get("assigned_lang") is not None:
        about["language"] = record["assigned_lang"]
    said: list[str] = []
    for turn in TURNS:
        prompt = _text(record.get(f"{turn}_turn_prompt"))
        if prompt is None:
            if _goes_on(record, turn):
                out.drop(row, "a turn is missing before another")
            break
        said.append(prompt)
        responses = _responses(record, turn)
        letter = record.get(f"{turn}_turn_preferred_response")
        if turn in turns:
            _add_turn(row, out, turn, "\n\n".join(said), responses, letter, annotator, about)
        chosen = responses.get(_letter(letter))
        if chosen is None:
            if _goes_on(record, turn):
                out.drop(row, "a turn follows one without a preferred response")
            break
        said.append(chosen)


def _goes_on(record: Mapping[str, Any], turn: str) -> bool:
    """Whether there are turns after this one."""
    later = TURNS[TURNS.index(turn) + 1 :]
    return any(_text(record.get(f"{name}_turn_prompt")) is not None for name in later)


def _add_turn(
    row: int,
    out: Collector,
    turn: str,
    prompt: str,
    responses: dict[str, str],
    letter: Any,
    annotator: Any,
    about: Mapping[str, Any],
) -> None:
    if letter is None or letter in {"", _MISSING}:
        out.drop(row, "no response is preferred")
        return
    chosen = responses.get(_letter(letter))
    if _letter(letter) not in _LETTERS:
        raise ValueError(
            f"{turn}_turn_preferred_response must be response_a to response_d, not {letter!r}"
        )
    if chosen is None:
        out.drop(row, "the preferred response is missing")
        return
    if len(set(responses.values())) < 2:
        out.drop(row, "fewer than two responses differ")
        return
    number = out.prompt(prompt)
    items = {text: out.response(number, text) for text in responses.values()}
    place = list(responses).index(_letter(letter))
    out.choice(
        row,
        list(items.values()),
        items[chosen],
        prompt=number,
        annotator=annotator,
        turn=turn,
        position=place,
        **about,
    )


def _responses(record: Mapping[str, Any], turn: str) -> dict[str, str]:
    """Return the responses by their letters; those that are missing are left out."""
    texts = {letter: record.get(f"{turn}_turn_response_{letter}") for letter in _LETTERS}
    blob = parsed(record.get(f"{turn}_turn_responses"))  # an older revision has one field
    if isinstance(blob, dict):
        texts = {letter: first_of(blob, (f"response_{letter}", letter)) for letter in _LETTERS}
    elif isinstance(blob, list):
        texts = dict(zip(_LETTERS, blob, strict=False))
    found = {letter: _text(text) for letter, text in texts.items()}
    return {letter: text for letter, text in found.items() if text is not None}


def _text(value: Any) -> str | None:
    text = text_of(value)
    if text is None or text.strip() == _MISSING:
        return None
    return text_of(text.replace(_END, ""))


def _letter(value: Any) -> str:
    return str(value).strip().lower().removeprefix("response_")
