"""Features of items: one row for each row of the item table of some choices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._validate import as_features

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from prefmath.choices import Choices

__all__ = ["features_of"]

# A row for each alternative shown, of which no more than one in so many is used, is a mistake.
_UNUSED = 4


def features_of(
    choices: Choices, features: ArrayLike | None, *, columns: bool = True, n_threads: int = 1
) -> NDArray[Any]:
    """Return features as a matrix of finite numbers with a row for every item.

    Unless they must have `columns`, None and a matrix without any stand for no features: positions
    alone matter. Where items have labels there is exactly one row each. Items that are row numbers
    may leave the last rows of features unused.

    Raises
    ------
    ValueError
        If there are too few rows or too many, or something is not finite.
    TypeError
        If these are no numbers.
    """
    n_items = choices.n_items
    if features is None:
        return np.zeros((n_items, 0))
    shape: Any = getattr(features, "shape", ())
    without = not columns and isinstance(shape, tuple) and len(shape) == 2 and shape[1] == 0
    x = np.zeros((shape[0], 0)) if without else as_features(features, n_threads)
    if len(x) < n_items:
        msg = f"features must have a row for each of {n_items} items, not {len(x)}"
        raise ValueError(msg)
    labelled = choices.item_ids is not None
    of_alternatives = len(x) == len(choices.items) and len(x) >= _UNUSED * n_items
    if len(x) > n_items and (labelled or of_alternatives):
        order = ", in the order of choices.item_ids" if labelled else ""
        msg = (
            f"features has {len(x):,} rows for the {n_items:,} items of choices, and must have one "
            f"row an item{order}; where each alternative shown has features of its own, its item "
            "is its row of features: leave item= out of Choices.from_frame"
        )
        raise ValueError(msg)
    return x
