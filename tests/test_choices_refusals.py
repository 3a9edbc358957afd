"""What the container of judgements refuses: one sentence each, with the caller's row."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefmath.choices import Choices


class Unsortable:
    """Can be hashed but not sorted."""


# Annotators are given in an order that sorting changes, so that a row of the stored judgements
# in a message, instead of the caller's, would show.
PAIRS = {"winner": [0, 1, 2], "loser": [1, 2, 0], "annotator": ["c", "b", "a"]}
SETS = {
    "offsets": [0, 2, 5, 7],
    "items": [0, 1, 2, 0, 1, 2, 0],
    "chosen": [1, 2, 0],
    "annotator": ["c", "b", "a"],
}
RANKINGS = {
    "offsets": [0, 2, 5, 7],
    "items": [0, 1, 2, 0, 1, 2, 0],
    "annotator": ["c", "b", "a"],
}


def refuses(make, changes, message, error=ValueError):
    defaults = {"from_pairs": PAIRS, "from_choice_sets": SETS, "from_rankings": RANKINGS}
    arguments = defaults[make] | changes
    getattr(Choices, make)(**defaults[make])  # what is changed is all that is wrong
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        getattr(Choices, make)(**arguments)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"loser": [1, 1, 0]}, "the same item twice in a pair: winner[1] and loser[1] are 1"),
        (
            {"winner": list("abc"), "loser": list("bac")},
            "the same item twice in a pair: winner[2] and loser[2] are 'c'",
        ),
        ({"loser": [1, 2]}, "loser must have one entry a judgement: 2 for 3 judgements"),
        (
            {"loser": np.array(1)},
            "loser must have one entry a judgement: a single value for 3 judgements",
        ),
        ({"winner": [0, -1, 2]}, "winner must not be negative: winner[1]=-1"),
        ({"loser": [1, 2, 2**31]}, "loser must be below 2**31: loser[2]=2147483648"),
        ({"winner": [], "loser": []}, "there are no judgements: winner is empty"),
        ({"winner": [[0], [1], [2]]}, "winner must have one dimension, got shape (3, 1)"),
        (
            {"winner": ["a", None, "b"], "loser": list("bcc")},
            "winner must not be missing: winner[1]=None",
        ),
        ({"winner": [0.0, 1.0, np.nan]}, "winner must not be missing: winner[2]=nan"),
        ({"item_ids": [0, 1]}, "unknown item: winner[2]=2 is not in item_ids"),
        ({"item_ids": [0, 2]}, "unknown item: winner[1]=1 is not in item_ids"),
        (
            {"item_ids": [0, 1, 2, 1]},
            "item_ids must be unique: item_ids[1] and item_ids[3] are both 1",
        ),
        ({"item_ids": []}, "item_ids must not be empty"),
        ({"annotator": ["a", None, "b"]}, "annotator must not be missing: annotator[1]=None"),
        (
            {"annotator": ["a", "b", float("nan")]},
            "annotator must not be missing: annotator[2]=nan",
        ),
        ({"annotator": [1.0, np.nan, 2.0]}, "annotator must not be missing: annotator[1]=nan"),
        (
            {"annotator": np.array(["2024-01-01", "NaT", "2024-01-02"], dtype="M8[D]")},
            "annotator must not be missing: annotator[1]=NaT",
        ),
        (
            {"annotator": np.ma.array([1, 2, 3], mask=[False, True, False])},
            "annotator must not be missing: annotator[1]=None",
        ),
        ({"annotator": [1, 2]}, "annotator must have one entry a judgement: 2 for 3 judgements"),
        ({"annotator": [[1], [2], [3]]}, "annotator must have one dimension, got shape (3, 1)"),
        ({"weight": [1, np.nan, 1]}, "weight must be finite: weight[1]=nan"),
        ({"weight": [1, 1, np.inf]}, "weight must be finite: weight[2]=inf"),
        ({"weight": [1, -0.5, 1]}, "weight must not be negative: weight[1]=-0.5"),
        (
            {"weight": [1, 1e308, 1e308]},
            (
                "weight must have a sum between 1e-100 and 1e+100, not inf: multiply all by one "
                "number"
            ),
        ),
        (
            {"weight": np.full(3, np.finfo("g").max)},
            "weight must be finite: weight[0]=inf",
        ),
        ({"weight": [0, 0, 0]}, "weight must be above 0 in a row at least: all 3 are 0"),
        ({"weight": [0, -0.0, 0]}, "weight must be above 0 in a row at least: all 3 are 0"),
        (
            {"weight": [0, 1e-312, 0]},
            (
                "weight must have a sum between 1e-100 and 1e+100, not 1e-312: multiply all by "
                "one number"
            ),
        ),
        ({"weight": [1, None, 1]}, "weight must not be missing: weight[1]=None"),
        ({"weight": [1]}, "weight must have one entry a judgement: 1 for 3 judgements"),
        (
            {"weight": [[1], [1, 2], [1]]},
            "weight must have one dimension, not lists of unequal length",
        ),
        ({"weight": [[1], [1], [1]]}, "weight must have one dimension, got shape (3, 1)"),
        ({"tie": [0, 2, 0]}, "tie must hold booleans or 0 and 1: tie[1]=2"),
        ({"tie": [True, None, False]}, "tie must not be missing: tie[1]=None"),
        (
            {"weight": np.ma.array([1.0, 2.0, 3.0], mask=[False, True, False])},
            "weight must not be missing: weight[1] is masked",
        ),
        ({"first": [True, None, False]}, "first must not be missing: first[1]=None"),
        ({"first": [True]}, "first must have one entry a judgement: 1 for 3 judgements"),
        ({"tie": [True]}, "tie must have one entry a judgement: 1 for 3 judgements"),
        ({"context": [1, 2]}, "context must have one entry a judgement: 2 for 3 judgements"),
    ],
)
def test_pairs(changes, message):
    refuses("from_pairs", changes, message)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"winner": list("abc")}, "winner holds strings but loser holds integers"),
        ({"loser": list("abc")}, "winner holds integers but loser holds strings"),
        ({"item_ids": ["a", "b", "c"]}, "winner holds integers but item_ids holds strings"),
        ({"winner": 3}, "winner must be an array or a sequence, got int"),
        (
            {"winner": np.zeros(3, dtype="i4,i4")},
            "winner must hold integers or labels, got dtype [('f0', '<i4'), ('f1', '<i4')]",
        ),
        ({"annotator": ["a", 1, "b"]}, "annotator must hold labels of one kind, got int and str"),
        (
            {"annotator": [Unsortable(), Unsortable(), Unsortable()]},
            (
                "annotator must hold labels that can be sorted: "
                "'<' not supported between instances of 'Unsortable' and 'Unsortable'"
            ),
        ),
        (
            {"annotator": np.array([{}, {}, {}])},
            "annotator must hold labels that can be hashed: unhashable type: 'dict'",
        ),
        ({"weight": ["1", "2", "3"]}, "weight must hold numbers, got dtype <U1"),
        ({"tie": ["left", "tie", "right"]}, "tie must hold booleans or 0 and 1, got dtype <U5"),
    ],
)
def test_pairs_of_the_wrong_type(changes, message):
    refuses("from_pairs", changes, message, TypeError)


@pytest.mark.parametrize("make", ["from_choice_sets", "from_rankings"])
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"offsets": [1, 2, 5, 7]}, "offsets must start at 0: offsets[0]=1"),
        ({"offsets": [0, 5, 2, 7]}, "offsets must not decrease: offsets[2]=2 after offsets[1]=5"),
        ({"offsets": [0, 2, 5, 6]}, "offsets must end at the number of items, 7: offsets[3]=6"),
        ({"offsets": [0]}, "there are no judgements: offsets has length 1, not 2 or more"),
        ({"offsets": []}, "there are no judgements: offsets has length 0, not 2 or more"),
        ({"items": []}, "there are no judgements: items is empty"),
        ({"offsets": [[0, 7]]}, "offsets must have one dimension, got shape (1, 2)"),
        ({"items": [0, 1, 2, 0, -4, 2, 0]}, "items must not be negative: items[4]=-4"),
        (
            {"items": [0, 1, 2, 0, 1, 9, 0], "item_ids": [0, 1, 2]},
            "unknown item: items[5]=9 is not in item_ids",
        ),
        ({"weight": [1, 1, -1]}, "weight must not be negative: weight[2]=-1.0"),
        ({"weight": [np.nan, 1, 1]}, "weight must be finite: weight[0]=nan"),
        (
            {"annotator": [1, 2, 3, 4]},
            "annotator must have one entry a judgement: 4 for 3 judgements",
        ),
    ],
)
def test_sets(make, changes, message):
    refuses(make, changes, message)


@pytest.mark.parametrize("make", ["from_choice_sets", "from_rankings"])
def test_offsets_must_be_integers(make):
    refuses(
        make,
        {"offsets": [0.0, 2, 5, 7]},
        "offsets must hold integers, got dtype float64",
        TypeError,
    )


@pytest.mark.parametrize(
    ("make", "name"), [("from_choice_sets", "choice set"), ("from_rankings", "ranking")]
)
def test_empty_and_repeating_sets(make, name):
    empty = {"offsets": [0, 2, 2, 7]}
    refuses(make, empty, f"{name} 1 is empty: offsets[1]=offsets[2]=2")
    twice = {"items": [0, 1, 2, 0, 2, 2, 0]}
    refuses(make, twice, f"the same item twice in {name} 1: 2")
    labels = {"items": list("abcbcaa")}
    refuses(make, labels, f"the same item twice in {name} 1: 'c'")


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ([1, 3, 0], "chosen must be a position inside its choice set: chosen[1]=3 in a set of 3"),
        ([1, 2, -1], "chosen must be a position inside its choice set: chosen[2]=-1 in a set of 2"),
        ([1, 2], "chosen must have one entry a judgement: 2 for 3 judgements"),
        ([1, np.nan, 0], "chosen must not be missing: chosen[1]=nan"),
    ],
)
def test_chosen(chosen, message):
    refuses("from_choice_sets", {"chosen": chosen}, message)


@pytest.mark.parametrize(
    ("n_ranked", "message"),
    [
        (
            [2, 4, 1],
            "n_ranked must lie between 1 and the size of its set: n_ranked[1]=4 in a set of 3",
        ),
        (
            [2, 3, 0],
            "n_ranked must lie between 1 and the size of its set: n_ranked[2]=0 in a set of 2",
        ),
        ([2], "n_ranked must have one entry a judgement: 1 for 3 judgements"),
    ],
)
def test_n_ranked(n_ranked, message):
    refuses("from_rankings", {"n_ranked": n_ranked}, message)


@pytest.mark.parametrize(
    ("make", "name"), [("from_choice_sets", "chosen"), ("from_rankings", "n_ranked")]
)
def test_outcomes_must_be_integers(make, name):
    refuses(
        make, {name: [True, True, True]}, f"{name} must hold integers, got dtype bool", TypeError
    )


def test_a_choice_set_of_one_is_allowed():
    assert len(Choices.from_choice_sets([0, 1], [3], [0])) == 1


def first_repeat(sets):
    """Find what is refused with plain loops: the first set with an item twice, and its items."""
    for row, one in enumerate(sets):
        twice = {item for item in one if one.count(item) > 1}
        if twice:
            return row, twice
    return None


@given(
    st.lists(st.lists(st.integers(0, 40), min_size=1, max_size=5), min_size=1, max_size=8)
    | st.lists(st.lists(st.integers(0, 400), min_size=1, max_size=40), min_size=1, max_size=5)
    | st.integers(1, 20).flatmap(
        lambda k: st.lists(st.lists(st.integers(0, 50), min_size=k, max_size=k), min_size=1)
    )
)
def test_an_item_twice_is_found_wherever_it_stands(sets):
    offsets, items = np.cumsum([0, *map(len, sets)]), np.concatenate(sets)
    expected = first_repeat(sets)
    if expected is None:
        assert len(Choices.from_rankings(offsets, items)) == len(sets)
        return
    row, twice = expected
    named = "|".join(map(str, twice))
    with pytest.raises(ValueError, match=f"^the same item twice in ranking {row}: ({named})$"):
        Choices.from_rankings(offsets, items)


@pytest.mark.parametrize(
    ("rows", "message", "error"),
    [
        ([0, 3], "rows must lie below 3: rows[1]=3", ValueError),
        ([-4], "rows must lie below 3: rows[0]=-4", ValueError),
        ([], "there are no judgements: rows selects none", ValueError),
        ([False] * 3, "there are no judgements: rows selects none", ValueError),
        ([True, False], "a mask of rows must have length 3, got 2", ValueError),
        ([[0], [1]], "rows must have one dimension, got shape (2, 1)", ValueError),
        ([0.0, 1.0], "rows must hold integers or be a mask, got dtype float64", TypeError),
    ],
)
def test_rows_to_take(rows, message, error):
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        Choices.from_pairs(**PAIRS).take(rows)


def test_rows_to_take_must_count():
    choices = Choices.from_pairs(**PAIRS, weight=[0, 1, 0])
    assert len(choices.take([0, 1])) == 2
    message = "there is nothing to count: rows selects judgements of weight 0 alone"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        choices.take([0, 2])


def test_values_to_restore():
    choices = Choices.from_pairs(**PAIRS)
    with pytest.raises(
        ValueError, match=r"^values must have one entry a stored judgement: 2 for 3$"
    ):
        choices.restore([1, 2])
    with pytest.raises(ValueError, match=r"^values must have one entry a stored item: 3 for 6$"):
        choices.restore_items([1, 2, 3])
    with pytest.raises(ValueError, match=r"^values must have one entry a stored item: 1 for 6$"):
        choices.restore_items(np.float64(1))


def test_tied_pairs_are_no_choice_of_one():
    choices = Choices.from_pairs(**PAIRS, tie=[False, True, False])
    with pytest.raises(ValueError, match=r"^a tie is not a choice of one: row 1 is a tie$"):
        choices.as_choice_sets()
