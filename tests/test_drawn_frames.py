"""Data frames and labels drawn at random: a result without NaN or one sentence, in time.

PREFMATH_DRAWN_CALLS says how many calls are drawn of each function.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from drawn_outcome import often, outcome
from drawn_values import labels, mostly, numbers, seldom, values, whole
from prefmath import Choices, metrics, models, select_table


@st.composite
def frames(draw, columns):
    """Draw a frame of one library, or nothing where the library refuses such columns."""
    make = draw(st.sampled_from([pd.DataFrame, pl.DataFrame, pa.table, dict]))
    try:
        return make(columns)
    except (TypeError, ValueError, OverflowError, pl.exceptions.PolarsError, pa.ArrowException):
        return None


@often
@given(st.data())
def test_frames_of_pairs(data):
    n = data.draw(st.integers(0, 8))
    flags = st.lists(mostly(st.booleans(), None, 2, "yes"), min_size=n, max_size=n)
    frame = data.draw(
        frames(
            {
                "winner": data.draw(labels(n)),
                "loser": data.draw(labels(n)),
                "tie": data.draw(flags),
                "who": data.draw(labels(n)),
                "times": data.draw(values((n,))),
            }
        )
    )
    said = {
        "winner": "winner",
        "loser": data.draw(st.sampled_from(["loser", "loser", "winner", "none", None])),
        "tie": data.draw(st.sampled_from([None, "tie"])),
        "annotator": data.draw(st.sampled_from([None, "who", "times"])),
        "weight": data.draw(st.sampled_from([None, None, "times", "who"])),
        "count": data.draw(st.sampled_from([None, None, "times", "who"])),
        "context": data.draw(st.sampled_from([None, "times", ["who", "times"], 3])),
    }
    outcome(lambda: Choices.from_frame(frame, "pairs", **said))


@often
@given(st.data())
def test_long_frames(data):
    n = data.draw(st.integers(0, 10))
    ranks = st.lists(mostly(st.integers(1, 3), None), min_size=n, max_size=n)
    column = st.sampled_from(["chosen", "rank"])
    frame = data.draw(
        frames(
            {
                "set": data.draw(labels(n)),
                "item": data.draw(labels(n)),
                "chosen": data.draw(st.lists(st.booleans(), min_size=n, max_size=n)),
                "rank": data.draw(ranks),
                "who": data.draw(labels(n)),
            }
        )
    )
    layout = data.draw(st.sampled_from(["choice_sets", "rankings", "pairs", "none", None]))
    said = {
        "choice_set": "set",
        "item": data.draw(st.sampled_from([None, "item"])),
        "annotator": data.draw(st.sampled_from([None, "who"])),
        data.draw(column): data.draw(column),
    }
    outcome(lambda: Choices.from_frame(frame, layout, **said))


@often
@given(st.data())
def test_wide_frames(data):
    n = data.draw(st.integers(0, 8))
    frame = data.draw(
        frames(
            {
                "a": data.draw(labels(n)),
                "b": data.draw(labels(n)),
                "c": data.draw(labels(n)),
                "pick": data.draw(
                    st.lists(mostly(st.sampled_from("abc"), None, 1), min_size=n, max_size=n)
                ),
            }
        )
    )
    layout = data.draw(st.sampled_from(["choice_sets", "rankings"]))
    said = {
        "items": data.draw(mostly(st.just(["a", "b", "c"]), ["a", "b"], [], "a", None, ["a", 3]))
    }
    if layout == "choice_sets":
        said["chosen"] = data.draw(st.sampled_from(["pick", "a", None]))
    ids = data.draw(seldom(st.sampled_from([[0, 1, 2, 3], ["tea", "milk", "a", "zebra"], []])))
    outcome(lambda: Choices.from_frame(frame, layout, item_ids=ids, **said))


@often
@given(st.data())
def test_select_table(data):
    n = data.draw(st.integers(0, 8))
    columns = {
        "prompt_id": data.draw(labels(n)),
        "embedding": data.draw(values((n, 3))).tolist(),
        "score": data.draw(values((n,))),
        "language": data.draw(labels(n)),
    }
    if n and data.draw(st.integers(0, 5)) == 0:
        odd = [None, [1.0], [], [None, 1.0, 2.0], "a"]
        columns["embedding"][0] = data.draw(st.sampled_from(odd))
    frame, k = data.draw(frames(columns)), data.draw(whole(1, 3))
    said = {
        "quality": data.draw(st.sampled_from([None, None, "score", "language", "none"])),
        "groups": data.draw(st.sampled_from([None, None, None, "language"])),
        "allow_fewer": data.draw(st.booleans()),
        "method": data.draw(st.sampled_from(["dpp", "mmr", "max_min", "no"])),
    }
    if said["groups"]:
        said["quota"] = data.draw(whole(1, 2))
    outcome(lambda: select_table(frame, k, **said))


@often
@given(st.data())
def test_class_profiles(data):
    n = data.draw(st.integers(0, 8))
    shares = np.abs(data.draw(values((n, 2)))) + 1e-9
    with np.errstate(all="ignore"):
        shares = shares / shares.sum(axis=1, keepdims=True)
    attributes = data.draw(frames({"town": data.draw(labels(n)), "age": data.draw(labels(n))}))
    level = data.draw(numbers(0.5, 0.99))
    outcome(lambda: models.class_profiles(shares, attributes, level=level))


@often
@given(st.data())
def test_metrics(data):
    n = data.draw(st.integers(0, 8))
    one, other = data.draw(labels(n)), data.draw(mostly(labels(n), None, [1], "a"))
    outcome(lambda: metrics.adjusted_rand_index(one, other))
