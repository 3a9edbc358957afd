"""What a reader returns: choices, and tables of what they are about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from prefmath.io.frames_out import frame_of

if TYPE_CHECKING:
    from prefmath.choices import Choices

__all__ = ["Columns", "Preferences", "Report"]

_SHOWN_ROWS = 5
_SHOWN_WIDTH = 28


class Columns(Mapping[str, Sequence[Any]]):
    """A table: columns of one length by name.

    Examples
    --------
    >>> table = Columns({"model": ["a", "b"], "score": [1, 2]})
    >>> table.n_rows, table["model"]
    (2, ['a', 'b'])
    """

    def __init__(self, columns: Mapping[str, Sequence[Any]]) -> None:
        self._columns = dict(columns)

    def __getitem__(self, name: str) -> Sequence[Any]:
        try:
            return self._columns[name]
        except KeyError:
            known = ", ".join(map(repr, self._columns))
            raise KeyError(f"there is no column {name!r}; there are {known}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    @property
    def n_rows(self) -> int:
        """Rows of the table."""
        return len(next(iter(self._columns.values()), ()))

    def to_frame(self, backend: str = "pandas") -> Any:
        """Return a data frame.

        Parameters
        ----------
        backend : {"pandas", "polars", "pyarrow"} or another that narwhals knows
            Which library's frame.

        Returns
        -------
        data frame
            A copy, texts read into memory.
        """
        return frame_of({name: list(column) for name, column in self._columns.items()}, backend)

    def __repr__(self) -> str:
        lines = [f"Columns({self.n_rows:,} rows)"]
        for name, column in self._columns.items():
            some = [_short(column[row]) for row in range(min(_SHOWN_ROWS, self.n_rows))]
            more = ", …" if self.n_rows > _SHOWN_ROWS else ""
            lines.append(f"  {name}: {', '.join(some)}{more}")
        return "\n".join(lines)


@dataclass(eq=False)
class Report:
    """What a reader did: rows read, judgements made, what was dropped and why.

    Attributes
    ----------
    source : str
        What was read.
    format : str
        As what it was read.
    unit : {"line", "row"}
        What rows are counted in: lines of a text file from 1, rows of a table from 0.
    n_read : int
        Records read.
    n_judgements : int
        Judgements made.
    dropped : dict of str to list of int
        Rows of which something was left out, by the reason; a row stands there as often as
        something of it was left out.
    """

    source: str
    format: str
    unit: str
    n_read: int = 0
    n_judgements: int = 0
    dropped: dict[str, list[int]] = field(default_factory=dict)

    def drop(self, row: int, reason: str) -> None:
        """Note that something of a row was left out."""
        self.dropped.setdefault(reason, []).append(row)

    def __str__(self) -> str:
        lines = [
            f"{self.source}, read as {self.format}",
            f"{self.n_read:,} records, {self.n_judgements:,} judgements",
        ]
        for reason, rows in self.dropped.items():
            where = ", ".join(map(str, rows[:_SHOWN_ROWS]))
            more = ", …" if len(rows) > _SHOWN_ROWS else ""
            plural = "" if len(rows) == 1 else "s"
            lines.append(f"left out {len(rows):,}: {reason} ({self.unit}{plural} {where}{more})")
        return "\n".join(lines)

    __repr__ = __str__


@dataclass(frozen=True, eq=False, repr=False)
class Preferences:
    """Choices, and tables of items, prompts, annotators and judgements.

    Attributes
    ----------
    choices : Choices
        The judgements; their context is the row of the prompt, where there are prompts.
    items : Columns
        A row for each item, in the order of the choices' items: `text`, `model`, `prompt` (a row of
        `prompts`), and what else the format says of responses, as far as it does.
    prompts : Columns
        The `text` of each prompt.
    annotators : Columns
        A row for each annotator, in the order of ``choices.annotator_ids``: `annotator`, and the
        attributes that the format has.
    judgements : Columns
        A row for each judgement, in the order of the choices: `row` of the source, and what else
        the format says of it, such as `language` and `strength`.
    report : Report
        What was read and what was left out.
    """

    choices: Choices
    items: Columns
    prompts: Columns
    annotators: Columns
    judgements: Columns
    report: Report

    def __repr__(self) -> str:
        tables = [
            f"{name}: {', '.join(table)}"
            for name in ("items", "prompts", "annotators", "judgements")
            if len(table := getattr(self, name))
        ]
        return "\n".join([repr(self.choices), *tables, str(self.report)])


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN_WIDTH else f"{text[: _SHOWN_WIDTH - 1]}…"
