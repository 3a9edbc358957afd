"""Labels of people and items are matched exactly where models, profiles and figures meet them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from prefmath import Choices
from prefmath.metrics import adjusted_rand_index
from prefmath.models import BradleyTerry, ChoiceMixture, class_profiles
from prefmath.models._fit.fitting import _matched

BIG = 1 << 60


def test_a_fitted_model_knows_its_people_and_items_exactly():
    items = np.array([BIG, BIG + 1, BIG + 2], np.uint64)
    winner, loser = items[[0, 0, 1, 1, 2, 2]], items[[1, 2, 2, 0, 0, 1]]
    who = np.array([BIG, BIG, BIG, BIG + 1, BIG + 1, BIG + 1])
    choices = Choices.from_pairs(winner, loser, item_ids=items, annotator=who)
    model = ChoiceMixture(2, random_state=0, l2=0.1).fit(choices)
    signed = Choices.from_pairs(
        winner[3:4].astype(np.int64),
        loser[3:4].astype(np.int64),
        item_ids=items.astype(np.int64),
        annotator=who[3:4].astype(np.uint64),
    )
    expected = model.predict_proba(choices)[6:8]
    np.testing.assert_allclose(model.predict_proba(signed), expected)
    start = _matched(model.coef_, model.item_ids_, np.array([BIG + 2, BIG + 3, BIG + 1]))
    np.testing.assert_array_equal(start, model.coef_[:, [2, 0, 1]] * [1, 0, 1])


def test_profiles_match_people_exactly():
    pairs = Choices.from_pairs([0, 1], [1, 0], annotator=[BIG, BIG + 1])
    model = ChoiceMixture(2, random_state=0, l2=0.1).fit(pairs)
    who = np.array([BIG + 1, BIG, BIG + 2], np.uint64)
    found = class_profiles(model, {"age": ["old", "young", "none"]}, annotator=who)
    np.testing.assert_allclose(found.class_share, model.responsibilities_[[1, 0]])
    with pytest.raises(TypeError, match=r"^annotator holds strings, but the model knows integers$"):
        class_profiles(model, {"age": ["old"]}, annotator=[str(BIG)])
    with pytest.raises(ValueError, match=r"^annotator must name each once: .* in row 2 too$"):
        class_profiles(model, {"age": ["old"] * 3}, annotator=[1, 2, 1])


@pytest.mark.parametrize("nothing", [None, float("nan"), np.float32("nan"), pd.NA])
def test_what_is_not_known_of_a_person_is_no_level(nothing):
    found = class_profiles([[1, 0], [0, 1]], {"age": ["old", nothing]})
    assert found.level.tolist() == ["old"]


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame, pl.LazyFrame, pa.table, dict])
def test_profiles_read_any_frame(frame):
    found = class_profiles([[1, 0], [0, 1]], frame({"age": ["old", "young"]}))
    assert found.level.tolist() == ["old", "young"]


def test_groups_of_one_name_are_one_group():
    assert adjusted_rand_index(np.array([BIG, BIG + 1]), [BIG, -1]) == 1.0
    assert adjusted_rand_index(["a\0", "a", "a"], [1, 2, 2]) == 1.0
    with pytest.raises(ValueError, match=r"^true must not be missing: true\[1\]=nan$"):
        adjusted_rand_index([1.0, np.nan], [1, 2])
    with pytest.raises(TypeError, match=r"^true must hold labels of one kind, got int and str$"):
        adjusted_rand_index([1, "a"], [1, 2])


def test_items_of_pairs_in_arrays_are_checked():
    winner, loser = np.array([0, 1, 2]), np.array([1, 2, 0])
    with pytest.raises(ValueError, match=r"^item_ids must be unique: .* are both 'a'$"):
        BradleyTerry().fit_pairs(winner, loser, item_ids=["a", "b", "a"])
    with pytest.raises(ValueError, match=r"^item_ids must not be missing: item_ids\[1\]=None$"):
        BradleyTerry().fit_pairs(winner, loser, item_ids=["a", None, "b"])
    many = np.arange(2000)
    with pytest.raises(ValueError, match=r"^winner must be a row of the 1999 item_ids: .*=1999$"):
        BradleyTerry(l2=1.0).fit_pairs(many, many[::-1], item_ids=many[:-1])
