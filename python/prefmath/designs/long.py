"""Long frames: a row for each alternative of each choice set, in any order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._label_values import family, shown
from prefmath._labels import CodedItems
from prefmath.choices import build
from prefmath.choices import checks as check
from prefmath.choices.judgements import offsets_of
from prefmath.designs.alternatives import coded
from prefmath.designs.numbers import refuse_what_is_no_number, yes_or_no

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.choices.sorted_judgements import SortedJudgements
    from prefmath.designs.alternatives import Alternatives
    from prefmath.designs.source import Source
    from prefmath.io._long import Groups

    _F64 = NDArray[np.float64]
    _Bool = NDArray[np.bool_]

__all__ = ["Long"]

# A table of all alternatives of all sets is made where it has no more cells than this a row.
_CELLS_A_ROW = 8


class Long:
    """The rows of a long frame, those of alternatives that there are, gathered into sets.

    `code` tells which alternative each row of the frame is of, if alternatives have labels.
    """

    def __init__(
        self,
        source: Source,
        groups: Groups,
        alternatives: Alternatives | None,
        code: NDArray[np.int32] | None,
        largest: float,
    ) -> None:
        self._source, self._groups, self._largest = source, groups, largest
        self._alternatives, self._code = alternatives, code
        self._available: _Bool | None = None
        self.rows = np.arange(len(source))
        order = groups.rows
        self._order = np.arange(len(source)) if order is None else order
        self._offsets = groups.offsets

    @property
    def alternative(self) -> NDArray[np.int32] | None:
        """Which alternative each row of the features is of."""
        return None if self._code is None else self._code[self.rows]

    def leave_out(self, availability: Any) -> None:
        """Leave out the rows of alternatives that were not offered."""
        values = self._source.numbers("availability", availability)
        offered = yes_or_no(values, "availability", availability)
        if not offered.all():
            self._available = offered
            self.rows = np.flatnonzero(offered)
            gathered = offered[self._order]
            sizes = np.add.reduceat(gathered, self._groups.offsets[:-1], dtype=np.int64)
            self._order, self._offsets = self._order[gathered], offsets_of(sizes)

    def judgements(self, chosen: Any, said: build.About) -> SortedJudgements:
        """Return the choices, each row of the frame that is left a row of the features."""
        # What was chosen is looked for in all rows, so that what was not available is told.
        self._refuse_repeats()
        marked = self._marked(self._source.column("chosen", chosen))
        picked = np.flatnonzero(marked[self._order]) - self._offsets[:-1]
        items = self._order
        if self._available is not None:
            items = (np.cumsum(self._available) - 1)[items]
        coded_items = CodedItems([items.astype(np.int32)], None, len(self.rows))
        return build.sets(
            "choice_sets",
            self._offsets,
            coded_items,
            self._groups.about(said),
            chosen=picked.astype(np.int32),
            set_name=self._groups.name,
            item_order=None if self._groups.rows is None else items,
        )

    def of_alternatives(self, role: str, variable: Any, columns: Any) -> _F64:
        """Return a column of the frame."""
        name = variable if columns is None else columns
        values = self._source.numbers(role, name)
        refuse_what_is_no_number(values, role, name, self._largest, self._available)
        return values if self._available is None else values[self.rows]

    def of_cases(self, role: str, variable: Any) -> _F64:
        """Return a column of the frame that is the same in all rows of a set."""
        values = self.of_alternatives(role, variable, None)
        in_order = self._source.numbers(role, variable)[self._order]
        expected = np.repeat(in_order[self._offsets[:-1]], np.diff(self._offsets))
        differs = in_order != expected
        if differs.any():
            at = int(differs.argmax())
            where = int(np.searchsorted(self._offsets, at, side="right")) - 1
            raise ValueError(
                f"{role} must be the same in all rows of a choice set: column {variable!r} is "
                f"{in_order[at]:g} in row {self._order[at]} but {expected[at]:g} before in "
                f"{self._groups.name(where)}"
            )
        return values

    def _marked(self, chosen: NDArray[Any]) -> _Bool:
        """Return which rows were chosen, one of each set: by marks, or by labels."""
        marks = _as_marks(chosen)
        if marks is None and self._alternatives is not None and self._code is not None:
            marked = "; what marks rows is boolean, or 0 and 1"
            picked = coded(chosen, self._alternatives, "chosen", marked)
            return self._labelled(chosen, picked, self._code)
        if marks is None:
            marks = check.booleans(chosen, "chosen", len(chosen))
        groups = self._groups
        n_marked = np.add.reduceat(groups.gather(marks), groups.offsets[:-1], dtype=np.int64)
        for bad in np.flatnonzero(n_marked != 1)[:1]:
            why = groups.hint() if n_marked[bad] else groups.divided(bad)
            if self._alternatives is not None and family(self._alternatives.values) == "integers":
                why += "; numbers 0 and 1 mark rows: to have labels, make strings of both columns"
            raise ValueError(
                f"chosen must mark one row of each choice set: {groups.name(bad)} has "
                f"{n_marked[bad]}{why}"
            )
        if self._available is not None:
            for row in np.flatnonzero(marks & ~self._available)[:1]:
                raise ValueError(f"chosen must be available: row {row} was chosen, which is not")
        return marks

    def _labelled(
        self, chosen: NDArray[Any], picked: NDArray[np.int32], code: NDArray[np.int32]
    ) -> _Bool:
        """Return the rows of the alternatives that a column names in all rows of a set."""
        groups = self._groups
        self._refuse_several(chosen, picked)
        there: _Bool = picked == code
        marks: _Bool = there if self._available is None else there & self._available
        n_marked = np.add.reduceat(groups.gather(marks), groups.offsets[:-1], dtype=np.int64)
        for bad in np.flatnonzero(n_marked != 1)[:1]:  # none: no alternative stands there twice
            label, name = shown(chosen[groups.first_rows[bad]]), groups.name(bad)
            of_set = slice(groups.offsets[bad], groups.offsets[bad + 1])
            if groups.gather(there)[of_set].any():
                raise ValueError(f"chosen must be available: {name} chose {label}, which is not")
            raise ValueError(
                f"chosen must be an alternative of its choice set: {name} has no row of {label}"
                f"{groups.divided(bad)}"
            )
        return marks

    def _refuse_several(self, chosen: NDArray[Any], picked: NDArray[np.int32]) -> None:
        """Refuse a set in which another label is called chosen in another row."""
        groups = self._groups
        gathered = groups.gather(picked)
        expected = np.repeat(picked[groups.first_rows], np.diff(groups.offsets))
        differs = gathered != expected
        if differs.any():
            at = int(differs.argmax())
            row, name = groups.row(at), groups.name_at(at)
            first = int(groups.first_rows[np.searchsorted(groups.offsets, at, side="right") - 1])
            raise ValueError(
                "chosen must be one alternative in all rows of a choice set: "
                f"chosen[{row}]={shown(chosen[row])} but {shown(chosen[first])} before in "
                f"{name}{groups.hint()}"
            )

    def _refuse_repeats(self) -> None:
        """Refuse an alternative that stands in two rows of a set."""
        if self._alternatives is None or self._code is None:
            return
        k, sizes = len(self._alternatives), np.diff(self._offsets)
        key = np.repeat(np.arange(len(sizes), dtype=np.int64) * k, sizes)
        key += self._code[self._order]
        if len(sizes) * k <= _CELLS_A_ROW * len(key):
            repeated = bool((np.bincount(key) > 1).any())
        else:
            repeated = len(np.unique(key)) < len(key)
        if not repeated:
            return
        order = np.argsort(key, kind="stable")
        same = np.flatnonzero(key[order][1:] == key[order][:-1])
        first, second = (int(self._order[at]) for at in order[same[0] : same[0] + 2])
        group, at = divmod(int(key[order[same[0]]]), k)
        label = shown(self._alternatives.labels[at])
        raise ValueError(
            f"the alternative {label} stands twice in {self._groups.name(group)}: in rows {first} "
            f"and {second}{self._groups.hint()}"
        )


def _as_marks(chosen: NDArray[Any]) -> _Bool | None:
    """Return a column of booleans or of 0 and 1 as marks; None where it is neither."""
    if chosen.dtype.kind == "b":
        return chosen
    if chosen.dtype.kind == "O":
        if not all(isinstance(value, bool | int | float) for value in chosen.tolist()):
            return None
        chosen = chosen.astype(np.float64)
    if chosen.dtype.kind not in "iuf":
        return None
    yes: _Bool = chosen == 1
    return yes if (yes | (chosen == 0)).all() else None
