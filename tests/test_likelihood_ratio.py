"""Likelihood-ratio tests: of named coefficients by a second fit, and of two fitted models."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from scipy.stats import chi2

from choice_samples import LAYOUTS, draw, judgement_log_likelihood
from prefmath import Choices
from prefmath.models import (
    BradleyTerry,
    ChoiceMixture,
    ConditionalLogit,
    PlackettLuce,
    compare_nested,
)

SAMPLE = draw(2, n_annotators=40, n_each=10, coef=[[1.0, -0.4, 0.05]])
RATIO = {"method": "likelihood_ratio"}


def best(choices, design):
    """Return the highest log-likelihood of utilities that are linear in a design."""

    def loss(coef):
        return -judgement_log_likelihood(choices, (design @ coef)[:, None]).sum()

    return -minimize(loss, np.zeros(design.shape[1]), method="BFGS", options={"gtol": 1e-7}).fun


@pytest.mark.parametrize("layout", ["choice_sets", "rankings"])
def test_coefficients_as_scipy_fits_them(layout):
    sample = draw(2, layout=layout, n_annotators=12, n_each=8, coef=[[1.0, -0.4, 0.05]])
    choices, x = sample.choices, sample.features
    model = ConditionalLogit().fit(choices, x)
    whole = best(choices, x)
    for hypotheses, design in (
        ("feature 2 = 0", x[:, :2]),
        ("feature 0 = feature 1", np.column_stack([x[:, 0] + x[:, 1], x[:, 2]])),
        (["feature 0 = feature 1", "feature 2 = 0"], x[:, [0]] + x[:, [1]]),
        ({"feature 0": 0, "feature 1": 0}, x[:, 2:]),
    ):
        found = model.test(choices, x, hypotheses, **RATIO)
        expected = 2 * (whole - best(choices, design))
        assert found.statistic == pytest.approx(expected, rel=1e-4, abs=1e-4)
        assert found.df == 3 - design.shape[1]
        assert found.p == pytest.approx(chi2.sf(found.statistic, found.df), rel=1e-10)
    found = model.test(choices, x, **RATIO)
    null = judgement_log_likelihood(choices, np.zeros((30, 1))).sum()
    assert (found.df, found.statistic) == (3, pytest.approx(2 * (whole - null), rel=1e-6))


@pytest.mark.parametrize("kind", [BradleyTerry, PlackettLuce])
def test_items_of_one_utility_as_scipy_fits_them(kind):
    layout = "pairs" if kind is BradleyTerry else "rankings"
    choices = draw(5, layout=layout, n_items=6, n_annotators=12, n_each=8).choices
    model = kind().fit(choices)
    names = choices.item_ids.tolist()
    merged = np.eye(6)[:, [1, 2, 4, 5]]
    merged[3, 1] = 1
    found = model.test(choices, hypotheses=[(names[3], names[2])], **RATIO)
    expected = 2 * (best(choices, np.eye(6)[:, 1:]) - best(choices, merged))
    assert found.statistic == pytest.approx(expected, rel=1e-4, abs=1e-5)
    assert found.df == 1
    every = model.test(choices, **RATIO)
    null = judgement_log_likelihood(choices, np.zeros((6, 1))).sum()
    assert every.df == 5
    assert every.statistic == pytest.approx(2 * (model.log_likelihood_ - null), rel=1e-9)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_wald_and_the_ratio_agree_near_the_truth(layout):
    sample = draw(2, layout=layout, n_annotators=100, n_each=10, coef=[[0.6, 0.6, 0.0]])
    model = ConditionalLogit().fit(sample.choices, sample.features)
    hypotheses = ["feature 0 = feature 1", "feature 2 = 0"]
    arguments = sample.choices, sample.features, hypotheses
    wald = model.test(*arguments, robust=False)
    ratio = model.test(*arguments, **RATIO)
    assert wald.df == ratio.df == 2
    assert wald.statistic == pytest.approx(ratio.statistic, rel=0.1, abs=0.05)


def test_classes_are_constrained_together():
    sample = draw(4, n_annotators=80, n_each=20)
    settings = {"l2": 0.0, "n_init": 3, "random_state": 0}
    model = ChoiceMixture(2, **settings).fit(sample.choices, sample.features)
    found = model.test(sample.choices, sample.features, "feature 2 = 0", **RATIO)
    small = ChoiceMixture(2, **settings).fit(sample.choices, sample.features[:, :2])
    expected = 2 * (model.log_likelihood_ - small.log_likelihood_)
    assert found.df == 2
    assert found.statistic == pytest.approx(expected, rel=1e-6)
    assert "relies on both fits having reached their highest optimum" in repr(found)
    nested = compare_nested(
        small, model, sample.choices, sample.features, small_features=sample.features[:, :2]
    )
    assert (nested.df, nested.statistic) == (2, pytest.approx(expected))
    items = ChoiceMixture(2, n_init=1, random_state=0).fit(sample.choices)
    names = sample.choices.item_ids.tolist()
    found = items.test(sample.choices, hypotheses=[(names[0], names[1])], **RATIO)
    assert found.df == 2
    assert "of penalised fits (l2=0.001)" in repr(found)


def test_ties_stay_when_all_items_are_equal():
    choices = draw(1, layout="tied pairs", n_items=5).choices
    model = BradleyTerry(ties="davidson").fit(choices)
    found = model.test(choices, **RATIO)
    share = choices.tied.mean()
    null = len(choices) * (share * np.log(share) + (1 - share) * np.log((1 - share) / 2))
    assert found.statistic == pytest.approx(2 * (model.log_likelihood_ - null), rel=1e-6)
    assert found.df == 4


def test_nested_models():
    choices, x = SAMPLE.choices, SAMPLE.features
    large = ConditionalLogit().fit(choices, x)
    small = ConditionalLogit().fit(choices, x[:, :1])
    items = ChoiceMixture(l2=0.0).fit(choices)
    found = compare_nested(small, large, choices, x, small_features=x[:, :1])
    assert found.df == 2
    assert found.statistic == pytest.approx(2 * (large.log_likelihood_ - small.log_likelihood_))
    assert found.hypotheses == ("ConditionalLogit within ConditionalLogit",)
    told = "takes judgements of one annotator for independent"
    assert told in repr(found)
    once = Choices.from_pairs([0, 1, 2, 0, 1] * 9, [1, 2, 0, 2, 0] * 9, annotator=np.arange(45))
    assert told not in repr(BradleyTerry().fit(once).test(once, **RATIO))
    assert compare_nested(large, items, choices, small_features=x).df == 29 - 3
    # A sum of columns is nested; with what is the same within each set it is the same.
    z = x[:, :1] * 3 - x[:, 1:2] + 5
    summed = ConditionalLogit().fit(choices, z)
    assert compare_nested(summed, large, choices, x, small_features=z).df == 2
    frame = pd.DataFrame(x, columns=["a", "b", "c"])
    found = compare_nested(
        ConditionalLogit().fit(choices, frame[["b"]]),
        ConditionalLogit().fit(choices, frame),
        choices,
        frame,
        small_features=frame[["b"]],
    )
    assert found.df == 2


def test_positions_are_nested_one_way():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((300, 2))
    chosen = (x[:, 0].reshape(100, 3) + rng.gumbel(size=(100, 3))).argmax(axis=1)
    choices = Choices.from_choice_sets(np.arange(0, 301, 3), np.arange(300), chosen)
    small = ConditionalLogit().fit(choices, x)
    large = ConditionalLogit(position_effect=True).fit(choices, x)
    found = compare_nested(small, large, choices, x)
    assert found.df == 2
    assert "independent" not in repr(found)
    alone = ConditionalLogit(position_effect=True).fit(choices)
    assert compare_nested(alone, large, choices, x).df == 2
    with pytest.raises(ValueError, match=r"^small has effects of position, which large has not"):
        compare_nested(large, small, choices, x)
    with pytest.raises(ValueError, match=r"'position 2 = 0' is about positions and ties: fit a"):
        large.test(choices, x, "position 2 = 0", **RATIO)


def test_positions_stay_where_no_feature_matters():
    rng = np.random.default_rng(0)
    chosen = rng.choice(3, size=120, p=[0.5, 0.3, 0.2])
    choices = Choices.from_choice_sets(
        np.arange(0, 361, 3), np.arange(360), chosen, annotator=np.arange(120) % 20
    )
    x = rng.standard_normal((360, 2))
    for n_components in (1, 2):
        settings = {"position_effect": True, "l2": 0.01, "n_init": 2, "random_state": 0}
        model = ChoiceMixture(n_components, **settings).fit(choices, x)
        found = model.test(choices, x, **RATIO)
        alone = ChoiceMixture(n_components, **settings).fit(choices, np.zeros((360, 0)))
        expected = 2 * (model.log_likelihood_ - alone.log_likelihood_)
        assert found.df == 2 * n_components
        assert found.statistic == pytest.approx(expected, rel=1e-3, abs=1e-3)


def test_what_is_not_nested_or_not_the_same():
    choices, x = SAMPLE.choices, SAMPLE.features
    rng = np.random.default_rng(0)
    large = ConditionalLogit().fit(choices, x)
    items = ChoiceMixture(l2=0.0).fit(choices)
    other = rng.standard_normal((30, 1))
    small = ConditionalLogit().fit(choices, other)
    two = ChoiceMixture(2, n_init=1, random_state=0).fit(choices, x)
    ranked = choices.take(np.arange(0, 400, 2))
    for arguments, more, message in (
        ((small, large, choices, x), {"small_features": other}, "'feature 0' of small is no sum"),
        ((large, large, choices, x), {}, "large must have more parameters than small: they have 3"),
        ((items, large, choices, x), {}, "small has a utility for each item, and large is linear"),
        ((large, two, choices, x), {}, "must have the same number of classes, not 1 and 2"),
        ((large, large, ranked, x), {}, "choices and small_features of small must be those of fit"),
        ((small, large, choices, x), {}, "small_features must be those of the fit of small: of 1"),
        ((small, items, choices), {}, "features are missing"),
        ((large, 3, choices, x), {}, "large must be a fitted model such as ConditionalLogit, not"),
        ((large, large, [1]), {}, "choices must be prefmath.Choices"),
        ((ConditionalLogit(), large, choices), {}, "not fitted yet"),
    ):
        with pytest.raises((ValueError, TypeError), match=message):
            compare_nested(*arguments, **more)
    pairs = draw(1, layout="tied pairs", n_items=5).choices
    half, davidson = BradleyTerry().fit(pairs), BradleyTerry(ties="davidson").fit(pairs)
    with pytest.raises(ValueError, match=r"must treat ties alike, not as 'half' and 'davidson'"):
        compare_nested(half, davidson, pairs)


def test_what_no_ratio_is_of():
    choices, x = SAMPLE.choices, SAMPLE.features
    model = ConditionalLogit().fit(choices, x)
    classes = ChoiceMixture(2, n_init=1, random_state=0).fit(choices, x)
    items = ChoiceMixture(l2=0.1).fit(choices)
    name = choices.item_ids[0]
    for fitted, features, hypotheses, message in (
        (model, x, "feature 0 = 0.5", "'feature 0 = 0.5' is about a value other than 0: take"),
        (classes, x, "feature 0[0] = 0", r"'feature 0\[0\] = 0' is about a class: take Wald's"),
        (items, None, f"{name} = 0", "is about an item's distance to others"),
        (model, 2 * x, "feature 0 = 0", "choices and features must be those of fit: the log-li"),
        (PlackettLuce(prior=0.1).fit(choices), None, None, "needs a fit without prior"),
        (ChoiceMixture(2, hard=True, n_init=1, random_state=0).fit(choices, x), x, None, "hard"),
    ):
        with pytest.raises(ValueError, match=message):
            fitted.test(choices, features, hypotheses, **RATIO)
    with pytest.raises(ValueError, match=r"^method must be 'wald' or 'likelihood_ratio', not 'f'"):
        model.test(choices, x, method="f")


def test_weights_and_a_heavy_penalty_are_told():
    sample = draw(2, weights=True, coef=[[1.0, -0.4, 0.05]])
    model = ConditionalLogit(l2=0.1).fit(sample.choices, sample.features)
    text = repr(model.test(sample.choices, sample.features, "feature 2 = 0", **RATIO))
    assert "takes a row of weight w for w judgements" in text
    assert "of penalised fits (l2=0.1)" in text


def test_the_size_of_both_tests_under_the_hypothesis():
    """Of 250 samples in which it holds, 5% are rejected at the level of 5%."""
    rng = np.random.default_rng(1)
    rejected = np.zeros(2)
    for _ in range(250):
        x = rng.standard_normal((360, 3))
        chosen = (x[:, 0] + rng.gumbel(size=360)).reshape(120, 3).argmax(axis=1)
        choices = Choices.from_choice_sets(np.arange(0, 361, 3), np.arange(360), chosen)
        model = ConditionalLogit().fit(choices, x)
        hypotheses = ["feature 1 = feature 2", "feature 2 = 0"]
        wald = model.test(choices, x, hypotheses, robust=False)
        ratio = model.test(choices, x, hypotheses, **RATIO)
        rejected += [wald.p < 0.05, ratio.p < 0.05]
    assert (np.abs(rejected / 250 - 0.05) < 0.041).all()
