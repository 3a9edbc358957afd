"""Gathering judgements record by record, and making choices of them."""

from __future__ import annotations

from array import array
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath.choices import Choices
from prefmath.choices.judgements import sides
from prefmath.io._records.texts import Texts
from prefmath.io.preferences import Columns, Preferences, Report

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from numpy.typing import NDArray

__all__ = ["Collector"]

_UNKNOWN = 2


class _Rows:
    """Rows of a table that grows; a key stands once."""

    def __init__(self) -> None:
        self.number: dict[Hashable, int] = {}
        self.texts = Texts()
        self.columns: dict[str, list[Any]] = {}

    def row(self, key: Hashable, text: str | None, fields: Mapping[str, Any]) -> int:
        """Return the row of a key, a new one for a key that was not there."""
        known = self.number.get(key)
        if known is not None:
            return known
        row = self.number[key] = len(self.number)
        self.texts.append(text)
        _append(self.columns, fields, row)
        return row

    def table(self, *, with_text: bool) -> Columns:
        first: dict[str, Sequence[Any]] = {"text": self.texts} if with_text else {}
        return Columns({**first, **self.columns})


class Collector:
    """Judgements as they come, each of items that have a row each."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self._prompts = _Rows()
        self._items = _Rows()
        self._annotators: dict[Hashable, dict[str, Any]] = {}
        self._codes: dict[Hashable, int] = {}
        self._who = array("i")
        self._entries = array("i")
        self._sizes = array("i")
        self._chosen = array("i")
        self._ranked = array("i")
        self._tied = bytearray()
        self._first = bytearray()
        self._context = array("q")
        self._rows = array("q")
        self._fields: dict[str, list[Any]] = {}

    def drop(self, row: int, reason: str) -> None:
        """Note that something of a record is left out."""
        self.report.drop(row, reason)

    def prompt(self, text: str, key: Hashable = None) -> int:
        """Return the row of a prompt; equal texts are one unless their keys tell them apart."""
        return self._prompts.row((_digest(text), key), text, {})

    def response(self, prompt: int, text: str, **fields: Any) -> int:
        """Return the row of a response; equal texts to one prompt are one item."""
        return self._items.row((prompt, _digest(text)), text, {"prompt": prompt, **fields})

    def named(self, label: str, **fields: Any) -> int:
        """Return the row of an item that has a name, such as a model."""
        return self._items.row(label, None, {"item": label, **fields})

    def annotator(self, label: Hashable, **attributes: Any) -> None:
        """Note what is known of an annotator; what was said first holds."""
        known = self._annotators.setdefault(label, {})
        for name, value in attributes.items():
            if value is not None:
                known.setdefault(name, value)

    def pair(
        self,
        row: int,
        winner: int,
        loser: int,
        *,
        tie: bool = False,
        first: bool | None = None,
        prompt: int = -1,
        annotator: Hashable = None,
        **fields: Any,
    ) -> None:
        """Add a pair; `first` says whether the winner was shown first."""
        self._entries.extend((winner, loser))
        self._sizes.append(2)
        self._chosen.append(0)
        self._tied.append(tie)
        self._first.append(_UNKNOWN if first is None else first)
        self._about(row, prompt, annotator, fields)

    def choice(
        self,
        row: int,
        items: Sequence[int],
        chosen: int,
        *,
        prompt: int = -1,
        annotator: Hashable = None,
        **fields: Any,
    ) -> None:
        """Add a choice of one among several."""
        self._entries.extend(items)
        self._sizes.append(len(items))
        self._chosen.append(items.index(chosen))
        self._about(row, prompt, annotator, fields)

    def ranking(
        self,
        row: int,
        items: Sequence[int],
        n_ranked: int,
        *,
        prompt: int = -1,
        annotator: Hashable = None,
        **fields: Any,
    ) -> None:
        """Add a ranking, best first."""
        self._entries.extend(items)
        self._sizes.append(len(items))
        self._ranked.append(n_ranked)
        self._about(row, prompt, annotator, fields)

    def _about(self, row: int, prompt: int, annotator: Hashable, fields: dict[str, Any]) -> None:
        at = len(self._rows)
        self._rows.append(row)
        self._context.append(prompt)
        self._who.append(-1 if annotator is None else self._code(annotator))
        _append(self._fields, fields, at)

    def _code(self, annotator: Hashable) -> int:
        try:
            return self._codes.setdefault(annotator, len(self._codes))
        except TypeError:
            msg = f"an annotator must be a text or a number, not {annotator!r}"
            raise ValueError(msg) from None

    def finished(self, layout: str) -> Preferences:
        """Return everything as one object.

        Raises
        ------
        ValueError
            If nothing could be made a judgement, or only some judgements say who made them.
        """
        report = self.report
        report.n_judgements = len(self._rows)
        if not self._rows:
            raise ValueError(f"{report.source} holds no judgements: {report}")
        choices = self._choices(layout)
        order = range(len(self._rows)) if choices.order is None else choices.order.tolist()
        judgements: dict[str, Sequence[Any]] = {"row": [self._rows[at] for at in order]}
        for name, column in self._fields.items():
            judgements[name] = [column[at] for at in order]
        return Preferences(
            choices=choices,
            items=self._items.table(with_text="item" not in self._items.columns),
            prompts=self._prompts.table(with_text=bool(self._prompts.number)),
            annotators=self._of_annotators(choices),
            judgements=Columns(judgements),
            report=report,
        )

    def _choices(self, layout: str) -> Choices:
        offsets = np.zeros(len(self._sizes) + 1, np.int64)
        np.cumsum(np.frombuffer(self._sizes, np.int32), out=offsets[1:])
        entries = np.frombuffer(self._entries, np.int32)
        annotator = self._labels()
        context = np.frombuffer(self._context, np.int64)
        about = {
            "annotator": annotator,
            "context": None if (context == -1).all() else context,
            "item_ids": self._item_ids(),
        }
        if about["item_ids"] is not None:
            entries = about["item_ids"][entries]
        if layout == "pairs":
            tied = np.frombuffer(self._tied, np.bool_)
            first = np.frombuffer(self._first, np.uint8)
            return Choices.from_pairs(
                *sides(entries),
                tie=tied if tied.any() else None,
                first=None if (first == _UNKNOWN).any() else first.astype(np.bool_),
                **about,
            )
        if layout == "rankings":
            ranked = np.frombuffer(self._ranked, np.int32)
            return Choices.from_rankings(offsets, entries, n_ranked=ranked, **about)
        chosen = np.frombuffer(self._chosen, np.int32)
        return Choices.from_choice_sets(offsets, entries, chosen, **about)

    def _item_ids(self) -> Any:
        """Return the names of items that have names."""
        named = self._items.columns.get("item")
        return None if named is None else np.array(named)

    def _labels(self) -> NDArray[Any] | None:
        """Return who judged, or None where nobody is named."""
        who = np.frombuffer(self._who, np.int32)
        missing = np.flatnonzero(who < 0)
        if len(missing) == len(who):
            return None
        if len(missing):
            report = self.report
            raise ValueError(
                f"{report.source}, {report.unit} {self._rows[missing[0]]} does not say who judged, "
                f"while other judgements do"
            )
        labels = list(self._codes)
        if len({type(label) for label in labels}) > 1:
            labels = [str(label) for label in labels]
        return np.array(labels)[who]

    def _of_annotators(self, choices: Choices) -> Columns:
        if choices.annotator_ids is None:
            return Columns({})
        labels = choices.annotator_ids.tolist()
        names = list(dict.fromkeys(name for known in self._annotators.values() for name in known))
        by_text = {str(label): known for label, known in self._annotators.items()}
        columns: dict[str, list[Any]] = {"annotator": labels}
        for name in names:
            columns[name] = [by_text.get(str(label), {}).get(name) for label in labels]
        return Columns(columns)


def _append(columns: dict[str, list[Any]], fields: Mapping[str, Any], row: int) -> None:
    """Add a row to columns, of which new ones may come and others lack a value."""
    for name, value in fields.items():
        column = columns.get(name)
        if column is None:
            column = columns[name] = [None] * row
        column.append(value)
    if len(fields) < len(columns):
        for name, column in columns.items():
            if name not in fields:
                column.append(None)


def _digest(text: str) -> bytes:
    """Return what stands for a text: 16 bytes, by which no two texts will be taken for one."""
    return sha256(text.encode("utf-8", "surrogatepass")).digest()[:16]
