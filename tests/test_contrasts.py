"""Differences of named parameters, and Wald's test, against the textbook and statsmodels."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2, norm

from choice_samples import draw
from prefmath import Choices
from prefmath.models import BradleyTerry, ChoiceMixture, ConditionalLogit, PlackettLuce

SAMPLE = draw(2, n_annotators=50, n_each=10, coef=[[1.0, -0.4, 0.05]])


@pytest.fixture(scope="module")
def logit():
    model = ConditionalLogit().fit(SAMPLE.choices, SAMPLE.features)
    return model.uncertainty(SAMPLE.choices, SAMPLE.features)


@pytest.fixture(scope="module")
def classes():
    sample = draw(4, n_annotators=80, n_each=20)
    model = ChoiceMixture(2, l2=0.0, random_state=0).fit(sample.choices, sample.features)
    return model.uncertainty(sample.choices, sample.features)


def test_a_difference_by_the_textbook(logit):
    found = logit.contrast("feature 0", "feature 2")
    v = logit.covariance
    se = np.sqrt(v[0, 0] + v[2, 2] - 2 * v[0, 2])
    difference = logit.coef[0, 0] - logit.coef[0, 2]
    assert found.estimate[0] == pytest.approx(difference, rel=1e-12)
    assert found.se[0] == pytest.approx(se, rel=1e-12)
    assert found.z[0] == pytest.approx(difference / se, rel=1e-12)
    assert found.p[0] == pytest.approx(2 * norm.sf(abs(difference / se)), rel=1e-10)
    np.testing.assert_allclose(
        found.interval[0], difference + norm.ppf([0.025, 0.975]) * se, rtol=1e-12
    )
    low, high = logit.contrast("feature 0", "feature 2", level=0.5).interval[0]
    assert (high - low) / 2 == pytest.approx(norm.ppf(0.75) * se)


def test_sums_with_weights(logit):
    found = logit.contrast({"feature 0": 0.5, "feature 1": 0.5}, {"feature 2": 2})
    weights = np.array([0.5, 0.5, -2])
    assert found.estimate[0] == pytest.approx(weights @ logit.coef[0])
    assert found.se[0] == pytest.approx(np.sqrt(weights @ logit.covariance[:3, :3] @ weights))
    assert found.label == "0.5 feature 0 + 0.5 feature 1 - (2 feature 2)"
    alone = logit.contrast("feature 1")
    assert alone.estimate[0] == logit.coef[0, 1]
    assert alone.se[0] == pytest.approx(logit.coef_se[0, 1], rel=1e-14)


@pytest.mark.parametrize(
    "ids", [["a", "b", "c"], [7, 3, 11], [b"a", b"b", b"c"], None], ids=["str", "int", "bytes", ""]
)
def test_items_by_their_ids(ids):
    rng = np.random.default_rng(0)
    first = rng.integers(0, 3, 300)
    second = (first + rng.integers(1, 3, 300)) % 3
    if ids is not None:
        first, second = np.array(ids)[first], np.array(ids)[second]
    choices = Choices.from_pairs(first, second, item_ids=ids)
    model = BradleyTerry().fit(choices)
    errors = model.uncertainty(choices, robust=False)
    names = ["item 0", "item 2"] if ids is None else [ids[0], ids[2]]
    rows = [0, 2] if ids is None else [choices.item_ids.tolist().index(name) for name in names]
    found = errors.contrast(*names)
    assert found.estimate[0] == pytest.approx(model.utilities_[rows] @ [1, -1])
    # The same, from the information of three items of which one is the reference.
    n = np.zeros((3, 3))
    np.add.at(n, (choices.winner, choices.loser), 1)
    n += n.T
    p = 1 / (1 + np.exp(model.utilities_ - model.utilities_[:, None]))
    weights = n * p * (1 - p)
    information = np.diag(weights.sum(axis=1)) - weights
    keep = [row for row in range(3) if row != rows[1]]
    inverse = np.linalg.inv(information[np.ix_(keep, keep)])
    assert found.se[0] == pytest.approx(np.sqrt(inverse[keep.index(rows[0])][keep.index(rows[0])]))
    assert errors.test([tuple(names)]).statistic == pytest.approx(found.z[0] ** 2)


def test_classes_apart_and_against_each_other(classes):
    every = classes.contrast("feature 0", "feature 1")
    assert every.estimate.shape == (2,)
    one = classes.contrast("feature 0[1]", "feature 1[1]")
    assert one.estimate == every.estimate[1:]
    assert one.se == every.se[1:]
    assert "class 1" in repr(every)
    between = classes.contrast("feature 0[0]", "feature 0[1]")
    v = classes.covariance
    assert between.se[0] == pytest.approx(np.sqrt(v[0, 0] + v[3, 3] - 2 * v[0, 3]))


def test_wald_by_the_textbook(classes):
    params, v = classes.params.ravel(), classes.covariance[:6, :6]
    found = classes.test("feature 0 = feature 1")
    r = np.array([[1.0, -1, 0, 0, 0, 0], [0, 0, 0, 1, -1, 0]])
    expected = r @ params @ np.linalg.solve(r @ v @ r.T, r @ params)
    assert found.statistic == pytest.approx(expected, rel=1e-9)
    assert (found.df, found.kind) == (2, "Wald")
    assert found.p == pytest.approx(chi2.sf(expected, 2), rel=1e-8)
    off = params[4] - 0.5
    assert classes.test("feature 1[1] = 0.5").statistic == pytest.approx(off**2 / v[4, 4])
    assert classes.test({"feature 1[1]": 0.5}).statistic == pytest.approx(off**2 / v[4, 4])
    assert classes.test("0.5 = feature 1[1]").statistic == pytest.approx(off**2 / v[4, 4])
    whole = classes.test()
    assert whole.df == 6
    assert whole.statistic == pytest.approx(params @ np.linalg.solve(v, params), rel=1e-9)


def test_what_is_said_twice_counts_once(logit):
    once = logit.test(["feature 0 = feature 1", "feature 1 = feature 2"])
    twice = logit.test(
        ["feature 0 = feature 1", "feature 1 = feature 2", ("feature 2", "feature 0")]
    )
    assert (once.df, twice.df) == (2, 2)
    assert twice.statistic == pytest.approx(once.statistic, rel=1e-9)
    with pytest.raises(ValueError, match=r"^hypotheses contradict each other"):
        logit.test(["feature 0 = 0", "feature 0 = 1"])


def test_all_items_are_equal():
    choices = draw(5, layout="rankings", n_items=6, n_each=6).choices
    model = PlackettLuce().fit(choices)
    errors = model.uncertainty(choices)
    found = errors.test()
    assert found.df == 5
    v = np.linalg.pinv(errors.covariance[:6, :6], rcond=1e-10)
    u = model.utilities_
    assert found.statistic == pytest.approx(u @ v @ u, rel=1e-6)


def test_units_of_features_do_not_matter():
    scale = np.array([1e-8, 1.0, 1e8])
    found = []
    for x in (SAMPLE.features, SAMPLE.features * scale):
        errors = ConditionalLogit().fit(SAMPLE.choices, x).uncertainty(SAMPLE.choices, x)
        found.append(errors.test())
    assert found[1].statistic == pytest.approx(found[0].statistic, rel=1e-6)
    assert found[1].df == 3


def test_ties_and_positions_have_names():
    rng = np.random.default_rng(0)
    first = rng.integers(0, 4, 400)
    second = (first + rng.integers(1, 4, 400)) % 4
    choices = Choices.from_pairs(
        first, second, tie=rng.random(400) < 0.2, first=rng.random(400) < 0.6
    )
    model = BradleyTerry(ties="davidson", position_effect=True).fit(choices)
    errors = model.uncertainty(choices)
    assert errors.contrast("shown first").se[0] == errors.position_effects_se[0, 0]
    found = errors.contrast("ties, log nu")
    assert found.estimate[0] == pytest.approx(np.log(model.tie_))


REFUSED = [
    (("x",), {}, "a must name a parameter, not 'x': there are 'feature 0'"),
    (("feature 00",), {}, "there is 'feature 0'"),
    (("feature 0", "feature 0"), {}, "a and b must differ: feature 0 - feature 0 is 0 by"),
    (("feature 0[2]",), {}, "a names class 2, but there are 2"),
    (("feature 0[0]", "feature 1"), {}, "a and b must both name a class or neither"),
    (({"feature 0[0]": 1, "feature 1": 1},), {}, "a must name a class with each of its"),
    (({},), {}, "a must name a parameter at least"),
    ((["feature 0"],), {}, "a must be a name or a dict of names to numbers, not list"),
    (({"feature 0": np.nan},), {}, r"a\['feature 0'\] must be finite, 0 or between"),
    (({"feature 0": "1"},), {}, r"a\['feature 0'\] must be"),
    ((True,), {}, "a must name a parameter, not True"),
    (("feature 0",), {"level": 1.0}, "level must be above 0 and below 1"),
]


@pytest.mark.parametrize(("names", "arguments", "message"), REFUSED)
def test_what_no_contrast_is_of(classes, names, arguments, message):
    with pytest.raises((ValueError, TypeError), match=message):
        classes.contrast(*names, **arguments)


@pytest.mark.parametrize(
    ("hypotheses", "message"),
    [
        ([], "^hypotheses must hold one at least$"),
        (3, "^hypotheses must be texts, pairs of names or a dict, not int$"),
        ("feature 0", r"^hypotheses\[0\] must be an equation such as 'a = b' or 'a = 0'"),
        ("feature 0 = y", r"^hypotheses\[0\] must name a parameter, not 'y'"),
        ("y = 0", r"^hypotheses\[0\] must name a parameter, not 'y'"),
        (["feature 0 = 0", 5], r"^hypotheses\[1\] must be a text or a pair of names, not int$"),
        ([("a", "b", "c")], r"^hypotheses\[0\] must be a pair of names, not 3$"),
        ([("feature 0", "b")], r"^hypotheses\[0\] must name a parameter, not 'b'"),
        ("feature 0 = feature 0", r"^hypotheses\[0\] holds by definition: feature 0 = feature 0$"),
        ({"feature 0": np.inf}, r"^hypotheses\['feature 0'\] must be finite, not inf$"),
        ({"feature 0": "b"}, r"^hypotheses\['feature 0'\] must be"),
        ("feature 0 = inf", r"^hypotheses\[0\] must be finite, not inf$"),
    ],
)
def test_what_no_hypothesis_is(classes, hypotheses, message):
    with pytest.raises((ValueError, TypeError), match=message):
        classes.test(hypotheses)


def test_labels_with_signs_of_their_own():
    choices = Choices.from_pairs(["a = b"] * 3 + ["c[0]"] * 2, ["c[0]"] * 3 + ["a = b"] * 2)
    errors = BradleyTerry().fit(choices).uncertainty(choices, robust=False)
    expected = errors.contrast("a = b", "c[0]").z[0] ** 2
    for text in ("a = b = c[0]", "c[0] = a = b", [("c[0]", "a = b")]):
        assert errors.test(text).statistic == pytest.approx(expected)


def test_what_is_not_determined_is_not_tested():
    known = Choices.from_pairs(["a", "b", "a"] * 9, ["b", "a", "b"] * 9, item_ids=["a", "b", "c"])
    errors = BradleyTerry(l2=0.1).fit(known).uncertainty(known)
    found = errors.contrast("a", "c")
    assert (found.se[0], found.z[0], found.p[0]) == (np.inf, 0.0, 1.0)
    assert found.interval.tolist() == [[-np.inf, np.inf]]
    assert "not determined" in repr(found)
    with pytest.raises(ValueError, match="are about the utility of 'c', of which the judgements"):
        errors.test("a = c")


def test_statsmodels_agrees():
    conditional = pytest.importorskip("statsmodels.discrete.conditional_models")
    choices, x = SAMPLE.choices, SAMPLE.features
    y = np.zeros(len(choices.items))
    y[choices.offsets[:-1] + choices.chosen] = 1
    groups = np.repeat(np.arange(len(choices)), np.diff(choices.offsets))
    keep = np.diff(choices.offsets)[groups] > 1
    other = conditional.ConditionalLogit(y[keep], x[choices.items][keep], groups=groups[keep]).fit(
        disp=False, method="newton"
    )
    errors = ConditionalLogit().fit(choices, x).uncertainty(choices, x, robust=False)
    np.testing.assert_allclose(errors.coef[0], other.params, rtol=1e-5)
    np.testing.assert_allclose(errors.coef_se[0], other.bse, rtol=1e-4)
    found = errors.contrast("feature 0", "feature 1")
    theirs = other.wald_test(np.array([[1.0, -1, 0]]), use_f=False, scalar=True)
    assert found.z[0] ** 2 == pytest.approx(float(theirs.statistic), rel=1e-4)
    assert found.p[0] == pytest.approx(float(theirs.pvalue), rel=1e-2)
    r = np.array([[1, -1, 0], [0, 0, 1.0]])
    ours = errors.test(["feature 2 = 0.1", "feature 0 = feature 1"])
    theirs = other.wald_test((r, np.array([0.0, 0.1])), use_f=False, scalar=True)
    assert ours.statistic == pytest.approx(float(theirs.statistic), rel=1e-4)
    assert ours.p == pytest.approx(float(theirs.pvalue), rel=1e-2)
