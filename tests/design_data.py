"""Frames in the layouts of well-known data sets of choice modellers, drawn at random."""

from __future__ import annotations

import numpy as np
import pandas as pd

FISHING = ["beach", "boat", "charter", "pier"]
MODES = ["car", "carpool", "bus", "rail"]


def _choose(rng, utility):
    return (utility + rng.gumbel(size=utility.shape)).argmax(axis=1)


def fishing(n=300, seed=0):
    """Wide: ``price.boat``, ``catch.boat``; the choice by label; income of the person."""
    rng = np.random.default_rng(seed)
    price, catch = rng.gamma(2, 25, (n, 4)), rng.uniform(0, 1, (n, 4))
    income = rng.gamma(4, 1, n)
    slope, level = np.array([0, 0.1, -0.2, -0.1]), np.array([0, 0.5, 1.0, 0.3])
    chosen = _choose(rng, level - 0.02 * price + 0.4 * catch + income[:, None] * slope)
    frame = pd.DataFrame({"mode": np.array(FISHING)[chosen], "income": income})
    for at, name in enumerate(FISHING):
        frame[f"price.{name}"], frame[f"catch.{name}"] = price[:, at], catch[:, at]
    return frame


def modes(n=250, seed=1):
    """Wide: ``cost.car``, ``time.car`` for each way to travel."""
    rng = np.random.default_rng(seed)
    cost, time = rng.uniform(1, 8, (n, 4)), rng.uniform(5, 60, (n, 4))
    chosen = _choose(rng, -0.3 * cost - time * np.array([0.05, 0.04, 0.02, 0.03]))
    frame = pd.DataFrame({"choice": np.array(MODES)[chosen]})
    for at, name in enumerate(MODES):
        frame[f"cost.{name}"], frame[f"time.{name}"] = cost[:, at], time[:, at]
    return frame


def train(n_people=40, n_tasks=6, seed=2):
    """Wide panel: ``price_A``, ``price_B``; two offers that differ in their features alone."""
    rng = np.random.default_rng(seed)
    n = n_people * n_tasks
    price, time, change = rng.uniform(10, 50, (n, 2)), rng.uniform(60, 180, (n, 2)), None
    change = rng.integers(0, 3, (n, 2))
    chosen = _choose(rng, -0.06 * price - 0.02 * time - 0.3 * change)
    frame = pd.DataFrame(
        {"id": np.repeat(np.arange(n_people), n_tasks), "choice": np.array(["A", "B"])[chosen]}
    )
    for at, name in enumerate("AB"):
        frame[f"price_{name}"], frame[f"time_{name}"] = price[:, at], time[:, at]
        frame[f"change_{name}"] = change[:, at]
    return frame


def suppliers(n_people=30, n_tasks=5, seed=3):
    """Long panel: a row a supplier, four a task, the choice as 0 and 1."""
    rng = np.random.default_rng(seed)
    n = n_people * n_tasks
    features = {name: rng.integers(0, 2, (n, 4)) for name in ("loc", "wk", "tod")}
    features = {"pf": rng.uniform(0, 9, (n, 4)).round(1), **features}
    chosen = _choose(rng, -0.5 * features["pf"] + features["loc"] + 0.7 * features["wk"])
    frame = {
        "id": np.repeat(np.arange(1, n_people + 1), 4 * n_tasks),
        "chid": np.repeat(np.arange(1, n + 1), 4),
        "alt": np.tile([1, 2, 3, 4], n),
        "choice": (np.arange(4) == chosen[:, None]).astype(int).ravel(),
    }
    return pd.DataFrame(frame | {name: values.ravel() for name, values in features.items()})


def swissmetro(n=200, seed=4):
    """Wide: ``TRAIN_TT``, the choice as a number, a way that some lack, one without ``HE``."""
    rng = np.random.default_rng(seed)
    time, cost = rng.uniform(30, 200, (n, 3)), rng.uniform(10, 90, (n, 3))
    headway = np.column_stack([rng.choice([30, 60, 120], (n, 2)), np.zeros(n)])
    there = np.column_stack([np.ones((n, 2), bool), rng.random(n) < 0.8])
    utility = -0.01 * time - 0.01 * cost - 0.005 * headway + np.array([0, 0.3, 0.1])
    frame = pd.DataFrame({"CHOICE": 1 + _choose(rng, np.where(there, utility, -np.inf))})
    for at, name in enumerate(["TRAIN", "SM", "CAR"]):
        frame[f"{name}_TT"], frame[f"{name}_CO"] = time[:, at], cost[:, at]
        frame[f"{name}_AV"] = there[:, at].astype(int)
        if name != "CAR":
            frame[f"{name}_HE"] = headway[:, at]
    return frame


def long_of_fishing(wide):
    """Return the same choices with a row an alternative, set after set."""
    rows = []
    for at, row in enumerate(wide.to_dict("records")):
        rows += [
            {
                "trip": at,
                "alt": name,
                "mode": row["mode"],
                "choice": row["mode"] == name,
                "price": row[f"price.{name}"],
                "catch": row[f"catch.{name}"],
                "income": row["income"],
            }
            for name in FISHING
        ]
    return pd.DataFrame(rows)


def stacked(sets):
    """Return choices and features by hand: of each set a list of rows, and the place chosen."""
    from prefmath import Choices

    offsets = np.cumsum([0, *(len(rows) for rows, _ in sets)])
    features = np.array([row for rows, _ in sets for row in rows], np.float64)
    choices = Choices.from_choice_sets(offsets, np.arange(offsets[-1]), [at for _, at in sets])
    return choices, features
