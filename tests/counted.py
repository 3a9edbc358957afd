"""Counted judgements, and the same judgements with a row each, for tests."""

from __future__ import annotations

import copy
from typing import Any, NamedTuple

import numpy as np

from prefmath.choices import Choices

N_ITEMS = 4
PEOPLE = 30


class Both(NamedTuple):
    """Choices with counts, the same written out, and which row each of the latter stands for."""

    counted: Choices
    written: Choices
    row: np.ndarray
    count: np.ndarray


def drawn(layout: str, rng: np.random.Generator, n: int) -> dict[str, Any]:
    """Draw judgements as the arguments of a constructor, a list entry a judgement."""
    sizes = np.full(n, 2) if layout == "pairs" else rng.integers(2, N_ITEMS + 1, n)
    utility = np.where(rng.random(n)[:, None] < 0.6, [1.5, 0.5, 0, -1], [-1, 0.5, 1, 0.2])
    noisy = utility + rng.gumbel(size=utility.shape)
    sets = [
        sorted(rng.permutation(N_ITEMS)[:size].tolist(), key=(-u).tolist().__getitem__)
        for size, u in zip(sizes, noisy, strict=True)
    ]
    about: dict[str, Any] = {"items": sets}
    if layout == "pairs":
        about |= {"tie": rng.random(n) < 0.2, "first": rng.random(n) < 0.5}
    elif layout == "rankings":
        about["n_ranked"] = [int(rng.integers(1, size + 1)) for size in sizes]
    return about


def made(layout: str, about: dict[str, Any], rows: Any, **more: Any) -> Choices:
    """Make choices of some of the judgements, in the order of the rows."""
    items = [about["items"][row] for row in rows]
    picked = {
        name: np.asarray(values)[rows]
        for name, values in about.items()
        if name not in ("items", "who")
    }
    if layout == "pairs":
        winner, loser = np.array(list("abcd"))[np.array(items)].T
        return Choices.from_pairs(winner, loser, item_ids=list("abcd"), **picked, **more)
    offsets = np.cumsum([0, *map(len, items)])
    flat = np.concatenate(items)
    labels = np.array(list("abcd"))[flat]
    if layout == "rankings":
        return Choices.from_rankings(offsets, labels, item_ids=list("abcd"), **picked, **more)
    return Choices.from_choice_sets(
        offsets, labels, np.zeros(len(items), int), item_ids=list("abcd"), **picked, **more
    )


def both(layout: str, who: str, *, weighted: bool = False, seed: int = 0) -> Both:
    """Return counted choices of named people, of nobody, or of a person a judgement."""
    rng = np.random.default_rng(seed)
    n = 4 * PEOPLE if who == "named" else PEOPLE
    about = drawn(layout, rng, n)
    if weighted:
        about["weight"] = rng.uniform(0.2, 3, n)
    person = rng.integers(PEOPLE, size=n) if who == "named" else np.arange(n)
    count = rng.integers(0, 5, n)[person]
    count[person == person[0]] = 7
    rows = np.repeat(np.arange(n), count)
    copy_of = np.concatenate([np.arange(c) for c in count])
    if who == "named":
        labels = np.array([f"p{p:03}" for p in person])
        counted = made(layout, about, np.arange(n), annotator=labels, count=count)
        # A label a copy, in an order that sorts like that of the people.
        copies = np.array([f"{label}/{c}" for label, c in zip(labels[rows], copy_of, strict=True)])
        written = made(layout, about, rows, annotator=copies)
        people, first = np.unique(labels, return_index=True)
        of_people = count[first]
        row = np.repeat(np.arange(len(people)), of_people)
        return Both(counted, written, row, of_people)
    annotator = "each" if who == "each" else None
    counted = made(layout, about, np.arange(n), annotator=annotator, count=count)
    return Both(counted, made(layout, about, rows, annotator=annotator), rows, count)


def as_written(model: Any, data: Both) -> Any:
    """Return a model fitted to counted choices as if fitted to the same written out."""
    same = copy.copy(model)
    if data.written.has_annotators:
        same.responsibilities_ = model.responsibilities_[data.row]
    same.annotator_ids_ = data.written.annotator_ids
    same.annotator_counts_ = None
    return same
