"""Values out of records, and refusals that name where they stand."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["annotator_of", "first_of", "flag", "number", "parsed", "text_of"]

_ANNOTATORS = (
    "annotator_id",
    "annotator",
    "user_id",
    "worker_id",
    "visitor_id",
    "judge_id",
    "judge",
    "judge_hash",
    "evaluator",
)


def first_of(record: Mapping[str, Any], names: Sequence[str]) -> Any:
    """Return the first of some fields that holds something, or None."""
    for name in names:
        value = record.get(name)
        if value is not None and value != "":
            return value
    return None


def annotator_of(record: Mapping[str, Any]) -> Any:
    """Return who judged, by the names that files use, or None."""
    return first_of(record, _ANNOTATORS)


def text_of(value: Any) -> str | None:
    """Return a text that is not empty, or None."""
    return value if isinstance(value, str) and value and not value.isspace() else None


def number(value: Any) -> float | None:
    """Return a finite number, also one written as a text, with a comma for decimals; or None."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, str):
        written = value.strip()
        if "," in written and "." not in written:
            written = written.replace(",", ".", 1)
        try:
            value = float(written)
        except ValueError:
            return None
    if not isinstance(value, (int, float)):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) else None


def flag(value: Any, what: str) -> bool:
    """Return whether a field is true: a boolean, 0 or 1, or such a text.

    Raises
    ------
    ValueError
        If it is neither; `what` names the field.
    """
    if isinstance(value, (bool, int, float)) and value in {0, 1}:
        return bool(value)
    written = str(value).strip().lower()
    if written in {"1", "1.0", "true", "yes"}:
        return True
    if written in {"0", "0.0", "false", "no", ""} or value is None:
        return False
    raise ValueError(f"{what} must be true or false, not {value!r}")


def parsed(value: Any) -> Any:
    """Return what a text of JSON holds; anything else as it is."""
    if isinstance(value, str) and value[:1] in {"[", "{"}:
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value
