"""Conversations: lists of messages, transcripts, and the texts they come down to."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

__all__ = ["Message", "as_messages", "common_prefix", "joined", "transcript"]

_TURNS = re.compile(r"\n\n(Human|Assistant): ?")
_ROLES = {"human": "user", "gpt": "assistant", "bot": "assistant", "model": "assistant"}


class Message(NamedTuple):
    """What one side said."""

    role: str
    content: str


def transcript(text: str) -> list[Message] | None:
    r"""Return the turns of a text cut at ``\n\nHuman: `` and ``\n\nAssistant: ``, if it is one."""
    parts = _TURNS.split(text if text.startswith("\n\n") else f"\n\n{text}")
    if len(parts) < 3 or parts[0].strip():
        return None
    batches = zip(*[iter(parts[1:])] * 2, strict=True)
    return [
        Message("user" if side == "Human" else "assistant", content.strip())
        for side, content in batches
    ]


def as_messages(value: Any) -> list[Message] | None:
    """Return the messages of a list of them, in the fields of either common naming, or None."""
    if not isinstance(value, (list, tuple)) or not value:
        return None
    messages = []
    for each in value:
        if not isinstance(each, dict):
            return None
        role, content = each.get("role", each.get("from")), each.get("content", each.get("value"))
        if isinstance(content, list):  # parts, of which some are texts
            content = "\n".join(
                part["text"] for part in content if isinstance(part, dict) and part.get("text")
            )
        if not isinstance(role, str) or not (isinstance(content, str) or content is None):
            return None
        messages.append(Message(_ROLES.get(role, role), content or ""))
    return messages


def common_prefix(one: list[Message], two: list[Message]) -> int:
    """Return how many messages two conversations begin with together."""
    n = 0
    while n < min(len(one), len(two)) and one[n] == two[n]:
        n += 1
    return n


def joined(messages: list[Message]) -> str:
    """Return messages as one text: a single one as it is, several with who says what."""
    if len(messages) == 1:
        return messages[0].content
    return "\n\n".join(f"{message.role}: {message.content}" for message in messages)
