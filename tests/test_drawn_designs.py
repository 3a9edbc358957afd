"""Designs drawn at random: what a loop over rows would stack, or one sentence, in time.

A fifth of PREFMATH_DRAWN_CALLS are drawn of each function.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from drawn_outcome import often, outcome
from drawn_values import labels, mostly
from prefmath import Design

NUMBERS = st.floats(-5, 5).map(lambda x: round(x, 2))
sometimes = settings(often, max_examples=often.max_examples // 5 + 1)
MAKERS = st.sampled_from([pd.DataFrame, pl.DataFrame, pa.table, dict, dict])


def made(make, columns):
    """Return the columns as a frame, or as they are where the library refuses them."""
    try:
        return make(columns)
    except (TypeError, ValueError, OverflowError, pl.exceptions.PolarsError, pa.ArrowException):
        return columns


@st.composite
def choices(draw):
    """Draw choice sets as a list of dicts: which alternatives there are, and what they are like."""
    names = draw(st.sampled_from([["a", "b", "c"], [1, 2, 3], [True, False], [0.5, 1.5]]))
    sets = []
    for _ in range(draw(st.integers(1, 6))):
        there = draw(st.lists(st.sampled_from(names), min_size=1, unique=True))
        sets.append(
            {
                "there": there,
                "chosen": draw(st.sampled_from(there)),
                "price": {name: draw(NUMBERS) for name in names},
                "income": draw(NUMBERS),
                "who": draw(st.sampled_from(["x", "y", "z"])),
            }
        )
    return names, sets


def rows_by_hand(names, sets, base):
    """Return features set by set in the order of the names, and where the chosen one stands."""
    others = [name for name in names if name != base]
    rows, chosen = [], []
    for one in sets:
        there = [name for name in names if name in one["there"]]
        chosen.append(there.index(one["chosen"]))
        rows += [
            [
                *(float(name == other) for other in others),
                one["price"][name],
                *(one["price"][name] * (name == other) for other in names),
                *(one["income"] * (name == other) for other in others),
            ]
            for name in there
        ]
    return np.array(rows), chosen


SAID = {"generic": ["price"], "alternative_specific": {"price": None}, "case_specific": ["income"]}


@sometimes
@given(choices(), MAKERS, st.data())
def test_wide_designs_are_what_a_loop_stacks(drawn, make, data):
    names, sets = drawn
    base = data.draw(st.sampled_from(names))
    columns = {name: [one[name] for one in sets] for name in ("chosen", "income", "who")}
    for name in names:
        there = [name in one["there"] for one in sets]
        columns[f"price_{name}"] = [
            one["price"][name] if yes else np.nan for one, yes in zip(sets, there, strict=True)
        ]
        columns[f"av_{name}"] = there
    design = Design.from_wide(
        made(make, columns),
        names,
        "chosen",
        asc=True,
        base=base,
        availability="av",
        annotator="who",
        **SAID,
    )
    check(design, names, sets, base)


@sometimes
@given(choices(), MAKERS, st.data())
def test_long_designs_are_what_a_loop_stacks(drawn, make, data):
    names, sets = drawn
    base = data.draw(st.sampled_from(names))
    said = data.draw(st.sampled_from(["chosen", "marked"]))
    rows = [
        {
            "set": at,
            "alt": name,
            "there": name in one["there"],
            "price": one["price"][name] if name in one["there"] else np.nan,
            "income": one["income"],
            "who": one["who"],
            "chosen": one["chosen"],
            "marked": name == one["chosen"],
        }
        for at, one in enumerate(sets)
        for name in names
    ]
    order = data.draw(st.permutations(range(len(rows))))
    columns = {name: [rows[at][name] for at in order] for name in rows[0]}
    if {one["chosen"] for one in sets} <= {True, False}:
        said = "marked"  # booleans, and numbers 0 and 1, mark rows
    design = Design.from_long(
        made(make, columns),
        "set",
        said,
        alternative="alt",
        alternatives=names,
        asc=True,
        base=base,
        availability="there",
        annotator="who",
        **SAID,
    )
    check(design, names, sets, base, [columns["set"][at] for at in design.rows])


def check(design, names, sets, base, set_of_row=None):
    by_hand, chosen = rows_by_hand(names, sets, base)
    set_of_row = design.rows if set_of_row is None else np.array(set_of_row)
    order = np.lexsort((design.alternative, set_of_row))
    np.testing.assert_array_equal(np.asarray(design.features)[order], by_hand)
    made = design.choices
    for at in range(len(made)):
        items = made.items[made.offsets[at] : made.offsets[at + 1]]
        (one,) = set(set_of_row[items])
        picked = design.alternatives[design.alternative[items[made.chosen[at]]]]
        assert picked == sets[one]["chosen"]
        who = made.annotator_ids[made.annotator_index[at]]
        assert who == sets[one]["who"]
    assert len(made) == len(chosen)


@sometimes
@given(st.data())
def test_odd_wide_frames(data):
    n = data.draw(st.integers(0, 5))
    names = data.draw(
        mostly(st.just(["a", "b"]), ["a"], ["a", "b", "a"], {1: "a", 2: "b"}, 3, None)
    )
    column = st.lists(mostly(NUMBERS, None, np.nan, np.inf, "3.5", True), min_size=n, max_size=n)
    columns = {
        "who": data.draw(labels(n)),
        "mode": data.draw(
            st.one_of(
                st.lists(mostly(st.sampled_from(["a", "b"]), "c", None), min_size=n, max_size=n),
                labels(n),
            )
        ),
        **{f"{what}_{name}": data.draw(column) for what in ("x", "y") for name in "ab"},
        **{
            f"av_{name}": data.draw(
                st.lists(mostly(st.sampled_from([0, 1]), 2, None), min_size=n, max_size=n)
            )
            for name in "ab"
        },
        "income": data.draw(column),
    }
    frame = made(data.draw(MAKERS), columns)
    outcome(
        lambda: Design.from_wide(
            frame,
            names,
            data.draw(mostly(st.just("mode"), "av", "none", None, {"a": "av_a", "b": True})),
            generic=data.draw(mostly(st.just(["x"]), "y", ["z"], [], None, 3, {"x": {"a": 1}})),
            case_specific=data.draw(mostly(st.just(["income"]), [], ["x"], 3)),
            asc=data.draw(mostly(st.booleans(), None, 3)),
            base=data.draw(mostly(st.sampled_from(["a", "b", None]), "c", 1, np.nan)),
            pattern=data.draw(mostly(st.just("{variable}_{alternative}"), "{variable}", "", 3)),
            availability=data.draw(mostly(st.just(None), "av", "none", {"a": 1, "b": "av_b"}, 3)),
            annotator=data.draw(mostly(st.just(None), "who", "none", ["who"])),
            weight=data.draw(mostly(st.just(None), "income", "who", 3)),
            dtype=data.draw(mostly(st.just(np.float64), np.float32, int, "x", None)),
        )
    )


@sometimes
@given(st.data())
def test_odd_long_frames(data):
    n = data.draw(st.integers(0, 8))
    columns = {
        "set": data.draw(st.one_of(labels(n), st.just([at // 2 for at in range(n)]))),
        "alt": data.draw(st.one_of(labels(n), st.just([at % 2 for at in range(n)]))),
        "mark": [at % 2 == 0 for at in range(n)],
        "label": data.draw(labels(n)),
        "x": data.draw(st.lists(mostly(NUMBERS, None, np.nan, "3.5"), min_size=n, max_size=n)),
        "av": data.draw(st.lists(mostly(st.just(1), 0, None, 2), min_size=n, max_size=n)),
    }
    frame = made(data.draw(MAKERS), columns)
    outcome(
        lambda: Design.from_long(
            frame,
            data.draw(mostly(st.just("set"), "x", "none", None)),
            data.draw(mostly(st.just("mark"), "label", "alt", "none", None)),
            alternative=data.draw(mostly(st.just("alt"), None, "label", "none")),
            alternatives=data.draw(mostly(st.just(None), [0, 1], [1, 0, 2], ["a"], 3)),
            generic=data.draw(mostly(st.just(["x"]), [], ["none"], {"x": "av"}, {"x": 3})),
            alternative_specific=data.draw(mostly(st.just([]), ["x"], {"x": {"a": 1}})),
            case_specific=data.draw(mostly(st.just([]), ["x"], ["set"], 3)),
            asc=data.draw(st.booleans()),
            base=data.draw(mostly(st.just(None), 0, 1, "a")),
            availability=data.draw(mostly(st.just(None), "av", "x", 3)),
            annotator=data.draw(mostly(st.just(None), "label", "none")),
            weight=data.draw(mostly(st.just(None), "x", "none")),
        )
    )
