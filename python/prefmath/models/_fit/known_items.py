"""Items of new choices, in terms of a fitted model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._label_values import positions_of, shown

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.choices import Choices

__all__ = ["known_items"]


def known_items(
    choices: Choices, known_ids: NDArray[Any] | None, n_known: int
) -> NDArray[np.int32]:
    """Items of `choices` as rows of the fitted item table, matched by label where there are labels.

    Raises
    ------
    ValueError
        If an item was not there when the model was fitted.
    TypeError
        If only one of the two tables has labels.
    """
    if (choices.item_ids is None) != (known_ids is None):
        given, fitted = (
            ("row numbers", "labels") if known_ids is not None else ("labels", "row numbers")
        )
        msg = f"items must be {fitted} as in fit, not {given}"
        raise TypeError(msg)
    if choices.item_ids is None or known_ids is None:
        for item in choices.items[choices.items >= n_known][:1]:
            msg = f"items must be among the {n_known} items of fit, not row {item}"
            raise ValueError(msg)
        return choices.items
    rows = positions_of(choices.item_ids, known_ids, "item_ids").astype(np.int32)
    items: NDArray[np.int32] = rows[choices.items]
    for missing in choices.items[items < 0][:1]:
        msg = f"items must be among the items of fit, not {shown(choices.item_ids[missing])}"
        raise ValueError(msg)
    return items
