"""Annotators and items of new choices, in terms of a fitted model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._labels import shown

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.choices import Choices

    _F64 = NDArray[np.float64]

__all__ = ["known_items", "prior_of"]


def prior_of(
    annotator_ids: NDArray[Any] | None,
    known_ids: NDArray[Any] | None,
    responsibilities: _F64,
    weights: _F64,
    n_annotators: int,
) -> _F64:
    """Responsibilities of annotators known by id, and the class weights for all others."""
    prior = np.tile(weights, (n_annotators, 1))
    if annotator_ids is not None and known_ids is not None:
        at, found = _look_up(annotator_ids, known_ids)
        prior[found] = responsibilities[at[found]]
    return prior


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
    order = np.argsort(known_ids)
    at, found = _look_up(choices.item_ids, known_ids[order])
    rows = np.where(found, order[at], -1).astype(np.int32)
    items: NDArray[np.int32] = rows[choices.items]
    for missing in choices.items[items < 0][:1]:
        msg = f"items must be among the items of fit, not {shown(choices.item_ids[missing])}"
        raise ValueError(msg)
    return items


def _look_up(
    labels: NDArray[Any], table: NDArray[Any]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Position of each label in a sorted table, and whether it is there."""
    if labels.dtype.kind != table.dtype.kind and {labels.dtype.kind, table.dtype.kind} != {
        "i",
        "u",
    }:
        return np.zeros(len(labels), np.int64), np.zeros(len(labels), np.bool_)
    at = np.minimum(np.searchsorted(table, labels), len(table) - 1)
    found: NDArray[np.bool_] = table[at] == labels
    return at, found
