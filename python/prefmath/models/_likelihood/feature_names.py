"""Names of features: those of the caller's frame, kept by a model and asked for again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from prefmath._foreign import column_names
from prefmath._label_values import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["named_columns", "refuse_other_names"]


def named_columns(features: Any, n_columns: int) -> tuple[str, ...] | None:
    """Return the names of the columns where all are strings, as scikit-learn keeps them.

    Examples
    --------
    >>> import pandas as pd
    >>> named_columns(pd.DataFrame({"price": [1.0]}), 1)
    ('price',)
    >>> named_columns(pd.DataFrame([[1.0]]), 1) is None
    True
    """
    names = column_names(features, n_columns)
    if not names or not all(isinstance(name, str) for name in names):
        return None
    return tuple(map(str, names))


def refuse_other_names(
    given: Sequence[str] | None, wanted: Sequence[str] | None, where: str = "in fit"
) -> None:
    """Refuse columns of other names, or in another order; what has no names may be anything.

    Examples
    --------
    >>> refuse_other_names(("time", "price"), ("price", "time"))
    Traceback (most recent call last):
        ...
    ValueError: features must have their columns in the order that they had in fit: column 0 is
    'time', where 'price' was
    """
    if given is None or wanted is None or tuple(given) == tuple(wanted):
        return
    known, there = set(wanted), set(given)
    unknown = [name for name in given if name not in known]
    missing = [name for name in wanted if name not in there]
    if not unknown and not missing and len(given) == len(wanted):
        at = next(j for j, name in enumerate(given) if name != wanted[j])
        raise ValueError(
            f"features must have their columns in the order that they had {where}: column {at} is "
            f"{shown(given[at])}, where {shown(wanted[at])} was"
        )
    told = [f"{shown(name)} was not there" for name in unknown[:1]]
    told += [f"{shown(name)} is missing" for name in missing[:1]]
    told = told or [f"there are {len(given)} in place of {len(wanted)}"]
    more = max(len(unknown) - 1, 0) + max(len(missing) - 1, 0)
    rest = f" (and {more} more)" if more else ""
    raise ValueError(
        f"features must have the columns that they had {where}: {' and '.join(told)}{rest}"
    )
