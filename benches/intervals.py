"""How often intervals hold the truth: the table of docs/coverage.md.

``python benches/intervals.py`` draws 500 studies of each scenario, which takes most of an hour on
one core; ``--repetitions`` and ``--scenario`` make it shorter, ``--bootstraps`` says in how many of
the studies the bootstrap is run. ``--write`` puts the table into docs/coverage.md.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
from interval_worlds import SCENARIOS, study

PAGE = Path(__file__).resolve().parent.parent / "docs" / "coverage.md"
BEGIN, END = "<!-- written by intervals.py: begin -->", "<!-- written by intervals.py: end -->"


def main() -> None:
    """Draw studies, print the table, and write it where that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=500, help="studies of each scenario")
    parser.add_argument("--bootstraps", type=int, default=100, help="of these, bootstrapped")
    parser.add_argument("--scenario", choices=SCENARIOS, action="append", help="only these")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--write", action="store_true", help="put the table into docs/coverage.md")
    arguments = parser.parse_args()
    names = arguments.scenario or list(SCENARIOS)
    cells = {}
    for name in names:
        cells[name] = cells_of(
            name,
            arguments.repetitions,
            min(arguments.bootstraps, arguments.repetitions),
            arguments.seed,
        )
        print(f"{name}: done", file=sys.stderr, flush=True)
        print(table_of({name: cells[name]}), flush=True)
    table = table_of(cells)
    if len(names) > 1:
        print(table)
    if arguments.write:
        text = PAGE.read_text(encoding="utf-8")
        before, rest = text.split(BEGIN)
        after = rest.split(END)[1]
        PAGE.write_text(f"{before}{BEGIN}\n{table}\n{END}{after}", encoding="utf-8")


def cells_of(name: str, repetitions: int, bootstraps: int, seed: int) -> dict[str, str]:
    """Return what is printed of each interval in a scenario."""
    held: dict[str, list[np.ndarray]] = {}
    for at in range(repetitions):
        found = study(SCENARIOS[name], (seed, at), resample=at < bootstraps)
        for interval, some in found.items():
            held.setdefault(interval, []).append(some)
    return {interval: cell_of(np.concatenate(some, axis=1)) for interval, some in held.items()}


def cell_of(held: np.ndarray) -> str:
    """Return the coverage of what is not marked, in percent, and how much is."""
    holds, marked = held
    share = marked.mean()
    told = f" ({100 * share:.0f} marked)" if share > 0 else ""
    if share == 1:
        return "all marked"
    return f"{100 * holds[~marked.astype(bool)].mean():.1f}{told}"


def table_of(cells: dict[str, dict[str, str]]) -> str:
    """Return the table in Markdown: a row an interval, a column a scenario."""
    rows = dict.fromkeys(interval for of_scenario in cells.values() for interval in of_scenario)
    lines = [
        f"| 95% interval of | {' | '.join(cells)} |",
        f"|---|{'--:|' * len(cells)}",
    ]
    lines += [
        f"| {interval} | {' | '.join(found.get(interval, '') for found in cells.values())} |"
        for interval in rows
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
