"""prefmath select: choose k candidates that differ from each pool of a file."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import numpy as np
import typer

from prefmath.cli import columns
from prefmath.cli.embeddings import embedding
from prefmath.cli.outputs import force_option, refuse_output
from prefmath.cli.screen import screen, steps
from prefmath.io.files import TABLES, read_table, suffix_of, write_array, write_table

if TYPE_CHECKING:
    from numpy.typing import NDArray

ROWS_A_STEP = 1 << 16
"""Candidates gathered at a time: little memory, and a progress bar that moves."""

_FORMATS = (".npy", *TABLES)


def select(
    pool: Annotated[
        Path,
        typer.Argument(
            metavar="POOL",
            show_default=False,
            help="Candidates, one a row: .npy (n, d), .parquet, .csv or .csv.gz.",
        ),
    ],
    *,
    k: Annotated[int, typer.Option("-k", help="How many to choose from each pool.")],
    output: Annotated[
        Path,
        typer.Option(
            "-o",
            "--output",
            metavar="OUT",
            help="The chosen rows in the order of choice (.parquet, .csv, .csv.gz), or their"
            " numbers (.npy).",
        ),
    ],
    embedding: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMNS",
            help="A column of lists, column names with commas between, what they begin with, or a"
            " .npy file. By default the column embedding, the one column of lists, or e0, e1, … of"
            " one stem.",
        ),
    ] = None,
    by: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="Rows with one label are one pool, such as prompt_id."),
    ] = None,
    quality: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN", help="How good a candidate is, at least 0; by default all are alike."
        ),
    ] = None,
    allow_fewer: Annotated[
        bool, typer.Option("--allow-fewer", help="Take fewer where a pool has not k that differ.")
    ] = False,
    threads: Annotated[int | None, typer.Option(min=1, help="Number of threads.")] = None,
    force: Annotated[bool, force_option()] = False,
) -> None:
    """Choose k candidates that differ from each pool, by a greedy determinantal point process."""
    suffix = suffix_of(output, _FORMATS)
    refuse_output(output, [pool, embedding], force=force)
    if k < 1:
        raise ValueError(f"-k must be at least 1, not {k}")
    candidates = _read(pool, embedding, by, quality)
    table = candidates.table
    for name in ("rank", "gain") if table is not None and suffix != ".npy" else ():
        if name in table.column_names:
            raise ValueError(f"{str(pool)!r} has a column {name!r} already: rename or drop it")
    rows, gains = _choose(candidates, k, allow_fewer=allow_fewer, threads=threads)
    if suffix == ".npy":
        write_array(output, rows if by is not None else rows[0][rows[0] >= 0])
    else:
        write_table(output, _chosen(candidates, rows, gains, lists=suffix == ".parquet"))
    _report(candidates, rows, output)


class _Candidates(NamedTuple):
    matrix: columns.Matrix
    quality: "NDArray[np.float64] | None"
    order: "NDArray[np.int64]"
    """Rows of the file, pool after pool."""
    offsets: "NDArray[np.int64]"
    labels: list[Any] | None
    table: Any


def _read(path: Path, spec: str | None, by: str | None, quality: str | None) -> _Candidates:
    if suffix_of(path, _FORMATS) == ".npy":
        for option, given in {"--embedding": spec, "--by": by, "--quality": quality}.items():
            if given is not None:
                raise ValueError(f"{option} names a column, and {str(path)!r} has none")
        matrix = columns.from_array(path)
        table = scores = None
    else:
        table = read_table(path)
        others = [name for name in (by, quality) if name is not None]
        columns.require(table, others)
        matrix = embedding(table, spec, others)
        scores = columns.numbers(table, [quality]) if quality is not None else None
    n = matrix.values.shape[0]
    if n == 0:
        raise ValueError(f"{str(path)!r} has no rows")
    columns.refuse_not_finite(matrix)
    if scores is not None:
        columns.refuse_not_finite(scores)
        for row in np.flatnonzero(scores.values[:, 0] < 0)[:1]:
            raise ValueError(f"{quality} must be at least 0: {scores.values[row, 0]} in row {row}")
    codes, labels = (np.zeros(n, np.int64), None) if by is None else columns.pools(table, by)
    sizes = np.bincount(codes)
    return _Candidates(
        matrix=matrix,
        quality=None if scores is None else scores.values[:, 0],
        order=np.argsort(codes, kind="stable"),
        offsets=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        labels=labels,
        table=table,
    )


def _choose(
    candidates: _Candidates, k: int, *, allow_fewer: bool, threads: int | None
) -> "tuple[NDArray[np.int64], NDArray[np.float64]]":
    """Return rows of the file and gains, both (n_pools, k); row -1 where there are fewer."""
    from prefmath.selection import select_batch

    offsets = candidates.offsets
    n_pools = len(offsets) - 1
    sizes = np.diff(offsets)
    for pool in np.flatnonzero(sizes < k)[:1] if not allow_fewer else ():
        _refuse_few(candidates, pool, int(sizes[pool]), k)
    k = min(k, int(sizes.max()))  # no pool fills more places
    rows = np.full((n_pools, k), -1, np.int64)
    gains = np.zeros((n_pools, k))
    with steps(n_pools) as bar:
        first = 0
        while first < n_pools:
            last = int(np.searchsorted(offsets, offsets[first] + ROWS_A_STEP, side="right")) - 1
            last = max(last, first + 1)
            part = candidates.order[offsets[first] : offsets[last]]
            x = candidates.matrix.values[part]
            for row in np.flatnonzero(~x.any(axis=1))[:1]:
                raise ValueError(f"the embedding in row {part[row]} is all zeros")
            found = select_batch(
                x,
                offsets[first : last + 1] - offsets[first],
                k,
                quality=None if candidates.quality is None else candidates.quality[part],
                allow_fewer=True,
                n_threads=threads,
            )
            there = found.indices >= 0
            for pool in np.flatnonzero(~there.all(axis=1))[:1] if not allow_fewer else ():
                _refuse_few(candidates, first + pool, int(there[pool].sum()), k)
            rows[first:last] = np.where(there, part[found.indices], -1)
            gains[first:last] = found.gains
            first = last
            bar.show("pools", first)
    return rows, gains


def _refuse_few(candidates: _Candidates, pool: int, found: int, k: int) -> None:
    size = candidates.offsets[pool + 1] - candidates.offsets[pool]
    name = "the pool" if candidates.labels is None else f"pool {candidates.labels[pool]!r}"
    plural = "" if size == 1 else "s"
    of = f"{size} candidate{plural}"
    if found < size:
        of = f"{found} among {of} that differ"
    raise ValueError(f"{name} has {of}, fewer than {k}: --allow-fewer takes what there is")


def _chosen(
    candidates: _Candidates,
    rows: "NDArray[np.int64]",
    gains: "NDArray[np.float64]",
    *,
    lists: bool,
) -> Any:
    """Return the table of the chosen, pool after pool, in the order of choice."""
    import pyarrow as pa

    there = rows >= 0
    added = {
        "rank": np.broadcast_to(np.arange(1, rows.shape[1] + 1), rows.shape)[there],
        "gain": gains[there],
    }
    if candidates.table is None:
        return pa.table({"row": rows[there], **added})
    table = candidates.table.take(pa.array(rows[there]))
    if not lists:
        nested = [field.name for field in table.schema if pa.types.is_nested(field.type)]
        if nested:
            screen().print(f"left out, CSV holds no lists: {', '.join(nested)}", soft_wrap=True)
        table = table.drop_columns(nested)
    for name, values in added.items():
        table = table.append_column(name, pa.array(values))
    return table


def _report(candidates: _Candidates, rows: "NDArray[np.int64]", output: Path) -> None:
    (n_pools, k), n = rows.shape, len(candidates.matrix.values)
    short = int((rows[:, -1] < 0).sum())
    from_each = f", {k} from each of {n_pools:,} pools" if candidates.labels is not None else ""
    lines = screen()
    lines.print(
        f"{(rows >= 0).sum():,} of {n:,} candidates chosen{from_each}: {output}", soft_wrap=True
    )
    lines.print(f"embedding: {candidates.matrix.described()}", soft_wrap=True)
    if short:
        of = f"{short:,} of {n_pools:,} pools" if candidates.labels is not None else "the pool"
        lines.print(f"{of} had fewer than {k} that differ", soft_wrap=True)
