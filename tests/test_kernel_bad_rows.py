"""Rows, offsets and positions that there are not, anywhere in long data, are refused."""

from __future__ import annotations

import re

import numpy as np
import pytest

from prefmath._kernels import kernels

N_SETS, SIZE, N_ITEMS = 30_000, 3, 50
OFFSETS = np.arange(0, N_SETS * SIZE + 1, SIZE)
PLACES = [0, 1, 40_000, N_SETS * SIZE - 1]


def rows(n):
    return (np.arange(n) * 7 % N_ITEMS).astype(np.int32)


def described(kind, **changes):
    """Return an observation as kernels take it, of `N_SETS` sets or as many pairs."""
    arrays = {
        "offsets": None if kind == "pair" else OFFSETS.copy(),
        "items": rows(N_SETS * (2 if kind == "pair" else SIZE)),
        "chosen": np.zeros(N_SETS, np.int32) if kind == "choose_one" else None,
        "extra": None,
        "n_ranked": np.full(N_SETS, 2, np.int32) if kind == "ranking" else None,
    } | changes
    return (
        kind,
        arrays["offsets"],
        arrays["items"],
        arrays["chosen"],
        None,
        arrays["extra"],
        arrays["n_ranked"],
        "half",
        -1,
        None,
    )


def calls(observation, n_threads):
    """Return every kernel over an observation."""
    rng = np.random.default_rng(0)
    table, weights = rng.normal(size=(N_ITEMS, 2)), np.ones((N_SETS, 2))
    return (
        lambda: kernels.log_likelihood(table, observation, n_threads),
        lambda: kernels.table_gradient(table, observation, weights, n_threads),
        lambda: kernels.curvature_product(table, observation, weights, table, n_threads),
        lambda: kernels.residuals(table, observation, n_threads),
    )


def refused(observation, text):
    for n_threads in (1, 3):
        for call in calls(observation, n_threads):
            with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
                call()


def put(values, at, value):
    changed = values.copy()
    changed[at] = value
    return changed


@pytest.mark.parametrize("kind", ["pair", "choose_one", "ranking"])
@pytest.mark.parametrize("row", [N_ITEMS, -1, 2**31 - 1, -(2**31)])
def test_rows_that_the_table_has_not_are_refused_wherever_they_stand(kind, row):
    items = described(kind)[2]
    for place in PLACES:
        at = min(place, len(items) - 1)
        text = f"items must be rows of a table of {N_ITEMS}: items[{at}]={row}"
        refused(described(kind, items=put(items, at, row)), text)


@pytest.mark.parametrize("kind", ["pair", "choose_one"])
@pytest.mark.parametrize("row", [N_ITEMS, -2])
def test_further_rows_are_refused_as_well(kind, row):
    n = len(described(kind)[2])
    text = f"extra must be rows of a table of {N_ITEMS}: extra[{n - 2}]={row}"
    refused(described(kind, extra=put(np.full(n, -1, np.int32), n - 2, row)), text)


@pytest.mark.parametrize("kind", ["choose_one", "ranking"])
def test_sets_that_are_none_are_refused_wherever_they_stand(kind):
    for at in (1, 20_000, N_SETS - 1):
        before = int(OFFSETS[at - 1])
        refused(described(kind, offsets=put(OFFSETS, at, before)), f"choice set {at - 1} is empty")
        for wrong in (before - 1, -5):
            text = (
                f"offsets must not decrease: offsets[{at}]={wrong} after offsets[{at - 1}]={before}"
            )
            refused(described(kind, offsets=put(OFFSETS, at, wrong)), text)
        beyond = 10**15
        text = (
            f"offsets must not decrease: offsets[{at + 1}]={OFFSETS[at + 1]} "
            f"after offsets[{at}]={beyond}"
        )
        refused(described(kind, offsets=put(OFFSETS, at, beyond)), text)


@pytest.mark.parametrize("position", [-1, SIZE])
def test_positions_outside_a_set_are_refused_wherever_they_stand(position):
    for at in (0, 20_000, N_SETS - 1):
        chosen = put(np.zeros(N_SETS, np.int32), at, position)
        text = f"chosen must be a position in its choice set: chosen[{at}]={position} of {SIZE}"
        refused(described("choose_one", chosen=chosen), text)
        n_ranked = put(np.full(N_SETS, 2, np.int32), at, 4 if position > 0 else 0)
        text = (
            "n_ranked must be from 1 to the size of the set: "
            f"n_ranked[{at}]={n_ranked[at]} of {SIZE}"
        )
        refused(described("ranking", n_ranked=n_ranked), text)


@pytest.mark.parametrize(
    ("name", "at", "value", "text"),
    [
        ("items", 70_000, N_ITEMS, f"items must be rows of a table of {N_ITEMS}: items[70000]=50"),
        ("items", 70_000, -1, f"items must be rows of a table of {N_ITEMS}: items[70000]=-1"),
        ("offsets", 20_000, 59_997, "choice set 19999 is empty"),
        (
            "offsets",
            20_000,
            3,
            "offsets must not decrease: offsets[20000]=3 after offsets[19999]=59997",
        ),
        (
            "chosen",
            29_999,
            3,
            "chosen must be a position in its choice set: chosen[29999]=3 of 3",
        ),
    ],
)
def test_passes_over_features_refuse_the_same(name, at, value, text):
    arrays = {
        "offsets": OFFSETS,
        "items": rows(N_SETS * SIZE),
        "chosen": np.zeros(N_SETS, np.int32),
    }
    arrays[name] = put(arrays[name], at, value)
    sets = (arrays["offsets"], arrays["items"], arrays["chosen"])
    rng = np.random.default_rng(1)
    features = rng.normal(size=(N_ITEMS, 5)).astype(np.float32)
    table, weights = rng.normal(size=(N_ITEMS, 2)), np.ones((N_SETS, 2))
    people, prior = np.arange(0, N_SETS + 1, 10), np.log([0.5, 0.5])
    coef = rng.normal(size=(2, 5))
    for n_threads in (1, 3):
        with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
            kernels.linear_posterior(
                features, coef, *sets, None, None, people, None, prior, None, n_threads
            )
        with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
            kernels.linear_statistics(features, table, *sets, None, weights, False, None, n_threads)
