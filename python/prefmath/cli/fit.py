"""prefmath fit: fit a mixture of preferences on the judgements in a file."""

from pathlib import Path
from typing import Annotated, Any

import typer

from prefmath.cli.judgements import Layout, Names, Offered, Ties, read_features, read_judgements
from prefmath.cli.outputs import force_option, refuse_output
from prefmath.cli.screen import screen, steps
from prefmath.cli.summary import print_errors, print_fit
from prefmath.io.files import suffix_of
from prefmath.io.models import save_model


def _column(text: str, metavar: str = "COLUMN") -> Any:
    return typer.Option(metavar=metavar, rich_help_panel="Columns of CHOICES", help=text)


def fit(
    judgements: Annotated[
        Path,
        typer.Argument(
            metavar="CHOICES",
            show_default=False,
            help="Judgements: .parquet, .csv or .csv.gz; or .npy with whole numbers, one row"
            " a pair: (annotator,) winner, loser.",
        ),
    ],
    *,
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="MODEL", help="The model, an .npz file.")
    ],
    components: Annotated[int, typer.Option(min=1, help="Number of latent classes.")] = 1,
    layout: Annotated[
        Layout,
        typer.Option(
            metavar="LAYOUT", help="What one judgement is: pairs, choice_sets or rankings."
        ),
    ] = Layout.pairs,
    features: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Features, one row an item: .npy, .parquet, .csv or .csv.gz. Without them each"
            " item has a utility of its own.",
        ),
    ] = None,
    embedding: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMNS",
            help="Columns of --features: a column of lists, names with commas between, what they"
            " begin with, or a .npy file. By default embedding, the one column of lists, or e0, e1,"
            " … of one stem.",
        ),
    ] = None,
    feature_item: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN", help="Column of --features that names the items, item by default."
        ),
    ] = None,
    feature_columns: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMNS",
            rich_help_panel="Columns of CHOICES",
            help="Long form: features of the alternative of a row, commas between.",
        ),
    ] = None,
    winner: Annotated[str | None, _column("Pairs: the preferred item.")] = None,
    loser: Annotated[str | None, _column("Pairs: the other item.")] = None,
    tie: Annotated[str | None, _column("Pairs: true where neither won.")] = None,
    first: Annotated[
        str | None,
        _column("Pairs: true where the winner was shown first, false where the other was."),
    ] = None,
    choice_set: Annotated[
        str | None, _column("Long form, one row an alternative: which judgement it belongs to.")
    ] = None,
    chosen: Annotated[
        str | None,
        _column("Choice sets: 1 in the chosen row; wide form: name or position of its column."),
    ] = None,
    item: Annotated[str | None, _column("Long form: the item.")] = None,
    rank: Annotated[
        str | None, _column("Rankings in long form: 1 is best, empty is not ranked.")
    ] = None,
    items: Annotated[
        str | None,
        _column(
            "Wide form, one row a judgement: alternatives, commas between; rankings best first.",
            "COLUMNS",
        ),
    ] = None,
    offered: Annotated[
        Offered | None,
        typer.Option(
            metavar="WHICH",
            rich_help_panel="Columns of CHOICES",
            help="Rankings in wide form that leave items out: all, if every item could be ranked,"
            " or named, if only those named were shown.",
        ),
    ] = None,
    annotator: Annotated[
        str | None, _column("Who judged; each, if every judgement is that of another person.")
    ] = None,
    weight: Annotated[
        str | None, _column("What a judgement weighs beside others of one person; otherwise 1.")
    ] = None,
    count: Annotated[
        str | None,
        _column(
            "How many people a row stands for, or judgements where nobody is named; otherwise 1."
        ),
    ] = None,
    ties: Annotated[
        Ties,
        typer.Option(
            metavar="MODEL",
            help="A tie is half a win for each, or an outcome of its own: half, davidson or"
            " rao_kupper.",
        ),
    ] = Ties.half,
    position_effect: Annotated[
        bool,
        typer.Option("--position-effect", help="Let positions have an effect; pairs need --first."),
    ] = False,
    l2: Annotated[
        float,
        typer.Option(
            min=0,
            help="Penalty on squared utilities or coefficients, features in units of their spread.",
        ),
    ] = 1e-3,
    starts: Annotated[
        int, typer.Option(min=1, help="Number of random starts; the best one stays.")
    ] = 10,
    max_iter: Annotated[int, typer.Option(min=1, help="Most iterations of one start.")] = 500,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the random starts.")] = 0,
    threads: Annotated[int | None, typer.Option(min=1, help="Number of threads.")] = None,
    errors: Annotated[
        bool,
        typer.Option(
            "--errors",
            help="Print standard errors, z, p and intervals as well; robust to what the judgements"
            " of one annotator have in common.",
        ),
    ] = False,
    force: Annotated[bool, force_option()] = False,
) -> None:
    """Fit who prefers what: latent classes of annotators, by expectation-maximisation.

    A column that is not named has the name of its option; tie, annotator, weight and count may be
    missing, and first is read where positions have an effect.
    """
    suffix_of(output, (".npz",))
    refuse_output(output, [judgements, features, embedding], force=force)
    if features is not None and feature_columns is not None:
        raise ValueError("--features and --feature-columns exclude each other")
    for option, given in {"--embedding": embedding, "--feature-item": feature_item}.items():
        if given is not None and features is None:
            raise ValueError(f"{option} names columns of --features, which is missing")
    names = Names(
        winner=winner,
        loser=loser,
        tie=tie,
        first=first,
        choice_set=choice_set,
        chosen=chosen,
        item=item,
        items=items,
        rank=rank,
        annotator=annotator,
        weight=weight,
        count=count,
        feature_columns=feature_columns,
        offered=offered,
    )
    table = None if features is None else read_features(features, embedding, feature_item)
    choices, table, used = read_judgements(
        judgements, layout, names, table, position_effect=position_effect
    )
    if components > 1 and not choices.has_annotators:
        raise ValueError(
            f"{components} components need to know who judged: name the column with --annotator, or"
            " give --annotator each if every judgement is that of another person"
        )
    from prefmath.designs import Features
    from prefmath.models import ChoiceMixture

    matrix = None if table is None else table.matrix
    named = None if matrix is None else Features(matrix.values, tuple(matrix.names))
    with steps(starts) as bar:
        model = ChoiceMixture(
            components,
            ties=ties.value,
            position_effect=position_effect,
            l2=l2,
            n_init=starts,
            max_iter=max_iter,
            random_state=seed,
            n_threads=threads,
            progress=bar.starts("", starts, 0),
        ).fit(choices, named)
    save_model(output, model)
    if used:
        screen().print(f"columns: {', '.join(used)}", soft_wrap=True)
    if matrix is not None:
        screen().print(f"features: {matrix.described()}", soft_wrap=True)
    print_fit(screen(), choices, model, None if matrix is None else matrix.names)
    screen().print(f"written: {output}", soft_wrap=True)
    if errors:
        print_errors(screen(), choices, model, named)
