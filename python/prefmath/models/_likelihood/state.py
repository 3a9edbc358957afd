"""What a pass over the data says of parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    _F64 = NDArray[np.float64]

__all__ = ["Expectation", "State", "Tabulated"]


@dataclass(frozen=True, eq=False)
class Tabulated:
    """The utility table, and what was summed over all outcomes on the way.

    `outcome_weights` holds the weight of each outcome in each column, `diagonal` the curvature of
    the log-likelihood along each entry of the table, `gradient` its derivative there.
    """

    table: _F64
    outcome_weights: _F64
    diagonal: _F64
    gradient: _F64


@dataclass(frozen=True, eq=False)
class Expectation:
    """What a pass over the data returns, before the penalty.

    `latent` has a row an annotator: of classes the responsibilities. `masses` are the statistics of
    these that the parameters of the population depend on, `gradient` is the derivative of the
    log-likelihood in the parameters of the utility, `tabulated` is None where no table was made.
    """

    latent: _F64
    masses: _F64
    log_likelihood: float
    gradient: _F64
    tabulated: Tabulated | None


@dataclass(frozen=True, eq=False)
class State:
    """Parameters, and what a pass over the data says of them.

    `mixing` are the parameters of the population, `latent` says what each annotator is, `masses`
    what the population's parameters depend on; `gradient` is that of the objective in `coef`.
    """

    coef: _F64
    mixing: _F64
    latent: _F64
    masses: _F64
    log_likelihood: float
    objective: float
    gradient: _F64
    tabulated: Tabulated | None
