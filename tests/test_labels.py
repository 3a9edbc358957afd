"""Labels are kept exactly: none is changed, united with another, or taken for a missing one."""

from __future__ import annotations

import datetime as dt
import enum
import re
import uuid
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefmath import Choices
from prefmath._label_values import positions_of
from prefmath._labels import code_labels


def objects(*values):
    return np.fromiter(values, dtype=object, count=len(values))


def named(choices):
    """Return winners and losers by their names."""
    return choices.item_ids[choices.items].tolist()


BIG = 1 << 60


class Colour(str, enum.Enum):  # noqa: UP042
    """Strings whose names, which NumPy would take, are others."""

    RED = "r"
    BLUE = "b"


@pytest.mark.parametrize("dtype", [np.uint64, np.int64, object])
@pytest.mark.parametrize("of_column", [np.uint64, np.int64, object])
def test_integers_above_2_to_the_53_name_the_item_they_name(dtype, of_column):
    ids = np.array([3, BIG, BIG + 1], dtype)
    choices = Choices.from_pairs(
        np.array([BIG, BIG + 1], of_column), np.array([3, BIG], of_column), item_ids=ids
    )
    assert named(choices) == [BIG, 3, BIG + 1, BIG]


@pytest.mark.parametrize("labels", [[-1, 2**63 + 1, 2**63 + 2], [2**64, 2**64 + 1], [-(2**70), 5]])
def test_integers_of_any_size_stay_what_they_are(labels):
    n = len(labels)
    who = Choices.from_pairs([0] * n, [1] * n, annotator=labels).annotator_ids
    assert who.tolist() == sorted(labels)
    choices = Choices.from_pairs(labels[:1], labels[1:2], item_ids=labels)
    assert named(choices) == labels[:2]


@given(
    st.lists(st.integers(-(2**64), 2**64), unique=True, min_size=1, max_size=8),
    st.lists(st.integers(-(2**64), 2**64), max_size=8),
)
def test_positions_in_a_table_are_those_of_a_list(table, labels):
    labels = labels + table[::2]
    found = positions_of(code_labels(labels, "labels").ids, np.array(table, object), "labels")
    ids = code_labels(labels, "labels").ids.tolist()
    assert found.tolist() == [table.index(label) if label in table else -1 for label in ids]


@pytest.mark.parametrize("make", [list, objects, tuple], ids=["list", "objects", "tuple"])
@pytest.mark.parametrize(("a", "b", "end"), [("a", "b", "\0"), (b"a", b"b", b"\0")])
def test_zero_characters_at_the_end_belong_to_a_label(make, a, b, end):
    values = [a + end, a, a + end + end]
    made = make(*values) if make is objects else make(values)
    other = [b] * 3
    choices = Choices.from_pairs(made, other, annotator=made)
    assert choices.annotator_ids.tolist() == sorted(values)
    assert choices.item_ids.tolist() == sorted({*values, b})
    assert named(choices)[::2] == sorted(values)
    again = Choices.from_pairs(made, other, item_ids=[b, *values])
    assert named(again)[::2] == values


MISSING = [
    None,
    float("nan"),
    np.float32("nan"),
    np.float16("nan"),
    np.longdouble("nan"),
    Decimal("NaN"),
    Decimal("sNaN"),
    pd.NA,
    pd.NaT,
    np.datetime64("NaT"),
    np.datetime64("NaT", "s"),
    np.timedelta64("NaT"),
    complex("nan"),
    (1, float("nan")),
    (1, None),
]


@pytest.mark.parametrize("missing", MISSING, ids=lambda value: f"{type(value).__name__} {value}")
@pytest.mark.parametrize("make", [list, lambda values: objects(*values)], ids=["list", "objects"])
def test_what_is_missing_is_refused_whatever_its_type(missing, make):
    for others in ([1, 2], ["a", "b"], [1.5, 2.5], [(1, 2), (3, 4)]):
        with pytest.raises(ValueError, match=r"^annotator must not be missing: annotator\[1\]="):
            Choices.from_pairs([0] * 3, [1] * 3, annotator=make([others[0], missing, others[1]]))


@pytest.mark.parametrize(
    "values",
    [
        [1.0, -np.inf],
        np.array([1, -np.inf], "f4"),
        objects(1.0, -np.inf),
        objects(Decimal(1), Decimal("-Infinity")),
        objects((1, 1.0), (1, -np.inf)),
    ],
)
def test_infinite_labels_are_refused(values):
    with pytest.raises(ValueError, match=r"^annotator must be finite: annotator\[1\]="):
        Choices.from_pairs([0, 0], [1, 1], annotator=values)
    with pytest.raises(ValueError, match=r"^winner must be finite: winner\[1\]="):
        Choices.from_pairs(values, np.asarray(values)[[0, 0]])
    with pytest.raises(ValueError, match=r"^item_ids must be finite: item_ids\[1\]="):
        Choices.from_pairs(values, values, item_ids=values)


@pytest.mark.parametrize(
    ("values", "kinds"),
    [
        ([1, 1.0], "float and int"),
        ([True, 1], "bool and int"),
        ([0.0, False], "bool and float"),
        ([1, Decimal(1)], "Decimal and int"),
        ([Fraction(1), 1], "Fraction and int"),
        ([2**63 + 1, -1.0], "float and int"),
        ([b"a", "a"], "bytes and str"),
        ([dt.date(2024, 1, 1), dt.datetime(2024, 1, 1)], "date and datetime"),  # noqa: DTZ001
        ([(1,), "a"], "str and tuple"),
    ],
)
def test_labels_of_several_kinds_are_refused_even_if_they_are_equal(values, kinds):
    for made in (values, objects(*values), tuple(values)):
        with pytest.raises(
            TypeError, match=f"^annotator must hold labels of one kind, got {kinds}"
        ):
            Choices.from_pairs([0, 0], [1, 1], annotator=made)


@pytest.mark.parametrize(
    "values",
    [
        [np.int64(4), 2, np.uint8(3)],
        [np.float32(0.5), 0.25, np.float64(0.75)],
        [np.str_("b"), "a", "c"],
        [np.bytes_(b"b"), b"a", b"c"],
        [np.bool_(1), False],
        [uuid.UUID(int=2), uuid.UUID(int=1)],
        [(1, 2), (0, 5, 6), (0, 5)],
        [dt.date(2024, 1, 2), dt.date(2024, 1, 1)],
        [np.datetime64("2500-01-01"), np.datetime64("2024-01-01")],
        [Decimal("0.1"), Decimal("0.01")],
        ["\ud800", "x"],
        list(Colour),
        ["a" * 1_000_000, "b"],
    ],
)
def test_labels_of_one_kind_are_coded(values):
    for made in (values, objects(*values)):
        ids, codes = code_labels(made, "labels")
        assert [ids.tolist()[code] for code in codes] == [
            v.item() if isinstance(v, np.generic) else v for v in values
        ]
        n = len(values)
        assert Choices.from_pairs([0] * n, [1] * n, annotator=made).n_annotators == n


def test_a_long_label_among_many_does_not_make_all_of_them_long():
    labels = [*map(str, range(100_000)), "x" * 1_000_000]  # 400 GB as an array of fixed width
    ids, _ = code_labels(labels, "labels")
    assert set(ids.tolist()) == set(labels)
    choices = Choices.from_pairs(labels[:-1], [labels[-1]] * 100_000)
    assert choices.n_items == 100_001


@pytest.mark.parametrize(
    "make",
    [
        lambda values: pd.Series(pd.Categorical(values)),
        pd.Series,
        lambda values: pl.Series(values, dtype=pl.Enum(["z", "b", "a"])),
        pl.Series,
        lambda values: pa.array(values).dictionary_encode(),
        pa.array,
        lambda values: np.array(values, np.dtypes.StringDType()),
    ],
)
def test_strings_of_any_library_are_the_same_labels(make):
    choices = Choices.from_pairs(make(["b", "a"]), ["a", "z"])
    assert choices.item_ids.tolist() == ["a", "b", "z"]
    assert named(choices) == ["b", "a", "a", "z"]


def test_an_error_shows_the_beginning_of_a_long_label():
    with pytest.raises(ValueError, match=r"^unknown item: winner\[0\]='x{79}… is not in item_ids$"):
        Choices.from_pairs(["x" * 1_000_000], ["a"], item_ids=["a"])


def test_labels_that_sorting_does_not_order_are_still_told_apart():
    a, b, c = frozenset({1}), frozenset({2}), frozenset({3})
    choices = Choices.from_pairs(objects(a, b, c), objects(b, c, a))
    assert choices.n_items == 3
    assert named(choices) == [a, b, b, c, c, a]


def test_integers_beside_floats_say_what_to_do():
    message = (
        "winner holds floats but item_ids holds integers: drop what is missing and make the floats "
        "integers with astype(int)"
    )
    with pytest.raises(TypeError, match=f"^{re.escape(message)}$"):
        Choices.from_pairs(np.array([1.0]), np.array([2.0]), item_ids=[1, 2])


@pytest.mark.parametrize("lists", [[[1], [1, 2]], [[1, 2], [3, 4]]])
def test_lists_are_no_labels(lists):
    with pytest.raises(ValueError, match=r"^annotator must have one dimension"):
        Choices.from_pairs([0, 0], [1, 1], annotator=lists)


class Unconvertible(list):
    """What a library cannot hand out as an array."""

    def __array__(self, *_args, **_kwargs):
        raise RuntimeError("cannot call numpy()\non a tensor that requires grad")


def test_what_cannot_be_made_an_array_is_refused_in_words():
    message = r"^annotator cannot be made an array: cannot call numpy\(\)$"
    with pytest.raises(TypeError, match=message):
        Choices.from_pairs([0, 0], [1, 1], annotator=Unconvertible([1, 2]))
    with pytest.raises(TypeError, match=message.replace("annotator", "weight")):
        Choices.from_pairs([0, 0], [1, 1], weight=Unconvertible([1, 2]))


def test_integers_of_128_bits_are_labels_in_a_frame():
    who = pl.Series([2**80 + 1, 2**80], dtype=pl.Int128)
    frame = pl.DataFrame({"best": ["a", "b"], "other": ["b", "a"], "who": who})
    choices = Choices.from_frame(frame, "pairs", winner="best", loser="other", annotator="who")
    assert choices.annotator_ids.tolist() == [2**80, 2**80 + 1]


def test_dates_of_other_units_are_the_same_days():
    days, seconds = (
        np.array(["2024-01-01", "2024-01-02"], "M8[D]"),
        np.array(["2024-01-02"], "M8[s]"),
    )
    choices = Choices.from_pairs(days[:1], seconds, item_ids=days)
    assert choices.items.tolist() == [0, 1]


def test_dates_that_do_not_fit_a_common_unit_are_refused():
    early, late = np.array(["2024-01-01"], "M8[ns]"), np.array(["2500-01-01"], "M8[D]")
    message = (
        "winner or loser holds dates or durations of other units: 2500-01-01 does not fit into "
        "datetime64[ns]"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        Choices.from_pairs(early, late)


def test_no_labels_are_coded_as_none():
    for nothing in (np.empty(0, int), np.empty(0, "U3"), []):
        ids, codes = code_labels(nothing, "labels")
        assert (len(ids), len(codes)) == (0, 0)
