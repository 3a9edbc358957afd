"""Alternatives that were not offered are rows left out, whatever stands in them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from design_data import FISHING, fishing, long_of_fishing, stacked
from prefmath import Design
from prefmath.models import ConditionalLogit

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


def offered(frame, seed=0):
    """Draw which alternatives there are beside the one chosen and one more."""
    table = np.random.default_rng(seed).random((len(frame), 4)) < 0.6
    chosen = frame["mode"].map(FISHING.index).to_numpy()
    table[np.arange(len(frame)), chosen] = True
    table[np.arange(len(frame)), (chosen + 1) % 4] = True
    return table


def with_holes(frame, there):
    """Return the frame with columns of availability, and nothing where nothing was offered."""
    frame = frame.copy()
    for at, name in enumerate(FISHING):
        frame[f"av.{name}"] = there[:, at].astype(int)
        frame.loc[~there[:, at], f"price.{name}"] = np.nan
        frame.loc[~there[:, at], f"catch.{name}"] = [np.inf, -1.0][at % 2]
    return frame


def by_hand(frame, there):
    sets = []
    for at, row in enumerate(frame.to_dict("records")):
        names = [name for name, yes in zip(FISHING, there[at], strict=True) if yes]
        rows = [
            [
                *(float(name == other) for other in FISHING[1:]),
                *(row[f"price.{name}"], row[f"catch.{name}"]),
                *(row["income"] * (name == other) for other in FISHING[1:]),
            ]
            for name in names
        ]
        sets.append((rows, names.index(row["mode"])))
    return stacked(sets)


def test_availability_is_rows_left_out():
    frame = fishing()
    there = offered(frame)
    choices, features = by_hand(frame, there)
    design = Design.from_wide(with_holes(frame, there), FISHING, "mode", availability="av", **WIDE)
    np.testing.assert_array_equal(design.features, features)
    np.testing.assert_array_equal(design.choices.chosen, choices.chosen)
    one, other = ConditionalLogit().fit(*design), ConditionalLogit().fit(choices, features)
    assert one.log_likelihood_ == pytest.approx(other.log_likelihood_, rel=1e-10)
    assert design.rows.tolist() == np.nonzero(there)[0].tolist()
    assert design.alternative.tolist() == np.nonzero(there)[1].tolist()
    chances = one.predict_proba(*design)
    np.testing.assert_allclose(np.bincount(design.rows, chances), 1)
    # What is expected is what was chosen, where alternatives have constants.
    demand = np.bincount(design.alternative, chances)
    np.testing.assert_allclose(demand, frame["mode"].value_counts()[FISHING], rtol=1e-6)


@pytest.mark.parametrize("chosen", ["choice", "mode"])
def test_availability_in_a_long_frame(chosen):
    frame = fishing()
    there = offered(frame)
    long = long_of_fishing(frame).assign(av=there.ravel())
    left = Design.from_long(long[long["av"]].sample(frac=1, random_state=1), "trip", chosen, **LONG)
    holes = long.copy()
    holes.loc[~holes["av"], ["price", "income"]] = np.nan
    holes = pd.concat([holes, holes[~holes["av"]]])  # what is not there may be said twice
    holes = holes.sample(frac=1, random_state=2)
    design = Design.from_long(holes, "trip", chosen, availability="av", **LONG)
    one, other = (ConditionalLogit().fit(*each) for each in (design, left))
    assert one.log_likelihood_ == pytest.approx(other.log_likelihood_, rel=1e-10)
    np.testing.assert_array_equal(design.features["price"], holes["price"].iloc[design.rows])
    chances = pd.Series(one.predict_proba(*design), index=holes.index[design.rows])
    np.testing.assert_allclose(chances.groupby(holes["trip"].iloc[design.rows].to_numpy()).sum(), 1)


def test_availability_by_label_and_by_constants():
    frame = fishing(100)
    there = np.ones((100, 4), bool)
    there[:, 3] = frame["mode"] == "pier"
    told = with_holes(frame, there).rename(columns={"av.pier": "has_pier"})
    where = {"pier": "has_pier", "boat": True, "beach": 1, "charter": np.True_}
    design = Design.from_wide(told, FISHING, "mode", availability=where, **WIDE)
    np.testing.assert_array_equal(design.features, by_hand(frame, there)[1])
    with pytest.raises(ValueError, match="availability must name a column, or a number, for each"):
        Design.from_wide(told, FISHING, "mode", availability={"pier": "has_pier"}, **WIDE)


def test_all_available_is_as_if_nothing_were_said():
    frame = fishing(50)
    told = frame.assign(**{f"av.{name}": True for name in FISHING})
    one = Design.from_wide(told, FISHING, "mode", availability="av", **WIDE)
    other = Design.from_wide(frame, FISHING, "mode", **WIDE)
    np.testing.assert_array_equal(one.features, other.features)
    assert repr(one) == repr(other)


def test_what_was_chosen_must_be_available():
    frame = with_holes(fishing(20), np.ones((20, 4), bool))
    row = int((frame["mode"] == "charter").to_numpy().argmax())
    frame.loc[row, "av.charter"] = 0
    with pytest.raises(ValueError, match=f"^chosen must be available: row {row} chose 'charter'"):
        Design.from_wide(frame, FISHING, "mode", availability="av", **WIDE)
    long = long_of_fishing(fishing(20)).assign(av=1)
    at = int(long["choice"].to_numpy().nonzero()[0][3])
    long.loc[at, "av"] = 0
    with pytest.raises(ValueError, match=f"^chosen must be available: row {at} was chosen, which"):
        Design.from_long(long, "trip", "choice", availability="av", **LONG)
    label = long["mode"][at]
    with pytest.raises(
        ValueError,
        match=rf"^chosen must be available: choice set 3 \(from row 12\) chose '{label}'",
    ):
        Design.from_long(long, "trip", "mode", availability="av", **LONG)


@pytest.mark.parametrize(
    ("value", "said"),
    [(2, "is 2"), (np.nan, "holds nothing"), (0.5, "is 0.5"), (np.inf, "is inf")],
)
def test_availability_is_yes_or_no(value, said):
    frame = with_holes(fishing(20), np.ones((20, 4), bool))
    frame["av.boat"] = frame["av.boat"].astype(float)
    frame.loc[7, "av.boat"] = value
    with pytest.raises(
        ValueError,
        match=f"^availability must hold booleans or 0 and 1: column 'av.boat' {said} in row 7",
    ):
        Design.from_wide(frame, FISHING, "mode", availability="av", **WIDE)


def test_what_is_available_must_not_be_missing():
    frame = fishing(20)
    there = offered(frame)
    told = with_holes(frame, there)
    row = int(there[:, 1].nonzero()[0][2])
    told.loc[row, "price.boat"] = np.nan
    with pytest.raises(
        ValueError,
        match="^generic must not be missing: column 'price.boat' holds nothing in row "
        f"{row}, where 'boat' is available$",
    ):
        Design.from_wide(told, FISHING, "mode", availability="av", **WIDE)
    with pytest.raises(ValueError, match=r"was not offered, say so by availability$"):
        Design.from_wide(told, FISHING, "mode", **WIDE)
    told["price.boat"] = frame["price.boat"]
    told.loc[4, "income"] = np.nan
    with pytest.raises(
        ValueError, match=r"^case_specific must not be missing: column 'income' hold"
    ):
        Design.from_wide(told, FISHING, "mode", availability="av", **WIDE)
