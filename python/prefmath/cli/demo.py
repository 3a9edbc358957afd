"""prefmath demo: people of different values, asked about alike and about diverse candidates."""

from typing import TYPE_CHECKING, Annotated

import typer

from prefmath.cli.comparison import (
    SHOWN,
    Outcome,
    diverse_sets,
    draw_task,
    learn,
    random_sets,
)
from prefmath.cli.screen import screen, steps
from prefmath.simulate import draw_population

if TYPE_CHECKING:
    from rich.table import Table

STARTS = 10
POOL = 16


def demo(
    *,
    annotators: Annotated[int, typer.Option(min=2, help="Number of people.")] = 400,
    prompts: Annotated[int, typer.Option(min=2, help="Number of prompts.")] = 500,
    groups: Annotated[int, typer.Option(min=2, max=16, help="Number of groups.")] = 4,
    judgements: Annotated[int, typer.Option(min=1, help="Prompts that each person judges.")] = 20,
    default_share: Annotated[
        float,
        typer.Option(
            min=0,
            max=1,
            help="Share of candidates that express the value of the first group, the others the"
            " rest in equal parts. With 0.25 and four groups there is no monoculture, and diverse"
            " sets tell the groups apart but predict favourites no better.",
        ),
    ] = 0.8,
    seed: Annotated[int, typer.Option(min=0, help="Seed of all that is drawn.")] = 0,
) -> None:
    """Show on simulated people what diverse candidates teach, without any file.

    Groups of people value different things; most candidates express the value of one group. Each
    person picks one of four candidates, chosen from each pool at random or diverse. A mixture is
    fitted on either.
    """
    if annotators < groups:
        raise ValueError(f"--annotators must be at least --groups: {annotators} below {groups}")
    population = draw_population(
        annotators,
        prompts,
        groups,
        pool_size=POOL,
        default_share=default_share,
        random_state=seed,
    )
    task = draw_task(population, seed, judgements)
    with steps(2 * STARTS) as bar:
        bar.show("choosing sets", 0)
        ways = {"random sets: ": random_sets(population, seed)}
        ways["diverse sets: "] = diverse_sets(population)
        outcomes = [
            learn(
                population,
                task,
                sets,
                n_starts=STARTS,
                progress=bar.starts(what, STARTS, done),
            )
            for (what, sets), done in zip(ways.items(), (0, STARTS), strict=True)
        ]
    n_judged = len(task.prompt) // annotators
    lines = screen()
    lines.print(
        f"{annotators:,} people of {groups} groups each pick one of {SHOWN} candidates for"
        f" {n_judged} of {prompts:,} prompts (seed {seed})\n",
        soft_wrap=True,
    )
    lines.print(_table(outcomes, groups))
    lines.print(
        f"\naccuracy: how often the candidate that the model expects a person to pick out of all"
        f" {POOL} for a prompt\nis the one their group values most, on {len(task.held_out)} prompts"
        f" that were not in the fit (a guess: {1 / POOL:.0%})",
        soft_wrap=True,
    )


def _table(outcomes: list[Outcome], groups: int) -> "Table":
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
    table.add_column("")
    table.add_column(f"{SHOWN} at random", justify="right")
    table.add_column(f"{SHOWN} diverse (DPP)", justify="right")
    table.add_row("similarity within a set", *(f"{one.similarity:.2f}" for one in outcomes))
    table.add_row(f"values on show, of {groups}", *(f"{one.values:.1f}" for one in outcomes))
    table.add_row()
    for name, figure, form in (
        ("groups recovered (adjusted Rand)", "groups", ".2f"),
        ("accuracy on held-out prompts", "accuracy", ".0%"),
        ("accuracy of the worst group", "worst", ".0%"),
    ):
        fitted, known = (
            [format(getattr(getattr(one, who), figure), form) for one in outcomes]
            for who in ("fitted", "known")
        )
        table.add_row(name, *fitted)
        table.add_row("  if the values were known", *known, style="dim")
    return table
