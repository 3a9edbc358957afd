"""The L2 penalty: half of `strength` times the sum of squared coefficients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from prefmath.models._likelihood.utility import Utility

    _F64 = NDArray[np.float64]

__all__ = ["L2"]


@dataclass(frozen=True)
class L2:
    """A normal prior of mean 0 and variance 1 / strength on every coefficient, or none at 0."""

    strength: float

    @property
    def is_none(self) -> bool:
        """Whether it penalises nothing."""
        return self.strength == 0

    def value(self, utility: Utility, params: _F64) -> float:
        """Return what is taken from the log-likelihood."""
        return float((self.curvature(utility) * params * params).sum()) / 2

    def gradient(self, utility: Utility, params: _F64) -> _F64:
        """Return its derivative in each parameter."""
        return self.curvature(utility) * params

    def curvature(self, utility: Utility) -> _F64:
        """Return its second derivative in each parameter of a column: it is on coefficients."""
        return self.strength * utility.penalty_scale

    def of_share(self, share: float) -> L2:
        """Return the penalty of so large a share of the data."""
        return L2(self.strength * share)
