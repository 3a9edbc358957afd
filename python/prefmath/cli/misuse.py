"""Sentences for what a user may get wrong in options and arguments."""

from __future__ import annotations

import re
from typing import Any

_KINDS = {
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "int_type": "must be a whole number",
    "int_parsing_size": "must have fewer digits",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "greater_than_equal": "must be at least {ge}",
    "greater_than": "must be above {gt}",
    "less_than_equal": "must be at most {le}",
    "less_than": "must be below {lt}",
}
"""What the checks of values behind an option ask for, by the names that they have."""


def sentence(error: Any) -> str:
    """Return one sentence on an error of usage: lower case, the option, what it must be.

    Parameters
    ----------
    error : click.ClickException
        Of the click that typer brings or of another: known by what it can do.

    Returns
    -------
    str
        With where to read on.
    """
    said = _of_a_value(error) or _lower(error.format_message())
    context = getattr(error, "ctx", None)
    path = getattr(context, "command_path", "")
    return f"{said}: see {path} --help" if path else said


def _of_a_value(error: Any) -> str | None:
    """Return what is wrong with the value of an option, where that is known."""
    parameter = getattr(error, "param", None)
    if parameter is None or not getattr(error, "message", ""):
        return None
    names = [*getattr(parameter, "opts", [])]
    is_option = any(name.startswith("-") for name in names)
    name = max(names, key=len) if is_option else str(parameter.metavar or parameter.name).upper()
    failed = getattr(error.__cause__, "errors", None)
    details = failed() if callable(failed) else []
    detail = details[0] if details else {}
    if wanted := _KINDS.get(detail.get("type", "")):
        must = wanted.format(**{key: _short(value) for key, value in detail.get("ctx", {}).items()})
        given = detail.get("input")
        is_number = "ctx" in detail and "parsing" not in detail["type"]
        return f"{name} {must}, not {given if is_number else repr(given)}"
    message = re.sub(r"^(Value|Assertion) error, ", "", error.message)
    if found := re.fullmatch(r"(.*) is not one of (.*?)\.?", message):
        allowed, given = found[2].replace("'", ""), found[1].strip("'")
        return f"{name} must be one of {allowed}, not {given!r}"
    return f"{name}: {_lower(message)}"


def _short(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _lower(message: str) -> str:
    message = message.strip().removesuffix(".")
    return message[:1].lower() + message[1:]
