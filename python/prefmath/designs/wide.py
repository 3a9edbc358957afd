"""Wide frames: a row a choice set, a column for each alternative of what differs between them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from prefmath._label_values import listed, shown
from prefmath._labels import CodedItems
from prefmath.choices import build
from prefmath.choices.judgements import offsets_of
from prefmath.designs.alternatives import coded
from prefmath.designs.numbers import refuse_what_is_no_number, yes_or_no

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.choices.sorted_judgements import SortedJudgements
    from prefmath.designs.alternatives import Alternatives
    from prefmath.designs.source import Source

    _F64 = NDArray[np.float64]
    _Bool = NDArray[np.bool_]

__all__ = ["Wide", "check_pattern"]


class _Column(NamedTuple):
    """Where something stands of one alternative: in a column, or it is the same in all rows."""

    name: Any
    constant: float | None = None


class Wide:
    """The alternatives of a wide frame under each other, set by set, those that there are."""

    def __init__(
        self, source: Source, alternatives: Alternatives, pattern: str, largest: float
    ) -> None:
        self._source, self._alternatives = source, alternatives
        self._pattern, self._largest = pattern, largest
        self._available: _Bool | None = None
        self.rows = np.repeat(np.arange(len(source)), len(alternatives))
        codes = np.arange(len(alternatives), dtype=np.int32)
        self.alternative: NDArray[np.int32] = np.tile(codes, len(source))

    def leave_out(self, availability: Any) -> None:
        """Leave out alternatives where `availability` says that they were not offered."""
        columns = self._columns("availability", availability, None)
        offered = self._table("availability", columns)
        if not offered.all():
            self._available = offered
            self.rows, code = np.nonzero(offered)
            self.alternative = code.astype(np.int32)

    def judgements(self, chosen: Any, said: build.About) -> SortedJudgements:
        """Return the choices, each alternative shown a row of its own."""
        n_sets, n_alternatives = len(self._source), len(self._alternatives)
        picked = self._chosen(chosen)
        if self._available is None:
            offsets = np.arange(0, n_sets * n_alternatives + 1, n_alternatives, dtype=np.int64)
        else:
            at = np.arange(n_sets)
            missed = ~self._available[at, picked]
            if missed.any():
                row = int(missed.argmax())
                label = shown(self._alternatives.labels[picked[row]])
                raise ValueError(f"chosen must be available: row {row} chose {label}, which is not")
            offsets = offsets_of(self._available.sum(axis=1))
            before = np.cumsum(self._available, axis=1, dtype=np.int32)[at, picked]
            picked = (before - 1).astype(np.int32)
        n_rows = len(self.rows)
        items = CodedItems([np.arange(n_rows, dtype=np.int32)], None, n_rows)
        return build.sets("choice_sets", offsets, items, said, chosen=picked)

    def of_alternatives(self, role: str, variable: Any, columns: Any) -> _F64:
        """Return a variable with a column for each alternative, a number a row."""
        described = self._columns(role, columns, variable)
        values = np.empty((len(self._source), len(self._alternatives)))
        for at, column in enumerate(described):
            values[:, at] = self._numbers(role, variable, column, at)
        return values.reshape(-1) if self._available is None else values[self._available]

    def of_cases(self, role: str, variable: Any) -> _F64:
        """Return a column of the frame for all alternatives of each set."""
        values = self._source.numbers(role, variable)
        refuse_what_is_no_number(values, role, variable, self._largest)
        of_rows: _F64 = values[self.rows]
        return of_rows

    def _numbers(self, role: str, variable: Any, column: _Column, at: int) -> _F64 | float:
        if column.constant is not None:
            return column.constant
        values = self._source.numbers(f"{role} {variable!r}", column.name)
        offered = None if self._available is None else self._available[:, at]
        label = shown(self._alternatives.labels[at])
        refuse_what_is_no_number(values, role, column.name, self._largest, offered, label)
        return values

    def _chosen(self, chosen: Any) -> NDArray[np.int32]:
        """Return which alternative was chosen in each set: by label, or by columns of 0 and 1."""
        if not isinstance(chosen, Mapping) and (
            self._source.has(chosen) or not isinstance(chosen, str) or not self._spread(chosen)
        ):
            return coded(self._source.column("chosen", chosen), self._alternatives, "chosen")
        marked = self._table("chosen", self._columns("chosen", chosen, None))
        n_marked = marked.sum(axis=1)
        if (n_marked != 1).any():
            row = int((n_marked != 1).argmax())
            labels = self._alternatives.labels[marked[row]].tolist()
            has = listed(labels) if labels else "none"
            raise ValueError(f"chosen must mark one alternative in each row: row {row} marks {has}")
        picked: NDArray[np.int32] = marked.argmax(axis=1).astype(np.int32)
        return picked

    def _spread(self, variable: str) -> bool:
        """Tell whether the frame has a column of the variable for some alternative."""
        texts = self._alternatives.texts
        return any(self._source.has(_name(self._pattern, variable, text)) for text in texts)

    def _table(self, role: str, columns: list[_Column]) -> _Bool:
        """Return columns of yes and no beside each other."""
        table = np.empty((len(self._source), len(columns)), np.bool_)
        for at, column in enumerate(columns):
            if column.constant is not None:
                if column.constant not in (0, 1):
                    label = shown(self._alternatives.labels[at])
                    raise ValueError(
                        f"{role} must be True or False, or a column: of {label} it is "
                        f"{column.constant:g}"
                    )
                table[:, at] = bool(column.constant)
                continue
            values = self._source.numbers(role, column.name)
            if role == "chosen" and self._available is not None:
                # What was not offered may say nothing of it.
                values = np.where(~self._available[:, at] & np.isnan(values), 0, values)
            table[:, at] = yes_or_no(values, role, column.name)
        return table

    def _columns(self, role: str, given: Any, variable: Any) -> list[_Column]:
        """Return where something stands of each alternative.

        `given` is a dict from labels to columns or numbers, a pattern, or None for the pattern of
        all; what is no variable is given itself by the name that the pattern has.
        """
        told = role if variable is None else f"{role} {variable!r}"
        if isinstance(given, Mapping):
            return self._columns_said(role, told, given)
        pattern = self._pattern
        if variable is None:
            variable = given
        elif given is not None:
            pattern = check_pattern(given, told, needs_variable=False)
        if not isinstance(variable, str):
            raise TypeError(
                f"{told} must be a name for the pattern {pattern!r}, or a dict from labels of "
                f"alternatives to columns, got {variable!r}"
            )
        names = [_name(pattern, variable, text) for text in self._alternatives.texts]
        for name, label in zip(names, self._alternatives.labels, strict=True):
            if not self._source.has(name):
                raise ValueError(
                    f"frame has no column {name!r} for {told} of {shown(label)}: pattern tells how "
                    "columns are called, and a dict from labels to columns what no pattern does"
                )
        return [_Column(name) for name in names]

    def _columns_said(self, role: str, told: str, given: Mapping[Any, Any]) -> list[_Column]:
        columns: list[_Column | None] = [None] * len(self._alternatives)
        for label, column in given.items():
            number = isinstance(column, bool | int | float | np.number | np.bool_)
            if number and not self._source.has(column):
                constant = float(column)
                if not abs(constant) <= self._largest:
                    raise ValueError(f"{told} must be finite: it is {column} for {label!r}")
                columns[self._alternatives.place(label, told)] = _Column(None, constant)
            else:
                columns[self._alternatives.place(label, told)] = _Column(column)
        found = []
        for at, said in enumerate(columns):
            if said is None and role != "alternative_specific":
                label = shown(self._alternatives.labels[at])
                raise ValueError(
                    f"{told} must name a column, or a number, for each alternative: {label} has "
                    "none"
                )
            found.append(_Column(None, 0.0) if said is None else said)
        return found


def check_pattern(pattern: Any, role: str, *, needs_variable: bool = True) -> str:
    """Return a pattern of names of columns, which has places for what it is of."""
    if not isinstance(pattern, str):
        raise TypeError(f"{role} must be a pattern of names of columns, got {pattern!r}")
    for place in ("{variable}", "{alternative}")[not needs_variable :]:
        if place not in pattern:
            raise ValueError(f"{role} must have {place} in it, got {pattern!r}")
    return pattern


def _name(pattern: str, variable: str, alternative: str) -> str:
    """Return the name of a column; what stands in braces in a name stays there."""
    parts = pattern.split("{alternative}")
    return alternative.join(part.replace("{variable}", variable) for part in parts)
