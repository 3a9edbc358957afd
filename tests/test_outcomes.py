"""Distinct outcomes: judgements are told apart exactly where their likelihoods may differ."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from choice_samples import LAYOUTS, draw
from prefmath import Choices
from prefmath.models._likelihood.outcomes import distinct_outcomes


def keys(choices, *, in_order):
    """Return what the likelihood of each judgement depends on, as plain Python."""
    found = []
    for i in range(len(choices)):
        items = choices.items[choices.offsets[i] : choices.offsets[i + 1]].tolist()
        if choices.layout == "pairs":
            tied = choices.tied is not None and bool(choices.tied[i])
            first = bool(choices.first[i]) if in_order and choices.first is not None else None
            shown = items if first in {True, None} else items[::-1]
            if tied:
                found.append((True, tuple(shown) if first is not None else frozenset(items)))
            else:
                found.append((False, *items, first))
        elif choices.layout == "rankings":
            n = min(int(choices.n_ranked[i]), len(items) - 1)
            found.append((*items[:n], frozenset(items[n:])))
        elif in_order:
            found.append((tuple(items), int(choices.chosen[i])))
        else:
            found.append((items[choices.chosen[i]], frozenset(items)))
    return found


@st.composite
def some_choices(draw):
    """Draw judgements of few items, most of them more than once."""
    layout = draw(st.sampled_from(["pairs", "choice_sets", "rankings"]))
    n_items = draw(st.integers(2, 4))
    low, high = (2, 2) if layout == "pairs" else (1, n_items)
    one_set = st.lists(st.integers(0, n_items - 1), min_size=low, max_size=high, unique=True)
    kinds = draw(st.lists(one_set, min_size=1, max_size=5))
    sets = draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=40))
    flat, offsets = np.concatenate(sets), np.cumsum([0, *map(len, sets)])
    flags = st.none() | st.lists(st.booleans(), min_size=len(sets), max_size=len(sets))
    if layout == "pairs":
        return Choices.from_pairs(flat[::2], flat[1::2], tie=draw(flags), first=draw(flags))
    numbers = [draw(st.integers(0, len(one) - 1)) for one in sets]
    if layout == "choice_sets":
        return Choices.from_choice_sets(offsets, flat, numbers)
    return Choices.from_rankings(offsets, flat, n_ranked=np.array(numbers) + 1)


@given(some_choices(), st.booleans())
def test_outcomes_are_those_of_plain_python(choices, in_order):
    in_order = in_order and choices.layout != "rankings"
    expected = keys(choices, in_order=in_order)
    found = distinct_outcomes(choices, choices.n_items, in_order=in_order)
    if 2 * len(set(expected)) > len(choices):
        assert found is None
        return
    rows, outcome = found
    assert outcome.dtype == np.int32
    assert len(rows) == len(set(expected)) == outcome.max() + 1
    assert [expected[rows[o]] for o in outcome] == expected
    assert [expected.index(expected[row]) for row in rows] == rows.tolist()


@pytest.mark.parametrize("layout", LAYOUTS)
def test_many_judgements_of_few_outcomes(layout):
    choices = draw(0, layout=layout, n_annotators=300, n_each=100, n_items=5).choices
    rows, outcome = distinct_outcomes(choices, 5, in_order=False)
    assert len(rows) == len(set(keys(choices, in_order=False)))
    assert len(np.unique(outcome)) == len(rows)


def test_judgements_that_hardly_repeat_are_left_alone():
    rng = np.random.default_rng(0)
    sets = np.argsort(rng.random((20_000, 60)), axis=1)[:, :5]
    rankings = Choices.from_rankings(np.arange(0, 100_001, 5), sets.ravel())
    assert distinct_outcomes(rankings, 60, in_order=False) is None
    pairs = Choices.from_pairs(np.arange(20_000), np.arange(1, 20_001))
    assert distinct_outcomes(pairs, pairs.n_items, in_order=True) is None


def test_pairs_of_many_items_that_repeat_are_found_by_sorting():
    winner = np.tile(np.arange(2000) * 7, 10)
    choices = Choices.from_pairs(winner, winner + 1)
    rows, outcome = distinct_outcomes(choices, choices.n_items, in_order=False)
    assert rows.tolist() == list(range(2000))
    assert outcome.tolist() == list(range(2000)) * 10


def test_sets_too_large_to_be_numbered_are_left_alone():
    choices = Choices.from_choice_sets([0, 30, 60], [*range(30)] * 2, [0, 0])
    assert distinct_outcomes(choices, 30, in_order=False) is None
    wide = Choices.from_rankings([0, 12, 24], [*range(12)] * 2, item_ids=[*range(10**6)])
    assert distinct_outcomes(wide, wide.n_items, in_order=False) is None
