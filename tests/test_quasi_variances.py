"""Quasi-variances of items: the minimum that SciPy finds, exact cases, and what they are for."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy.optimize import minimize

from choice_samples import draw
from prefmath import Choices
from prefmath.models import BradleyTerry, ChoiceMixture, ConditionalLogit, PlackettLuce
from prefmath.models._inference.quasi_variances import _nearest


def differences(covariance):
    variance = covariance.diagonal()
    return variance[:, None] + variance - 2 * covariance


def misfit(q, v):
    pairs = combinations(range(len(v)), 2)
    return sum((np.log(v[i, j]) - np.log(q[i] + q[j])) ** 2 for i, j in pairs)


@pytest.mark.parametrize("seed", range(6))
def test_no_others_are_nearer(seed):
    rng = np.random.default_rng(seed)
    n = 4 + seed
    root = rng.standard_normal((n, n))
    v = differences(root @ root.T) * 10.0 ** rng.integers(-12, 12)
    found, (low, high) = _nearest(v)
    scale = v.max()
    start = np.full(n, 0.5)
    best = minimize(
        lambda q: misfit(np.abs(q), v / scale),
        start,
        method="Nelder-Mead",
        options={"maxiter": 40_000, "maxfev": 40_000, "xatol": 1e-10, "fatol": 1e-14},
    )
    assert misfit(found, v) <= best.fun + 1e-9
    ratios = [np.sqrt((found[i] + found[j]) / v[i, j]) - 1 for i, j in combinations(range(n), 2)]
    assert (low, high) == pytest.approx((min(ratios), max(ratios)))


def test_what_is_independent_is_found_again():
    truth = np.array([0.1, 2.0, 0.5, 0.03])
    found, worst = _nearest(differences(np.diag(truth) + 0.7))
    np.testing.assert_allclose(found, truth, rtol=1e-9)
    np.testing.assert_allclose(worst, 0, atol=1e-9)


def test_three_items_are_always_exact():
    choices = draw(5, layout="pairs", n_items=3, n_annotators=60).choices
    errors = BradleyTerry().fit(choices).uncertainty(choices)
    found = errors.quasi_variances()
    for i, j in combinations(range(3), 2):
        names = [str(choices.item_ids[i]), str(choices.item_ids[j])]
        se = errors.contrast(*names).se[0]
        q = found.quasi_variances[0]
        assert np.sqrt(q[i] + q[j]) == pytest.approx(se, rel=1e-9)
    np.testing.assert_allclose(found.worst, 0, atol=1e-9)


def test_differences_of_many_items_are_near():
    choices = draw(6, layout="rankings", n_items=20, n_annotators=40, n_each=20).choices
    errors = PlackettLuce().fit(choices).uncertainty(choices, robust=False)
    found = errors.quasi_variances()
    v = differences(errors.covariance[:20, :20])
    q = found.quasi_variances[0]
    pairs = list(combinations(range(20), 2))
    relative = np.array([np.sqrt((q[i] + q[j]) / v[i, j]) - 1 for i, j in pairs])
    assert found.worst[0].tolist() == pytest.approx([relative.min(), relative.max()])
    assert np.abs(relative).max() < 0.05
    # Standard errors of the utilities alone are further off.
    se = errors.coef_se[0]
    naive = np.array([np.hypot(se[i], se[j]) / np.sqrt(v[i, j]) - 1 for i, j in pairs])
    assert np.abs(naive).max() > np.abs(relative).max()
    np.testing.assert_array_equal(found.quasi_se, np.sqrt(found.quasi_variances))
    assert "errors of differences are off by -" in repr(found)
    assert "… 8 more" in repr(found)


def test_classes_and_two_items():
    choices = draw(4, layout="pairs", n_items=5, n_annotators=80, n_each=20).choices
    model = ChoiceMixture(2, random_state=0).fit(choices)
    found = model.uncertainty(choices).quasi_variances()
    assert found.quasi_variances.shape == (2, 5)
    assert "in class 1" in repr(found)
    two = Choices.from_pairs(["a"] * 7 + ["b"] * 3, ["b"] * 7 + ["a"] * 3)
    errors = BradleyTerry().fit(two).uncertainty(two, robust=False)
    q = errors.quasi_variances().quasi_variances[0]
    assert q[0] == q[1]
    assert np.sqrt(q.sum()) == pytest.approx(errors.contrast("a", "b").se[0])


def test_an_item_that_nobody_judged_has_none():
    choices = Choices.from_pairs(
        ["a", "b", "c", "a"] * 9, ["b", "c", "a", "c"] * 9, item_ids=["a", "b", "c", "d"]
    )
    found = BradleyTerry(l2=0.1).fit(choices).uncertainty(choices).quasi_variances()
    assert np.isfinite(found.quasi_variances).tolist() == [[True, True, True, False]]
    assert "not determined" in repr(found)


def test_features_have_none():
    sample = draw(0)
    model = ConditionalLogit().fit(sample.choices, sample.features)
    with pytest.raises(ValueError, match=r"^quasi-variances are of items, but the model was"):
        model.uncertainty(sample.choices, sample.features).quasi_variances()
