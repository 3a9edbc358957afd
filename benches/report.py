"""Run all benchmarks and write the table of README.md: ``python benches/report.py``.

prefmath and its baselines run side by side in one pytest run, prefmath on numba in a second one
with the same inputs; then each call once more in a process of its own for its memory. Leave the
machine alone meanwhile.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
README = HERE / "README.md"
BEGIN, END = "<!-- written by report.py: begin -->", "<!-- written by report.py: end -->"
THREADS = "2"
HEAD = (
    "| work | who | ms | processor ms | of the baseline | of the floor | MB |",
    "|---|---|--:|--:|--:|--:|--:|",
)


def main() -> None:
    """Run, then write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-k", metavar="EXPRESSION", help="only these, as pytest understands it")
    parser.add_argument("--small", action="store_true", help="small inputs: only to see it run")
    arguments = parser.parse_args()
    partial = bool(arguments.k or arguments.small)
    for name in ("OPENBLAS", "OMP", "MKL", "NUMBA", "PREFMATH"):
        os.environ[f"{name}_NUM_THREADS"] = THREADS
    if arguments.small:
        os.environ["PREFMATH_BENCH_SMALL"] = "1"
    # Described before the run, which is itself what the machine is then busy with.
    machine = subprocess.check_output(
        [sys.executable, "-c", "import machine; print(machine.description())"], cwd=HERE, text=True
    )
    only = arguments.k or ""
    # Whole fits take numba minutes and say no more than its iteration does; so do long searches.
    on_numba = "prefmath and not fit and not neighbors" + (f" and ({only})" if only else "")
    records = run("native", only) + run("numba", on_numba)
    text = "\n".join((machine.rstrip(), "", *HEAD, *rows(records)))
    if partial:
        print(text)
        return
    before, rest = README.read_text(encoding="utf-8").split(BEGIN)
    after = rest.split(END)[1]
    README.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")
    print(f"wrote {README}")


def run(backend: str, only: str) -> list[dict]:
    """Return a record for every benchmark of a pytest run on this backend."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.json"
        command = [sys.executable, "-m", "pytest", HERE, "-q", f"--benchmark-json={path}"]
        command += ["--benchmark-columns=median,iqr,rounds", "-k", only, "-p", "no:cacheprovider"]
        command += ["-W", "ignore:Not saving anything"]
        environment = {**os.environ, "PREFMATH_BACKEND": backend}
        done = subprocess.run(command, env=environment, cwd=HERE.parent, check=False)
        if done.returncode == pytest.ExitCode.NO_TESTS_COLLECTED:
            return []
        done.check_returncode()
        measured = json.loads(path.read_text(encoding="utf-8"))["benchmarks"]
    records = [
        {**one["extra_info"], "title": one["group"], "seconds": one["stats"]["median"]}
        for one in measured
    ]
    for record in records:
        record["seconds"] /= record["share"]
        record["processor"] /= record["share"]
        record["memory"] = memory(record) if backend == "native" else None
    return records


def memory(record: dict) -> int:
    """Return the peak memory of the call, measured in a process of its own."""
    command = [sys.executable, HERE / "memory.py", record["work"], record["who"]]
    return int(subprocess.check_output(command, cwd=HERE))


def rows(records: list[dict]) -> list[str]:
    """Return the rows of the table, one piece of work after the other."""
    sys.path.insert(0, str(HERE))
    import importlib

    from memory import MODULES

    works = [work for module in MODULES for work in importlib.import_module(module).WORKS]
    return [
        row
        for work in works
        for row in rows_of(work, [record for record in records if record["work"] == work.name])
    ]


def rows_of(work, records: list[dict]) -> list[str]:
    """Return the rows of one piece of work: prefmath on each backend, then the others."""
    seconds = {(r["who"], r["backend"]): r["seconds"] for r in records}
    baseline = seconds.get((work.baseline, "native"))
    title, found = work.title, []
    for record in sorted(records, key=lambda record: record["who"] != "prefmath"):
        ours = record["who"] == "prefmath"
        who = f"**prefmath, {record['backend']}**" if ours else record["who"]
        who += f" ({record['remark']})" if record["remark"] else ""
        ratio = "" if baseline is None else f"{record['seconds'] / baseline:.2f}"
        ratio = "1" if record["who"] == work.baseline else ratio
        if ours:
            ratio = (ratio + bars_of(work, record, seconds)).removeprefix("; ")
        above = "" if work.floor is None else f"{record['seconds'] / work.floor.seconds:.1f}"
        used = "" if record["memory"] is None else f"{record['memory'] / 1e6:,.0f}"
        if ours and record["memory"] is not None and work.memory_bar is not None:
            used += f", bar {work.memory_bar:,}"
        times = f"{milliseconds(record['seconds'])} | {milliseconds(record['processor'])}"
        found.append(f"| {title} | {who} | {times} | {ratio} | {above} | {used} |")
        title = ""
    if work.floor is not None and found:
        floor = milliseconds(work.floor.seconds)
        found.append(f"|  | *floor* | *{floor}* | | | *1* | |")
    return found


def bars_of(work, record: dict, seconds: dict) -> str:
    """Say what prefmath takes of the time of others, where it has to stay below a bar."""
    if record["backend"] == "numba":
        native = seconds.get(("prefmath", "native"))
        if work.numba_bar is None or native is None:
            return ""
        return f"; {record['seconds'] / native:.2f} of native, bar {work.numba_bar}"
    found = ""
    for who, bar in work.bars.items():
        other = seconds.get((who, "native"))
        if who == work.baseline:
            found = f", bar {bar:.2f}{found}"
        elif other is not None:
            found += f"; {record['seconds'] / other:.2f} of {who}, bar {bar:.2f}"
    return found


def milliseconds(seconds: float) -> str:
    """Return three digits of it."""
    value = seconds * 1e3
    digits = 0 if value >= 100 else 1 if value >= 10 else 2 if value >= 1 else 3
    return f"{value:,.{digits}f}"


if __name__ == "__main__":
    main()
