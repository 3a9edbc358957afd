"""Writing what trainers take."""

from __future__ import annotations

import json
import os
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from prefmath._validate import as_generator, as_whole_number
from prefmath.io._outputs.compared import compared
from prefmath.io.replace import replace_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import ArrayLike, NDArray

    from prefmath.io.preferences import Preferences

__all__ = ["trl_rows", "write_trl"]

_KINDS = ("preference", "reward", "kto")
_BATCH = 4096
_SUFFIXES = (".jsonl", ".json", ".parquet")


def trl_rows(
    preferences: Preferences,
    kind: Literal["preference", "reward", "kto"] = "preference",
    *,
    conversational: bool = False,
    weight: ArrayLike | None = None,
    draw: int | None = None,
    margin: ArrayLike | None = None,
    columns: Mapping[str, ArrayLike] | None = None,
    random_state: int | np.random.Generator | None = None,
) -> Iterator[dict[str, Any]]:
    """Return rows as the trainers of TRL take them.

    A choice of one among k becomes k - 1 rows, a ranking a row for each item before another; ties
    are left out.

    Parameters
    ----------
    preferences : Preferences
        What a reader returned, with texts.
    kind : {"preference", "reward", "kto"}
        `prompt, chosen, rejected`, for DPO and its relatives; the same with `margin`; or `prompt,
        completion, label`, a row for each text.
    conversational : bool
        Whether texts are lists of messages.
    weight : array_like, shape (n_judgements,), optional
        What each judgement counts, in the order of the choices: such as the responsibilities of a
        class for the judgements of its annotators, ``model.responsibilities_[annotator, z]``.
        TRL's trainers know no weights: the column `weight` is for a loss that reads it.
    draw : int, optional
        Draw so many pairs of texts with replacement, each in proportion to the `weight` of its
        judgement, instead of a column.
    margin : array_like, shape (n_judgements,), optional
        Kind "reward": how much better the chosen one is; `strength` by default where the file has
        it for every judgement.
    columns : mapping of str to array_like, shape (n_judgements,), optional
        More columns, such as posteriors of classes.
    random_state : int or numpy.random.Generator, optional
        For `draw`.

    Yields
    ------
    dict
        A row.

    Raises
    ------
    ValueError
        If there are no texts, a weight is negative or not finite, or lengths differ.

    Examples
    --------
    >>> from prefmath.io import read, trl_rows
    >>> preferences = read([{"prompt": "Hi", "chosen": "Hello!", "rejected": "What?"}])
    >>> next(trl_rows(preferences, conversational=True))["chosen"]
    [{'role': 'assistant', 'content': 'Hello!'}]
    """
    choices, n = preferences.choices, len(preferences.choices)
    if kind not in _KINDS:
        raise ValueError(f"kind must be 'preference', 'reward' or 'kto', got {kind!r}")
    if "text" not in preferences.items:
        raise ValueError(
            "preferences must hold texts: these are of named items (of battles, read responses)"
        )
    beside = {name: _of_judgements(values, name, n) for name, values in (columns or {}).items()}
    weights = None if weight is None else _weights(weight, n)
    if kind == "reward":
        beside["margin"] = _margins(preferences, margin, n)
    elif margin is not None:
        raise ValueError(f"margin has no place in kind={kind!r}")
    pairs = compared(choices)
    rows = np.arange(len(pairs.judgement))
    if draw is not None:
        rows = _drawn(pairs.judgement, weights, draw, random_state)
    elif weights is not None:
        beside["weight"] = weights
    return _rows(preferences, kind, rows, pairs, beside, conversational=conversational)


def write_trl(
    path: str | os.PathLike[str],
    preferences: Preferences,
    kind: Literal["preference", "reward", "kto"] = "preference",
    *,
    overwrite: bool = False,
    **options: Any,
) -> int:
    """Write rows as the trainers of TRL take them, whole or not at all.

    Parameters
    ----------
    path : str or path-like
        A file of JSON lines (.jsonl or .json) or parquet.
    preferences, kind
        As in `trl_rows`.
    overwrite : bool
        Whether a file that is there is replaced.
    **options
        Further arguments of `trl_rows`.

    Returns
    -------
    int
        Rows written.

    Raises
    ------
    FileExistsError
        If there is such a file and `overwrite` is false.
    ValueError
        As `trl_rows`, and if the suffix is another.

    Examples
    --------
    >>> import tempfile
    >>> from prefmath.io import read, write_trl
    >>> preferences = read([{"prompt": "Hi", "chosen": "Hello!", "rejected": "What?"}])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_trl(f"{folder}/train.jsonl", preferences)
    1
    """
    suffix = Path(path).suffix.lower()
    if suffix not in _SUFFIXES:
        raise ValueError(f"{str(path)!r} must end in {' or '.join(_SUFFIXES)}")
    if Path(path).exists() and not overwrite:
        raise FileExistsError(f"{str(path)!r} exists already: set overwrite=True to replace it")
    rows = trl_rows(preferences, kind, **options)
    with replace_file(path) as stream:
        if suffix == ".parquet":
            return _write_parquet(stream, rows)
        n = 0
        for row in rows:
            stream.write(json.dumps(row, ensure_ascii=False).encode("utf-8", "replace") + b"\n")
            n += 1
        if not n:
            raise ValueError("there are no rows to write: every judgement is a tie")
        return n


def _rows(
    preferences: Preferences,
    kind: str,
    rows: NDArray[Any],
    pairs: Any,
    beside: Mapping[str, NDArray[Any]],
    *,
    conversational: bool,
) -> Iterator[dict[str, Any]]:
    texts, asked = preferences.items["text"], preferences.prompts.get("text")
    prompts = preferences.choices.context

    def said(text: str | None, role: str) -> Any:
        return [{"role": role, "content": text}] if conversational else text

    lists = {name: values.tolist() for name, values in beside.items()}
    for row in rows.tolist():
        judgement = int(pairs.judgement[row])
        prompt = "" if asked is None or prompts is None else asked[int(prompts[judgement])]
        more = {name: values[judgement] for name, values in lists.items()}
        better, worse = (
            said(texts[int(items[row])], "assistant") for items in (pairs.better, pairs.worse)
        )
        first = {"prompt": said(prompt, "user")}
        if kind == "kto":
            yield {**first, "completion": better, "label": True, **more}
            yield {**first, "completion": worse, "label": False, **more}
        else:
            yield {**first, "chosen": better, "rejected": worse, **more}


def _of_judgements(values: ArrayLike, name: str, n: int) -> NDArray[Any]:
    array = np.asarray(values)
    if array.shape != (n,):
        raise ValueError(f"{name} must have a value for each of {n} judgements, not {array.shape}")
    return array


def _weights(weight: ArrayLike, n: int) -> NDArray[np.float64]:
    weights = _of_judgements(weight, "weight", n).astype(np.float64)
    wrong = ~(np.isfinite(weights) & (weights >= 0))
    if wrong.any():
        at = int(wrong.argmax())
        raise ValueError(f"weight must be finite and not negative: weight[{at}]={weights[at]}")
    return weights


def _margins(preferences: Preferences, margin: ArrayLike | None, n: int) -> NDArray[np.float64]:
    """Return a margin for every judgement, which TRL reads on all rows or none."""
    if margin is None:
        margin = list(preferences.judgements.get("strength", [None] * n))
        lacking = [at for at, value in enumerate(margin) if value is None]
        if lacking:
            raise ValueError(
                f"margin must be given: the file says no strength of judgement {lacking[0]}"
            )
    margins = _of_judgements(margin, "margin", n).astype(np.float64)
    if not np.isfinite(margins).all():
        raise ValueError(f"margin must be finite: margin[{int((~np.isfinite(margins)).argmax())}]")
    return margins


def _drawn(
    judgement: NDArray[np.int64],
    weights: NDArray[np.float64] | None,
    draw: int,
    random_state: int | np.random.Generator | None,
) -> NDArray[np.int64]:
    """Draw rows in proportion to the weights of their judgements."""
    draw = as_whole_number(draw, "draw", 1)
    of_rows = np.ones(len(judgement)) if weights is None else weights[judgement]
    edges = np.cumsum(of_rows)
    if not len(edges) or not edges[-1] > 0:
        raise ValueError("weight must be positive somewhere")
    points = as_generator(random_state).random(int(draw)) * edges[-1]
    rows: NDArray[np.int64] = np.searchsorted(edges, points, side="right")
    return np.minimum(rows, len(edges) - 1)


def _write_parquet(stream: Any, rows: Iterator[dict[str, Any]]) -> int:
    import pyarrow as pa
    from pyarrow import parquet

    n, writer = 0, None
    while batch := list(islice(rows, _BATCH)):
        table = pa.Table.from_pylist(batch)
        if writer is None:
            writer = parquet.ParquetWriter(stream, table.schema)
        writer.write_table(table.cast(writer.schema))
        n += len(batch)
    if writer is None:
        raise ValueError("there are no rows to write: every judgement is a tie")
    writer.close()
    return n
