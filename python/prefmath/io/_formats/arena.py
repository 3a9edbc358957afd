"""Battles of two models, as arenas publish them.

Chatbot Arena: `model_a, model_b, winner`, or one-hot `winner_model_a, winner_model_b, winner_tie`.
MT-bench judgements. Compar:IA: `model_a_name, model_b_name, chosen_model_name, both_equal`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from prefmath.io._formats.fields import annotator_of, first_of, flag, number, parsed, text_of
from prefmath.io._formats.messages import as_messages, joined

if TYPE_CHECKING:
    from collections.abc import Mapping

    from prefmath.io._records.collector import Collector

__all__ = ["add", "recognises"]

_ONE_HOT = ("winner_model_a", "winner_model_b", "winner_tie")
_TIES = frozenset(
    (
        "tie",
        "tie (bothbad)",
        "tie (both bad)",
        "tie (inconsistent)",
        "both_bad",
        "bothbad",
        "both bad",
        "both_good",
        "both_equal",
        "draw",
    )
)
_STYLE = {
    "tokens": "sum_assistant_{}_tokens",
    "headers": "header_count_{}",
    "bold": "bold_count_{}",
    "lists": "list_count_{}",
}


def recognises(fields: Mapping[str, Any]) -> bool:
    """Whether a record is of this family."""
    return _names(fields) is not None and _outcome_fields(fields)


def add(record: Mapping[str, Any], row: int, out: Collector, items: str = "models") -> None:
    """Add a battle: of models, or of their responses."""
    names = _names(record) or ("model_a", "model_b")
    models = [text_of(record.get(name)) for name in names]
    if models[0] is None or models[1] is None:
        out.drop(row, "a model is not named")
        return
    outcome = _outcome(record, models)
    if outcome is None:
        out.drop(row, "neither a winner nor a tie is said")
        return
    asked = _prompt(record)
    if items == "models":
        if models[0] == models[1]:
            out.drop(row, "a model met itself")
            return
        prompt = -1 if asked is None else out.prompt(asked)
        sides = [out.named(model) for model in models if model is not None]
    else:
        texts = [_response(record, side) for side in "ab"]
        if texts[0] is None or texts[1] is None:
            out.drop(row, "a response is missing or empty")
            return
        if texts[0] == texts[1]:
            out.drop(row, "both responses are the same")
            return
        prompt = out.prompt(asked or "")
        sides = [
            out.response(prompt, text, model=model)
            for text, model in zip(texts, models, strict=True)
            if text is not None
        ]
    winner = 1 if outcome == "b" else 0
    out.pair(
        row,
        sides[winner],
        sides[1 - winner],
        tie=outcome == "tie",
        first=winner == 0,
        prompt=prompt,
        annotator=annotator_of(record),
        **_about(record),
    )


def _names(fields: Mapping[str, Any]) -> tuple[str, str] | None:
    for names in (("model_a", "model_b"), ("model_a_name", "model_b_name")):
        if set(names) <= fields.keys():
            return names
    return None


def _outcome_fields(fields: Mapping[str, Any]) -> bool:
    return bool({"winner", "chosen_model_name", "both_equal", _ONE_HOT[0]} & fields.keys())


def _outcome(record: Mapping[str, Any], models: list[str | None]) -> str | None:
    """Return "a", "b" or "tie", or None where nothing is said.

    Raises
    ------
    ValueError
        If the label is none of those known.
    """
    if set(_ONE_HOT) <= record.keys():
        return _of_one_hot(record)
    if "winner" not in record:
        return _of_chosen_name(record, models)
    label = record["winner"]
    if label is None or label == "":
        return None
    word = str(label).strip().lower()
    if word in _TIES:
        return "tie"
    if word in {"model_a", "model_b"}:
        return word[-1]
    if label in models and models[0] != models[1]:
        return "ab"[models.index(label)]
    raise ValueError(
        f"winner must be model_a, model_b, tie, tie (bothbad) or both_bad, or the name of one of "
        f"the two models, not {label!r}"
    )


def _of_one_hot(record: Mapping[str, Any]) -> str | None:
    said = [flag(record[name], name) for name in _ONE_HOT]
    if sum(said) > 1:
        raise ValueError(f"{', '.join(_ONE_HOT)} must be true in one place, not {said}")
    return ("a", "b", "tie")[said.index(True)] if any(said) else None


def _of_chosen_name(record: Mapping[str, Any], models: list[str | None]) -> str | None:
    if flag(record.get("both_equal"), "both_equal"):
        return "tie"
    name = text_of(record.get("chosen_model_name"))
    if name is None:
        return None
    if name not in models:
        raise ValueError(f"chosen_model_name must be {models[0]!r} or {models[1]!r}, not {name!r}")
    return "ab"[models.index(name)]


def _prompt(record: Mapping[str, Any]) -> str | None:
    """Return what the user asked: all turns, or the first message of a conversation."""
    value = parsed(first_of(record, ("prompt", "question", "opening_msg")))
    if isinstance(value, list):
        texts = [each for each in value if isinstance(each, str)]
        return "\n\n".join(texts) or None
    if value is not None:
        return text_of(value)
    messages = as_messages(parsed(record.get("conversation_a")))
    asked = [message.content for message in messages or () if message.role == "user"]
    return "\n\n".join(asked) or None


def _response(record: Mapping[str, Any], side: str) -> str | None:
    value = parsed(first_of(record, (f"response_{side}", f"conversation_{side}")))
    messages = as_messages(value)
    if messages is not None:
        said = [message for message in messages if message.role != "user"]
        return text_of(joined(said)) if said else None
    if isinstance(value, list):
        return text_of("\n\n".join(each for each in value if isinstance(each, str)))
    return text_of(value)


def _about(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is said of a battle beside who won: language, turn, category, style."""
    about: dict[str, Any] = {}
    for name in ("language", "turn", "tstamp", "question_id", "category"):
        if record.get(name) is not None:
            about[name] = record[name]
    metadata = parsed(record.get("conv_metadata"))
    if isinstance(metadata, dict):
        for name, field in _STYLE.items():
            for side in "ab":
                about[f"{name}_{side}"] = _count(metadata.get(field.format(side)))
    return about


def _count(value: Any) -> float | None:
    """Return a count; the sum where it is told by kind."""
    if isinstance(value, dict):
        counts = [number(each) for each in value.values()]
        return sum(count for count in counts if count is not None)
    return number(value)
