"""The command that prints docs/coverage.md runs; how often intervals hold is no matter here."""

from __future__ import annotations

import os
import subprocess
import sys

from conftest import ROOT


def test_the_command_prints_a_table():
    command = [sys.executable, str(ROOT / "benches" / "intervals.py"), "--repetitions", "1"]
    names = ["15% class", "weighted"]
    scenarios = [part for name in names for part in ("--scenario", name)]
    run = subprocess.run(
        [*command, "--bootstraps", "0", *scenarios],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PREFMATH_NUM_THREADS": "1"},
    )
    lines = run.stdout.splitlines()
    assert "| 95% interval of | 15% class | weighted |" in lines
    assert any(line.startswith("| utility of an item, robust |  | ") for line in lines)


def test_the_page_has_a_place_for_the_table():
    text = (ROOT / "docs" / "coverage.md").read_text(encoding="utf-8")
    assert text.count("<!-- written by intervals.py: begin -->") == 1
    assert text.count("<!-- written by intervals.py: end -->") == 1
    assert "| 95% interval of |" in text
