r"""Virtual wins and losses of every item against one of utility 0, which keep utilities finite.

So many wins and as many losses have the log-likelihood :math:`-2 c \log(2 \cosh(u / 2))`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.models._likelihood.utility import Utility

    _F64 = NDArray[np.float64]

__all__ = ["VirtualPairs", "of_wins"]


@dataclass(frozen=True)
class VirtualPairs:
    """`count` virtual wins and as many virtual losses of every item of free utility."""

    count: float

    @property
    def is_none(self) -> bool:
        """Whether there are none."""
        return self.count == 0

    @property
    def fixes_level(self) -> bool:
        """Utilities are reported as of mean 0, whatever that of the virtual item is."""
        return False

    def value(self, utility: Utility, params: _F64) -> float:
        """Return the negative log-likelihood of the virtual pairs, without overflow."""
        utilities = params[:, : utility.n_coef]
        least = 2 * self.count * utilities.size * float(np.log(2))
        return of_wins(utilities, self.count) + least

    def gradient(self, utility: Utility, params: _F64) -> _F64:
        """Return its derivative in each parameter; positions and ties have no part in them."""
        gradient = np.zeros_like(params)
        n = utility.n_coef
        gradient[:, :n] = self.count * np.tanh(params[:, :n] / 2)
        return gradient

    def curvature(self, utility: Utility, params: _F64) -> _F64:
        """Return its second derivative in each parameter."""
        curvature = np.zeros_like(params)
        small = np.exp(-np.abs(params[:, : utility.n_coef]))
        curvature[:, : utility.n_coef] = 2 * self.count * small / np.square(1 + small)
        return curvature

    def levelled(self, utility: Utility, params: _F64) -> _F64:
        """Return utilities less that of the virtual item, where that is most likely."""
        levelled, items = params.copy(), slice(utility.n_coef)
        levelled[:, items] -= [[_of_virtual_item(row)] for row in params[:, items]]
        return levelled

    def of_share(self, share: float) -> VirtualPairs:
        """Return the penalty of so large a share of the data."""
        return VirtualPairs(self.count * share)


def of_wins(utilities: _F64, count: float) -> float:
    """Return what virtual pairs cost less what they cost where all utilities are 0.

    That is 2 count Σ log cosh(u / 2), to the last digit for small and large utilities.
    """
    half = np.abs(utilities) / 2
    near = np.log1p(2 * np.square(np.sinh(np.minimum(half, 1) / 2)))
    far = half + np.log1p(np.exp(-2 * half)) - np.log(2)
    return 2 * count * float(np.where(half < 1, near, far).sum())


def _of_virtual_item(utilities: _F64) -> float:
    """Return the utility that half of all virtual pairs are won against."""
    best = float(utilities.mean())
    for _ in range(100):
        share = 1 / (1 + np.exp(np.clip(best - utilities, -700, 700)))
        step = float((2 * share - 1).sum() / max((2 * share * (1 - share)).sum(), 1e-300))
        # Steps of 1 cannot overshoot far: half the sum of shares is all that is looked for.
        best += min(max(step, -1.0), 1.0)
        if abs(step) < 1e-14:
            break
    return best
