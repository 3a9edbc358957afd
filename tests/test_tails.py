"""Tails of the normal and the chi-squared distribution, however far out."""

from __future__ import annotations

from decimal import Decimal, getcontext

import numpy as np
import pytest
from scipy.stats import chi2, norm

from prefmath.models._inference.tails import chi2_tail, normal_quantile, normal_tails


def exact(statistic, df):
    """Upper tail for an even number of degrees of freedom: a finite sum, in 60 digits."""
    getcontext().prec = 60
    x = Decimal(statistic) / 2
    term = total = Decimal(1)
    for j in range(1, df // 2):
        term *= x / j
        total += term
    return total * (-x).exp()


@pytest.mark.parametrize("df", [1, 2, 3, 4, 7, 10, 31, 32, 33, 50, 101])
def test_chi_squared_as_scipy_has_it(df):
    rng = np.random.default_rng(df)
    near, far = df * rng.uniform(0.01, 3, 60), rng.uniform(3 * df, 1300, 60)
    for statistic in [1e-8, 1e-3, df, df + 2, *near, *far]:
        found, expected = chi2_tail(statistic, df), chi2.sf(statistic, df)
        assert expected > 0
        assert found == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("df", [2, 6, 30, 32, 200, 1000, 12346])
def test_chi_squared_against_sixty_digits(df):
    for statistic in [0.1 * df, 0.9 * df, df + 1, 1.5 * df, df + 10 * df**0.5, df + 30 * df**0.5]:
        relative = Decimal(chi2_tail(statistic, df)) / exact(statistic, df) - 1
        assert abs(relative) < 1e-12


def test_chi_squared_at_its_ends():
    assert chi2_tail(0.0, 3) == 1.0
    assert chi2_tail(-1e-9, 3) == 1.0
    assert chi2_tail(np.inf, 3) == 0.0
    assert chi2_tail(1e9, 3) == 0.0
    assert 0 < chi2_tail(1400.0, 3) < 1e-300
    # Of one degree of freedom it is both tails of the normal.
    for z in (0.1, 1.0, 5.0, 30.0, 37.0):
        assert chi2_tail(z * z, 1) == pytest.approx(normal_tails(z), rel=1e-12)


def test_normal_as_scipy_has_it():
    for z in (0.0, 1e-5, 0.5, 1.96, 6.0, 20.0, 37.0):
        assert normal_tails(z) == pytest.approx(2 * norm.sf(z), rel=1e-12)
        assert normal_tails(-z) == normal_tails(z)
    assert normal_quantile(0.95) == pytest.approx(norm.ppf(0.975), rel=1e-12)
    assert normal_tails(np.inf) == 0.0


def test_normal_quantiles_of_any_level():
    assert normal_quantile(5e-324) > 0
    assert normal_quantile(np.nextafter(1, 0)) == pytest.approx(norm.isf(2**-54), rel=1e-12)
