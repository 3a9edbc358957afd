"""Summaries, tests and comparisons of models whose classes are told by covariates."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from membership_world import world
from prefmath.models import ChoiceMixture, compare_nested

SETTINGS = {"random_state": 0, "n_init": 3, "l2": 0.0, "tol": 1e-9}


@pytest.fixture(scope="module")
def drawn():
    return world("choice_sets", 0, n_classes=2)


@pytest.fixture(scope="module")
def frame(drawn):
    return pd.DataFrame(drawn.covariates, columns=["age", "female"])


@pytest.fixture(scope="module")
def model(drawn, frame):
    mixture = ChoiceMixture(2, **SETTINGS)
    return mixture.fit(drawn.choices, drawn.features, membership=frame)


def test_coefficients_of_membership_by_name(drawn, frame, model):
    errors = model.uncertainty(drawn.choices, drawn.features, membership=frame)
    known = errors.membership
    z = known.coef[1, 1] / known.coef_se[1, 1]
    found = known.test("age = 0")
    assert (found.df, found.statistic) == (1, pytest.approx(z**2))
    assert known.test("age[1] = 0").statistic == pytest.approx(z**2)
    both = known.test(["age = 0", "female = 0"])
    v = known.covariance[1:, 1:]
    b = known.coef[1, 1:]
    assert both.df == 2
    assert both.statistic == pytest.approx(b @ np.linalg.solve(v, b))
    contrast = known.contrast("age", "female")
    se = np.sqrt(v[0, 0] + v[1, 1] - 2 * v[0, 1])
    assert contrast.se.tolist() == pytest.approx([0, se])
    assert contrast.p[1] == pytest.approx(2 * norm.sf(abs(b[0] - b[1]) / se))
    with pytest.raises(ValueError, match=r"^hypotheses\[0\] must name a parameter, not 'height'"):
        known.test("height = 0")


def test_covariates_by_the_likelihood_ratio(drawn, frame, model):
    without = ChoiceMixture(2, **SETTINGS).fit(drawn.choices, drawn.features)
    one = ChoiceMixture(2, **SETTINGS)
    one.fit(drawn.choices, drawn.features, membership=frame[["age"]])
    arguments = {"membership": frame}
    found = compare_nested(without, model, drawn.choices, drawn.features, **arguments)
    assert found.df == 2
    assert found.statistic == pytest.approx(2 * (model.log_likelihood_ - without.log_likelihood_))
    found = compare_nested(
        one, model, drawn.choices, drawn.features, **arguments, small_membership=frame[["age"]]
    )
    assert found.df == 1
    with pytest.raises(ValueError, match=r"^small has parameters of its population that large has"):
        compare_nested(model, without, drawn.choices, drawn.features)


def test_a_constrained_fit_keeps_the_covariates(drawn, frame, model):
    choices, x = drawn.choices, drawn.features
    found = model.test(choices, x, "feature 0 = 0", method="likelihood_ratio", membership=frame)
    small = ChoiceMixture(2, **SETTINGS).fit(choices, x[:, 1:], membership=frame)
    expected = 2 * (model.log_likelihood_ - small.log_likelihood_)
    assert found.df == 2
    assert found.statistic == pytest.approx(expected, rel=1e-5)
    assert model.test(choices, x, "feature 0 = 0", membership=frame).df == 2
    with pytest.raises(ValueError, match=r"^membership is missing: hand in that of fit"):
        model.test(choices, x, "feature 0 = 0", method="likelihood_ratio")


def test_the_summary_has_them_all(drawn, frame, model):
    found = model.summary(drawn.choices, drawn.features, membership=frame)
    table = found.to_frame()
    rows = table[table["kind"] == "membership"]
    known = found.uncertainty.membership
    np.testing.assert_array_equal(rows["estimate"], known.coef[1])
    np.testing.assert_array_equal(rows["std_error"], known.coef_se[1])
    assert rows["component"].tolist() == [1] * len(known.names)
    assert all(f"membership: {name}" in repr(found) for name in known.names)
    fit = found.statistics
    assert fit.n_parameters == 2 * drawn.features.shape[1] + len(known.names)
    assert fit.bic == pytest.approx(model.bic(drawn.choices, drawn.features, membership=frame))
    pointwise = model.pointwise(drawn.choices, drawn.features, membership=frame)
    assert pointwise.sum() == pytest.approx(model.log_likelihood_, rel=1e-10)
