"""Layouts of well-known data sets in one call each: the likelihood of what was stacked by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from design_data import (
    FISHING,
    MODES,
    fishing,
    long_of_fishing,
    modes,
    stacked,
    suppliers,
    swissmetro,
    train,
)
from prefmath import Choices, Design
from prefmath.models import ChoiceMixture, ConditionalLogit

CLOSE = {"rel": 1e-10, "abs": 0}


def agree(design, by_hand, names):
    assert list(design.features.columns) == names
    one, other = ConditionalLogit().fit(*design), ConditionalLogit().fit(*by_hand)
    assert one.feature_names_in_.tolist() == names
    assert one.log_likelihood_ == pytest.approx(other.log_likelihood_, **CLOSE)
    np.testing.assert_allclose(one.coef_, other.coef_, rtol=1e-7, atol=1e-9)
    np.testing.assert_array_equal(np.asarray(design.features), by_hand[1])
    return one


def fishing_by_hand(frame, base="beach"):
    others = [name for name in FISHING if name != base]
    sets = []
    for row in frame.to_dict("records"):
        rows = [
            [
                *(float(name == other) for other in others),
                *(row[f"price.{name}"], row[f"catch.{name}"]),
                *(row["income"] * (name == other) for other in others),
            ]
            for name in FISHING
        ]
        sets.append((rows, FISHING.index(row["mode"])))
    names = [f"(intercept):{name}" for name in others] + ["price", "catch"]
    return stacked(sets), names + [f"income:{name}" for name in others]


@pytest.mark.parametrize("base", [None, "beach", "charter"])
def test_fishing_wide(base):
    frame = fishing()
    design = Design.from_wide(
        frame,
        FISHING,
        "mode",
        generic=["price", "catch"],
        case_specific=["income"],
        asc=True,
        base=base,
        pattern="{variable}.{alternative}",
    )
    by_hand, names = fishing_by_hand(frame, base or "beach")
    agree(design, by_hand, names)
    assert design.base == (base or "beach")
    assert design.rows.tolist() == np.repeat(np.arange(len(frame)), 4).tolist()
    # The base moves coefficients and nothing else.
    assert ConditionalLogit().fit(*design).log_likelihood_ == pytest.approx(
        ConditionalLogit().fit(*fishing_by_hand(frame)[0]).log_likelihood_, rel=1e-9
    )


@pytest.mark.parametrize("chosen", ["choice", "mode"])
@pytest.mark.parametrize("shuffled", [False, True])
def test_fishing_long_is_fishing_wide(chosen, shuffled):
    wide = fishing()
    by_hand, names = fishing_by_hand(wide)
    long = long_of_fishing(wide)
    if shuffled:
        long = long.sample(frac=1, random_state=0)
    design = Design.from_long(
        long,
        "trip",
        chosen,
        alternative="alt",
        generic=["price", "catch"],
        case_specific=["income"],
        asc=True,
    )
    assert list(design.features.columns) == names
    one, other = ConditionalLogit().fit(*design), ConditionalLogit().fit(*by_hand)
    assert one.log_likelihood_ == pytest.approx(other.log_likelihood_, **CLOSE)
    # Features, and what is predicted, stand in the order of the rows of the frame.
    np.testing.assert_array_equal(design.features["price"], long["price"])
    probability = pd.Series(one.predict_proba(*design), index=long.index)
    np.testing.assert_allclose(
        probability.sort_index(), other.predict_proba(*by_hand), rtol=1e-6, atol=1e-9
    )
    assert (design.alternatives[design.alternative] == long["alt"]).all()


def test_modes_with_coefficients_for_each_alternative():
    frame = modes()
    design = Design.from_wide(
        frame,
        MODES,
        "choice",
        generic=["cost"],
        alternative_specific=["time"],
        pattern="{variable}.{alternative}",
    )
    sets = [
        (
            [
                [row[f"cost.{name}"], *(row[f"time.{name}"] * (name == other) for other in MODES)]
                for name in MODES
            ],
            MODES.index(row["choice"]),
        )
        for row in frame.to_dict("records")
    ]
    agree(design, stacked(sets), ["cost", *(f"time:{name}" for name in MODES)])
    assert design.base is None


def test_train_with_pairs_of_columns_is_a_panel():
    frame = train()
    names = ["price", "time", "change"]
    design = Design.from_wide(frame, ["A", "B"], "choice", generic=names, annotator="id")
    sets = [
        ([[row[f"{name}_{at}"] for name in names] for at in "AB"], "AB".index(row["choice"]))
        for row in frame.to_dict("records")
    ]
    choices, features = stacked(sets)
    agree(design, (choices, features), names)
    assert design.choices.annotator_ids.tolist() == frame["id"].unique().tolist()
    of_people = Choices.from_choice_sets(
        choices.offsets, choices.items, choices.chosen, annotator=frame["id"]
    )
    options = {"n_init": 2, "random_state": 0, "tol": 1e-5}
    mixture = ChoiceMixture(2, **options).fit(*design)
    by_hand = ChoiceMixture(2, **options).fit(of_people, features)
    assert mixture.log_likelihood_ == pytest.approx(by_hand.log_likelihood_, **CLOSE)


def test_electricity_long_and_wide():
    long = suppliers()
    names = ["pf", "loc", "wk", "tod"]
    design = Design.from_long(
        long, "chid", "choice", alternative="alt", generic=names, annotator="id"
    )
    rows = long[names].to_numpy(float).reshape(-1, 4, 4)
    sets = [
        (list(x), int(at))
        for x, at in zip(rows, long["choice"].to_numpy().reshape(-1, 4).argmax(axis=1), strict=True)
    ]
    agree(design, stacked(sets), names)
    assert repr(design) == (
        "Design(150 choices among 4 by 30 annotators, 4 features)\n"
        "   available  chosen\n"
        + "".join(
            f"{alt}        150  {n:6}\n"
            for alt, n in long[long["choice"] == 1]["alt"].value_counts().sort_index().items()
        )
        + "features: 'pf', 'loc', 'wk', 'tod'"
    )
    # As in R: pf1, pf2, … and the number chosen.
    wide = long.pivot_table(index=["chid", "id"], columns="alt", values=names)
    wide.columns = [f"{name}{alt}" for name, alt in wide.columns]
    wide = wide.reset_index()
    wide["choice"] = long[long["choice"] == 1]["alt"].to_numpy()
    other = Design.from_wide(
        wide,
        [1, 2, 3, 4],
        "choice",
        generic=names,
        annotator="id",
        pattern="{variable}{alternative}",
    )
    np.testing.assert_array_equal(other.features, design.features)
    np.testing.assert_array_equal(other.choices.chosen, design.choices.chosen)


def test_swissmetro_with_numbers_for_labels_and_a_way_without_headway():
    frame = swissmetro()
    names = ["TRAIN", "SM", "CAR"]
    design = Design.from_wide(
        frame,
        {1: "TRAIN", 2: "SM", 3: "CAR"},
        "CHOICE",
        generic={"TT": None, "CO": None, "HE": {"TRAIN": "TRAIN_HE", "SM": "SM_HE", "CAR": 0}},
        asc=True,
        base="SM",
        pattern="{alternative}_{variable}",
        availability="AV",
    )
    sets = []
    for row in frame.to_dict("records"):
        there = [name for name in names if row[f"{name}_AV"]]
        rows = [
            [
                *(float(name == other) for other in ("TRAIN", "CAR")),
                *(row[f"{name}_TT"], row[f"{name}_CO"], row.get(f"{name}_HE", 0.0)),
            ]
            for name in there
        ]
        sets.append((rows, there.index(names[row["CHOICE"] - 1])))
    agree(design, stacked(sets), ["(intercept):TRAIN", "(intercept):CAR", "TT", "CO", "HE"])
    assert design.alternatives.tolist() == names


def test_real_electricity(data_dir):
    path = data_dir / "electricity" / "electricity.csv.gz"
    if not path.is_file():
        pytest.skip(f"no real data at {path}")
    names = ["pf", "cl", "loc", "wk", "tod", "seas"]
    frame = pd.read_csv(path)
    design = Design.from_long(frame, "chid", "choice", generic=names, annotator="id")
    model = ConditionalLogit().fit(*design)
    assert round(model.log_likelihood_, 4) == -4958.6491
    np.testing.assert_allclose(
        model.coef_, [[-0.62523, -0.1083, 1.44224, 0.9955, -5.46276, -5.84003]], atol=1e-5
    )
    labelled = Design.from_long(
        frame, "chid", "choice", alternative="alt", generic=names, annotator="id"
    )
    assert ConditionalLogit().fit(*labelled).log_likelihood_ == model.log_likelihood_


@pytest.mark.parametrize("base", ["beach", "pier"])
def test_case_specific_variables_are_multinomial_logit(base):
    api = pytest.importorskip("statsmodels.api", reason="statsmodels is not installed")
    frame = fishing()
    frame["age"] = np.random.default_rng(5).integers(18, 80, len(frame))
    order = [base, *(name for name in FISHING if name != base)]
    design = Design.from_wide(
        frame, FISHING, "mode", case_specific=["income", "age"], asc=True, base=base
    )
    model = ConditionalLogit(tol=1e-12).fit(*design)
    oracle = api.MNLogit(
        frame["mode"].map(order.index), api.add_constant(frame[["income", "age"]])
    ).fit(disp=0, method="newton", tol=1e-12)
    assert model.log_likelihood_ == pytest.approx(oracle.llf, **CLOSE)
    coef = dict(zip(model.feature_names_in_, model.coef_[0], strict=True))
    errors = dict(
        zip(
            model.feature_names_in_,
            model.uncertainty(*design, robust=False).coef_se[0],
            strict=True,
        )
    )
    for at, name in enumerate(order[1:]):
        for variable, called in (("const", "(intercept)"), ("income", "income"), ("age", "age")):
            assert coef[f"{called}:{name}"] == pytest.approx(
                oracle.params[at][variable], rel=1e-6, abs=1e-8
            )
            assert errors[f"{called}:{name}"] == pytest.approx(oracle.bse[at][variable], rel=1e-5)
