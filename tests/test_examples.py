"""The examples run on the real data and print what the data sets are known for."""

from __future__ import annotations

import subprocess
import sys

import pytest

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


def test_covered_groups_example(data_dir):
    example = ROOT / "examples" / "covered_groups.py"
    if not (data_dir / "persona_statements").is_dir():
        pytest.skip(f"no real data at {data_dir / 'persona_statements'}")
    done = subprocess.run(
        [sys.executable, str(example), str(data_dir), "6"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    covered = {line.split()[0]: float(line.split()[1]) for line in done.stdout.splitlines()[1:]}
    assert covered["facility_location"] > covered["random"] + 8
    assert covered["k_medoids"] > covered["random"] + 8


@pytest.mark.parametrize("name", ["trade_off", "pair_correlation"])
def test_examples_that_draw(name, tmp_path):
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    picture = tmp_path / f"{name}.png"
    example = ROOT / "examples" / f"{name}.py"
    done = subprocess.run(
        [sys.executable, str(example), str(picture)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert picture.stat().st_size > 10_000


@pytest.mark.parametrize("installed", [True, False])
def test_own_network_example(installed):
    example = str(ROOT / "examples" / "own_network.py")
    command = [sys.executable, example]
    if installed:
        pytest.importorskip("torch", reason="PyTorch is not installed")
    else:
        hide = "import runpy, sys; sys.modules['torch'] = None"
        command[1:] = ["-c", f"{hide}; runpy.run_path({example!r}, run_name='__main__')"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    lines = {line.split(":")[0]: line.split()[1] for line in done.stdout.splitlines()}
    if installed:
        assert float(lines["network"]) > float(lines["linear"]) + 0.3
        assert done.stdout.rstrip().endswith("adjusted Rand index 1.00")
    else:
        assert lines["PyTorch is not installed"] == "is"


def test_travel_modes_example():
    example = ROOT / "examples" / "travel_modes.py"
    done = subprocess.run(
        [sys.executable, str(example)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Design(3,000 choices among 2 to 3, 6 features)")
    estimates = {
        words[0]: float(words[1])
        for words in map(str.split, done.stdout.splitlines())
        if len(words) == 4 and words[2] == "±"
    }
    drawn = {"(intercept):car": 0.8, "price": -0.4, "minutes": -0.05, "income:car": 0.3}
    assert all(abs(estimates[name] / value - 1) < 0.5 for name, value in drawn.items())
    before, after = (
        float(line.split()[at].rstrip("%"))
        for line in done.stdout.splitlines()
        if line.startswith("  rail")
        for at in (1, 2)
    )
    assert after < before - 1


def test_who_wants_what_example(data_dir):
    if not (data_dir / "llmfao").is_dir():
        pytest.skip(f"no real data at {data_dir / 'llmfao'}")
    example = ROOT / "examples" / "who_wants_what.py"
    done = subprocess.run(
        [sys.executable, str(example), str(data_dir)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "ComponentSelection(2 by bic)" in done.stdout
    ties = next(line for line in done.stdout.splitlines() if line.startswith("ties, nu")).split()
    assert float(ties[2]) > 3 * float(ties[5])  # one class of workers rarely decides
    assert "Disagreement(2 classes over 59 items, the surest gaps first)" in done.stdout
    assert "ClassProfiles(95% intervals, lift after x)" in done.stdout
