"""What becomes of tied pairs: half a win for each, or one file for each model of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

from prefmath.models._likelihood.ties.davidson import Davidson
from prefmath.models._likelihood.ties.rao_kupper import RaoKupper

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from prefmath.models._likelihood.ties.contest import Contest

    _F64 = NDArray[np.float64]
    _I32 = NDArray[np.int32]

__all__ = ["TIES", "TieModel", "Ties", "tie_model"]

Ties: TypeAlias = Literal["half", "davidson", "rao_kupper"]


class TieModel(Protocol):
    """Ties as an outcome with one parameter, a row of the utility table."""

    @property
    def symbol(self) -> str:
        """What its source calls the parameter."""

    @property
    def scale(self) -> str:
        """What the row of the table is, as a function of the symbol."""

    @property
    def contests(self) -> tuple[Contest, ...]:
        """Differences whose signs decide whether parameters are finite."""

    @property
    def curvature_is_information(self) -> bool:
        """Whether the curvature of the kernels is the negative Hessian in the parameter too."""

    def natural(self, parameter: _F64) -> _F64:
        """Return the parameter as its source has it, from the row of the table."""

    def derivative(self, parameter: _F64) -> _F64:
        """Return the derivative of that."""

    def term(self, parameter: float) -> float:
        """Return what the contests multiply."""

    def probabilities(self, first: _F64, second: _F64, parameter: _F64) -> tuple[_F64, _F64]:
        """Probability that the first of two is preferred, and the second; the rest is a tie."""

    def hessian(
        self, winner: _I32, loser: _I32, tie_row: int, table: _F64, weights: _F64
    ) -> _F64 | None:
        """Negative Hessian on the table, (n_columns, n_rows, n_rows), where it is written out."""


_MODELS: dict[Ties, TieModel] = {"davidson": Davidson(), "rao_kupper": RaoKupper()}
TIES: tuple[Ties, ...] = ("half", *_MODELS)


def tie_model(ties: Ties) -> TieModel | None:
    """Return the model of ties of that name; None where a tie is half a win."""
    return _MODELS.get(ties)
