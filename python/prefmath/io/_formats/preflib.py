"""PrefLib: ballots with how often each was cast, in .soc, .soi, .toc and .toi files."""

from __future__ import annotations

import re
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from prefmath.choices import Choices
from prefmath.io._records.streams import text_of
from prefmath.io.preferences import Columns, Preferences, Report

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["SUFFIXES", "Ballot", "preferences_of", "read_ballots"]

SUFFIXES = (".soc", ".soi", ".toc", ".toi")
_NAME = re.compile(r"#\s*ALTERNATIVE NAME\s+(\d+)\s*:\s*(.*)", re.IGNORECASE)
_GROUP = re.compile(r"\{([^}]*)\}|([^,{}]+)")

Ballot = tuple[int, int, list[list[int]]]
"""The line, how often it was cast, and groups of alternatives from 0, the best first."""


def preferences_of(path: Path, layout: str | None) -> Preferences:
    """Return the ballots of a file as rankings, or as the pairs that these decide."""
    report = Report(repr(str(path)), "preflib", "line")
    names, ballots = read_ballots(path, report)
    if not ballots:
        raise ValueError(f"{report.source} holds no ballots")
    tied = [number for number, _, groups in ballots if any(len(group) > 1 for group in groups)]
    if layout is None:
        layout = "pairs" if tied else "rankings"
    if layout == "rankings" and tied:
        raise ValueError(
            f"{report.source}, line {tied[0]} has alternatives that are tied, which no ranking can "
            f"hold: set layout='pairs'"
        )
    make = _as_rankings if layout == "rankings" else _as_pairs
    choices, lines = make(names, ballots)
    report.n_judgements = len(choices)
    order = range(len(lines)) if choices.order is None else choices.order.tolist()
    return Preferences(
        choices=choices,
        items=Columns({"item": names}),
        prompts=Columns({}),
        annotators=Columns({}),
        judgements=Columns({"row": [lines[at] for at in order]}),
        report=report,
    )


def _as_rankings(names: list[str], ballots: list[Ballot]) -> tuple[Choices, list[int]]:
    items: list[int] = []
    n_ranked = []
    for _, _, groups in ballots:
        ranked = [group[0] for group in groups]
        items += ranked + sorted(set(range(len(names))) - set(ranked))
        n_ranked.append(len(ranked))
    choices = Choices.from_rankings(
        np.arange(len(ballots) + 1) * len(names),
        np.array(names)[items],
        n_ranked=n_ranked,
        annotator="each",
        count=[count for _, count, _ in ballots],
        item_ids=names,
    )
    return choices, [number for number, _, _ in ballots]


def _as_pairs(names: list[str], ballots: list[Ballot]) -> tuple[Choices, list[int]]:
    rows: list[tuple[int, int, bool, int]] = []
    for ballot, (_, _, groups) in enumerate(ballots):
        ranked = [item for group in groups for item in group]
        left = [item for item in range(len(names)) if item not in ranked]
        for at, group in enumerate(groups):
            behind = [item for later in groups[at + 1 :] for item in later] + left
            rows += [(one, two, True, ballot) for one, two in combinations(group, 2)]
            rows += [(one, two, False, ballot) for one in group for two in behind]
    winner, loser, tied, ballot_of = (np.array(column) for column in zip(*rows, strict=True))
    ids = np.array(names)
    counts = np.array([count for _, count, _ in ballots])
    choices = Choices.from_pairs(
        ids[winner],
        ids[loser],
        tie=tied if tied.any() else None,
        annotator=ballot_of,
        count=counts[ballot_of],
        item_ids=names,
    )
    return choices, [ballots[at][0] for at in ballot_of.tolist()]


def read_ballots(path: Path, report: Report) -> tuple[list[str], list[Ballot]]:
    """Return the names of the alternatives and the ballots.

    A file without header lines is one of the old format: the number of alternatives, their names,
    a line of totals, and the ballots.

    Raises
    ------
    ValueError
        If a line is no ballot, or names an alternative that there is not, or one twice.
    """
    names: dict[int, str] = {}
    ballots: list[Ballot] = []
    with text_of(path) as stream:
        lines = [line.strip() for line in stream]
    old = bool(lines) and not any(line.startswith("#") for line in lines)
    first = _old_header(path, lines, names) if old else 0
    for number, line in enumerate(lines[first:], first + 1):
        if found := _NAME.match(line):
            names[int(found[1])] = found[2].strip()
        if not line or line.startswith("#"):
            continue
        ballots.append(_ballot(path, number, line, names, old=old))
        report.n_read += 1
    order = sorted(names)
    if order != list(range(1, len(order) + 1)):
        raise ValueError(f"{str(path)!r} must name the alternatives 1 to {len(order)}, each once")
    return [names[number] for number in order], ballots


def _old_header(path: Path, lines: list[str], names: dict[int, str]) -> int:
    try:
        n = int(lines[0])
        for line in lines[1 : n + 1]:
            number, _, name = line.partition(",")
            names[int(number)] = name.strip()
    except (ValueError, IndexError) as error:
        raise ValueError(f"{str(path)!r} is no PrefLib file: it has no header") from error
    return n + 2


def _ballot(path: Path, number: int, line: str, names: dict[int, str], *, old: bool) -> Ballot:
    between = "," if old else ":"
    times, found, written = line.partition(between)
    where = f"{str(path)!r}, line {number}"
    try:
        count = int(times)
        groups = [
            [int(each) - 1 for each in (tied or one).split(",") if each.strip()]
            for tied, one in _GROUP.findall(written)
        ]
    except ValueError as error:
        raise ValueError(f"{where} must be such as 3: 1,{{2,3}},4, not {line[:60]!r}") from error
    if not found or count < 1:
        raise ValueError(f"{where} must be such as 3: 1,{{2,3}},4, not {line[:60]!r}")
    ranked = [item for group in groups for item in group]
    for at, item in enumerate(ranked):
        if item + 1 not in names:
            raise ValueError(f"{where} ranks alternative {item + 1}, which the file does not name")
        if item in ranked[:at]:
            raise ValueError(f"{where} ranks alternative {item + 1} twice")
    return number, count, [group for group in groups if group]
