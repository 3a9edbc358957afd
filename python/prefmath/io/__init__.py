"""Reading and writing: data frames and files."""

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
