"""What is likely before any data, as a function of the parameters taken from the likelihood."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from prefmath.models._likelihood.utility import Utility

    _F64 = NDArray[np.float64]

__all__ = ["Penalty"]


class Penalty(Protocol):
    """A penalty on the parameters of each column of the table, (n_columns, n_parameters)."""

    @property
    def is_none(self) -> bool:
        """Whether it penalises nothing, so that the data alone determine the parameters."""

    @property
    def fixes_level(self) -> bool:
        """Whether free utilities are reported at the level it gives them, and not as of mean 0."""

    def value(self, utility: Utility, params: _F64) -> float:
        """Return what is taken from the log-likelihood."""

    def gradient(self, utility: Utility, params: _F64) -> _F64:
        """Return its derivative in each parameter."""

    def curvature(self, utility: Utility, params: _F64) -> _F64:
        """Return its second derivative in each parameter."""

    def levelled(self, utility: Utility, params: _F64) -> _F64:
        """Return parameters of the same choices at the level of utility that it prefers."""

    def of_share(self, share: float) -> Penalty:
        """Return the penalty of so large a share of the data."""
