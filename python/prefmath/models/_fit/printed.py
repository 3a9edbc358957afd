"""Coefficients of named features under each other, as a fitted model prints them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from prefmath.models._inference.digits import number_text
from prefmath.models._inference.intervals import SHOWN, table_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

__all__ = ["coefficients_table"]


def coefficients_table(
    names: Sequence[str], coef: NDArray[np.float64], shares: NDArray[np.float64]
) -> str:
    """Return a row a feature with its coefficient in each class.

    Examples
    --------
    >>> import numpy as np
    >>> print(coefficients_table(["price", "time"], np.array([[-0.5, 1e-9]]), np.ones(1)))
    price   -0.5
    time   1e-09
    """
    rows = [
        [name, *map(_figure, of_feature)]
        for name, of_feature in zip(names[:SHOWN], coef.T[:SHOWN], strict=True)
    ]
    return table_of([number_text(share) for share in shares.tolist()], rows, len(names) - len(rows))


def _figure(value: Any) -> str:
    return f"{value:.4g}"
