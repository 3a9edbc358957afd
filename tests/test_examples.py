"""The examples run on the real data and print what the data sets are known for."""

from __future__ import annotations

import subprocess
import sys

from conftest import ROOT


def test_real_data_example(data_dir):
    example = ROOT / "examples" / "real_data.py"
    done = subprocess.run(
        [sys.executable, str(example), str(data_dir)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "1,064 responses to 19 prompts" in done.stdout
    drawn, chosen = (
        float(line.split()[-1]) for line in done.stdout.splitlines() if "mean cosine" in line
    )
    assert chosen < 0.5 * drawn
    assert "Choices(8,931 pairs, 3,471 tied, by 124 annotators over 59 items)" in done.stdout
    assert "1 classes: log-likelihood -4958.6491" in done.stdout
