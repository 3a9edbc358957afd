r"""Rao and Kupper's ties: i wins with probability :math:`1 / (1 + \theta e^{u_j - u_i})`.

A difference below the threshold η = log θ is not told. The parameter is log η, so that θ is above 1
(Rao and Kupper 1967).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from prefmath.models._likelihood.ties.contest import Contest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    _F64 = NDArray[np.float64]
    _I32 = NDArray[np.int32]

__all__ = ["RaoKupper"]


class RaoKupper:
    """A win is as probable as the difference less the threshold is high; a tie is what is left."""

    symbol = "theta"
    scale = "log log theta"
    # A tie is the likelier, the further the threshold exceeds the difference, either way.
    contests = (
        Contest(of_ties=False, turned=False, factor=1.0, tie=-1.0),
        Contest(of_ties=True, turned=False, factor=1.0, tie=1.0),
        Contest(of_ties=True, turned=True, factor=1.0, tie=1.0),
    )
    # Kernels keep the curvature of the parameter positive, which the information need not be.
    curvature_is_information = False

    def natural(self, parameter: _F64) -> _F64:
        """Return θ."""
        return np.exp(np.exp(parameter))

    def derivative(self, parameter: _F64) -> _F64:
        """Return the derivative of θ in log log θ."""
        threshold = np.exp(parameter)
        derivative: _F64 = threshold * np.exp(threshold)
        return derivative

    def term(self, parameter: float) -> float:
        """Return what contests multiply: the threshold."""
        return float(np.exp(parameter))

    def probabilities(self, first: _F64, second: _F64, parameter: _F64) -> tuple[_F64, _F64]:
        """Probability of either of two, of utilities (n, n_columns)."""
        margin, threshold = first - second, np.exp(parameter)
        return _logistic(margin - threshold), _logistic(-margin - threshold)

    def hessian(
        self,
        winner: _I32,  # noqa: ARG002
        loser: _I32,  # noqa: ARG002
        tie_row: int,  # noqa: ARG002
        table: _F64,  # noqa: ARG002
        weights: _F64,  # noqa: ARG002
    ) -> _F64 | None:
        """Return None: products with it, one row at a time, are as good."""
        return None


def _logistic(x: _F64) -> _F64:
    """1 / (1 + exp(-x)), without overflow."""
    small = np.exp(-np.abs(x))
    logistic: _F64 = np.where(x >= 0, 1, small) / (1 + small)
    return logistic
