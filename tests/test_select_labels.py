"""Labels in a quota: every one is known, or the call is refused with what there is."""

from __future__ import annotations

import datetime as dt
import re

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from prefmath import select, select_batch, select_table

X = np.random.default_rng(0).standard_normal((12, 5)).astype(np.float32)
LANGUAGES = np.array(["de", "en", "fr"])[np.arange(12) % 3]


@pytest.mark.parametrize("ends", [0, 1, (0, None), (None, 2), (1, None)])
@pytest.mark.parametrize(
    ("labels", "label", "message"),
    [
        (LANGUAGES, "EN", "quota names group 'EN', which no row is in: groups holds 'en' and 2 mo"),
        (LANGUAGES, "en ", "quota names group 'en ', which no row is in: groups holds 'en' and"),
        (LANGUAGES, 1, "quota names group 1, which no row is in: groups holds 'de', 'en', 'fr'"),
        (np.arange(12) % 3, "1", "quota names group '1', which no row is in: groups holds 1 and 2"),
        (np.arange(12), 99, "group 99, which no row is in: groups holds 9 and 11 more"),
        (np.arange(12), -50, "which no row is in: groups holds 0, 1, 2, 3, 4 and 7 more"),
        (np.arange(12) + 2**60, 2**60 + 12, f"quota names group {2**60 + 12}, which no row is in"),
        (LANGUAGES, None, "quota names group None, which no row is in"),
        (LANGUAGES, np.str_("it"), "quota names group 'it', which no row is in"),
    ],
)
def test_an_unknown_label_is_refused_with_those_like_it(labels, label, message, ends):
    options = {"groups": labels, "quota": {label: ends}, "method": "max_sum"}
    with pytest.raises(ValueError, match=re.escape(message)):
        select(X, 3, **options)
    with pytest.raises(ValueError, match=re.escape(message)):
        select_batch(X, [0, 6, 12], 3, **options)


@pytest.mark.parametrize(
    ("labels", "label"),
    [
        (LANGUAGES, np.str_("en")),
        (np.arange(12) % 3, np.int64(1)),
        (np.arange(12, dtype=np.uint64) % 3 + 2**63, 2**63 + 1),
        (np.arange(12) % 3 + 2**60, 2**60 + 1),
        (np.arange(12) % 3 + 0.5, 1.5),
        (np.array(["2020-01-01", "2021-01-01"], "M8[D]")[np.arange(12) % 2], "2020-01-01"),
        (
            np.array(["2020-01-01", "2021-01-01"], "M8[D]")[np.arange(12) % 2],
            np.datetime64("2020-01-01"),
        ),
        (
            np.array(["2020-01-01", "2021-01-01"], "M8[s]")[np.arange(12) % 2],
            dt.date(2020, 1, 1),
        ),
        (
            np.array(["2020-01-01", "2021-01-01"], "M8[ns]")[np.arange(12) % 2],
            pd.Timestamp("2020-01-01"),
        ),
    ],
)
def test_a_label_may_have_another_form(labels, label):
    found = select(X, 6, method="max_sum", groups=labels, quota={label: 1})
    target = np.asarray([label]).astype(labels.dtype)[0]
    assert (labels[found.indices] == target).sum() <= 1
    assert (labels == target).sum() > 1


def test_no_rows_have_no_labels():
    none = np.empty((0, 5), np.float32)
    for labels in ([], np.empty(0, np.int64), np.empty(0, "U2")):
        options = {"groups": labels, "quota": {"en": 1}, "allow_fewer": True}
        assert len(select(none, 3, **options)) == 0
        assert select_batch(none, [0, 0], 3, **options).indices.tolist() == [[-1, -1, -1]]


def test_a_label_of_another_pool_is_known():
    found = select_batch(X, [0, 6, 12], [3, 2], groups=np.arange(12) // 6, quota={1: 2})
    assert (found.indices >= 0).sum(axis=1).tolist() == [3, 2]


def test_a_mask_over_a_rule_is_refused():
    masked = np.ma.array([1, 2], mask=[False, True])
    for name in ("include", "exclude"):
        with pytest.raises(ValueError, match=f"{name} must not be masked"):
            select(X, 3, **{name: masked})
    frame = pd.DataFrame({"embedding": list(X), "lang": LANGUAGES})
    with pytest.raises(ValueError, match="quota names group 'De', which no row is in: groups hold"):
        select_table(frame, 3, by=None, groups="lang", quota={"De": 1})


def test_categories_are_known_though_no_row_has_them():
    labels = pd.Categorical(LANGUAGES, categories=["de", "en", "fr", "it"])
    parts = {
        "pandas": pd.DataFrame({"lang": labels, "embedding": list(X)}),
        "polars": pl.DataFrame({"lang": LANGUAGES, "embedding": X}).with_columns(
            pl.col("lang").cast(pl.Enum(["de", "en", "fr", "it"]))
        ),
    }
    coded = pa.DictionaryArray.from_arrays(np.arange(12) % 3, ["de", "en", "fr", "it"])
    parts["arrow"] = pa.table({"lang": coded, "embedding": X.tolist()})
    for groups in (labels, pd.Series(labels)):
        found = select(X, 3, method="max_sum", groups=groups, quota={"it": 2, "en": 0})
        assert (LANGUAGES[found.indices] != "en").all()
        with pytest.raises(ValueError, match="quota names group 'es', which no row is in"):
            select(X, 3, groups=groups, quota={"es": 2})
        with pytest.raises(ValueError, match="quota asks for 1 of group 'it', which no row is in"):
            select(X, 3, groups=groups, quota={"it": (1, None)})
    for part in parts.values():
        options = {"by": None, "groups": "lang", "method": "max_sum"}
        found = select_table(part, 3, quota={"it": 2, "en": 0}, **options)
        assert "en" not in [str(label) for label in found["lang"]]
        with pytest.raises(ValueError, match="quota names group 'es', which no row is in"):
            select_table(part, 3, quota={"es": 2}, **options)
    plain = parts["polars"].with_columns(pl.col("lang").cast(pl.String).cast(pl.Categorical))
    with pytest.raises(ValueError, match="quota names group 'it', which no row is in"):
        select_table(plain, 3, by=None, groups="lang", method="max_sum", quota={"it": 2})
