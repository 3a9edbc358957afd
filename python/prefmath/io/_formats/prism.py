"""PRISM: utterances of models in conversations, of which a person chose one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from prefmath.io._formats.fields import first_of, flag, number, text_of
from prefmath.io._records.texts import Texts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from prefmath.io._records.collector import Collector

__all__ = ["add_all", "add_survey", "recognises"]

_NEEDED = frozenset(("interaction_id", "user_id", "model_name", "model_response", "if_chosen"))


def recognises(fields: Mapping[str, Any]) -> bool:
    """Whether a record is of this family."""
    return fields.keys() >= _NEEDED


def add_all(records: Iterator[tuple[int, Mapping[str, Any]]], out: Collector) -> None:
    """Gather the utterances of each interaction, which may stand apart, and add the choices."""
    texts = Texts()
    sets: dict[Any, list[tuple[int, int, Any, bool, float | None]]] = {}
    asked: dict[Any, tuple[int, Any, Any, Any]] = {}
    for row, record in records:
        out.report.n_read += 1
        interaction = record.get("interaction_id")
        if interaction not in asked:
            texts.append(text_of(record.get("user_prompt")))
            conversation = record.get("conversation_id")
            asked[interaction] = (
                len(texts) - 1,
                record.get("user_id"),
                record.get("turn"),
                conversation,
            )
        texts.append(text_of(record.get("model_response")))
        try:
            chosen = flag(record.get("if_chosen"), "if_chosen")
        except ValueError as error:
            raise ValueError(f"{out.report.source}, {out.report.unit} {row}: {error}") from error
        score = number(record.get("score"))
        entry = row, len(texts) - 1, record.get("model_name"), chosen, score
        sets.setdefault(interaction, []).append(entry)
    for interaction, entries in sets.items():
        _add_set(out, texts, asked[interaction], entries)


def _add_set(
    out: Collector,
    texts: Texts,
    asked: tuple[int, Any, Any, Any],
    entries: list[tuple[int, int, Any, bool, float | None]],
) -> None:
    at_prompt, user, turn, conversation = asked
    row = entries[0][0]
    told: dict[str, tuple[Any, bool, float | None]] = {}
    for entry_row, at, model, chosen, score in entries:
        text = texts[at]
        if text is None:
            out.drop(entry_row, "a response is missing or empty")
            continue
        known = told.get(text)
        # A text that stands twice is one alternative, chosen where it is chosen once.
        if known is None:
            told[text] = model, chosen, score
        elif chosen and not known[1]:
            told[text] = known[0], chosen, score
    picked = [text for text, (_, chosen, _) in told.items() if chosen]
    if len(told) < 2:
        out.drop(row, "fewer than two responses differ")
        return
    if len(picked) != 1:
        out.drop(row, "no response is chosen" if not picked else "several responses are chosen")
        return
    prompt = out.prompt(texts[at_prompt] or "", conversation if number(turn) else None)
    items = {text: out.response(prompt, text, model=model) for text, (model, _, _) in told.items()}
    out.choice(
        row,
        list(items.values()),
        items[picked[0]],
        prompt=prompt,
        annotator=user,
        turn=turn,
        score=told[picked[0]][2],
    )


def add_survey(records: Iterator[tuple[int, Mapping[str, Any]]], out: Collector) -> None:
    """Note what a survey says of each person, as far as it is one value a field."""
    for _, record in records:
        user = first_of(record, ("user_id",))
        if user is None:
            raise ValueError("survey must have a column user_id")
        plain = {
            name: value
            for name, value in record.items()
            if name != "user_id" and isinstance(value, (str, int, float, bool))
        }
        out.annotator(user, **plain)
