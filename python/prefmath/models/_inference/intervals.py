"""Intervals of parameters and shares, and how tables of them are printed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from prefmath._validate import as_number
from prefmath.models._inference.digits import interval_text
from prefmath.models._inference.text_table import text_table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.models._likelihood.parameters import Parameters

    _F64 = NDArray[np.float64]

__all__ = ["SHOWN", "Intervals", "as_level", "intervals_of", "reading_order", "table_of"]

SHOWN = 12
"""Rows of a printed table."""


@dataclass(frozen=True, eq=False, repr=False)
class Intervals:
    """Lower and upper ends of confidence intervals, each parameter by itself.

    An end is infinite where the data do not bound the parameter on that side. Printed, rows stand
    in the order of the arrays.

    Attributes
    ----------
    coef : ndarray, shape (n_components, d, 2)
        Of the coefficients, or of the utilities of items, in the order of ``coef_``.
    weights : ndarray, shape (n_components, 2)
        Of the shares of the classes.
    position_effects : ndarray, shape (n_components, n_positions, 2)
        Of the effects of position, if the model has any.
    tie : ndarray, shape (n_components, 2), or None
        Of the parameter of ties, nu or theta; None where a tie is half a win.
    level : float
        Of how many intervals out of all, in repetitions of the study, the truth is within.
    labels : tuple of str
        Of the coefficients or items, then of the positions, then of the parameter of ties.
    """

    coef: _F64
    weights: _F64
    position_effects: _F64
    tie: _F64 | None
    level: float
    labels: tuple[str, ...]

    def __repr__(self) -> str:
        parts = [self.coef, self.position_effects]
        ends = np.concatenate(parts if self.tie is None else [*parts, self.tie[:, None]], axis=1)
        d = self.coef.shape[1]
        columns = [*range(min(d, SHOWN)), *range(d, ends.shape[1])]
        shares = [*map(_interval, self.weights)]
        rows = [[self.labels[column], *map(_interval, ends[:, column])] for column in columns]
        table = table_of(shares, rows, ends.shape[1] - len(columns))
        return f"Intervals({self.level:.10g} each, in the order of the arrays)\n{table}"


def intervals_of(params: _F64, weights: _F64, parameters: Parameters, level: float) -> Intervals:
    """Return the ends of intervals, of parameters as they are called."""
    return Intervals(
        coef=params[:, parameters.coef],
        weights=weights,
        position_effects=params[:, parameters.positions],
        tie=None if parameters.ties == "half" else params[:, -1],
        level=level,
        labels=tuple(parameters.labels()),
    )


def as_level(level: float) -> float:
    """Return a level of confidence, above 0 and below 1."""
    number = as_number(level, "level")
    if not 0 < number < 1:
        raise ValueError(f"level must be above 0 and below 1, not {level}")
    return number


def table_of(shares: list[str], rows: list[list[str]], rest: int) -> str:
    """Return a table with a column a class, their shares first, and how many rows it leaves out.

    A single class has no number, and no share other than all.
    """
    n_classes = len(shares)
    rows = [*rows, [f"… {rest} more", *[""] * n_classes]] if rest else rows
    if n_classes == 1:
        return text_table(None, rows)
    return text_table(["", *(f"class {z}" for z in range(n_classes))], [["share", *shares], *rows])


def reading_order(parameters: Parameters) -> str:
    """Say in which order rows are printed, where that is not the order of the arrays."""
    return "; best items first, not as in arrays" if parameters.of_items else ""


def _interval(ends: _F64) -> str:
    return interval_text(ends[0], ends[1])
