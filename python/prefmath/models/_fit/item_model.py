"""Estimators of one free utility for every item."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prefmath.models._fit.choice_model import ChoiceModel

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["ItemModel"]


class ItemModel(ChoiceModel):
    """One utility an item, alike for all annotators."""

    @property
    def utilities_(self) -> NDArray[np.float64]:
        """Utility of every row of the item table, of mean 0."""
        self._check_fitted()
        utilities: NDArray[np.float64] = self.coef_[0]
        return utilities

    @property
    def tie_(self) -> float:
        """Parameter of ties; nan where a tie is half a win."""
        return float(super().tie_[0])
