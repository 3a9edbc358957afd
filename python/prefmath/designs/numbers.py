"""Numbers of a column that features are made of, and columns of yes and no."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    _F64 = NDArray[np.float64]
    _Bool = NDArray[np.bool_]

__all__ = ["refuse_what_is_no_number", "yes_or_no"]


def refuse_what_is_no_number(
    values: _F64,
    role: str,
    column: Any,
    largest: float,
    offered: _Bool | None = None,
    label: str | None = None,
) -> None:
    """Refuse a column with a value that is missing, infinite or too large, but where not offered.

    Examples
    --------
    >>> refuse_what_is_no_number(np.array([1.0, np.nan]), "generic", "price_bus", 1e300)
    Traceback (most recent call last):
        ...
    ValueError: generic must not be missing: column 'price_bus' holds nothing in row 1
    """
    bad = ~(np.abs(values) <= largest)
    if offered is not None:
        bad &= offered
    if not bad.any():
        return
    row = int(bad.argmax())
    value = values[row]
    if not np.isnan(value):
        rule = "be finite" if np.isinf(value) else f"lie below {largest:.2g} in size"
        raise ValueError(f"{role} must {rule}: column {column!r} is {value:g} in row {row}")
    where = hint = ""
    if offered is not None:
        where = f", where {label} is available" if label is not None else ", which is available"
    elif label is not None:
        hint = f"; where {label} was not offered, say so by availability"
    raise ValueError(
        f"{role} must not be missing: column {column!r} holds nothing in row {row}{where}{hint}"
    )


def yes_or_no(values: _F64, role: str, column: Any) -> _Bool:
    """Return a column of 0 and 1, or booleans, as booleans."""
    yes: _Bool = values == 1
    bad = ~(yes | (values == 0))
    if bad.any():
        row = int(bad.argmax())
        has = "holds nothing" if np.isnan(values[row]) else f"is {values[row]:g}"
        raise ValueError(
            f"{role} must hold booleans or 0 and 1: column {column!r} {has} in row {row}"
        )
    return yes
