"""prefmath rank: a leaderboard of battles in a file."""

import json
from html import escape
from pathlib import Path
from typing import Annotated, Any

import typer

from prefmath.cli.judgements import Ties
from prefmath.cli.outputs import force_option, refuse_output
from prefmath.cli.screen import screen
from prefmath.io.files import suffix_of, write_table
from prefmath.io.replace import replace_file

_FORMATS = (".csv", ".csv.gz", ".parquet", ".json", ".html")


def rank(
    battles: Annotated[
        Path,
        typer.Argument(
            metavar="BATTLES",
            show_default=False,
            help="Battles of an arena: model_a, model_b and winner, or as other arenas have them."
            " .csv, .tsv, .json, .jsonl, .parquet; text may be packed.",
        ),
    ],
    *,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="BOARD", help="The board: .csv, .parquet, .json or .html."
        ),
    ] = None,
    by: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="A board for each label in it, such as language."),
    ] = None,
    ties: Annotated[
        Ties, typer.Option(metavar="TIES", help="half, davidson or rao_kupper.")
    ] = Ties.half,
    prior: Annotated[
        float, typer.Option(min=0, help="Virtual wins and losses of every model.")
    ] = 0.0,
    resamples: Annotated[int, typer.Option(min=0, help="Intervals from so many resamples.")] = 0,
    audit: Annotated[bool, typer.Option("--audit", help="Ask whether to believe it.")] = False,
    force: Annotated[bool, force_option()] = False,
) -> None:
    """Rank models by battles, with intervals, ranges of ranks, and tiers."""
    from prefmath.leaderboards import leaderboard

    suffix = None if output is None else suffix_of(output, _FORMATS)
    if output is not None:
        refuse_output(output, [battles], force=force)
    found = leaderboard(battles, by=by, ties=ties.value, prior=prior, n_resamples=resamples)
    boards = found if by is not None else {None: found}
    for label, board in boards.items():
        if label is not None:
            screen().print(f"{by}: {label}", markup=False, highlight=False)
        screen().print(repr(board), markup=False, highlight=False, soft_wrap=True)
        if audit:
            screen().print(repr(board.audit()), markup=False, highlight=False, soft_wrap=True)
    if output is not None and suffix is not None:
        _write(output, suffix, boards, by)
        screen().print(f"written: {output}", soft_wrap=True)


def _write(output: Path, suffix: str, boards: dict[Any, Any], by: str | None) -> None:
    if suffix == ".html":
        parts = [
            (f"<h2>{escape(str(label))}</h2>" if label is not None else "") + board._repr_html_()
            for label, board in boards.items()
        ]
        page = f'<!doctype html><meta charset="utf-8"><title>Leaderboard</title>{"".join(parts)}'
        with replace_file(output) as stream:
            stream.write(page.encode())
        return
    import pyarrow as pa

    tables = []
    for label, board in boards.items():
        table = board.to_frame("pyarrow")
        if by is not None:
            table = table.add_column(0, by, pa.array([label] * table.num_rows))
        tables.append(table)
    table = pa.concat_tables(tables)
    if suffix == ".json":
        with replace_file(output) as stream:
            stream.write(json.dumps(table.to_pylist(), ensure_ascii=False, indent=1).encode())
        return
    write_table(output, table)
