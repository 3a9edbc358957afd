"""Coefficients of membership in every resample of a bootstrap, and their intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from prefmath.models._inference.digits import interval_text, number_text
from prefmath.models._inference.intervals import as_level
from prefmath.models._inference.percentiles import percentiles
from prefmath.models._inference.text_table import text_table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    _F64 = NDArray[np.float64]

__all__ = ["MembershipResamples"]


@dataclass(frozen=True, eq=False, repr=False)
class MembershipResamples:
    """What a model would have found of membership, had other people of the same kind been asked.

    Attributes
    ----------
    names : tuple of str
        Of the coefficients, as in `Membership`.
    estimate : ndarray, shape (n_components, n_names)
        Those of the model, relative to class 0.
    coef : ndarray, shape (n_resamples, n_components, n_names)
        Those of every resample; infinite where the covariates of those drawn tell for certain who
        is not in a class.
    """

    names: tuple[str, ...]
    estimate: _F64
    coef: _F64

    def interval(self, level: float = 0.95) -> _F64:
        """Return percentile intervals, (n_components, n_names, 2); ends may be infinite.

        Parameters
        ----------
        level : float
            Above 0 and below 1.
        """
        tail = (1 - as_level(level)) / 2
        ends = percentiles(self.coef, np.isfinite(self.coef), (tail, 1 - tail))
        return np.moveaxis(ends, 0, -1)

    def __repr__(self) -> str:
        ends = self.interval()
        n_classes = len(self.estimate)
        rows = [
            [name, "0", *(_figure(self.estimate[z, j], ends[z, j]) for z in range(1, n_classes))]
            for j, name in enumerate(self.names)
        ]
        table = text_table(["", *(f"class {z}" for z in range(n_classes))], rows)
        return f"MembershipResamples(coefficients relative to class 0, 95% intervals)\n{table}"


def _figure(value: float, ends: _F64) -> str:
    return f"{number_text(value)} {interval_text(ends[0], ends[1])}"
