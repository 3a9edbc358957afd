"""Data that determine no finite utilities are refused, and the items named."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from prefmath import Choices
from prefmath.models._determined.connected import refuse_undetermined, wins_of


@given(st.integers(2, 6), st.data())
def test_as_scipy_finds_strong_components(n_items, data):
    node = st.integers(0, n_items - 1)
    edges = data.draw(
        st.lists(st.tuples(node, node).filter(lambda e: e[0] != e[1]), min_size=1, max_size=20)
    )
    winner, loser = np.array(edges, np.int32).T
    graph = coo_array((np.ones(len(edges)), (winner, loser)), shape=(n_items, n_items))
    n_components, _ = connected_components(graph, directed=True, connection="strong")
    try:
        refuse_undetermined(winner, loser, n_items, None)
    except ValueError:
        assert n_components > 1
    else:
        assert n_components == 1


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        ([("a", "b"), ("b", "c"), ("c", "b")], "item 'a' never lost to the other items"),
        ([("a", "b"), ("b", "c"), ("b", "a")], "item 'c' never won against the other items"),
        (
            [("a", "b"), ("b", "a"), ("a", "d"), ("d", "e"), ("e", "d"), ("e", "b"), ("e", "f")],
            "item 'f' never won against the other items",
        ),
        (
            [("b", "a"), ("a", "b"), ("a", "c"), ("c", "d"), ("d", "c")],
            "items 'c' and 'd' never won",
        ),
    ],
)
def test_items_are_named(pairs, message):
    choices = Choices.from_pairs(*zip(*pairs, strict=True))
    with pytest.raises(ValueError, match=f"^utilities have no finite estimate, as {message}"):
        refuse_undetermined(*wins_of(choices), choices.n_items, choices.item_ids)


def test_items_without_a_comparison_are_named():
    message = (
        "^utilities have no finite estimate, as items 2, 3, 4, 5, 6 and 3 more took part in no "
        "comparison: set l2 or prior above 0$"
    )
    with pytest.raises(ValueError, match=message):
        refuse_undetermined(np.int32([0, 1]), np.int32([1, 0]), 10, None)


def test_a_long_circle_is_connected_and_a_chain_is_not():
    n = 20_000
    one, next_one = np.arange(n, dtype=np.int32), (np.arange(n, dtype=np.int32) + 1) % n
    refuse_undetermined(one, next_one, n, None)
    with pytest.raises(ValueError, match="item 0 never lost to the other items"):
        refuse_undetermined(one[:-1], next_one[:-1], n, None)


@pytest.mark.parametrize(
    ("choices", "edges"),
    [
        (Choices.from_pairs([0, 1, 2], [1, 2, 0], tie=[0, 1, 0]), "01 12 21 20"),
        (Choices.from_pairs([0, 1, 2], [1, 2, 0], weight=[1, 0, 1]), "01 20"),
        (Choices.from_choice_sets([0, 3, 5], [0, 1, 2, 3, 0], [1, 0]), "10 12 30"),
        (Choices.from_rankings([0, 4, 6], [2, 0, 1, 3, 3, 2], n_ranked=[2, 2]), "20 01 03 32"),
        (Choices.from_rankings([0, 3, 5], [2, 0, 1, 0, 1], weight=[1, 0]), "20 01"),
    ],
)
def test_who_won_against_whom(choices, edges):
    winner, loser = wins_of(choices)
    assert sorted(f"{a}{b}" for a, b in zip(winner, loser, strict=True)) == sorted(edges.split())
