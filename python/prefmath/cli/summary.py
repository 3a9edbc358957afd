"""The table that says what a fit found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from rich.table import Table

from prefmath.choices.counts import count_text
from prefmath.models._inference.digits import number_text, percent_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from rich.console import Console

    from prefmath.choices import Choices

MANY = 12
"""More coefficients than this are not all shown."""
TOP = 5


def print_fit(
    console: Console, choices: Choices, model: Any, feature_names: Sequence[str] | None
) -> None:
    """Print the size of the data, the fit, and what each class prefers.

    Parameters
    ----------
    console : rich.console.Console
        Where to.
    choices : Choices
        What the model was fitted on.
    model : ChoiceMixture
        The fitted model.
    feature_names : sequence of str or None
        The names of the coefficients; None where each item has a utility of its own.
    """
    console.print(repr(choices), soft_wrap=True)
    ended = "converged after" if model.converged_ else "not converged in"
    # What the fit found is told as it is, without another pass over the data.
    fit = model.fit_statistics(choices)
    console.print(
        f"log-likelihood {fit.log_likelihood:,.4f}   BIC {fit.bic:,.2f}   {ended}"
        f" {model.n_iter_} iterations",
        soft_wrap=True,
    )
    console.print(
        f"of equal chances {fit.null_log_likelihood:,.4f}   McFadden's ρ² {fit.rho_squared:z.3f}"
        f"   AIC {fit.aic:,.2f}   {fit.n_parameters:,} parameters",
        soft_wrap=True,
    )
    console.print(fit_table(choices, model, feature_names))


def print_errors(console: Console, choices: Choices, model: Any, features: Any) -> None:
    """Print the parameters of a fitted model with errors, tests and intervals.

    Parameters
    ----------
    console : rich.console.Console
        Where to.
    choices : Choices
        What the model was fitted on.
    model : ChoiceMixture
        The fitted model.
    features : ndarray or None
        The features that it was fitted on.
    """
    console.print()
    console.print(repr(model.summary(choices, features)), markup=False, soft_wrap=True)


def fit_table(choices: Choices, model: Any, feature_names: Sequence[str] | None) -> Table:
    """Return the table of the classes, numbered as in the model.

    Parameters
    ----------
    choices : Choices
        What the model was fitted on.
    model : ChoiceMixture
        The fitted model.
    feature_names : sequence of str or None
        The names of the coefficients; None where each item has a utility of its own.

    Returns
    -------
    rich.table.Table
        One column a class; a single one has no number, and all of the annotators.
    """
    coef = model.coef_
    several = len(coef) > 1
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=several)
    table.add_column("")
    for number in range(len(coef)):
        table.add_column(f"class {number}", justify="right", no_wrap=True)
    if several:
        table.add_row("weight", *(percent_text(weight, 1) for weight in model.weights_))
    if several and choices.has_annotators:
        nearest = model.responsibilities_.argmax(axis=1)
        members = np.bincount(nearest, choices.annotator_counts, minlength=len(coef))
        table.add_row("annotators", *(count_text(count) for count in members), end_section=True)
    if not np.isnan(model.tie_).any():
        table.add_row("tie", *(number_text(value, 4) for value in model.tie_))
    for place, effects in enumerate(model.position_effects_.T):
        what = "shown first" if choices.layout == "pairs" else f"position {place + 2}"
        table.add_row(what, *(_signed(value, 4) for value in effects))
    names = _item_names(choices) if feature_names is None else list(feature_names)
    if feature_names is not None and len(names) <= MANY:
        for name, row in zip(names, coef.T, strict=True):
            table.add_row(name, *(number_text(value, 4) for value in row))
        return table
    what = "preferred item" if feature_names is None else "largest coefficient"
    size = coef if feature_names is None else np.abs(coef)
    largest = np.argsort(-size, axis=1, kind="stable")[:, :TOP]
    for place in range(largest.shape[1]):
        table.add_row(
            f"{what} {place + 1}",
            *(
                f"{names[j]} {_signed(row[j], 3)}"
                for row, j in zip(coef, largest[:, place], strict=True)
            ),
        )
    return table


def _signed(value: float, least: int) -> str:
    return ("" if value < 0 else "+") + number_text(value, least)


def _item_names(choices: Choices) -> NDArray[Any] | list[str]:
    ids = choices.item_ids
    return [f"item {j}" for j in range(choices.n_items)] if ids is None else ids
