r"""A chosen and a rejected response, as trainers of reward models take them.

TRL: `prompt, chosen, rejected`, or the last two alone, with a prompt that both begin with; each a
text or a list of messages. hh-rlhf: whole transcripts, cut at ``\n\nHuman: ``. UltraFeedback
binarized: a prompt beside message lists that repeat it. SHP: `history, human_ref_A, human_ref_B,
labels`, where 1 says that A was preferred.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from prefmath.io._formats.fields import annotator_of, number, parsed, text_of
from prefmath.io._formats.messages import Message, as_messages, common_prefix, joined, transcript

if TYPE_CHECKING:
    from collections.abc import Mapping

    from prefmath.io._records.collector import Collector

__all__ = ["add", "recognises"]

_SCORES = (
    ("score_chosen", "score_rejected"),
    ("chosen_score", "rejected_score"),
    ("chosen_rating", "rejected_rating"),
)


def recognises(fields: Mapping[str, Any]) -> bool:
    """Whether a record is of this family."""
    return {"chosen", "rejected"} <= fields.keys() or {
        "human_ref_A",
        "human_ref_B",
    } <= fields.keys()


def add(record: Mapping[str, Any], row: int, out: Collector) -> None:
    """Add a pair."""
    if "human_ref_A" in record:
        _add_references(record, row, out)
        return
    chosen, rejected = (_content(record, name) for name in ("chosen", "rejected"))
    if chosen is None or rejected is None:
        out.drop(row, "chosen or rejected is missing or empty")
        return
    found = _taken_apart(_content(record, "prompt"), chosen, rejected)
    if isinstance(found, str):
        out.drop(row, found)
        return
    prompt, better, worse = found
    number_of_prompt = out.prompt(prompt)
    winner, loser = (out.response(number_of_prompt, text) for text in (better, worse))
    about: dict[str, Any] = _strength(record)
    who = annotator_of(record)
    out.pair(row, winner, loser, prompt=number_of_prompt, annotator=who, **about)


def _content(record: Mapping[str, Any], name: str) -> str | list[Message] | None:
    """Return a text or messages; a list of one text, which some preparations store, is that."""
    value = parsed(record.get(name))
    if isinstance(value, str):
        return text_of(value)
    messages = as_messages(value)
    if messages is not None:
        return messages
    if isinstance(value, dict):
        return as_messages([value])
    if isinstance(value, (list, tuple)) and len(value) == 1:
        value = value[0]
    return text_of(value)


def _taken_apart(
    prompt: str | list[Message] | None, chosen: str | list[Message], rejected: str | list[Message]
) -> tuple[str, str, str] | str:
    """Return prompt and responses as texts, or why there are none."""
    if prompt is None and isinstance(chosen, str) and isinstance(rejected, str):
        one, two = transcript(chosen), transcript(rejected)
        if one is not None and two is not None:
            chosen, rejected = one, two
    if isinstance(chosen, list) and isinstance(rejected, list):
        return _of_conversations(prompt, chosen, rejected)
    better, worse = (
        each if isinstance(each, str) else each[-1].content for each in (chosen, rejected)
    )
    if prompt is None:
        n = _shared(better, worse)
        prompt, better, worse = better[:n].rstrip(), better[n:], worse[n:]
    text = prompt if isinstance(prompt, str) else joined(prompt)
    if better == worse:
        return "chosen and rejected are the same"
    if not better.strip() or not worse.strip():
        return "chosen or rejected adds nothing to the prompt"
    return text, better, worse


def _of_conversations(
    prompt: str | list[Message] | None, chosen: list[Message], rejected: list[Message]
) -> tuple[str, str, str] | str:
    if chosen == rejected:
        return "chosen and rejected are the same"
    n = common_prefix(chosen, rejected)
    better, worse = chosen[n:], rejected[n:]
    for rest in (better, worse):
        if not rest or not rest[-1].content.strip():
            return "a transcript ends in an empty turn"
        if rest[-1].role == "user":
            return "a transcript ends in a turn of the user"
    before = prompt if prompt is not None else chosen[:n]
    text = before if isinstance(before, str) else joined(before) if before else ""
    return text, joined(better), joined(worse)


def _shared(one: str, two: str) -> int:
    """Return the length of the beginning that two texts share, up to the end of a word."""
    n = 0
    for ours, theirs in zip(one, two, strict=False):
        if ours != theirs:
            break
        n += 1
    while n and not one[n - 1].isspace():
        n -= 1
    return n


def _strength(record: Mapping[str, Any]) -> dict[str, float]:
    if "margin" in record and (margin := number(record["margin"])) is not None:
        return {"strength": margin}
    for of_chosen, of_rejected in _SCORES:
        if of_chosen in record and of_rejected in record:
            better, worse = number(record[of_chosen]), number(record[of_rejected])
            if better is not None and worse is not None:
                return {"strength": better - worse}
    return {}


def _add_references(record: Mapping[str, Any], row: int, out: Collector) -> None:
    texts = [text_of(record.get(name)) for name in ("human_ref_A", "human_ref_B")]
    label = number(record.get("labels"))
    if label not in {0, 1}:
        raise ValueError(
            f"labels must be 1 where A is preferred and 0 where B is, not {record.get('labels')!r}"
        )
    if texts[0] is None or texts[1] is None:
        out.drop(row, "chosen or rejected is missing or empty")
        return
    if texts[0] == texts[1]:
        out.drop(row, "chosen and rejected are the same")
        return
    prompt = out.prompt(text_of(record.get("history")) or "")
    a, b = (out.response(prompt, text) for text in texts if text is not None)
    winner, loser = (a, b) if label == 1 else (b, a)
    out.pair(row, winner, loser, first=label == 1, prompt=prompt, annotator=annotator_of(record))
