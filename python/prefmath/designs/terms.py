"""What a design has columns for, and what these are called."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from prefmath._memory import advising
from prefmath.designs.features import Features

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray

    from prefmath.designs.alternatives import Alternatives

    _F64 = NDArray[np.float64]

__all__ = ["Stack", "Terms", "matrix_of", "terms_of", "variables"]

_INTERCEPT = "(intercept)"


class Stack(Protocol):
    """Columns of a frame with a row for each alternative that there is in each choice set."""

    @property
    def alternative(self) -> NDArray[np.int32] | None:
        """Which alternative each row is of; None where alternatives have no labels."""

    def of_alternatives(self, role: str, variable: Any, columns: Any) -> _F64:
        """Return a variable that differs between alternatives, a number a row."""

    def of_cases(self, role: str, variable: Any) -> _F64:
        """Return a variable that is the same for all alternatives of a set, a number a row."""


@dataclass(frozen=True)
class Terms:
    """Variables by kind, each with where the caller says that it stands, if that is said."""

    asc: bool
    generic: dict[Any, Any]
    alternative_specific: dict[Any, Any]
    case_specific: dict[Any, Any]
    base: int | None

    def others(self, alternatives: Alternatives) -> list[int]:
        """Return all alternatives but the base."""
        return [at for at in range(len(alternatives)) if at != self.base]


def terms_of(
    *,
    asc: bool,
    generic: Any,
    alternative_specific: Any,
    case_specific: Any,
    base: Any,
    alternatives: Alternatives | None,
) -> Terms:
    """Return what the caller wants columns for, checked but for whether these are there."""
    if not isinstance(asc, bool | np.bool_):
        raise TypeError(f"asc must be True or False, got {asc!r}")
    told = {
        "generic": variables("generic", generic),
        "alternative_specific": variables("alternative_specific", alternative_specific),
        "case_specific": variables("case_specific", case_specific),
    }
    if isinstance(case_specific, Mapping):
        raise TypeError("case_specific must be a list of names of columns, not a dict")
    if not asc and not any(told.values()):
        raise ValueError(
            "a design needs a feature: name generic, alternative_specific or case_specific "
            "variables, or set asc=True"
        )
    compared = asc or told["case_specific"]
    if alternatives is None:
        for role, given in {"asc": asc, "base": base is not None, **told}.items():
            if given and role != "generic":
                raise ValueError(f"{role} needs labels of alternatives: name their column")
        return Terms(asc=False, base=None, **told)
    if base is not None and not compared:
        raise ValueError(f"base={base!r} has no place without asc=True or case_specific")
    place = None if not compared else 0 if base is None else alternatives.place(base, "base")
    return Terms(asc=bool(asc), base=place, **told)


def variables(role: str, given: Any) -> dict[Any, Any]:
    """Return variables by name, each with what the caller says of its columns, or None."""
    if given is None:
        return {}
    if isinstance(given, Mapping):
        return dict(given)
    if isinstance(given, str):
        return {given: None}
    names = list(given) if isinstance(given, Iterable) else [given]
    found: dict[Any, Any] = {}
    for name in names:
        if not isinstance(name, Hashable):
            raise TypeError(f"{role} must hold names of variables, got {name!r}")
        if name in found:
            raise ValueError(f"{role} must name each variable once, got {name!r} twice")
        found[name] = None
    return found


def matrix_of(
    stack: Stack, terms: Terms, alternatives: Alternatives | None, n_rows: int, dtype: DTypeLike
) -> Features:
    """Return the features: constants, then generic, alternative-specific, case-specific ones."""
    names = _names(terms, alternatives)
    with advising("choose dtype=numpy.float32, or fewer variables or rows"):
        x = np.zeros((n_rows, len(names)), dtype)
    column = iter(range(len(names)))
    code = stack.alternative
    if terms.asc and alternatives is not None:
        for at in terms.others(alternatives):
            x[:, next(column)] = code == at
    for variable, columns in terms.generic.items():
        x[:, next(column)] = stack.of_alternatives("generic", variable, columns)
    if alternatives is not None:
        for variable, columns in terms.alternative_specific.items():
            values = stack.of_alternatives("alternative_specific", variable, columns)
            for at in _described(columns, alternatives):
                x[:, next(column)] = np.where(code == at, values, 0)
        for variable in terms.case_specific:
            values = stack.of_cases("case_specific", variable)
            for at in terms.others(alternatives):
                x[:, next(column)] = np.where(code == at, values, 0)
    return Features(x, tuple(names))


def _names(terms: Terms, alternatives: Alternatives | None) -> list[str]:
    """Return the names of the columns, in the order of `matrix_of`."""
    names = [*map(str, terms.generic)]
    if alternatives is not None:
        texts, others = alternatives.texts, terms.others(alternatives)
        constants = [f"{_INTERCEPT}:{texts[at]}" for at in others] if terms.asc else []
        names = [*constants, *names]
        for variable, columns in terms.alternative_specific.items():
            names += [f"{variable}:{texts[at]}" for at in _described(columns, alternatives)]
        names += [f"{variable}:{texts[at]}" for variable in terms.case_specific for at in others]
    known: set[str] = set()
    for name in names:
        if name in known:
            raise ValueError(f"features must have names of their own, but two would be {name!r}")
        known.add(name)
    return names


def _described(columns: Any, alternatives: Alternatives) -> list[int]:
    """Return the alternatives that have a column of a variable: all, or those that a dict names."""
    if not isinstance(columns, Mapping):
        return [*range(len(alternatives))]
    return sorted(alternatives.place(label, "alternative_specific") for label in columns)
