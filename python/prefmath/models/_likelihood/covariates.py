"""Covariates of annotators: what callers pass as `membership`, checked, a row an annotator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._foreign import as_array
from prefmath._label_values import family, is_missing, label_array, positions_of, shown
from prefmath._labels import code_labels
from prefmath.io._table import Table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.choices import Choices

    _F64 = NDArray[np.float64]
    _I64 = NDArray[np.int64]

__all__ = ["CovariateTable", "covariates_of", "table_of_covariates"]

# Columns of a frame that name annotators.
_WHO = ("annotator", "annotator_id")


@dataclass(frozen=True, eq=False)
class CovariateTable:
    """Finite numbers with a row for each annotator of `who`, or for each in order where it is None.

    `names` are those of the caller's frame, or None.
    """

    values: _F64
    names: tuple[str, ...] | None
    who: NDArray[Any] | None

    @property
    def called(self) -> tuple[str, ...]:
        """Return a name for each column."""
        if self.names is not None:
            return self.names
        return tuple(f"covariate {j}" for j in range(self.values.shape[1]))

    def rows(self, rows: _I64) -> CovariateTable:
        """Return some of the rows."""
        who = None if self.who is None else self.who[rows]
        return CovariateTable(self.values[rows], self.names, who)

    def of(self, choices: Choices) -> CovariateTable:
        """Return the rows of the annotators of some choices, who all have one."""
        if self.who is None or choices.annotator_ids is None:
            return self
        return self.rows(positions_of(choices.annotator_ids, self.who, "annotator"))


def covariates_of(membership: Any, choices: Choices) -> CovariateTable:
    """Return the covariates of the annotators of choices, in the order of these.

    Raises
    ------
    ValueError
        If an annotator has no row or two, a row is that of nobody, or a number is missing or not
        finite.
    TypeError
        If something is no number, or annotators are named in another kind of label.
    """
    if isinstance(membership, CovariateTable):
        return membership.of(choices)
    table, where = _read(membership)
    if table.who is not None:
        table = table.rows(_rows_of(choices, table.who, where))
    elif len(table.values) != choices.n_annotators:
        order = (
            " in the order of choices.annotator_ids" if choices.annotator_ids is not None else ""
        )
        raise ValueError(
            f"membership must have one row for each of {choices.n_annotators} annotators{order}, "
            f"not {len(table.values)}"
        )
    table = CovariateTable(table.values, table.names, choices.annotator_ids)
    return _checked(table)


def table_of_covariates(membership: Any) -> CovariateTable:
    """Return covariates of people in the order of the rows, whoever they are."""
    if isinstance(membership, CovariateTable):
        return membership
    return _checked(_read(membership)[0])


def _read(membership: Any) -> tuple[CovariateTable, str]:
    """Return a table that may lack numbers, and what names its rows, if anything does."""
    if hasattr(membership, "to_frame") and hasattr(membership, "index"):
        membership = membership.to_frame(getattr(membership, "name", None) or "covariate 0")
    if isinstance(membership, Mapping):
        columns = {name: plain_column(column, name) for name, column in membership.items()}
        return _of_columns(columns, None)
    if _is_frame(membership):
        if hasattr(membership, "__len__") and not len(membership):
            raise ValueError("membership has no rows, and must have one for each annotator")
        frame = Table(membership)
        columns = {name: frame.column("membership", name) for name in frame.names}
        return _of_columns(columns, _index_of(membership))
    array = as_array(membership, "membership")
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2:
        raise ValueError(
            "membership must have one row an annotator and one column a covariate, not shape "
            f"{array.shape}"
        )
    values = np.empty(array.shape)
    for j in range(array.shape[1]):
        values[:, j] = _numbers(array[:, j], f"column {j}")
    return CovariateTable(values, None, None), ""


def plain_column(values: Any, name: Any) -> NDArray[Any]:
    """Return a column of a mapping as an array."""
    array = as_array(values, f"membership[{name!r}]")
    if array.ndim != 1:
        raise ValueError(f"membership[{name!r}] must have one dimension, not shape {array.shape}")
    return array


def _is_frame(membership: Any) -> bool:
    if hasattr(membership, "collect_schema"):  # a lazy one, too, whose columns cost something
        return True
    return hasattr(membership, "column_names") or hasattr(membership, "columns")


def _index_of(frame: Any) -> NDArray[Any] | None:
    """Return the index of a frame of pandas, unless it only counts the rows."""
    index = getattr(frame, "index", None)
    if index is None or callable(index) or not hasattr(index, "dtype"):
        return None
    counts_rows = getattr(index, "start", None) == 0 and getattr(index, "step", None) == 1
    return None if counts_rows else label_array(index.to_numpy(), "membership.index")


def _of_columns(
    columns: dict[Any, NDArray[Any]], index: NDArray[Any] | None
) -> tuple[CovariateTable, str]:
    who, where = index, "the index of membership"
    for name in _WHO:
        if name in columns:
            who, where = label_array(columns.pop(name), name), f"column {name!r} of membership"
            break
    if not columns:
        raise ValueError("membership must have a column for each covariate, and has none")
    lengths = {len(column) for column in columns.values()}
    if len(lengths) > 1 or (who is not None and lengths != {len(who)}):
        raise ValueError("membership must have columns of one length")
    values = [_numbers(column, f"column {name!r}") for name, column in columns.items()]
    names = tuple(str(name) for name in columns)
    return CovariateTable(np.stack(values, axis=1), names, who), where


def _numbers(column: NDArray[Any], what: str) -> _F64:
    """Return a column as numbers, NaN where there is none."""
    if column.dtype.kind in "biuf":
        return column.astype(np.float64)
    if column.dtype.kind == "O":
        values = np.empty(len(column))
        for row, value in enumerate(column.tolist()):
            if is_missing(value):
                values[row] = np.nan
                continue
            if isinstance(value, str | bytes):
                raise _no_number(what, value)
            try:
                values[row] = float(value)
            except (TypeError, ValueError):
                raise _no_number(what, value) from None
            except OverflowError:
                raise ValueError(
                    f"membership must hold numbers that float64 holds, but {what} has "
                    f"{shown(value)} in row {row}"
                ) from None
        return values
    raise _no_number(what, column[0] if len(column) else column.dtype)


def _no_number(what: str, value: object) -> TypeError:
    return TypeError(
        f"membership must hold numbers, but {what} holds {shown(value)}: make it columns of 0 and "
        "1, one for each level but the one to compare with, as "
        "pandas.get_dummies(membership, drop_first=True) does"
    )


def _rows_of(choices: Choices, who: NDArray[Any], where: str) -> _I64:
    """Return which row each annotator of the choices has."""
    known = choices.annotator_ids
    if known is None:
        raise ValueError(
            f"{where} names annotators, but choices name none: hand in a row for each of "
            f"{choices.n_annotators} annotators, without names"
        )
    ids, codes = code_labels(who, where)
    if len(ids) < len(codes):
        _, first = np.unique(codes, return_index=True)
        row = int(np.setdiff1d(np.arange(len(codes)), first)[0])
        raise ValueError(
            f"{where} must name each annotator once: {shown(ids[codes[row]])} stands in row {row} "
            "too"
        )
    if len(ids) and family(ids) != family(known):
        raise TypeError(
            f"{where} holds {family(ids)}, but annotators of choices are {family(known)}: let it "
            "name them, or, where rows stand in the order of choices.annotator_ids, hand in "
            "membership without names (frame.reset_index(drop=True))"
        )
    row_of = np.empty(len(ids), np.int64)
    row_of[codes] = np.arange(len(codes))
    at = positions_of(known, ids, "annotator") if len(ids) else np.full(len(known), -1)
    if (at < 0).any():
        lacking = np.flatnonzero(at < 0)
        more = f" (and {len(lacking) - 1:,} more)" if len(lacking) > 1 else ""
        raise ValueError(
            f"membership has no row for annotator {shown(known[lacking[0]])}{more}: leave out the "
            "judgements of annotators without covariates, or hand these in"
        )
    if len(ids) > len(known):
        extra = np.setdiff1d(np.arange(len(ids)), at)
        more = f" (and {len(extra) - 1:,} more)" if len(extra) > 1 else ""
        raise ValueError(
            f"membership has a row for annotator {shown(ids[extra[0]])}{more}, of whom choices "
            "have no judgement: leave the row out"
        )
    rows: _I64 = row_of[at]
    return rows


def _checked(table: CovariateTable) -> CovariateTable:
    """Refuse numbers that are missing or infinite, by the annotator and the column."""
    bad = np.argwhere(~np.isfinite(table.values))
    if len(bad):
        row, column = (int(place) for place in bad[0])
        value = float(table.values[row, column])
        whose = f"row {row}" if table.who is None else f"annotator {shown(table.who[row])}"
        what = f"covariate {column}" if table.names is None else f"column {table.names[column]!r}"
        more = f" (and {len(bad) - 1:,} more)" if len(bad) > 1 else ""
        state = "missing" if np.isnan(value) else f"{value}, and must be finite"
        raise ValueError(
            f"{what} of membership is {state} for {whose}{more}: fill it in, or leave out the "
            "judgements of these annotators"
        )
    return table
