"""Alternatives: their labels, how the data call them, and where each stands."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from prefmath._label_values import family, kind_of, listed, positions_of, shown
from prefmath._labels import code_labels, distinct_labels

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Alternatives", "alternatives_of", "coded"]


class Alternatives(NamedTuple):
    """Alternatives in the caller's order."""

    labels: NDArray[Any]
    """What columns, names of features and the caller call them."""
    values: NDArray[Any]
    """What the column of what was chosen, or of alternatives, calls them."""

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def texts(self) -> list[str]:
        """Labels as they stand in names of columns and features."""
        return [label if isinstance(label, str) else shown(label) for label in self.labels.tolist()]

    def place(self, label: Any, role: str) -> int:
        """Return where an alternative stands, or refuse a label that is none."""
        for at, known in enumerate(self.labels.tolist()):
            if kind_of(type(known)) is kind_of(type(label)) and known == label:
                return at
        raise ValueError(
            f"{role} names {label!r}, which is none of the alternatives "
            f"{listed(self.labels.tolist())}"
        )


def alternatives_of(given: Any) -> Alternatives:
    """Return the alternatives that the caller lists, or maps from values of the data to labels.

    Examples
    --------
    >>> alternatives_of({1: "train", 2: "car"}).texts
    ['train', 'car']
    """
    if isinstance(given, Mapping):
        values = distinct_labels(list(given), "alternatives")
        labels = distinct_labels(list(given.values()), "alternatives")
    else:
        if isinstance(given, str | bytes | AbstractSet) or not np.iterable(given):
            raise TypeError(f"alternatives must be a list of labels in an order, got {given!r}")
        in_order: Any = given
        values = labels = distinct_labels(in_order, "alternatives")
    if len(labels) < 2:
        raise ValueError(f"alternatives must be two at least, got {listed(labels.tolist())} alone")
    return Alternatives(labels, values)


def coded(
    values: NDArray[Any], alternatives: Alternatives, role: str, otherwise: str = ""
) -> NDArray[np.int32]:
    """Return where each value stands among the alternatives, or refuse one that is none.

    `otherwise` says what else values may be.
    """
    ids, codes = code_labels(values, role)
    if family(ids) != family(alternatives.values):
        here, there = family(ids), family(alternatives.values)
        msg = f"{role} holds {here} but alternatives are {there}"
        if {here, there} == {"integers", "floats"}:
            msg += ": drop rows without one and make the floats integers with astype(int)"
        both = f"as {shown(ids[0])} and {shown(alternatives.values[0])}"
        raise TypeError(f"{msg}, {both}{otherwise}")
    place = positions_of(ids, alternatives.values, role).astype(np.int32)
    found: NDArray[np.int32] = place[codes]
    if (place < 0).any():
        row = int((found < 0).argmax())
        raise ValueError(
            f"{role} must be one of the alternatives {listed(alternatives.values.tolist())}: "
            f"{role}[{row}]={shown(values[row])}{otherwise}"
        )
    return found
