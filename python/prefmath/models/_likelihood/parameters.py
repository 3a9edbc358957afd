"""What the parameters of a class are: utilities or coefficients, effects of position, ties."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._label_values import shown
from prefmath.models._likelihood.ties import tie_model

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.models._likelihood.ties import Ties

    _F64 = NDArray[np.float64]

__all__ = ["Parameters", "labels_of_others"]


@dataclass(frozen=True, eq=False)
class Parameters:
    """Columns of the parameters: one for each of `names`, then of positions, then that of ties.

    The last is the log of Davidson's nu, or the log of the log of Rao and Kupper's theta.
    """

    names: NDArray[Any]
    of_items: bool
    n_positions: int
    ties: Ties
    of_pairs: bool
    named: bool = True
    """Whether `names` are the caller's own, and not just numbers of columns."""

    @property
    def coef(self) -> slice:
        """Columns of coefficients or utilities."""
        return slice(len(self.names))

    @property
    def positions(self) -> slice:
        """Columns of effects of position."""
        return slice(len(self.names), len(self.names) + self.n_positions)

    def natural(self, params: _F64) -> _F64:
        """Return parameters, along the second axis, as the model calls them: nu or theta."""
        model = tie_model(self.ties)
        if model is None:
            return params
        natural = params.copy()
        with np.errstate(over="ignore", under="ignore"):  # one that runs away is infinite
            natural[:, -1] = model.natural(natural[:, -1])
        return natural

    def derivative(self, params: _F64) -> _F64:
        """Return the derivative of `natural`."""
        derivative = np.ones_like(params)
        model = tie_model(self.ties)
        if model is not None:
            with np.errstate(over="ignore", under="ignore"):
                derivative[:, -1] = model.derivative(params[:, -1])
        return derivative

    def labels(self) -> list[str]:
        """Return a label for each column."""
        others = labels_of_others(self.n_positions, self.ties, of_pairs=self.of_pairs)
        return [*map(str, self.names), *others]

    def labels_of_scale(self) -> list[str]:
        """Return a label for each column as it is estimated: of ties the logarithm."""
        model = tie_model(self.ties)
        return self.labels() if model is None else [*self.labels()[:-1], f"ties, {model.scale}"]

    def called(self, column: int) -> str:
        """Say in a sentence what a column is."""
        label = self.labels()[column]
        if column >= len(self.names):
            return f"the parameter of {label}"
        if self.of_items:
            return f"the utility of {label!r}"
        return f"the coefficient of {shown(label) if self.named else label}"

    def in_order(self, mean: _F64, most: int) -> list[int]:
        """Return the columns to show: of items the best ones by `mean`, and all that are others."""
        n = len(self.names)
        order = np.argsort(-mean[:n], kind="stable") if self.of_items else np.arange(n)
        return [*order[:most].tolist(), *range(n, len(mean))]


def labels_of_others(n_positions: int, ties: Ties, *, of_pairs: bool) -> list[str]:
    """Return a label for each parameter of positions and ties."""
    positions = [f"position {position + 2}" for position in range(n_positions)]
    if of_pairs and positions:
        positions = ["shown first"]
    model = tie_model(ties)
    return [*positions, *([] if model is None else [f"ties, {model.symbol}"])]
