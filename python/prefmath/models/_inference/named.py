"""Parameters by their names: what contrasts, ratios and tests of a fitted model are about."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from prefmath._validate import as_number
from prefmath.models._inference.marks import GRAVITY

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.models._likelihood.parameters import Parameters

    _F64 = NDArray[np.float64]

__all__ = ["Estimates", "Names", "covariance_of", "gravest", "name_text"]

# A parameter of one class is named by its class after it, as in "price[0]".
_IN_CLASS = re.compile(r"(.*)\[([0-9]{1,9})\]", re.DOTALL)
_MOST_NAMES = 8
# Weights of a sum are up to this, or one over it.
_LARGEST = 1e20


class Estimates(Protocol):
    """Estimates and their covariance, as `Uncertainty` has them."""

    @property
    def params(self) -> _F64:
        """Estimates, (n_components, p)."""

    @property
    def covariance(self) -> _F64:
        """Of the parameters, class after class, and of what follows them."""

    @property
    def parameters(self) -> Parameters:
        """What the columns of `params` are."""

    @property
    def marks(self) -> NDArray[Any]:
        """Why an error is not to be relied on, (n_components, p)."""

    @property
    def robust(self) -> bool:
        """Whether errors are robust to clustering."""

    @property
    def named(self) -> bool:
        """Whether units are annotators."""

    def kind_text(self) -> str:
        """Say of which kind the errors are, and of how many units."""


class Names:
    """The parameters of each class by their labels, and by the ids of items as they are."""

    def __init__(self, parameters: Parameters, n_classes: int) -> None:
        self.labels = parameters.labels_of_scale()
        self.n_classes = n_classes
        self._columns: dict[Any, int] = {}
        for column, label in [*enumerate(parameters.names.tolist()), *enumerate(self.labels)]:
            if isinstance(label, (str, bytes, int, float)):
                self._columns.setdefault(label, column)

    def __contains__(self, name: object) -> bool:
        return self._find(name) is not None

    def weights(self, form: Any, argument: str) -> tuple[_F64, str]:
        """Return the weights of a sum of parameters, and how it is written.

        Parameters
        ----------
        form : name, or mapping of names to numbers
            A name is a label of a parameter, which has a row for every class; with a class after
            it, as in "price[0]", it is that of the class, and there is one row alone.
        argument : str
            What errors call it.

        Returns
        -------
        weights : ndarray, shape (n_components or 1, n_components * p)
        text : str

        Raises
        ------
        ValueError
            If there is no parameter of such a name, or names with a class stand beside others.
        TypeError
            If it is neither a name nor a mapping, or a weight is no number.
        """
        if not isinstance(form, (Mapping, Hashable)):
            kind = type(form).__name__
            raise TypeError(f"{argument} must be a name or a dict of names to numbers, not {kind}")
        parts = form if isinstance(form, Mapping) else {form: 1.0}
        if not parts:
            raise ValueError(f"{argument} must name a parameter at least")
        k, p = self.n_classes, len(self.labels)
        places = []
        for name, weight in parts.items():
            column, z = self.find(name, argument)
            number = as_number(weight, f"{argument}[{name!r}]")
            if number and not 1 / _LARGEST <= abs(number) <= _LARGEST:
                raise ValueError(
                    f"{argument}[{name!r}] must be finite, 0 or between {1 / _LARGEST:g} and "
                    f"{_LARGEST:g} in size, not {weight}"
                )
            places.append((column, z, number))
        of_classes = {z is not None for _, z, _ in places}
        if len(of_classes) > 1:
            raise ValueError(
                f"{argument} must name a class with each of its parameters or with none: "
                f"{', '.join(map(repr, parts))}"
            )
        rows = np.zeros((1 if of_classes == {True} else k, k, p))
        for column, z, number in places:
            for row, of_row in enumerate(rows):
                of_row[row if z is None else z, column] += number
        return rows.reshape(len(rows), k * p), _text(parts)

    def find(self, name: object, argument: str) -> tuple[int, int | None]:
        """Return the column of a parameter, and its class where that is named."""
        found = self._find(name)
        if found is None:
            raise self.unknown(name, argument)
        column, z = found
        if z is not None and z >= self.n_classes:
            raise ValueError(
                f"{argument} names class {z}, but there are {self.n_classes}: {name!r}"
            )
        return column, z

    def unknown(self, name: object, argument: str) -> ValueError:
        """Return the error that there is no such parameter."""
        return ValueError(f"{argument} must name a parameter, not {name!r}: {self._known(name)}")

    def _find(self, name: object) -> tuple[int, int | None] | None:
        plain = name.item() if isinstance(name, np.generic) else name
        column = None if isinstance(plain, bool) else self._columns.get(plain)
        if column is not None:
            return column, None
        of_class = _IN_CLASS.fullmatch(plain) if isinstance(plain, str) else None
        if of_class is None or of_class[1] not in self._columns:
            return None
        return self._columns[of_class[1]], int(of_class[2])

    def _known(self, name: object) -> str:
        near = get_close_matches(str(name), self.labels[:10_000], _MOST_NAMES // 2)
        if near:
            return f"there is {' and '.join(map(repr, near))}"
        some = ", ".join(map(repr, self.labels[:_MOST_NAMES]))
        rest = len(self.labels) - _MOST_NAMES
        return f"there are {some}" + (f" and {rest:,} more" if rest > 0 else "")


def covariance_of(estimates: Estimates) -> _F64:
    """Return the covariance of the parameters alone."""
    n = estimates.params.size
    return estimates.covariance[:n, :n]


def gravest(estimates: Estimates, rows: _F64) -> list[str]:
    """Return for each sum of parameters the gravest of the marks of those that it has."""
    marks = estimates.marks.ravel()
    return [max(marks[row != 0].tolist(), key=GRAVITY.index, default="") for row in rows]


def name_text(name: object) -> str:
    """Return a name in a line of print."""
    return " ".join(str(name).split()) if isinstance(name, (str, bytes)) else str(name)


def _text(parts: Mapping[Any, Any]) -> str:
    """Write a sum of parameters."""
    text = ""
    for name, weight in parts.items():
        size = "" if abs(weight) == 1 else f"{abs(weight):g} "
        sign = " - " if weight < 0 else " + "
        if not text:
            sign = "-" if weight < 0 else ""
        text += f"{sign}{size}{name_text(name)}"
    return text
