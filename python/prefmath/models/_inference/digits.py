"""How numbers are printed: as many digits as their error, size or interval gives a meaning."""

from __future__ import annotations

import math

__all__ = [
    "decimals",
    "error_text",
    "estimate_text",
    "interval_text",
    "number_text",
    "p_text",
    "percent_text",
    "spread_of",
    "value_text",
]

# With more decimals than this, or of this size, a number is read with an exponent.
_MOST_DECIMALS = 8
_LARGE = 1e6
# Errors up to here leave three decimals standing, as most figures have.
_USUAL = 100.0
# The least probability that is told from 0.
_LEAST_P = 1e-300


def decimals(size: float, least: int = 3, digits: int = 2) -> int:
    """Return the decimals that show a number of this size with so many significant digits.

    Examples
    --------
    >>> [decimals(size) for size in (0.153, 0.0153, 0.00153, 0.0, 5000.0)]
    [3, 3, 4, 3, 3]
    """
    if not math.isfinite(size) or size == 0:
        return least
    return max(least, digits - 1 - math.floor(math.log10(abs(size))))


def estimate_text(value: float, error: float) -> str:
    """Return an estimate and its standard error, of which two digits at least are shown.

    Examples
    --------
    >>> for value, error in ((0.5493, 0.1531), (0.000123, 0.0000213), (-1.5, float("inf"))):
    ...     print(estimate_text(value, error))
    0.549 ± 0.153
    0.000123 ± 0.000021
    -1.500 ± inf
    >>> estimate_text(3.2e-12, 4.1e-13), estimate_text(1234567.8, 2345.6)
    ('3.20e-12 ± 4.1e-13', '1234567.8 ± 2345.6')
    """
    return f"{value_text(value, error)} ± {error_text(error)}"


def value_text(value: float, error: float) -> str:
    """Return an estimate alone, with the digits that its standard error gives a meaning."""
    shown = _of_error(error)
    if shown is not None:
        return f"{value:z.{shown}f}"
    if not 0 < error < math.inf:
        return number_text(value)
    if value == 0 or not math.isfinite(value):
        return f"{value:z.1e}"
    digits = math.floor(math.log10(abs(value))) - math.floor(math.log10(error)) + 1
    return f"{value:.{min(max(digits, 0), 15)}e}"


def error_text(error: float) -> str:
    """Return a standard error alone."""
    shown = _of_error(error)
    if shown is not None:
        return f"{error:z.{shown}f}"
    return f"{error:.1e}" if 0 < error < math.inf else f"{error:.3f}"


def interval_text(low: float, high: float) -> str:
    """Return both ends of an interval, whose width shows two digits at least.

    Examples
    --------
    >>> interval_text(0.2491, 0.8492), interval_text(-1e-5, 3.3e-4), interval_text(0.2, math.inf)
    ('[0.249, 0.849]', '[-0.000010, 0.000330]', '[0.200, inf]')
    """
    error = spread_of(low, high)
    return f"[{value_text(low, error)}, {value_text(high, error)}]"


def spread_of(low: float, high: float) -> float:
    """Return what would be the standard error, were this a normal interval of 95%; or 0."""
    return (high - low) / 4 if math.isfinite(low) and math.isfinite(high) else 0.0


def number_text(value: float, least: int = 3) -> str:
    """Return a number by itself, with three significant digits at least.

    Examples
    --------
    >>> number_text(1.5), number_text(0.0001234), number_text(0.0), number_text(-2e-12)
    ('1.500', '0.000123', '0.000', '-2.00e-12')
    """
    if not math.isfinite(value):
        return f"{value:.3f}"
    shown = decimals(value, least, 3)
    if shown > _MOST_DECIMALS or abs(value) >= _LARGE * _LARGE:
        return f"{value:.2e}"
    return f"{value:z.{shown}f}"


def p_text(p: float) -> str:
    """Return a probability that is small where it matters, and never 0.

    Examples
    --------
    >>> p_text(0.25), p_text(0.0123), p_text(1.2e-30), p_text(0.0)
    ('0.2500', '0.0123', '1.2e-30', '<1e-300')
    """
    if p < _LEAST_P:
        return f"<{_LEAST_P:g}"
    return f"{p:.4f}" if p >= 0.001 else f"{p:.1e}"


def percent_text(share: float, least: int = 0) -> str:
    """Return a share in percent, of what is next to nobody or to all with one digit at least.

    Examples
    --------
    >>> [percent_text(share) for share in (0.25, 0.0042, 0.9973, 0.00003, 0.0, 1.0)]
    ['25%', '0.4%', '99.7%', '0.003%', '0%', '100%']
    """
    off = 100 * min(share, 1 - share)
    shown = least if off <= 0 or off >= 0.5 else min(decimals(off, least, 1), _MOST_DECIMALS)
    return f"{share:.{shown}%}"


def _of_error(error: float) -> int | None:
    """Return the decimals of an estimate with this error; None where an exponent is read."""
    if not 0 < error < _LARGE:
        return None
    shown = decimals(error, 3 if error < _USUAL else 1)
    return shown if shown <= _MOST_DECIMALS else None
