"""What a direction that the data do not determine is called in an error or a warning."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._foreign import column_names as names_of_columns
from prefmath._labels import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from prefmath.choices import Choices

    _F64 = NDArray[np.float64]

__all__ = ["collinear", "column_names", "item_names", "separated", "too_few"]

_NAMED = 5


def column_names(features: Any, n_columns: int, others: Sequence[str]) -> list[str]:
    """Name the columns as the caller's frame does, or else by number; then the other parameters."""
    names = names_of_columns(features, n_columns)
    if names is None:
        return [*(f"feature {j}" for j in range(n_columns)), *others]
    return [*map(shown, names), *others]


def item_names(choices: Choices, others: Sequence[str]) -> list[str]:
    """Name the items but the first, to which others are compared; then the other parameters."""
    ids = range(choices.n_items) if choices.item_ids is None else choices.item_ids.tolist()
    return [*map(shown, list(ids)[1:]), *others]


def collinear(
    names: list[str], direction: _F64, scale: _F64, *, n_columns: int, where: str = ""
) -> str:
    """Say which coefficients are not determined, as a combination of columns never differs."""
    order = _order(direction, scale)
    first = float(direction[order[0]])
    what = _combination(names, direction * np.sign(first), order)
    why = f"{what} is the same for all alternatives of every choice"
    if max(order) >= n_columns:
        why = "some change of them changes the probability of no choice"
    verb = "is" if len(order) == 1 else "are"
    return (
        f"{_subject(names, order, n_columns)} {verb} not determined{where}, as {why}: "
        f"{_advice(order, n_columns)}"
    )


def separated(
    names: list[str], direction: _F64, scale: _F64, *, n_columns: int, where: str = ""
) -> str:
    """Say which coefficients run to infinity, as a combination of columns tells what was chosen.

    The first `n_columns` parameters are coefficients of columns: none where items have utilities
    of their own.
    """
    order = _order(direction, scale)
    which = "highest"
    if len(order) == 1:
        which = "highest" if direction[order[0]] > 0 else "lowest"
        direction = np.abs(direction)
    why = f"what was chosen always has the {which} {_combination(names, direction, order)} of its"
    why += " alternatives"
    if max(order) >= n_columns:
        it = "it" if len(order) == 1 else "them"
        why = f"some change of {it} makes choices more probable and none less"
    verb = "has" if len(order) == 1 else "have"
    return (
        f"{_subject(names, order, n_columns)} {verb} no finite estimate{where}, as {why}: "
        f"{_advice(order, n_columns)}"
    )


def _subject(names: list[str], order: list[int], n_columns: int) -> str:
    noun = "coefficient" if max(order) < n_columns else "parameter"
    return f"the {noun}{'s' if len(order) > 1 else ''} of {_all_named(names, order)}"


def _advice(order: list[int], n_columns: int) -> str:
    if n_columns == 0:
        return "set l2 or prior above 0"
    if max(order) >= n_columns:
        return "set l2 above 0"
    columns = "the column" if len(order) == 1 else "one of these columns"
    return f"leave {columns} out, or set l2 above 0"


def too_few(n_rows: int, n_parameters: int) -> str:
    """Say that there are more parameters than comparisons."""
    return (
        f"{n_parameters:,} coefficients are not determined by choices that compare only {n_rows:,} "
        "times what was chosen with something else: set l2 above 0, or use fewer columns"
    )


def _order(direction: _F64, scale: _F64) -> list[int]:
    """Return the columns that take part: the caller's order, if there are few."""
    size = np.abs(direction * scale)
    part = np.flatnonzero(size > 0)
    found: list[int] = part.tolist()
    if len(part) <= _NAMED:
        return found
    order: list[int] = part[np.argsort(-size[part], kind="stable")].tolist()
    return order


def _all_named(names: list[str], order: list[int]) -> str:
    some = [names[j] for j in order[:_NAMED]]
    if len(order) > _NAMED:
        some.append(f"{len(order) - _NAMED:,} more")
    return some[0] if len(some) == 1 else f"{', '.join(some[:-1])} and {some[-1]}"


def _combination(names: list[str], direction: _F64, order: list[int]) -> str:
    """Write a combination of columns, its smallest coefficient being 1."""
    if len(order) > _NAMED:
        return "a combination of them"
    unit = np.abs(direction[order]).min()
    terms: list[str] = []
    for j in order:
        size = f"{abs(direction[j]) / unit:.4g}"
        term = names[j] if size == "1" else f"{size} * {names[j]}"
        sign = "-" if direction[j] < 0 else "+"
        lead = ("" if sign == "+" else "-") if not terms else f" {sign} "
        terms.append(lead + term)
    return "".join(terms)
