"""Choose k rows from each pool of a table: any data frame in, the same kind out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._labels import code_labels
from prefmath.selection.many_pools import select_batch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["select_table"]


def select_table(
    table: Any,
    k: int,
    *,
    by: str | None = "prompt_id",
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
    by : str or None
        Column of labels: the rows of one label are one pool. None: the table is one pool.
    embedding : str or sequence of str
        A column of lists of numbers, or several columns of numbers.
    quality, groups : str, optional
        Columns of the quality and of the group of each row.
    rank : str
        Name of the new column with the order of choice in the pool, from 1.
    **options
        As for `select_batch`: `method`, `trade_off`, `quota`, `max_similarity`, `allow_fewer`,
        `n_threads`; `include` and `exclude` are masks or row numbers of the table.

    Returns
    -------
    frame
        The chosen rows of `table`, of the same kind, pools in the order of their first rows and
        rows in order of choice, with the column `rank`.

    Raises
    ------
    ValueError
        If a column is lacking or holds nulls or lists of unequal length, and as `select_batch`.
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
    frame = nw.from_native(native, eager_only=True)
    if rank in frame.columns:
        raise ValueError(f"table has a column {rank!r} already: name another with rank=")
    order, offsets = _pools(frame, by)
    x = np.ascontiguousarray(_embeddings(frame, embedding), np.float32)
    columns = {"quality": quality, "groups": groups}
    for name, column in columns.items():
        if column is not None:
            options[name] = _column(frame, name, column)[order]
    for name in ("include", "exclude"):
        if options.get(name) is not None:
            options[name] = _moved(options[name], order)
    sorted_already = bool((order[1:] > order[:-1]).all())
    chosen = select_batch(x if sorted_already else x[order], offsets, k, **options).indices
    there = chosen >= 0
    rows = order[chosen[there]]
    ranks = np.broadcast_to(np.arange(1, chosen.shape[1] + 1), chosen.shape)[there]
    taken = frame[rows.tolist()]
    series = nw.new_series(rank, ranks, nw.Int64, backend=frame.implementation)
    result = nw.to_native(taken.with_columns(series))
    return _as_batch(result) if was_batch else result


def _whole(table: Any) -> tuple[Any, bool]:
    """Return a table that narwhals reads, and whether it was a RecordBatch of Arrow."""
    if type(table).__name__ == "RecordBatch" and hasattr(table, "schema"):
        import pyarrow as pa

        return pa.Table.from_batches([table]), True
    return table, False


def _as_batch(table: Any) -> Any:
    batches = table.combine_chunks().to_batches()
    if batches:
        return batches[0]
    import pyarrow as pa

    return pa.RecordBatch.from_pylist([], schema=table.schema)


def _column(frame: Any, role: str, name: str) -> NDArray[Any]:
    if name not in frame.columns:
        has = ", ".join(map(repr, frame.columns))
        raise ValueError(f"table has no column {name!r} for {role}: it has {has}")
    series = frame[name]
    for row in np.flatnonzero(series.is_null().to_numpy())[:1]:
        raise ValueError(f"column {name!r} for {role} has no value in row {row}")
    array: NDArray[Any] = series.to_numpy()
    return array


def _pools(frame: Any, by: str | None) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the rows pool after pool, pools as they first appear, and where each begins."""
    n = len(frame)
    if by is None:
        return np.arange(n), np.array([0, n], np.int64)
    _, codes = code_labels(_column(frame, "by", by), "by")
    _, first, inverse = np.unique(codes, return_index=True, return_inverse=True)
    place = np.argsort(np.argsort(first))[inverse]
    sizes = np.bincount(place, minlength=len(first))
    offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    return np.argsort(place, kind="stable"), offsets


def _embeddings(frame: Any, names: str | Sequence[str]) -> NDArray[Any]:
    if not isinstance(names, str):
        return np.stack([_column(frame, "embedding", name) for name in names], axis=1)
    column = _column(frame, "embedding", names)
    if not len(column):
        return np.empty((0, 1), np.float32)
    if column.dtype.kind in "fiu":
        return column[:, None] if column.ndim == 1 else column
    series = frame[names].to_native()
    if hasattr(series, "to_arrow"):
        series = series.to_arrow()
    if hasattr(series, "combine_chunks"):
        series = series.combine_chunks()
    if not hasattr(series, "flatten") or not hasattr(series, "value_lengths"):
        return _stacked(column, names)
    lengths = np.asarray(series.value_lengths()).astype(np.int64)
    _check_lengths(lengths, names)
    values: NDArray[Any] = series.flatten().to_numpy(zero_copy_only=False)
    return values.reshape(len(lengths), -1)


def _stacked(column: NDArray[Any], name: str) -> NDArray[Any]:
    _check_lengths(np.array([len(row) for row in column], np.int64), name)
    return np.stack([np.asarray(row) for row in column])


def _check_lengths(lengths: NDArray[np.int64], name: str) -> None:
    for row in np.flatnonzero(lengths != lengths[:1])[:1]:
        raise ValueError(
            f"column {name!r} holds lists of unequal length: {lengths[row]} values in row {row} "
            f"after {lengths[0]}"
        )


def _moved(rows: Any, order: NDArray[np.int64]) -> NDArray[Any]:
    """Return a mask of rows in their new order, or where rows that are named have gone."""
    array = np.asarray(rows)
    if array.dtype == np.bool_ and array.shape == order.shape:
        return array[order]
    if array.dtype.kind not in "iu" or array.size == 0:
        return array
    if ((array < 0) | (array >= len(order))).any():
        return array  # select_batch says what is wrong
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    moved: NDArray[Any] = place[array]
    return moved
