"""The commands under one name."""

from typing import Annotated

import typer

from prefmath.cli.demo import demo
from prefmath.cli.fit import fit
from prefmath.cli.select import select

app = typer.Typer(
    name="prefmath",
    help="The mathematics of plural preferences: diverse selection and mixture models of choice.",
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _version(asked: bool) -> None:  # noqa: FBT001 -- the signature of an option's callback
    if asked:
        from prefmath import __version__

        typer.echo(f"prefmath {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def prefmath(
    context: typer.Context,
    *,
    version: Annotated[  # noqa: ARG001 -- its callback does the work
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which version.")
    ] = False,
) -> None:
    """Choose candidates that differ, and learn who prefers what."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


app.command()(demo)
app.command()(select)
app.command()(fit)
