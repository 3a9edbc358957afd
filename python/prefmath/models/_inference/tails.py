r"""Tails of the normal and the chi-squared distribution, exact to rounding however far out.

The upper tail of chi-squared is :math:`Q(a, x) = \Gamma(a, x) / \Gamma(a)` with half the degrees of
freedom and half the statistic: below :math:`a + 1` the series of its complement, above it the
continued fraction (Abramowitz and Stegun 1964, 6.5.29 and 6.5.31). Both have the factor
:math:`x^a e^{-x} / \Gamma(a + 1)`, by differences that do not cancel (Loader 2000, Fast and
accurate computation of binomial probabilities).
"""

from __future__ import annotations

import math
from statistics import NormalDist

__all__ = ["chi2_tail", "normal_quantile", "normal_tails"]

_EPSILON = 1e-17
_MOST = 100_000
# From here on Stirling's series to its fifth term is exact.
_STIRLING = 16.0
# Nearer to 1 than this, a logarithm less its first term is a series.
_NEAR = 0.1


_LEAST_REACH = 1e-50


def normal_tails(z: float) -> float:
    """Return how probable a standard normal number at least as far from 0 is.

    Examples
    --------
    >>> f"{normal_tails(1.959963984540054):.3f}", f"{normal_tails(-15.0):.3e}"
    ('0.050', '7.342e-51')
    """
    return math.erfc(abs(z) / math.sqrt(2))


def normal_quantile(level: float) -> float:
    """Return how far from 0 a standard normal number is at most, with a probability of `level`."""
    # From the lower tail, which float64 tells from 0 at any level; never 0, since 0 times an
    # infinite error is no number.
    return max(-NormalDist().inv_cdf((1 - level) / 2), _LEAST_REACH)


def chi2_tail(statistic: float, df: float) -> float:
    """Return how probable a chi-squared number is that is at least as large.

    Examples
    --------
    >>> f"{chi2_tail(3.841458820694124, 1):.3f}", f"{chi2_tail(500.0, 3):.3e}"
    ('0.050', '4.772e-108')
    """
    a, x = df / 2, statistic / 2
    if x <= 0:
        return 1.0
    if math.isinf(x):
        return 0.0
    return 1 - _series(a, x) if x < a + 1 else _fraction(a, x)


def _series(a: float, x: float) -> float:
    """Lower tail as a power series."""
    term = total = 1.0
    for n in range(1, _MOST):
        term *= x / (a + n)
        total += term
        if term < _EPSILON * total:
            break
    return total * _factor(a, x)


def _fraction(a: float, x: float) -> float:
    """Upper tail as a continued fraction, by the recurrence of Lentz."""
    b = x + 1 - a
    c, d = math.inf, 1 / b
    value = d
    for n in range(1, _MOST):
        numerator = -n * (n - a)
        b += 2
        d = 1 / (numerator * d + b)
        c = b + (0 if math.isinf(c) else numerator / c)
        value *= c * d
        if abs(c * d - 1) < 4e-16:
            break
    return value * a * _factor(a, x)


def _factor(a: float, x: float) -> float:
    r"""Return :math:`x^a e^{-x} / \Gamma(a + 1)`."""
    if a < _STIRLING:
        return math.exp(a * math.log(x) - x - math.lgamma(a + 1))
    deviance = a * _log_less_first((x - a) / a)
    return math.exp(deviance - _stirling(a)) / math.sqrt(2 * math.pi * a)


def _stirling(a: float) -> float:
    """Return what Stirling's formula lacks of the logarithm of the factorial."""
    s = 1 / (a * a)
    return (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - s / 1188) * s) * s) * s) / a


def _log_less_first(t: float) -> float:
    """Return log(1 + t) - t."""
    if abs(t) > _NEAR:
        return math.log1p(t) - t
    power, total = t, 0.0
    for n in range(2, 30):
        power *= -t
        total += power / n
    return total
