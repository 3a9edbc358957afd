"""Who is in which class, and what classes disagree on."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pandas as pd
import polars as pl
import pytest

from choice_samples import draw
from prefmath import Choices
from prefmath.models import ChoiceMixture, class_profiles, disagreement

GAMMA = np.array([[1.0, 0.0], [0.75, 0.25], [0.5, 0.5], [0.0, 1.0]])


def test_profiles_by_definition():
    found = class_profiles(GAMMA, {"age": ["old", "young", "old", "old"], "vote": [2, 1, 1, 2]})
    assert found.attribute.tolist() == ["age", "age", "vote", "vote"]
    assert found.level.tolist() == ["old", "young", "1", "2"]
    assert found.count.tolist() == [3, 1, 2, 2]
    np.testing.assert_allclose(found.population, [0.75, 0.25, 0.5, 0.5])
    total = GAMMA.sum(axis=0)
    # Bolck, Croon and Hagenaars' weights, with proportional assignment.
    assigned = GAMMA.T @ GAMMA / total[:, None]
    weights = GAMMA @ np.linalg.inv(assigned)
    old = np.array([1, 0, 1, 1])
    np.testing.assert_allclose(found.share[0], old @ weights / weights.sum(axis=0))
    np.testing.assert_allclose(found.share[[0, 2]] + found.share[[1, 3]], 1)
    np.testing.assert_allclose(found.lift, found.share / found.population[:, None])
    np.testing.assert_allclose(found.class_share.sum(axis=1), 1)
    np.testing.assert_allclose(found.class_share[0], found.share[0] * total / 3)
    np.testing.assert_allclose(found.weights, total / 4)
    assert (found.marks == "few people").all()
    assert (found.interval[..., 0] < found.share).all()
    assert len(found) == 4
    assert len(found.numbers) == 0
    lines = repr(found).splitlines()
    assert lines[0] == "ClassProfiles(95% intervals, lift after x)"
    assert lines[2].split()[:4] == ["age:", "old", "3", "75%"]


def test_wilson_intervals_of_sure_classes_cover():
    rng = np.random.default_rng(0)
    inside = []
    for _ in range(500):
        group = rng.integers(2, size=80)
        trait = rng.random(80) < np.where(group == 0, 0.2, 0.6)
        found = class_profiles(np.eye(2)[group], {"trait": trait})
        inside.append(
            [
                found.interval[1, z, 0] <= p <= found.interval[1, z, 1]
                for z, p in enumerate((0.2, 0.6))
            ]
        )
    np.testing.assert_allclose(np.mean(inside, axis=0), 0.95, atol=0.03)


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
def test_people_are_found_by_id_and_unknown_values_left_out(frame):
    sample = draw(0, n_annotators=6, coef=[[3.0, 0.0], [-3.0, 0.0]])
    model = ChoiceMixture(2, random_state=0, n_init=2).fit(sample.choices, sample.features)
    table = frame({"who": [9, 5, 3, 1, 0, 2], "country": ["FR", "FR", None, "IT", "IT", "FR"]})
    found = class_profiles(model, {"country": table["country"]}, annotator=table["who"])
    known = model.responsibilities_[[0, 1, 2, 5]]  # 4 is not there, of 3 nothing is known
    assert found.count.tolist() == [2, 2]
    np.testing.assert_allclose(found.class_share[0], known[[2, 3]].mean(axis=0))
    np.testing.assert_allclose(found.class_share[1], known[[0, 1]].mean(axis=0))
    whole = frame({"country": ["FR", "FR", "IT", "IT", "IT", "FR"], "age": [1.0, 2, 1, 2, 1, 2]})
    assert class_profiles(model, whole).attribute.tolist() == ["country"] * 2 + ["age"] * 2


def test_refusals_of_profiles():
    for attributes, message in [
        ({}, r"^attributes must name one at least$"),
        ({"age": [1, 2]}, r"^age must have a value for each of 4 annotators, not 2$"),
        ({"age": [None] * 4}, r"^age is known of no annotator$"),
        ({"age": [np.nan] * 4}, r"^age is known of no annotator$"),
    ]:
        with pytest.raises(ValueError, match=message):
            class_profiles(GAMMA, attributes)
    with pytest.raises(ValueError, match=r"^annotator must be left out: the model has no annotato"):
        class_profiles(GAMMA, {"age": [1] * 4}, annotator=[1, 2, 3, 4])
    with pytest.raises(
        ValueError, match=r"^responsibilities must have two axes, \(rows, columns\), not"
    ):
        class_profiles([0.5, 0.5], {"age": [1, 2]})
    with pytest.raises(ValueError, match=r"^level must be above 0"):
        class_profiles(GAMMA, {"age": [1] * 4}, level=2)
    sample = draw(0, n_annotators=3)
    model = ChoiceMixture().fit(sample.choices, sample.features)
    with pytest.raises(ValueError, match=r"^annotator must name each once: 2 stands in row 1 too$"):
        class_profiles(model, {"age": [1, 2, 3]}, annotator=[2, 2, 1])


@pytest.mark.parametrize("linear", [True, False])
def test_disagreement_by_definition(linear):
    coef = [[2.0, 1.0], [-2.0, 1.0], [0.0, -1.0]]
    sample = draw(1, n_annotators=90, n_each=30, n_items=9, coef=coef)
    features = sample.features if linear else None
    model = ChoiceMixture(3, random_state=0, n_init=3, tol=1e-8).fit(sample.choices, features)
    errors = model.uncertainty(sample.choices, features)
    found = disagreement(model, features, uncertainty=errors)
    utilities = model.coef_ @ (sample.features.T if linear else np.eye(9))
    reference = np.ones(9, bool) if linear else errors.reference
    utilities -= utilities[:, reference].mean(axis=1, keepdims=True)
    mean = model.weights_ @ utilities
    variance = model.weights_ @ (utilities - mean) ** 2
    assert (np.diff(found.sure_gap) <= 0).all()
    np.testing.assert_allclose(found.variance, variance[found.items])
    np.testing.assert_allclose(found.utilities, utilities.T[found.items], atol=1e-12)
    of_basis = sample.features - sample.features.mean(axis=0) if linear else np.eye(9)
    if not linear:
        of_basis = np.eye(9) - reference / reference.sum()
    for i, item in enumerate(found.items):
        assert found.ranks[i].tolist() == [1 + (row > row[item]).sum() for row in utilities]
        sure = []
        for high, low in permutations(range(3), 2):
            contrast = np.zeros((3, of_basis.shape[1]))
            contrast[high] += of_basis[item]
            contrast[low] -= of_basis[item]
            weights = contrast.ravel()
            if not linear:  # utilities of which the covariance is are relative already
                weights = np.zeros((3, 9))
                weights[high, item], weights[low, item] = 1, -1
                weights = weights.ravel()
            covariance = errors.covariance[: len(weights), : len(weights)]
            error = np.sqrt(weights @ covariance @ weights)
            gap = utilities[high, item] - utilities[low, item]
            sure.append(gap - 1.959964 * error)
            if (high, low) == (found.highest[i], found.lowest[i]):
                assert found.gap_se[i] == pytest.approx(error)
                assert found.gap[i] == pytest.approx(gap)
                assert found.sure_gap[i] == pytest.approx(sure[-1], abs=1e-5)
        assert found.sure_gap[i] == pytest.approx(max(sure), abs=1e-5)
    lines = repr(found).splitlines()
    assert lines[0] == "Disagreement(3 classes over 9 items, the surest gaps first)"
    assert ("item 00" in lines[2]) == (not linear)
    plain = disagreement(model, features)
    assert plain.gap_se is plain.sure_gap is plain.marks is None
    assert (np.diff(plain.variance) <= 0).all()
    whole = model.coef_ @ (sample.features.T if linear else np.eye(9))
    np.testing.assert_allclose(
        plain.gap, np.ptp(whole - whole.mean(axis=1)[:, None], axis=0)[plain.items]
    )
    assert repr(plain).startswith(
        "Disagreement(3 classes over 9 items, by variance, sure or not)\n"
    )


def test_refusals_of_disagreement():
    sample = draw(2, n_annotators=20)
    one = ChoiceMixture().fit(sample.choices, sample.features)
    with pytest.raises(ValueError, match=r"^a model of one class has nobody to disagree$"):
        disagreement(one, sample.features)
    with pytest.raises(ValueError, match="not fitted"):
        disagreement(ChoiceMixture(2))
    model = ChoiceMixture(2, random_state=0, n_init=1).fit(sample.choices, sample.features)
    with pytest.raises(ValueError, match=r"^features are missing"):
        disagreement(model)
    with pytest.raises(ValueError, match=r"^features must have 3 columns as in fit, not 2$"):
        disagreement(model, sample.features[:, :2])
    with pytest.raises(TypeError, match=r"^disagreement takes features of items, not choices: lea"):
        disagreement(model, sample.choices)
    errors = one.uncertainty(sample.choices, sample.features)
    with pytest.raises(ValueError, match=r"^uncertainty must be that of the model$"):
        disagreement(model, sample.features, uncertainty=errors)
    pairs = Choices.from_pairs([0, 1, 0, 2], [1, 2, 2, 1], annotator=[0, 0, 1, 1])
    free = ChoiceMixture(2, random_state=0).fit(pairs)
    with pytest.raises(ValueError, match=r"^features must be left out"):
        disagreement(free, sample.features)
