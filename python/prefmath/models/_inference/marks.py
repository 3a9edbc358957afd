"""Marks of errors that are not to be relied on, and how they are printed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "CLOSE",
    "COINCIDING",
    "FEWEST_UNITS",
    "FEW_PEOPLE",
    "FEW_UNITS",
    "FIT_LEFT_OUT",
    "NEARLY_SINGULAR",
    "NOT_DETERMINED",
    "NOT_FINITE",
    "footnotes",
    "sign_of",
]

FEW_UNITS = "few units"
FEW_PEOPLE = "few people"
FIT_LEFT_OUT = "fit left out"
NEARLY_SINGULAR = "nearly singular"
NOT_DETERMINED = "not determined"
NOT_FINITE = "not finite"
COINCIDING = "coinciding"
CLOSE = "close classes"

GRAVITY = ("", CLOSE, COINCIDING, FEW_UNITS, NEARLY_SINGULAR, NOT_FINITE, NOT_DETERMINED)
"""Marks of parameters, the gravest last."""

FEWEST_UNITS = 20
"""Robust errors of fewer units are not reported alone.

The least that Cameron and Miller (2015, A practitioner's guide to cluster-robust inference, Journal
of Human Resources 50, section VI) call few, where units are alike; and they are counted as if they
were.
"""

_SIGNS = {
    "": "  ",
    FEW_UNITS: " *",
    FEW_PEOPLE: " *",
    FIT_LEFT_OUT: " ?",
    NEARLY_SINGULAR: " !",
    NOT_FINITE: " !",
    COINCIDING: " =",
    CLOSE: " ~",
    NOT_DETERMINED: "  ",
}


def sign_of(mark: str, *, any_marked: bool) -> str:
    """Return what stands after a number: a sign, or as much room where others have one."""
    return _SIGNS[mark] if any_marked else ""


def footnotes(*marks: NDArray[Any], robust: bool, named: bool) -> list[str]:
    """Say what the marks mean that there are, printed or in rows left out."""
    there = {mark for some in marks for mark in some.ravel().tolist()}
    # Robust errors that are far below the model's are marked as well.
    larger = ": the larger of the robust and the model's error" if robust else ""
    far_below = ", or the robust error far below the model's" if robust else ""
    units = "annotators" if named else "judgements"
    notes = {
        FEW_UNITS: f"* fewer than {FEWEST_UNITS} {units} stand behind it{larger}",
        NEARLY_SINGULAR: f"! the information is nearly singular{far_below}{larger}",
        CLOSE: "~ the classes are not clear of each other: errors are too small",
        NOT_DETERMINED: "not determined: the judgements say nothing of it",
    }
    return [note for mark, note in notes.items() if mark in there]
