"""Message trees of Open Assistant: replies to one message, ranked.

Each record is a message: `message_id, parent_id, text, role, rank`, where 0 is the best of the
replies to its parent, and may be missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from prefmath.io._formats.completions import Judged, add_judged
from prefmath.io._formats.fields import number, text_of
from prefmath.io._records.texts import Texts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from prefmath.io._records.collector import Collector

__all__ = ["add_all", "recognises"]


def recognises(fields: Mapping[str, Any]) -> bool:
    """Whether a record is of this family."""
    return {"message_id", "parent_id", "rank", "text"} <= fields.keys()


def add_all(
    records: Iterator[tuple[int, Mapping[str, Any]]], out: Collector, layout: str = "pairs"
) -> None:
    """Gather the replies to each message, which may stand anywhere, and add what ranks say."""
    texts = Texts()
    number_of: dict[Any, int] = {}
    replies: dict[Any, list[tuple[int, int, float]]] = {}
    for row, record in records:
        out.report.n_read += 1
        at = len(texts)
        texts.append(text_of(record.get("text")))
        number_of[record.get("message_id")] = at
        rank = number(record.get("rank"))
        if record.get("role") in {"prompter", "user"} or record.get("parent_id") is None:
            continue
        if rank is None:
            out.drop(row, "a reply has no rank")
            continue
        replies.setdefault(record["parent_id"], []).append((row, at, -rank))
    for parent, ranked in replies.items():
        asked = number_of.get(parent)
        prompt = "" if asked is None else texts[asked] or ""
        completions = [(texts[at], None, score) for _, at, score in ranked]
        add_judged(Judged(prompt, completions), ranked[0][0], out, layout)
