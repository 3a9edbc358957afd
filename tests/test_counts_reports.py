"""Leaderboards, summaries, pointwise log-likelihoods and covariates of counted judgements."""

from __future__ import annotations

import numpy as np
import pytest

from counted import as_written, both
from prefmath import leaderboard
from prefmath.models import ChoiceMixture

CLOSE = {"rtol": 1e-9, "atol": 1e-9}


@pytest.mark.parametrize("who", ["named", "each", "nobody"])
def test_a_leaderboard_is_that_of_written_votes(who):
    data = both("pairs", who)
    found, expected = (leaderboard(one) for one in (data.counted, data.written))
    assert repr(found).replace(" (30 distinct)", "") == repr(expected)


@pytest.mark.parametrize("n_components", [1, 2])
def test_a_summary_counts_people(n_components):
    data = both("rankings", "named")
    model = ChoiceMixture(n_components, random_state=0, tol=1e-10).fit(data.counted)
    found, expected = model.summary(data.counted), as_written(model, data).summary(data.written)
    for name in ("bic", "aic", "null_log_likelihood", "n_units", "total_weight", "rho_squared"):
        of_found = getattr(found.statistics, name)
        np.testing.assert_allclose(of_found, getattr(expected.statistics, name), **CLOSE)


@pytest.mark.parametrize("by", ["judgement", "annotator"])
def test_pointwise_log_likelihoods_sum_to_that_of_people(by):
    data = both("choice_sets", "named")
    model = ChoiceMixture(2, random_state=0).fit(data.counted)
    each = model.pointwise(data.counted, by=by)
    total = as_written(model, data).pointwise(data.written, by=by).sum()
    np.testing.assert_allclose(each.sum(), total, **CLOSE)
    np.testing.assert_allclose(each.sum(), model.log_likelihood_, **CLOSE)


def test_covariates_of_counted_ballots():
    data = both("rankings", "each")
    covariate = np.random.default_rng(2).standard_normal((30, 1))
    model = ChoiceMixture(2, l2=0.1, tol=1e-10, random_state=0)
    counted = model.fit(data.counted, membership=covariate)
    found = counted.uncertainty(data.counted, membership=covariate)
    bound = counted.lower_bound_
    written = model.set_params(warm_start=True).fit(data.written, membership=covariate[data.row])
    assert written.lower_bound_ == pytest.approx(bound, rel=1e-9)
    expected = written.uncertainty(data.written, membership=covariate[data.row])
    np.testing.assert_allclose(found.covariance, expected.covariance, rtol=1e-4, atol=1e-6)
