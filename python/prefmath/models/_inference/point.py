"""A fitted model beside the judgements it was fitted to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from prefmath.models._likelihood.problem import Problem
    from prefmath.models._likelihood.state import State
    from prefmath.models._likelihood.utility import Utility

    _F64 = NDArray[np.float64]

__all__ = ["Point"]


@dataclass(frozen=True, eq=False)
class Point:
    """What a fit solved, and where it ended.

    The annotators of the problem's data are the units: those whose judgements belong together, or
    single judgements where nobody is named. Parameters are those that the user is told, at the
    level of utility that the penalty prefers.
    """

    problem: Problem
    state: State

    @property
    def utility(self) -> Utility:
        """How good items are."""
        return self.problem.utility

    @property
    def params(self) -> _F64:
        """Parameters of each column."""
        return self.state.coef

    @property
    def n_units(self) -> float:
        """Units: annotators, or judgements where nobody is named, each as often as it counts."""
        return self.problem.data.n_annotators
