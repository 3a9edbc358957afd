"""Choices in pieces are the choices of one call with all rows."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefmath import Choices
from prefmath.models import ChoiceMixture

LAYOUTS = ["pairs", "choice_sets", "rankings"]


def raises(error, message):
    return pytest.raises(error, match=f"^{re.escape(message)}$")


def equal(one, other):
    for name, value in one.as_fields().items():
        if isinstance(value, np.ndarray):
            np.testing.assert_array_equal(value, getattr(other, name), name)
            assert value.dtype == getattr(other, name).dtype, name
        else:
            assert value == getattr(other, name), name


def make(layout, rows, rng_rows):
    """Make choices of some rows of a drawn table."""
    orders, people, weight, first, context, ranked, named = rng_rows
    items = np.array(list("dcbaef"))[orders[rows]] if named else orders[rows]
    said = {"context": context[rows]}
    said |= {} if people is None else {"annotator": people[rows]}
    said |= {} if weight is None else {"weight": weight[rows]}
    if layout == "pairs":
        tie = orders[rows, 2] > 3
        return Choices.from_pairs(items[:, 0], items[:, 1], tie=tie, first=first[rows], **said)
    cuts = np.arange(0, 3 * len(rows) + 1, 3)
    if layout == "choice_sets":
        return Choices.from_choice_sets(cuts, items.ravel(), ranked[rows] - 1, **said)
    return Choices.from_rankings(cuts, items.ravel(), n_ranked=ranked[rows], **said)


@given(st.data())
def test_pieces_are_the_whole(data):
    layout = data.draw(st.sampled_from(LAYOUTS))
    n = data.draw(st.integers(1, 12))
    rng = np.random.default_rng(data.draw(st.integers(0, 10**6)))
    drawn = (
        np.argsort(rng.random((n, 6)), axis=1)[:, :3],
        rng.permutation([3, 1, 4, 1, 5, 9])[rng.integers(6, size=n)]
        if rng.random() < 0.7
        else None,
        rng.random(n) + 0.1 if rng.random() < 0.5 else None,
        rng.random(n) < 0.5,
        rng.random((n, 2)),
        rng.integers(1, 4, size=n),
        rng.random() < 0.5,
    )
    cuts = sorted(data.draw(st.sets(st.integers(1, n - 1), max_size=3))) if n > 1 else []
    rows = np.split(np.arange(n), cuts)
    found = Choices.concat(make(layout, part, drawn) for part in rows)
    whole = make(layout, np.arange(n), drawn)
    if not drawn[-1]:
        assert found.n_items == whole.n_items
    equal(whole, found)


def test_a_single_part_is_itself():
    choices = Choices.from_pairs([0, 1, 2], [1, 2, 0], annotator=["b", "a", "b"])
    equal(choices, Choices.concat([choices]))
    equal(choices.take([2, 0]), Choices.concat([choices.take([2]), choices.take([0])]))


def test_long_frames_come_back_row_for_row():
    frame = pd.DataFrame(
        {
            "who": list("bbaabbaa"),
            "set": [1, 0, 1, 0, 1, 0, 1, 0],
            "item": list("cdabdcba"),
            "picked": [1, 0, 0, 0, 0, 1, 1, 1],
        }
    )
    columns = {"choice_set": "set", "item": "item", "chosen": "picked", "annotator": "who"}
    parts = [
        Choices.from_frame(frame[frame["who"] == who], "choice_sets", **columns) for who in "ba"
    ]
    found = Choices.concat(parts)
    expected = [label for who in "ba" for label in frame["item"][frame["who"] == who]]
    assert found.restore_items(found.item_ids[found.items]).tolist() == expected


def test_what_only_some_parts_say():
    plain = Choices.from_pairs([0], [1])
    weighted = Choices.from_pairs([1], [2], weight=[2.5], tie=[True])
    found = Choices.concat([plain, weighted])
    assert found.weight.tolist() == [1, 2.5]
    assert found.tied.tolist() == [False, True]
    full = Choices.from_rankings([0, 3], [0, 1, 2])
    some = Choices.from_rankings([0, 3], [2, 1, 0], n_ranked=[1])
    assert Choices.concat([full, some]).n_ranked.tolist() == [3, 1]


def test_a_table_that_is_the_same_keeps_its_order():
    ids = ["z", "a", "m"]
    parts = [Choices.from_pairs([x], ["a"], item_ids=ids) for x in ("z", "m")]
    assert Choices.concat(parts).item_ids.tolist() == ids
    other = Choices.from_pairs(["b"], ["a"])
    assert Choices.concat([*parts, other]).item_ids.tolist() == ["a", "b", "m", "z"]


def test_a_fit_of_pieces_is_the_fit_of_all():
    rng = np.random.default_rng(0)
    pairs = np.argsort(rng.random((600, 5)) - 0.1 * np.arange(5), axis=1)[:, :2]
    people = rng.integers(40, size=600)
    whole = Choices.from_pairs(*pairs.T, annotator=people)
    parts = [
        Choices.from_pairs(*pairs[rows].T, annotator=people[rows])
        for rows in np.split(np.arange(600), [100, 101, 450])
    ]
    fits = [ChoiceMixture(2, random_state=0).fit(c) for c in (whole, Choices.concat(parts))]
    assert fits[0].coef_.tobytes() == fits[1].coef_.tobytes()


PLAIN = Choices.from_pairs([0], [1])


@pytest.mark.parametrize(
    ("parts", "error", "said"),
    [
        (PLAIN, TypeError, "parts must hold Choices, not Choices"),
        (3, TypeError, "parts must hold Choices, not int"),
        ([], ValueError, "parts must hold one at least"),
        ([PLAIN, 3], TypeError, "parts must hold Choices, but parts[1] is int"),
        (
            [PLAIN, PLAIN.as_choice_sets()],
            ValueError,
            "parts[1] holds choice_sets, and parts[0] pairs",
        ),
        (
            [PLAIN, Choices.from_pairs([0], [1], annotator=["a"])],
            ValueError,
            "parts[0] has no annotators, and parts[1] has",
        ),
        (
            [PLAIN, Choices.from_pairs(["a"], ["b"])],
            ValueError,
            "parts[0] has no labels of items, and parts[1] has",
        ),
        (
            [Choices.from_pairs([0], [1], annotator=[1]), PLAIN.take([0])],
            ValueError,
            "parts[1] has no annotators, and parts[0] has",
        ),
        (
            [Choices.from_pairs([0], [1], annotator=[a]) for a in (1, "a")],
            TypeError,
            "annotators of parts[1] are strings, and those of parts[0] integers",
        ),
        (
            [Choices.from_pairs([0], [1], first=[True]), PLAIN],
            ValueError,
            "parts[1] has no first, and parts[0] has",
        ),
        (
            [Choices.from_pairs([0], [1], context=c) for c in ([1], [[1, 2]])],
            ValueError,
            "context of parts[1] has columns (2,), and that of parts[0] ()",
        ),
        (
            [Choices.from_pairs([0], [1], weight=[9e99])] * 2,
            ValueError,
            (
                "weight must have a sum between 1e-100 and 1e+100, not 1.8e+100: multiply all by "
                "one number"
            ),
        ),
    ],
)
def test_parts_that_do_not_fit_together(parts, error, said):
    with raises(error, said):
        Choices.concat(parts)
