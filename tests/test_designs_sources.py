"""Designs from frames of any library, dicts and records, with labels and columns of any kind."""

from __future__ import annotations

import pickle
import sys
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from design_data import FISHING, fishing, long_of_fishing
from prefmath import Choices, Design
from prefmath.models import ChoiceMixture, ConditionalLogit, cross_validate

WIDE = {
    "generic": ["price", "catch"],
    "case_specific": ["income"],
    "asc": True,
    "pattern": "{variable}.{alternative}",
}
LONG = {
    "alternative": "alt",
    "generic": ["price", "catch"],
    "case_specific": ["income"],
    "asc": True,
}
FRAME = fishing(60)
DESIGN = Design.from_wide(FRAME, FISHING, "mode", **WIDE)


def same(design, other=DESIGN):
    np.testing.assert_array_equal(design.features, other.features)
    np.testing.assert_array_equal(design.choices.items, other.choices.items)
    np.testing.assert_array_equal(design.choices.chosen, other.choices.chosen)


@pytest.mark.parametrize(
    "make",
    [
        pl.from_pandas,
        lambda frame: pl.from_pandas(frame).lazy(),
        lambda frame: pa.Table.from_pandas(frame, preserve_index=False),
        lambda frame: frame.to_dict("list"),
        dict,  # of Series
        lambda frame: {name: column.to_numpy() for name, column in frame.items()},
        lambda frame: frame.to_dict("records"),
        lambda frame: frame.convert_dtypes(),
        lambda frame: frame.astype({"mode": "category"}),
        lambda frame: frame.astype({"price.boat": object}),
        lambda frame: frame.assign(income=[Decimal(repr(x)) for x in frame["income"]]),
        lambda frame: frame.set_index(pd.Index(range(60, 0, -1))),
        lambda frame: frame.set_index(pd.Index([7] * 60)),
        lambda frame: frame.set_index("mode", drop=False),
        lambda frame: pl.from_pandas(frame).cast({"mode": pl.Categorical}),
        lambda frame: pl.from_pandas(frame).cast({"mode": pl.Enum(FISHING[::-1])}),
    ],
)
def test_whatever_holds_the_columns(make):
    same(Design.from_wide(make(FRAME), FISHING, "mode", **WIDE))


def test_dicts_need_no_library(monkeypatch):
    monkeypatch.setitem(sys.modules, "narwhals", None)
    same(Design.from_wide(FRAME.to_dict("list"), FISHING, "mode", **WIDE))
    with pytest.raises(ImportError, match="narwhals"):
        Design.from_wide(FRAME, FISHING, "mode", **WIDE)


@pytest.mark.parametrize("make", [list, np.array, tuple, pd.Series, pd.Index])
def test_alternatives_in_any_sequence(make):
    same(Design.from_wide(FRAME, make(FISHING), "mode", **WIDE))


@pytest.mark.parametrize("values", [[1, 2, 3, 4], [b"a", b"b", b"c", b"d"], [0.5, 1.5, 2.5, 3.5]])
def test_choices_that_are_called_something_else(values):
    mode = FRAME["mode"].map(dict(zip(FISHING, values, strict=True)))
    names = dict(zip(values, FISHING, strict=True))
    design = Design.from_wide(FRAME.assign(mode=mode), names, "mode", **WIDE)
    same(design)
    assert design.features.columns == DESIGN.features.columns
    long = long_of_fishing(FRAME)
    long["alt"] = long["alt"].map(dict(zip(FISHING, values, strict=True)))
    same(Design.from_long(long, "trip", "choice", alternatives=names, **LONG))
    named = Design.from_long(long, "trip", "choice", **LONG)
    texts = [value if isinstance(value, str) else repr(value) for value in values]
    assert [f"income:{text}" for text in texts[1:]] == list(named.features.columns[-3:])


@pytest.mark.parametrize("kind", [bool, int, float, object])
def test_choices_in_columns_of_yes_and_no(kind):
    marks = {f"y.{name}": (FRAME["mode"] == name).astype(kind) for name in FISHING}
    frame = FRAME.drop(columns="mode").assign(**marks)
    same(Design.from_wide(frame, FISHING, "y", **WIDE))
    same(Design.from_wide(frame, FISHING, {name: f"y.{name}" for name in FISHING}, **WIDE))
    long = long_of_fishing(FRAME)
    long["choice"] = long["choice"].astype(kind)
    same(Design.from_long(long, "trip", "choice", **LONG))


def test_binary_logit_of_booleans():
    rng = np.random.default_rng(0)
    frame = {"age": rng.random(40), "buys": rng.random(40) < 0.5}
    design = Design.from_wide(frame, [False, True], "buys", case_specific=["age"], asc=True)
    assert design.features.columns == ("(intercept):True", "age:True")
    assert design.base is False


def test_columns_that_no_pattern_names():
    frame = FRAME.rename(columns={"price.pier": "cost of piers", "catch.boat": "boats"})
    where = {
        "price": {name: f"price.{name}" for name in FISHING[:3]} | {"pier": "cost of piers"},
        "catch": {"beach": "catch.beach", "boat": "boats", "charter": "catch.charter", "pier": 0.5},
    }
    design = Design.from_wide(frame, FISHING, "mode", **(WIDE | {"generic": where}))
    np.testing.assert_array_equal(design.features["price"], DESIGN.features["price"])
    catch = DESIGN.features["catch"].reshape(-1, 4).copy()
    catch[:, 3] = 0.5
    np.testing.assert_array_equal(design.features["catch"], catch.ravel())
    other = FRAME.rename(columns=lambda name: name.replace("price.", "p_"))
    pattern = {"price": "p_{alternative}", "catch": None}
    same(Design.from_wide(other, FISHING, "mode", **(WIDE | {"generic": pattern})))
    some = {"catch": {"boat": "catch.boat", "pier": "catch.pier"}}
    own = Design.from_wide(
        FRAME, FISHING, "mode", alternative_specific=some, pattern=WIDE["pattern"]
    )
    assert own.features.columns == ("catch:boat", "catch:pier")
    np.testing.assert_array_equal(own.features["catch:pier"][3::4], FRAME["catch.pier"])
    assert not own.features["catch:pier"].reshape(-1, 4)[:, :3].any()


def test_sets_of_unequal_size_and_ids_that_begin_anew():
    long = long_of_fishing(FRAME).assign(who=lambda rows: rows["trip"] % 6)
    long = long[(long["alt"] != "pier") | long["choice"] | (long["trip"] % 2 == 0)]
    long["trip"] //= 6
    with pytest.raises(ValueError, match="if ids begin anew for each person, name the column"):
        Design.from_long(long, "trip", "choice", **LONG)
    design = Design.from_long(long, "trip", "choice", annotator="who", weight="income", **LONG)
    assert design.choices.n_annotators == 6
    assert len(design.choices) == 60
    assert sorted(set(np.diff(design.choices.offsets))) == [3, 4]
    np.testing.assert_allclose(np.sort(design.choices.weight), np.sort(FRAME["income"]))


@pytest.mark.parametrize("dtype", [np.float32, "float32", np.float64])
def test_types_of_features(dtype):
    design = Design.from_wide(FRAME, FISHING, "mode", dtype=dtype, **WIDE)
    assert design.features.dtype == np.dtype(dtype)
    assert np.asarray(design.features).dtype == np.dtype(dtype)
    assert ConditionalLogit().fit(*design).log_likelihood_ == pytest.approx(
        ConditionalLogit().fit(*DESIGN).log_likelihood_, rel=1e-5
    )


def test_designs_go_on_with_their_names():
    frame = FRAME.assign(who=np.arange(60) // 3)
    design = Design.from_wide(frame, FISHING, "mode", annotator="who", **WIDE)
    model = ChoiceMixture(2, n_init=1, random_state=0, tol=1e-3).fit(*design)
    assert model.feature_names_in_.tolist() == list(design.features.columns)
    assert model.adapt(*design).shape == (20, 2)
    half = design.choices.take(np.arange(30))
    assert model.predict_proba(half, design.features).shape == (120,)
    other = Design.from_wide(frame, FISHING, "mode", **(WIDE | {"base": "pier"}))
    with pytest.raises(ValueError, match="features must have the columns that they had in fit"):
        model.score(*other)
    with pytest.raises(TypeError, match="not the Design that holds them: pass it with a"):
        model.fit(design)
    with pytest.raises(TypeError, match="not the Design that holds them: pass it with a"):
        model.predict(design)
    again = pickle.loads(pickle.dumps(design))  # noqa: S301
    same(again, design)
    assert repr(again) == repr(design)
    choices, features = design
    assert isinstance(choices, Choices)
    assert features["price"].tolist() == features.values[:, 3].tolist()  # noqa: PD011
    with pytest.raises(KeyError, match="there is no feature 'prize'"):
        features["prize"]


def test_a_frame_that_lacks_an_alternative_has_the_columns_of_fit():
    long = long_of_fishing(FRAME)
    model = ConditionalLogit().fit(*Design.from_long(long, "trip", "choice", **LONG))
    few = long[(long["alt"] != "pier") & (long["mode"] != "pier")]
    lacking = Design.from_long(few, "trip", "choice", **LONG)
    with pytest.raises(ValueError, match=r"'\(intercept\):pier' is missing \(and 1 more\)$"):
        model.score(*lacking)
    whole = Design.from_long(few, "trip", "choice", alternatives=FISHING, **LONG)
    assert np.isfinite(model.score(*whole))
    assert repr(whole).splitlines()[5].split() == ["pier", "0", "0"]


def test_columns_in_an_index_are_told_of():
    long = long_of_fishing(FRAME).set_index(["trip", "alt"])
    with pytest.raises(ValueError, match=r"and 'alt' in its index, which reset_index\(\) makes"):
        Design.from_long(long, "trip", "choice", **LONG)
    same(Design.from_long(long.reset_index(), "trip", "choice", **LONG))


def test_predictions_stand_in_the_order_of_rows_whoever_chose():
    who = np.random.default_rng(2).permutation(60) % 7
    there = np.random.default_rng(3).random((60, 4)) < 0.6
    there[np.arange(60), FRAME["mode"].map(FISHING.index)] = True
    wide = FRAME.assign(who=who, **{f"av.{a}": there[:, j] for j, a in enumerate(FISHING)})
    long = long_of_fishing(FRAME).assign(who=who.repeat(4), av=there.ravel())
    shuffled = long.sample(frac=1, random_state=4)
    model = ConditionalLogit().fit(*DESIGN)
    utility = np.where(
        there, (np.asarray(DESIGN.features) @ model.coef_[0]).reshape(60, 4), -np.inf
    )
    chances = np.exp(utility) / np.exp(utility).sum(axis=1, keepdims=True)
    one = Design.from_wide(wide, FISHING, "mode", annotator="who", availability="av", **WIDE)
    np.testing.assert_allclose(model.predict_proba(*one), chances[there], rtol=1e-9)
    other = Design.from_long(shuffled, "trip", "mode", annotator="who", availability="av", **LONG)
    at = shuffled.iloc[other.rows].index
    np.testing.assert_allclose(model.predict_proba(*other), chances.ravel()[at], rtol=1e-9)


def test_features_are_arrays_and_frames():
    features = DESIGN.features
    frame = features.to_frame()
    assert list(frame.columns) == list(features.columns)
    np.testing.assert_array_equal(frame, np.asarray(features))
    assert features.to_frame("polars").columns == list(features.columns)
    np.testing.assert_array_equal(pd.DataFrame(features), features.values)
    np.testing.assert_array_equal(np.stack(list(features)), features)
    assert np.array(features).flags.writeable
    assert not np.asarray(features).flags.writeable
    assert features.shape == (240, 8) == (len(features), len(features.columns))
    model = ConditionalLogit().fit(DESIGN.choices, frame)
    assert model.score(*DESIGN) == model.score(DESIGN.choices, np.asarray(features))
    assert cross_validate(ConditionalLogit(l2=1), *DESIGN, n_folds=3, random_state=0).score.all()


@pytest.mark.parametrize("n_components", [1, 2])
def test_counts_are_rows_written_out(n_components):
    frame = FRAME.assign(times=np.random.default_rng(1).integers(1, 4, 60))
    often = frame.loc[frame.index.repeat(frame["times"])]
    counted = Design.from_wide(frame, FISHING, "mode", annotator="each", count="times", **WIDE)
    written = Design.from_wide(often, FISHING, "mode", annotator="each", **WIDE)
    long = long_of_fishing(FRAME).assign(times=frame["times"].to_numpy().repeat(4))
    stacked = Design.from_long(long, "trip", "mode", annotator="each", count="times", **LONG)
    options = {"n_init": 2, "random_state": 0, "tol": 1e-9}
    model = ChoiceMixture(n_components, **options).fit(*counted)
    for design in (written, stacked):
        assert model.bic(*design) == pytest.approx(model.bic(*counted), rel=1e-10)
        # Starts are drawn, and more rows draw others.
        if n_components == 1:
            other = ChoiceMixture(**options).fit(*design)
            assert other.log_likelihood_ == pytest.approx(model.log_likelihood_, rel=1e-10)
    assert f"{frame['times'].sum()} annotators (60 distinct)" in repr(counted)
