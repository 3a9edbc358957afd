"""Large designs: no work in Python a row, and memory of a few times the features."""

from __future__ import annotations

import sys
import tracemalloc

import numpy as np
import pytest

from prefmath import Design

SAID = {
    "generic": ["price"],
    "alternative_specific": ["time"],
    "case_specific": ["income"],
    "asc": True,
    "annotator": "who",
}


def wide(n):
    rng = np.random.default_rng(0)
    modes = np.array(["bus", "car", "rail"])
    table = {
        "mode": modes[rng.integers(3, size=n)],
        "income": rng.random(n),
        "who": np.arange(n) % 99,
    }
    for name in modes:
        table |= {f"price_{name}": rng.random(n), f"time_{name}": rng.random(n)}
        table[f"av_{name}"] = (rng.random(n) < 0.8) | (table["mode"] == name)
    return lambda: Design.from_wide(
        table, ["bus", "car", "rail"], "mode", availability="av", **SAID
    )


def long(n, chosen="mark"):
    rng = np.random.default_rng(0)
    order = rng.permutation(3 * n)
    table = {
        "set": np.repeat(np.arange(n), 3)[order],
        "alt": np.tile(["bus", "car", "rail"], n)[order],
        "mark": (np.tile([0, 1, 2], n) == np.repeat(rng.integers(3, size=n), 3))[order],
        "income": np.repeat(rng.random(n), 3)[order],
        "who": np.repeat(np.arange(n) % 99, 3)[order],
        **{name: rng.random(3 * n) for name in ("price", "time")},
    }
    picked = np.empty(n, "U4")
    picked[table["set"][table["mark"]]] = table["alt"][table["mark"]]
    table["label"] = picked[table["set"]]
    return lambda: Design.from_long(table, "set", chosen, alternative="alt", **SAID)


MAKERS = {"wide": wide, "long": long, "long by label": lambda n: long(n, "label")}


def calls(make):
    """Count the calls of Python functions, and those that Python makes of C ones."""
    n = 0

    def count(_frame, event, _argument):
        nonlocal n
        n += event in ("call", "c_call")

    make()  # what is imported or built once
    sys.setprofile(count)
    try:
        make()
    finally:
        sys.setprofile(None)
    return n


@pytest.mark.parametrize("layout", MAKERS)
def test_rows_cost_no_calls(layout):
    few, many = (calls(MAKERS[layout](n)) for n in (1000, 10_000))
    assert many < few + 200


@pytest.mark.parametrize("layout", MAKERS)
def test_memory_is_a_few_times_the_features(layout):
    make = MAKERS[layout](30_000)
    design = make()
    tracemalloc.start()
    try:
        make()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4 * np.asarray(design.features).nbytes
