"""The commands under one name."""

from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from prefmath.cli.demo import demo
from prefmath.cli.fit import fit
from prefmath.cli.rank import rank
from prefmath.cli.select import select


def _without_types(parameters: list[Any]) -> list[Any]:
    """Return the parameters, of which those that take no value show none, not <bool>, in help."""
    for parameter in parameters:
        if getattr(parameter, "is_flag", False) and parameter.metavar is None:
            parameter.metavar = ""
    return parameters


class _Command(TyperCommand):
    def get_params(self, ctx: Any) -> list[Any]:
        return _without_types(super().get_params(ctx))


class _Group(TyperGroup):
    def get_params(self, ctx: Any) -> list[Any]:
        return _without_types(super().get_params(ctx))


app = typer.Typer(
    cls=_Group,
    name="prefmath",
    help="The mathematics of plural preferences: diverse selection and mixture models of choice.",
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


app.command(cls=_Command)(demo)
app.command(cls=_Command)(select)
app.command(cls=_Command)(fit)
app.command(cls=_Command)(rank)
