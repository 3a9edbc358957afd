"""What a design refuses: one sentence with argument, column, row and label, and what to do."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from design_data import FISHING, fishing, long_of_fishing
from prefmath import Design
from prefmath.models import ConditionalLogit

FRAME = fishing(20)
LONG = long_of_fishing(FRAME)
ALL = "'beach', 'boat', 'charter', 'pier'"


def wide(frame=FRAME, alternatives=FISHING, chosen="mode", **changed):
    said = {
        "generic": ["price", "catch"],
        "case_specific": ["income"],
        "asc": True,
        "pattern": "{variable}.{alternative}",
    }
    return Design.from_wide(frame, alternatives, chosen, **(said | changed))


def long(frame=LONG, choice_set="trip", chosen="choice", **changed):
    said = {
        "alternative": "alt",
        "generic": ["price", "catch"],
        "case_specific": ["income"],
        "asc": True,
    }
    return Design.from_long(frame, choice_set, chosen, **(said | changed))


def with_value(frame, row, column, value):
    frame = frame.copy()
    frame[column] = frame[column].astype(object)
    frame.loc[row, column] = value
    return frame


def marks(value):
    return FRAME.assign(**{f"y.{name}": value for name in FISHING})


REFUSED = {
    "a label that is none": (
        lambda: wide(with_value(FRAME, 3, "mode", "tram")),
        f"chosen must be one of the alternatives {ALL}: chosen[3]='tram' (chosen is column 'mode')",
    ),
    "no label": (
        lambda: wide(with_value(FRAME, 3, "mode", None)),
        "chosen must not be missing: chosen[3]=None (chosen is column 'mode')",
    ),
    "labels of another kind": (
        lambda: wide(FRAME.assign(mode=range(20))),
        "chosen holds integers but alternatives are strings, as 0 and 'beach'",
    ),
    "floats for integers": (
        lambda: wide(FRAME.assign(mode=1.0), dict(zip(range(4), FISHING, strict=True))),
        (
            "chosen holds floats but alternatives are integers: drop rows without one and make the "
            "floats integers with astype(int), as 1.0 and 0"
        ),
    ),
    "a base that is not there": (
        lambda: wide(base="tram"),
        f"base names 'tram', which is none of the alternatives {ALL}",
    ),
    "a base by position": (
        lambda: wide(base=0),
        f"base names 0, which is none of the alternatives {ALL}",
    ),
    "a base for nothing": (
        lambda: wide(base="boat", asc=False, case_specific=None),
        "base='boat' has no place without asc=True or case_specific",
    ),
    "no feature": (
        lambda: wide(generic=(), case_specific=(), asc=False),
        (
            "a design needs a feature: name generic, alternative_specific or case_specific "
            "variables, or set asc=True"
        ),
    ),
    "one alternative": (
        lambda: wide(alternatives=["boat"]),
        "alternatives must be two at least, got 'boat' alone",
    ),
    "alternatives in no order": (
        lambda: wide(alternatives={"boat"}),
        "alternatives must be a list of labels in an order, got {'boat'}",
    ),
    "an alternative twice": (
        lambda: wide(alternatives=["boat", "pier", "boat"]),
        "alternatives must be unique: alternatives[0] and alternatives[2] are both 'boat'",
    ),
    "a variable without columns": (
        lambda: wide(generic=["prize"]),
        (
            "frame has no column 'prize.beach' for generic 'prize' of 'beach': pattern tells how "
            "columns are called, and a dict from labels to columns what no pattern does"
        ),
    ),
    "a variable twice": (
        lambda: wide(generic=["price", "price"]),
        "generic must name each variable once, got 'price' twice",
    ),
    "two features of one name": (
        lambda: wide(generic={"income:boat": dict.fromkeys(FISHING, "income")}),
        "features must have names of their own, but two would be 'income:boat'",
    ),
    "a pattern without a place": (
        lambda: wide(pattern="{variable}"),
        "pattern must have {alternative} in it, got '{variable}'",
    ),
    "a dict of an unknown alternative": (
        lambda: wide(generic={"price": {"tram": "price.boat"}}),
        f"generic 'price' names 'tram', which is none of the alternatives {ALL}",
    ),
    "a dict that lacks an alternative": (
        lambda: wide(generic={"price": {"beach": "price.beach"}}),
        "generic 'price' must name a column, or a number, for each alternative: 'boat' has none",
    ),
    "decimal strings": (
        lambda: wide(FRAME.assign(**{"price.boat": FRAME["price.boat"].map("{:.2f}".format)})),
        (
            f"generic 'price' must hold numbers: column 'price.boat' has text, "
            f"'{FRAME['price.boat'][0]:.2f}' in row 0; make numbers of it first"
        ),
    ),
    "decimal commas": (
        lambda: wide(FRAME.assign(**{"price.boat": "3,5"})),
        (
            "generic 'price' must hold numbers: column 'price.boat' has text, '3,5' in row 0; make "
            "numbers of it first"
        ),
    ),
    "words": (
        lambda: wide(with_value(FRAME, 4, "income", "high")),
        (
            "case_specific must hold numbers: column 'income' has text, 'high' in row 4; make "
            "columns of 0 and 1 of it first"
        ),
    ),
    "infinity": (
        lambda: wide(FRAME.assign(income=np.inf)),
        "case_specific must be finite: column 'income' is inf in row 0",
    ),
    "beyond float32": (
        lambda: wide(FRAME.assign(income=1e39), dtype=np.float32),
        "case_specific must lie below 3.4e+38 in size: column 'income' is 1e+39 in row 0",
    ),
    "two chosen": (
        lambda: wide(
            with_value(marks(False), 0, "y.boat", True).assign(**{"y.pier": 1}), chosen="y"
        ),
        "chosen must mark one alternative in each row: row 0 marks 'boat', 'pier'",
    ),
    "none chosen": (
        lambda: wide(marks(0), chosen="y"),
        "chosen must mark one alternative in each row: row 0 marks none",
    ),
    "availability by position": (
        lambda: wide(availability=["av1", "av2"]),
        (
            "availability must be a name for the pattern '{variable}.{alternative}', or a dict "
            "from labels of alternatives to columns, got ['av1', 'av2']"
        ),
    ),
    "a column in place of its name": (
        lambda: wide(annotator=np.arange(20)),
        "annotator must be the name of a column, got ndarray",
    ),
    "a negative weight": (
        lambda: wide(FRAME.assign(times=-1), weight="times"),
        "weight must not be negative: weight[0]=-1.0 (weight is column 'times')",
    ),
    "columns of unequal length": (
        lambda: wide(FRAME.to_dict("list") | {"income": [1.0]}),
        "columns of frame must be of one length: 'income' has 1 rows and 'mode' has 20",
    ),
    "rows that are none": (
        lambda: wide([{"mode": "boat"}, 3]),
        "frame must be a data frame, a dict of columns or a list of dicts: frame[1] is int",
    ),
    "long: two chosen": (
        lambda: long(LONG.assign(choice=1)),
        (
            "chosen must mark one row of each choice set: choice set 0 (from row 0) has 4; if ids "
            "begin anew for each person, name the column of persons as annotator"
        ),
    ),
    "long: none chosen": (
        lambda: long(LONG.assign(choice=LONG["choice"] & (LONG["trip"] != 7))),
        "chosen must mark one row of each choice set: choice set 7 (from row 28) has 0",
    ),
    "long: yes and no": (
        lambda: long(LONG.assign(choice=np.where(LONG["choice"], "yes", "no"))),
        (
            f"chosen must be one of the alternatives {ALL}: chosen[0]='no'; what marks rows is "
            "boolean, or 0 and 1 (chosen is column 'choice')"
        ),
    ),
    "long: two labels in a set": (
        lambda: long(
            with_value(LONG, 6, "mode", "pier" if LONG["mode"][4] != "pier" else "boat"),
            chosen="mode",
        ),
        None,
    ),
    "long: a label that the set lacks": (
        lambda: long(
            LONG[(LONG["trip"] != 5) | (LONG["alt"] != LONG["mode"])].reset_index(), chosen="mode"
        ),
        (
            f"chosen must be an alternative of its choice set: choice set 5 (from row 20) has no "
            f"row of '{FRAME['mode'][5]}'"
        ),
    ),
    "long: an alternative twice": (
        lambda: long(pd.concat([LONG, LONG.iloc[5:6].assign(choice=False)], ignore_index=True)),
        (
            "the alternative 'boat' stands twice in choice set 1 (from row 4): in rows 5 and 80; "
            "if ids begin anew for each person, name the column of persons as annotator"
        ),
    ),
    "long: an unknown alternative": (
        lambda: long(alternatives=["beach", "boat", "charter"]),
        (
            "alternative must be one of the alternatives 'beach', 'boat', 'charter': "
            "alternative[3]='pier' (alternative is column 'alt')"
        ),
    ),
    "long: a case-specific variable that varies": (
        lambda: long(with_value(LONG, 6, "income", 99.0)),
        (
            f"case_specific must be the same in all rows of a choice set: column 'income' is 99 in "
            f"row 6 but {FRAME['income'][1]:g} before in choice set 1 (from row 4)"
        ),
    ),
    "long: a missing price": (
        lambda: long(with_value(LONG, 6, "price", None)),
        "generic must not be missing: column 'price' holds nothing in row 6",
    ),
    "long: constants without labels": (
        lambda: long(alternative=None, case_specific=()),
        "asc needs labels of alternatives: name their column",
    ),
    "long: labels 0 and 1 as what was chosen": (
        lambda: Design.from_long(
            {"s": [1, 1, 2, 2], "a": [0, 1, 0, 1], "c": [0, 0, 1, 1], "x": [1.0, 2.0, 3.0, 4.0]},
            "s",
            "c",
            alternative="a",
            generic=["x"],
        ),
        (
            "chosen must mark one row of each choice set: choice set 1 (from row 0) has 0; numbers "
            "0 and 1 mark rows: to have labels, make strings of both columns"
        ),
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_refusals(what):
    make, said = REFUSED[what]
    with pytest.raises((ValueError, TypeError)) as error:
        make()
    if said is None:
        assert re.match(
            r"chosen must be one alternative in all rows of a choice set: chosen\[6\]='\w+' but "
            r"'\w+' before in choice set 1 \(from row 4\)",
            str(error.value),
        )
    else:
        assert str(error.value) == said


def test_a_constant_variable_of_cases_is_named_by_the_fit():
    design = wide(FRAME.assign(income=3.0))
    with pytest.raises(
        ValueError, match=r"'\(intercept\):charter' and 'income:charter' are not determined"
    ):
        ConditionalLogit().fit(*design)
    # Without constants it stands for them.
    alone = wide(FRAME.assign(income=3.0), asc=False)
    assert ConditionalLogit(l2=1e-6).fit(*alone).log_likelihood_ == pytest.approx(
        ConditionalLogit(l2=1e-6).fit(*wide(case_specific=())).log_likelihood_, rel=1e-6
    )


def test_an_alternative_that_nobody_chose_is_named_by_the_fit():
    frame = fishing(60)
    frame.loc[frame["mode"] == "pier", "mode"] = "boat"
    with pytest.raises(ValueError, match=r"'\(intercept\):pier'.* no finite estimate"):
        ConditionalLogit().fit(*wide(frame, case_specific=()))
