"""The container of judgements: what it stores, and the way back to what was passed in."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefmath._labels import code_labels
from prefmath.choices import Choices


def fields_equal(left, right):
    assert left.layout == right.layout
    assert left.n_items == right.n_items
    for name, value in left.as_fields().items():
        other = getattr(right, name)
        assert (value is None) == (other is None), name
        if isinstance(value, np.ndarray):
            np.testing.assert_array_equal(value, other, err_msg=name)
            assert value.dtype == other.dtype, name


@st.composite
def judgements(draw, layouts=("pairs", "choice_sets", "rankings")):
    """Choices of any layout, with what was passed in: sets of items, annotators."""
    layout = draw(st.sampled_from(layouts))
    n_items = draw(st.integers(2, 20))
    low, high = (2, 2) if layout == "pairs" else (1, min(n_items, draw(st.sampled_from([3, 20]))))
    one_set = st.lists(st.integers(0, n_items - 1), min_size=low, max_size=high, unique=True)
    sets = draw(st.lists(one_set, min_size=1, max_size=12))
    n = len(sets)
    who = draw(st.none() | st.lists(st.integers(-3, 3) | st.just(10**12), min_size=n, max_size=n))
    about = {
        "annotator": who,
        "weight": draw(st.none() | st.just(np.arange(n) + 0.5)),
        "context": draw(st.none() | st.just(np.arange(2 * n).reshape(n, 2))),
    }
    flat = np.concatenate(sets)
    offsets = np.cumsum([0, *map(len, sets)])
    if layout == "pairs":
        tie = draw(st.none() | st.lists(st.booleans(), min_size=n, max_size=n))
        first = draw(st.none() | st.lists(st.booleans(), min_size=n, max_size=n))
        choices = Choices.from_pairs(flat[0::2], flat[1::2], tie=tie, first=first, **about)
    elif layout == "choice_sets":
        chosen = [draw(st.integers(0, len(one) - 1)) for one in sets]
        choices = Choices.from_choice_sets(offsets, flat, chosen, **about)
    else:
        n_ranked = [draw(st.integers(1, len(one))) for one in sets]
        choices = Choices.from_rankings(offsets, flat, n_ranked=n_ranked, **about)
    return choices, sets, who


def stored_sets(choices):
    return [
        choices.items[a:b].tolist()
        for a, b in zip(choices.offsets[:-1], choices.offsets[1:], strict=True)
    ]


def one_by_one(choices):
    """Everything said of each judgement, in the original order."""
    said = [
        (
            items,
            None if choices.chosen is None else choices.chosen[i],
            choices.tied is not None and choices.tied[i],
            None if choices.first is None else choices.first[i],
            None if choices.n_ranked is None else choices.n_ranked[i],
            1.0 if choices.weight is None else choices.weight[i],
            None if choices.context is None else choices.context[i].tolist(),
            None if choices.annotator_ids is None else choices.annotator_ids[who],
        )
        for i, (items, who) in enumerate(
            zip(stored_sets(choices), choices.annotator_index, strict=True)
        )
    ]
    rows = choices.restore(np.arange(len(choices)))
    return [said[row] for row in rows]


def test_pairs_are_stored_by_annotator_with_the_winner_first():
    choices = Choices.from_pairs(
        [3, 1, 2],
        [0, 2, 3],
        tie=[False, True, False],
        first=[True, True, False],
        annotator=["b", "a", "b"],
        weight=[1, 2, 3],
        context=["x", "y", "z"],
    )
    assert choices.layout == "pairs"
    assert choices.items.tolist() == [1, 2, 3, 0, 2, 3]
    assert choices.items.dtype == np.int32
    assert choices.offsets.tolist() == [0, 2, 4, 6]
    assert choices.chosen.tolist() == [0, 0, 0]
    assert choices.tied.tolist() == [True, False, False]
    assert choices.first.tolist() == [True, True, False]
    assert choices.weight.tolist() == [2, 1, 3]
    assert choices.context.tolist() == ["y", "x", "z"]
    assert choices.annotator_ids.tolist() == ["a", "b"]
    assert choices.annotator_offsets.tolist() == [0, 1, 3]
    assert choices.annotator_index.tolist() == [0, 1, 1]
    assert choices.order.tolist() == [1, 0, 2]
    assert (len(choices), choices.n_judgements, choices.n_annotators) == (3, 3, 2)
    assert choices.n_items == 4
    assert choices.item_ids is None
    assert choices.n_ranked is None


def test_labels_of_items_are_coded_over_both_columns():
    choices = Choices.from_pairs(["tea", "milk"], ["milk", "water"])
    assert choices.item_ids.tolist() == ["milk", "tea", "water"]
    assert choices.items.tolist() == [1, 0, 0, 2]
    assert choices.annotator_ids is None
    assert choices.annotator_offsets.tolist() == [0, 2]
    assert choices.order is None


@pytest.mark.parametrize(
    ("ids", "winner", "loser", "items"),
    [
        (["z", "y", "x"], ["x", "z"], ["y", "x"], [2, 1, 0, 2]),
        ([30, 10, 20], [20, 30], np.array([10, 20], dtype=np.uint8), [2, 1, 0, 2]),
        (
            np.array(["2024-01-03", "2024-01-01", "2024-01-02"], dtype="M8[D]"),
            np.array(["2024-01-02", "2024-01-03"], dtype="M8[s]"),
            np.array(["2024-01-01", "2024-01-02"], dtype="M8[ns]"),
            [2, 1, 0, 2],
        ),
    ],
)
def test_given_item_ids_keep_their_rows(ids, winner, loser, items):
    choices = Choices.from_pairs(winner, loser, item_ids=ids)
    assert choices.items.tolist() == items
    assert choices.item_ids.tolist() == np.asarray(ids).tolist()
    assert choices.n_items == 3


def test_integers_in_object_arrays_are_row_numbers():
    choices = Choices.from_pairs(np.array([5, 0], dtype=object), [1, 1])
    assert choices.item_ids is None
    assert choices.items.tolist() == [5, 1, 0, 1]


def test_no_tie_is_none():
    assert Choices.from_pairs([0], [1], tie=[0]).tied is None


def test_pairs_in_known_order_become_sets_in_the_order_shown():
    pairs = Choices.from_pairs([3, 1, 2], [0, 2, 3], first=[1, 0, 0], annotator=["b", "a", "b"])
    sets = pairs.as_choice_sets()
    assert stored_sets(sets) == [[2, 1], [3, 0], [3, 2]]
    assert sets.chosen.tolist() == [1, 0, 1]
    assert sets.first is None
    assert one_by_one(sets.take([1])) == one_by_one(sets)[1:2]


def test_arrays_already_right_are_shared_and_nothing_can_be_written():
    offsets = np.array([0, 2, 4])
    items = np.array([0, 1, 2, 0], dtype=np.int32)
    chosen = np.array([1, 0], dtype=np.int32)
    weight = np.array([1.0, 2.0])
    choices = Choices.from_choice_sets(offsets, items, chosen, weight=weight, annotator=[1, 2])
    for name, given_array in (
        ("offsets", offsets),
        ("items", items),
        ("chosen", chosen),
        ("weight", weight),
    ):
        assert np.shares_memory(getattr(choices, name), given_array), name
        assert given_array.flags.writeable, name
    for array in choices.as_fields().values():
        if isinstance(array, np.ndarray):
            assert not array.flags.writeable
            assert array.flags.c_contiguous
    with pytest.raises(AttributeError):
        choices.items = items


def test_sorting_leaves_the_arrays_of_the_caller_alone():
    who, items = np.array([2, 1]), np.array([0, 1, 2, 0], dtype=np.int32)
    choices = Choices.from_choice_sets([0, 2, 4], items, [0, 0], annotator=who)
    assert choices.items.tolist() == [2, 0, 0, 1]
    assert who.tolist() == [2, 1]
    assert items.tolist() == [0, 1, 2, 0]


@given(judgements())
def test_restoring_gives_back_what_was_passed_in(case):
    choices, sets, who = case
    assert choices.restore_items(choices.items).tolist() == np.concatenate(sets).tolist()
    restored = choices.restore(np.arange(len(choices)))
    assert [stored_sets(choices)[row] for row in restored] == sets
    if who is not None:
        labels = choices.annotator_ids[choices.annotator_index]
        assert choices.restore(labels).tolist() == who
        # Within an annotator the judgements keep the order given.
        order = np.arange(len(who)) if choices.order is None else choices.order
        assert order.tolist() == np.argsort(who, kind="stable").tolist()


@given(judgements(), st.data())
def test_take_agrees_with_numpy_indexing(case, data):
    choices, _, _ = case
    n = len(choices)
    rows = data.draw(
        st.lists(st.integers(-n, n - 1), min_size=1, max_size=2 * n)
        | st.lists(st.booleans(), min_size=n, max_size=n).filter(any)
    )
    before = one_by_one(choices)
    taken = choices.take(rows)
    assert one_by_one(taken) == [before[row] for row in np.arange(n)[np.asarray(rows)]]
    assert taken.n_items == choices.n_items
    if taken.annotator_ids is not None:
        assert (np.diff(taken.annotator_offsets) > 0).all()
        assert (np.diff(taken.annotator_ids) > 0).all()


@given(judgements())
def test_pickles_come_back_whole_and_read_only(case):
    choices, _, _ = case
    back = pickle.loads(pickle.dumps(choices))  # noqa: S301  (made in the line itself)
    fields_equal(choices, back)
    assert not back.items.flags.writeable


@given(judgements(layouts=["rankings"]))
def test_exploded_rankings_are_what_a_loop_makes(case):
    choices, _, _ = case
    exploded = choices.as_choice_sets()
    expected = [
        (items[stage:], 0, False, None, None, weight, context, who)
        for items, _, _, _, n_ranked, weight, context, who in one_by_one(choices)
        for stage in range(max(1, min(n_ranked, len(items) - 1)))
    ]
    assert one_by_one(exploded) == expected
    assert exploded.layout == "choice_sets"
    np.testing.assert_array_equal(
        exploded.restore_items(exploded.items), np.concatenate([e[0] for e in expected])
    )


def test_exploded_ranking_by_hand():
    choices = Choices.from_rankings(
        [0, 4, 7, 8],
        list("abcdcabd"),
        n_ranked=[4, 1, 1],
        annotator=["v", "u", "u"],
        weight=[2, 3, 5],
    )
    exploded = choices.as_choice_sets()
    names = [exploded.item_ids[one].tolist() for one in stored_sets(exploded)]
    assert names == [list("cab"), ["d"], list("abcd"), list("bcd"), list("cd")]
    assert exploded.chosen.tolist() == [0] * 5
    assert exploded.weight.tolist() == [3, 5, 2, 2, 2]
    assert exploded.annotator_offsets.tolist() == [0, 2, 5]
    assert exploded.order.tolist() == [3, 4, 0, 1, 2]


def test_pairs_and_choice_sets_become_choice_sets_without_a_copy():
    pairs = Choices.from_pairs([0, 2], [1, 0], annotator=["b", "a"])
    sets = pairs.as_choice_sets()
    assert sets.layout == "choice_sets"
    assert np.shares_memory(sets.items, pairs.items)
    fields_equal(
        sets, Choices.from_choice_sets([0, 2, 4], [0, 1, 2, 0], [0, 0], annotator=["b", "a"])
    )
    assert sets.as_choice_sets() is sets


@pytest.mark.parametrize(
    ("choices", "text"),
    [
        (Choices.from_pairs([0], [1]), "Choices(1 pair over 2 items)"),
        (
            Choices.from_pairs([0, 2], [1, 0], tie=[True, False], annotator=[3, 4]),
            "Choices(2 pairs, 1 tied, by 2 annotators over 3 items)",
        ),
        (
            Choices.from_pairs([0, 2], [1, 0], tie=[True, False], first=[True, True]),
            "Choices(2 pairs, 1 tied, in known order, over 3 items)",
        ),
        (
            Choices.from_choice_sets([0, 2, 5], [0, 1, 2, 1, 0], [0, 0], annotator=["a", "a"]),
            "Choices(2 choices among 2 to 3 by 1 annotator over 3 items)",
        ),
        (Choices.from_rankings([0, 2, 4], [0, 1, 1, 0]), "Choices(2 rankings of 2 over 2 items)"),
        (
            Choices.from_rankings([0, 3], [0, 1, 2], n_ranked=[2]),
            "Choices(1 ranking of the first 2 among 3 over 3 items)",
        ),
    ],
)
def test_repr(choices, text):
    assert repr(choices) == text


@given(
    st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1)
    | st.lists(st.integers(-9, 9), min_size=1)
    | st.lists(st.integers(2**64 - 9, 2**64 - 1), min_size=1)
    | st.lists(st.text(), min_size=1)
    | st.lists(st.binary(), min_size=1)
    | st.lists(st.integers(-(2**70), 2**70), min_size=1)
    | st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1)
    | st.lists(st.booleans(), min_size=1)
    | st.lists(st.dates(), min_size=1)
    | st.lists(st.tuples(st.integers(), st.text()), min_size=1).map(
        lambda pairs: np.fromiter(pairs, dtype=object, count=len(pairs))
    )
)
def test_labels_are_coded_by_their_sorted_distinct_values(labels):
    ids, codes = code_labels(labels, "labels")
    assert [ids.tolist()[code] for code in codes] == list(labels)
    assert ids.tolist() == sorted(set(labels))


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int16, np.uint64, "U3", "S3"])
def test_labels_keep_their_dtype(dtype):
    values = np.array([100, 7, 100, 1]).astype(dtype)
    ids, codes = code_labels(values, "labels")
    assert ids.dtype == values.dtype
    np.testing.assert_array_equal(ids[codes], values)


def test_more_annotators_than_one_digit_of_the_sort_holds():
    who = np.random.default_rng(0).permutation(np.repeat(np.arange(70_000), 2))
    choices = Choices.from_pairs(np.zeros(len(who), int), np.ones(len(who), int), annotator=who)
    np.testing.assert_array_equal(choices.order, np.argsort(who, kind="stable"))
