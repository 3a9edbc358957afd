"""Reading the files that people have: one function a family, and one that recognises them."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from prefmath.io._formats import (
    annotation_tools,
    arena,
    chosen_rejected,
    community_alignment,
    completions,
    preflib,
    prism,
    trees,
)
from prefmath.io._records.collector import Collector
from prefmath.io._records.opened import open_records
from prefmath.io.preferences import Report

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from prefmath.choices.judgements import Layout
    from prefmath.io._records.records import Records
    from prefmath.io.preferences import Preferences

    _Record = Mapping[str, Any]

__all__ = [
    "read",
    "read_annotations",
    "read_arena",
    "read_chosen_rejected",
    "read_community_alignment",
    "read_completions",
    "read_preflib",
    "read_prism",
]


def read(
    source: object,
    format: str | None = None,  # noqa: A002 -- the word for it
    *,
    separator: str | None = None,
) -> Preferences:
    """Read preferences in any of the formats that are known, recognised by the fields.

    ===================== ====================================================================
    format                fields of a record
    ===================== ====================================================================
    "chosen_rejected"     `chosen, rejected` and perhaps `prompt`, of texts or messages;
                          `history, human_ref_A, human_ref_B, labels`
    "arena"               `model_a, model_b` and `winner` or ``winner_model_a, …``;
                          `model_a_name, model_b_name, chosen_model_name, both_equal`
    "completions"         completions of a prompt with scores or ranks: UltraFeedback, Nectar,
                          HelpSteer2 and 3, NeMo-RL, MultiPref, Collective Alignment, AlpacaEval,
                          distilabel; replies of Open Assistant by rank
    "community_alignment" Community Alignment v1.1
    "prism"               utterances of PRISM
    "annotations"         exports of Argilla (flattened) and of Label Studio
    "preflib"             .soc, .soi, .toc and .toi files
    ===================== ====================================================================

    Parameters
    ----------
    source : path, list of dict, dict of columns, or data frame
        JSON, JSON lines, CSV or TSV, each packed as .gz or .zst or not, parquet, Arrow, or the
        folder in which `datasets` saved a data set. Texts are in UTF-8.
    format : str, optional
        One of the table; found by the fields of the first record by default.
    separator : str, optional
        Between values of a text file; found in its header by default.

    Returns
    -------
    Preferences
        Choices, tables of items, prompts, annotators and judgements, and a report of what was left
        out and why. Texts that need more than 64 MB are kept in a temporary file.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ImportError
        If what reads the file is not installed: ``pip install 'prefmath[files]'``.
    ValueError
        If the format is not recognised, a record does not fit it, or nothing is left; the message
        names the line or row.

    Examples
    --------
    >>> from prefmath.io import read
    >>> battles = [
    ...     {"model_a": "ash", "model_b": "birch", "winner": "model_a", "judge": "ann"},
    ...     {"model_a": "birch", "model_b": "cedar", "winner": "tie (bothbad)", "judge": "bo"},
    ...     {"model_a": "cedar", "model_b": "ash", "winner": None, "judge": "bo"},
    ... ]
    >>> preferences = read(battles)
    >>> preferences.choices
    Choices(2 pairs, 1 tied, in known order, by 2 annotators over 3 items)
    >>> preferences.report
    source, read as arena
    3 records, 2 judgements
    left out 1: neither a winner nor a tie is said (row 2)
    """
    if format is not None and format not in {*_FORMATS, "preflib"}:
        known = ", ".join(map(repr, [*_FORMATS, "preflib"]))
        raise ValueError(f"format must be one of {known}, got {format!r}")
    is_path = isinstance(source, (str, os.PathLike))
    if format == "preflib" or (is_path and Path(str(source)).suffix.lower() in preflib.SUFFIXES):
        return read_preflib(source)
    records = open_records(source, separator)
    _, of_format = _FORMATS[_recognised(records) if format is None else format]
    return of_format(records)


def read_chosen_rejected(source: object, *, separator: str | None = None) -> Preferences:
    """Read pairs of a chosen and a rejected response; see `read`.

    Prompts that both responses begin with are taken apart from them. `judgements` has a column
    `strength` where the file has a margin or scores.
    """
    return _read(open_records(source, separator), "chosen_rejected", chosen_rejected.add, "pairs")


def read_arena(
    source: object,
    *,
    items: Literal["models", "responses"] = "models",
    separator: str | None = None,
) -> Preferences:
    """Read battles of two models; see `read`.

    Parameters
    ----------
    source, separator
        As in `read`.
    items : {"models", "responses"}
        What is compared: models, or the texts that they gave.
    """
    if items not in ("models", "responses"):
        raise ValueError(f"items must be 'models' or 'responses', got {items!r}")
    add = partial(arena.add, items=items)
    return _read(open_records(source, separator), "arena", add, "pairs")


def read_completions(
    source: object, *, layout: Layout = "pairs", separator: str | None = None
) -> Preferences:
    """Read several completions of one prompt with scores or ranks; see `read`.

    Parameters
    ----------
    source, separator
        As in `read`.
    layout : {"pairs", "choice_sets", "rankings"}
        What a record is read as: every pair of completions, equal scores being ties (a record of n
        is n (n - 1) / 2 pairs, which are not independent); the best of all; or all in their order,
        which leaves out records with ties.
    """
    if layout not in ("pairs", "choice_sets", "rankings"):
        raise ValueError(f"layout must be 'pairs', 'choice_sets' or 'rankings', got {layout!r}")
    return _completions(open_records(source, separator), layout)


def read_community_alignment(
    source: object,
    *,
    turns: Sequence[str] = community_alignment.TURNS,
    separator: str | None = None,
) -> Preferences:
    """Read Community Alignment v1.1: choices of one among up to four responses; see `read`.

    Parameters
    ----------
    source, separator
        As in `read`.
    turns : sequence of {"first", "second", "third", "fourth"}
        Turns of the conversations to read. The prompt of a later one holds what was said before.
    """
    for turn in turns:
        if turn not in community_alignment.TURNS:
            known = ", ".join(map(repr, community_alignment.TURNS))
            raise ValueError(f"turns must be of {known}, got {turn!r}")
    add = partial(community_alignment.add, turns=tuple(turns))
    return _read(open_records(source, separator), "community_alignment", add, "choice_sets")


def read_prism(
    source: object, survey: object = None, *, separator: str | None = None
) -> Preferences:
    """Read utterances of PRISM: choices among up to four responses; see `read`.

    Parameters
    ----------
    source, separator
        As in `read`; the file of utterances.
    survey : path, list of dict, dict of columns, or data frame, optional
        What is known of each person, by `user_id`.
    """
    out = _collector(records := open_records(source, separator), "prism")
    _, rows = records.peeked()
    if survey is not None:
        prism.add_survey(iter(open_records(survey, separator, "survey")), out)
    prism.add_all(rows, out)
    return out.finished("choice_sets")


def read_annotations(
    source: object, *, question: str | None = None, separator: str | None = None
) -> Preferences:
    """Read exports of Argilla and Label Studio: pairs by several annotators; see `read`.

    Answers that were not submitted are left out.

    Parameters
    ----------
    source, separator
        As in `read`.
    question : str, optional
        Argilla: the question to read, where there are several.
    """
    add = partial(annotation_tools.add, question=question)
    return _read(open_records(source, separator), "annotations", add, "pairs")


def read_preflib(
    source: object, *, layout: Literal["rankings", "pairs"] | None = None
) -> Preferences:
    """Read ballots of PrefLib.

    Parameters
    ----------
    source : path
        A .soc, .soi, .toc or .toi file.
    layout : {"rankings", "pairs"}, optional
        As what to read ballots. By default rankings, or pairs where a ballot has ties, which no
        ranking can hold yet. Alternatives that a ballot does not rank were offered, and stand
        behind those that it does; they are compared with these, not with each other.

    Returns
    -------
    Preferences
        Every ballot once, with the number of voters who cast it as its count.
    """
    if layout not in (None, "rankings", "pairs"):
        raise ValueError(f"layout must be 'rankings' or 'pairs', got {layout!r}")
    if not isinstance(source, (str, os.PathLike)):
        raise TypeError(f"source must be the path of a file, not {type(source).__name__}")
    return preflib.preferences_of(Path(source), layout)


def _read(
    records: Records, name: str, add: Callable[[_Record, int, Collector], None], layout: str
) -> Preferences:
    """Read records that each say on their own what was judged."""
    out = _collector(records, name)
    for row, record in records:
        out.report.n_read += 1
        try:
            add(record, row, out)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ValueError(f"{records.place(row)}: {_said(error, name)}") from error
    return out.finished(layout)


def _said(error: Exception, name: str) -> str:
    """Return what is wrong with a record, also where it is built in another way than its family."""
    if isinstance(error, ValueError):
        return str(error)
    what = f"field {error}" if isinstance(error, KeyError) else str(error)
    return f"the record is not built as format {name!r} is ({what})"


def _completions(records: Records, layout: str) -> Preferences:
    first, rows = records.peeked()
    if trees.recognises(first):
        out = _collector(records, "completions")
        trees.add_all(rows, out, layout)
        return out.finished(layout)
    add = partial(completions.add, layout=layout)
    return _read(records, "completions", add, layout)


def _is_of_completions(fields: _Record) -> bool:
    return trees.recognises(fields) or completions.recognises(fields)


def _collector(records: Records, name: str) -> Collector:
    return Collector(Report(records.name, name, records.unit))


def _recognised(records: Records) -> str:
    first, _ = records.peeked()
    for name, (recognises, _) in _FORMATS.items():
        if recognises(first):
            return name
    fields = ", ".join(map(str, first))
    raise ValueError(
        f"{records.name} has the fields {fields}, which no format has; name one of "
        f"{', '.join(map(repr, _FORMATS))} as format, or give the columns to Choices.from_frame"
    )


_FORMATS: dict[str, tuple[Callable[[_Record], bool], Callable[[Records], Preferences]]] = {
    "chosen_rejected": (chosen_rejected.recognises, read_chosen_rejected),
    "arena": (arena.recognises, read_arena),
    "community_alignment": (community_alignment.recognises, read_community_alignment),
    "prism": (prism.recognises, read_prism),
    "annotations": (annotation_tools.recognises, read_annotations),
    "completions": (_is_of_completions, read_completions),
}
"""How a family is recognised, the narrowest first, and what reads it."""
