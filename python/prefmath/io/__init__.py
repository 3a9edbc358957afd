"""Reading and writing: data frames and files. The public names are loaded when they are used."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from prefmath.io.preferences import Columns, Preferences, Report
    from prefmath.io.reading import (
        read,
        read_annotations,
        read_arena,
        read_chosen_rejected,
        read_community_alignment,
        read_completions,
        read_preflib,
        read_prism,
    )
    from prefmath.io.writing import trl_rows, write_trl

__all__ = [
    "Columns",
    "Preferences",
    "Report",
    "read",
    "read_annotations",
    "read_arena",
    "read_chosen_rejected",
    "read_community_alignment",
    "read_completions",
    "read_preflib",
    "read_prism",
    "trl_rows",
    "write_trl",
]

_NOT_OF_READING = {
    "Columns": "preferences",
    "Preferences": "preferences",
    "Report": "preferences",
    "trl_rows": "writing",
    "write_trl": "writing",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'prefmath.io' has no attribute {name!r}")
    home = _NOT_OF_READING.get(name, "reading")
    value = getattr(importlib.import_module(f"prefmath.io.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return list(__all__)
