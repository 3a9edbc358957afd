"""Choose k rows from each pool of a table: any data frame in, the same kind out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._labels import code_labels
from prefmath._validate import as_quality, as_whole_number
from prefmath.selection._columns import categories, column, embeddings, pools
from prefmath.selection._directions import as_directions
from prefmath.selection._names import NamesInTable
from prefmath.selection._rules import Given, as_row_numbers
from prefmath.selection.many_pools import choose_from_pools

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["select_table"]

_RULES = ("include", "exclude", "quota", "max_similarity")
_SEARCH = ("allow_fewer", "exact", "refine", "n_threads")
_OPTIONS = (*_RULES, "method", "trade_off", "metric", "gamma", *_SEARCH)


def select_table(
    table: Any,
    k: int,
    *,
    by: str | Sequence[str] | None = "prompt_id",
    embedding: str | Sequence[str] = "embedding",
    quality: str | None = None,
    groups: str | None = None,
    rank: str = "rank",
    **options: Any,
) -> Any:
    """Choose `k` rows from each pool of a table, as `select_batch` does from arrays.

    Parameters
    ----------
    table : frame
        A pyarrow Table or RecordBatch, pandas or Polars frame, or what else narwhals knows.
    k : int
        How many to choose from each pool.
    by : str, sequence of str or None
        Column of labels: the rows of one label are one pool; of several columns, the rows that
        share all labels. None: the table is one pool.
    embedding : str or sequence of str
        A column of lists of numbers, or several columns of numbers.
    quality, groups : str, optional
        Columns of the quality and of the group of each row. A quota may name categories of a
        categorical column that no row has, as in a part of a larger table.
    rank : str
        Name of the new column with the order of choice in the pool, from 1.
    **options
        As for `select_batch`: `method`, `trade_off`, `metric`, `gamma`, `quota`, `max_similarity`,
        `allow_fewer`, `exact`, `refine`, `n_threads`; `include` and `exclude` are masks or row
        numbers of the table.

    Returns
    -------
    frame
        The chosen rows of `table`, of the same kind, pools in the order of their first rows and
        rows in order of choice, with the column `rank`. Without rows, whatever `k` is, where
        `table` has none.

    Raises
    ------
    ValueError
        If a column is lacking or holds nulls or lists of unequal length, and as `select_batch`;
        rows are named as they stand in the table, from 0, and pools by their labels.
    TypeError
        If `table` is no frame, and as `select_batch`.
    ImportError
        If narwhals is not installed.

    Notes
    -----
    It takes and returns tables alone, so that it stands as it is in ``map_batches`` of Polars and,
    with ``batch_format="pyarrow"``, of Ray Data. A pool must be whole: Ray Data has
    ``groupby("prompt_id").map_groups`` for that, and in ``mapInArrow`` of Spark, which hands out a
    partition in batches that may cut a pool, after ``repartition("prompt_id")``::

        def choose(batches):
            batches = list(batches)
            if batches:
                table = pa.Table.from_batches(batches)
                yield from prefmath.select_table(table, 4).to_batches()

    Examples
    --------
    >>> import pyarrow as pa, prefmath
    >>> table = pa.table(
    ...     {"prompt_id": ["a", "b", "a", "a"], "embedding": [[1, 0], [1, 1], [2, 0], [0, 1]]}
    ... )
    >>> chosen = prefmath.select_table(table, 2, allow_fewer=True)
    >>> chosen["prompt_id"].to_pylist(), chosen["rank"].to_pylist()
    (['a', 'a', 'b'], [1, 2, 1])
    """
    import narwhals as nw

    native, was_batch = _whole(table)
    frame = _as_frame(native)
    if rank in frame.columns:
        raise ValueError(f"table has a column {rank!r} already: name another with rank=")
    for option in options:
        if option not in _OPTIONS:
            raise TypeError(f"select_table has no option {option!r}: it has {', '.join(_OPTIONS)}")
    if options.get("metric") == "precomputed":
        raise ValueError("a table holds embeddings: metric='precomputed' is for select_batch")
    k = as_whole_number(k, "k", 0)
    of_pools = [] if by is None else _as_names(by, "by")
    roles: dict[str, Sequence[str | None]] = {
        "by": of_pools,
        "quality": [quality],
        "groups": [groups],
    }
    roles["embedding"] = _as_names(embedding, "embedding")
    for role, names in roles.items():
        for name in names:
            if name is not None:
                column(frame, role, name)
    chosen = _choose(frame, k, of_pools, embedding, quality, groups, options)
    there = chosen >= 0
    ranks = np.broadcast_to(np.arange(1, chosen.shape[1] + 1), chosen.shape)[there]
    taken = frame[chosen[there].tolist()]
    series = nw.new_series(rank, ranks, nw.Int64, backend=frame.implementation)
    result = nw.to_native(taken.with_columns(series))
    return _as_batch(result) if was_batch else result


def _as_names(names: Any, role: str) -> list[str]:
    """Return the names of one column or several."""
    listed = [names] if isinstance(names, str) else list(names) if np.iterable(names) else []
    if not listed:
        raise TypeError(f"{role} must be the name of a column or a list of names, not {names!r}")
    return listed


def _choose(
    frame: Any,
    k: int,
    by: list[str],
    embedding: str | Sequence[str],
    quality: str | None,
    groups: str | None,
    options: dict[str, Any],
) -> NDArray[np.int64]:
    """Return the chosen rows of the table, those of a pool in a row; -1 for none."""
    n, columns = len(frame), (embedding,) if isinstance(embedding, str) else tuple(embedding)
    if not n:
        return np.empty((0, k), np.int64)
    order, offsets, called = pools(frame, by)
    rows = embeddings(frame, embedding)
    x = as_directions(rows) if options.get("metric", "cosine") == "cosine" else rows
    scores = as_quality(
        None if quality is None else column(frame, "quality", quality),
        n,
        f"table[{quality!r}]",
        negative=options.get("method", "dpp") != "dpp",
    )
    rules = {name: options[name] for name in _RULES if name in options}
    if groups is not None:
        labels, codes = code_labels(column(frame, "groups", groups), f"table[{groups!r}]")
        rules["groups"] = labels[codes[order]]
        rules["categories"] = categories(frame, groups)
    for name in ("include", "exclude"):
        if rules.get(name) is not None:
            place = np.empty(n, np.int64)
            place[order] = np.arange(n)
            rules[name] = place[as_row_numbers(rules[name], name, n, "the table")]
    sorted_already = bool((order[1:] > order[:-1]).all())
    chosen = choose_from_pools(
        x if sorted_already else x[order],
        offsets,
        k,
        Given(**rules),
        NamesInTable(bool(by), order, offsets, called, columns),
        quality=None if scores is None else scores[order],
        **{name: value for name, value in options.items() if name not in _RULES},
    ).indices
    return np.where(chosen >= 0, order[chosen], -1)


def _whole(table: Any) -> tuple[Any, bool]:
    """Return a table that narwhals reads, and whether it was a RecordBatch of Arrow."""
    if type(table).__name__ == "RecordBatch" and hasattr(table, "schema"):
        import pyarrow as pa

        return pa.Table.from_batches([table]), True
    return table, False


def _as_frame(table: Any) -> Any:
    """Return a frame of narwhals whose rows are there."""
    import narwhals as nw

    try:
        frame: Any = nw.from_native(table)
    except TypeError:
        kind = type(table).__name__
        raise TypeError(
            f"table must be a data frame, such as one of pyarrow, pandas or Polars, not {kind}"
        ) from None
    if isinstance(frame, nw.LazyFrame):
        raise TypeError(
            f"table must hold its rows, and a lazy {type(table).__name__} does not yet: give what "
            "its collect() returns"
        )
    return frame


def _as_batch(table: Any) -> Any:
    batches = table.combine_chunks().to_batches()
    if batches:
        return batches[0]
    import pyarrow as pa

    return pa.RecordBatch.from_pylist([], schema=table.schema)
