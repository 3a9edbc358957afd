"""The L2 penalty: half of `strength` times the sum of squares of what a spread is worth.

That is of utilities of items, of positions and ties as they are, and of coefficients times the
spread of their features within choice sets, so that it does not depend on units.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.models._likelihood.utility import Utility

    _F64 = NDArray[np.float64]

__all__ = ["L2"]


@dataclass(frozen=True)
class L2:
    """A normal prior of mean 0 and variance 1 / strength on each of these, or none at 0."""

    strength: float

    @property
    def is_none(self) -> bool:
        """Whether it penalises nothing."""
        return self.strength == 0

    @property
    def fixes_level(self) -> bool:
        """Whether there is a penalty, which brings the mean of utilities to 0."""
        return self.strength > 0

    def value(self, utility: Utility, params: _F64) -> float:
        """Return what is taken from the log-likelihood."""
        return float((self.curvature(utility, params) * params * params).sum()) / 2

    def gradient(self, utility: Utility, params: _F64) -> _F64:
        """Return its derivative in each parameter."""
        gradient: _F64 = self.curvature(utility, params) * params
        return gradient

    def curvature(self, utility: Utility, params: _F64) -> _F64:
        """Return its second derivative in each parameter."""
        return np.broadcast_to(self.strength * utility.penalty_scale, params.shape)

    def levelled(self, utility: Utility, params: _F64) -> _F64:  # noqa: ARG002
        """Return the parameters, whose level it is no matter of."""
        return params

    def of_share(self, share: float) -> L2:
        """Return the penalty of so large a share of the data."""
        return L2(self.strength * share)
