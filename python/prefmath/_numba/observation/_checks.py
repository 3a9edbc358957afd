"""What an observation must look like; the same sentences as those of the compiled kernels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    _F64 = NDArray[np.float64]
    _I32 = NDArray[np.int32]
    _I64 = NDArray[np.int64]
    _Bool = NDArray[np.bool_]

__all__ = [
    "check_choices",
    "check_choose_one",
    "check_extra",
    "check_finite",
    "check_offsets",
    "check_pair",
    "check_ranking",
    "check_rows",
    "check_sets",
    "check_sums",
    "check_table",
    "check_tied",
    "check_weights",
]


def check_choose_one(
    offsets: _I64 | None, items: _I32, chosen: _I32 | None, tied: _Bool | None, n_rows: int
) -> _I64:
    """Check choices of one among several."""
    if offsets is None:
        raise ValueError("choose_one needs offsets")
    if chosen is None:
        raise ValueError("choose_one needs chosen")
    if tied is not None:
        raise ValueError("only pairs can be tied")
    check_choices(offsets, items, chosen, None, n_rows)
    return offsets


def check_choices(
    offsets: _I64, items: _I32, chosen: _I32, tied: _Bool | None, n_rows: int
) -> None:
    """Check choices of one among several, of which those of two may be tied."""
    check_sets(offsets, items, n_rows)
    sizes = np.diff(offsets)
    if len(chosen) != len(sizes):
        raise ValueError(f"chosen has {len(chosen)} values for {len(sizes)} choice sets")
    at = _first((chosen < 0) | (chosen >= sizes))
    if at is not None:
        where = f"chosen[{at}]={chosen[at]} of {sizes[at]}"
        raise ValueError(f"chosen must be a position in its choice set: {where}")
    check_tied(offsets, tied)


def check_pair(items: _I32, tied: _Bool | None, ties: str, tie_row: int, n_rows: int) -> _I64:
    """Check pairs, and return the offsets that they would have as sets."""
    if len(items) % 2:
        raise ValueError(f"pairs must hold two items each, not {len(items)} in all")
    check_rows("items", items, n_rows, 0)
    n = len(items) // 2
    if tied is not None and len(tied) != n:
        raise ValueError(f"tied has {len(tied)} values for {n} pairs")
    if ties not in {"half", "davidson", "rao_kupper"}:
        raise ValueError(f'ties must be half, davidson or rao_kupper, not "{ties}"')
    if ties != "half" and not 0 <= tie_row < n_rows:
        raise ValueError(f"tie_row must be a row of a table of {n_rows}, not {tie_row}")
    return np.arange(0, len(items) + 1, 2, dtype=np.int64)


def check_ranking(
    offsets: _I64 | None,
    items: _I32,
    n_ranked: _I32 | None,
    tied: _Bool | None,
    extra: _I32 | None,
    n_rows: int,
) -> _I64:
    """Check rankings."""
    if offsets is None:
        raise ValueError("ranking needs offsets")
    if n_ranked is None:
        raise ValueError("ranking needs n_ranked")
    if tied is not None:
        raise ValueError("only pairs can be tied")
    if extra is not None:
        raise ValueError("rankings have no position effect: extra must be none")
    check_sets(offsets, items, n_rows)
    sizes = np.diff(offsets)
    if len(n_ranked) != len(sizes):
        raise ValueError(f"n_ranked has {len(n_ranked)} values for {len(sizes)} rankings")
    at = _first((n_ranked < 1) | (n_ranked > sizes))
    if at is not None:
        where = f"n_ranked[{at}]={n_ranked[at]} of {sizes[at]}"
        raise ValueError(f"n_ranked must be from 1 to the size of the set: {where}")
    return offsets


def check_extra(extra: _I32 | None, items: _I32, n_rows: int) -> None:
    """Check the rows that are added to those of the items."""
    if extra is None:
        return
    if len(extra) != len(items):
        raise ValueError(f"extra has {len(extra)} values for {len(items)} items")
    check_rows("extra", extra, n_rows, -1)


def check_table(name: str, table: _F64) -> None:
    """Check that a table has a column and holds numbers."""
    if not table.shape[1]:
        rows = f"{name} must have {len(table)} rows and a column a class"
        raise ValueError(f"{rows}, not shape {table.shape}")
    check_finite(name, table)


def check_weights(weights: _F64, n_outcomes: int, utility: _F64) -> None:
    """Check that weights have a row an outcome and a column a class."""
    shape = n_outcomes, utility.shape[1]
    if weights.shape != shape:
        raise ValueError(f"weights must have shape {shape}, not {weights.shape}")


def check_sums(sums: _F64, weights: _F64) -> None:
    """Look for the weight that is to blame for a sum that is not finite."""
    if not np.isfinite(sums).all():
        check_finite("weights", weights)


def check_finite(name: str, values: _F64) -> None:
    """Check that a matrix holds numbers."""
    at = _first(~np.isfinite(values).ravel())
    if at is not None:
        row, column = divmod(at, values.shape[1])
        where = f"{name}[{row}, {column}] is {values[row, column]}"
        raise ValueError(f"{name} must be finite: {where}")


def check_sets(offsets: _I64, items: _I32, n_rows: int) -> None:
    """Check that sets hold items of a table, and none is empty."""
    check_offsets("offsets", offsets, len(items))
    at = _first(np.diff(offsets) == 0)
    if at is not None:
        raise ValueError(f"choice set {at} is empty")
    check_rows("items", items, n_rows, 0)


def check_offsets(name: str, offsets: _I64, n_values: int) -> None:
    """Check that offsets cut `n_values` values into groups."""
    if len(offsets) == 0 or offsets[0] != 0:
        raise ValueError(f"{name} must start with 0")
    at = _first(np.diff(offsets) < 0)
    if at is not None:
        after = f"{name}[{at + 1}]={offsets[at + 1]} after {name}[{at}]={offsets[at]}"
        raise ValueError(f"{name} must not decrease: {after}")
    if offsets[-1] != n_values:
        last = f"{name}[-1]={offsets[-1]} for {n_values}"
        raise ValueError(f"{name} must end with the number of values: {last}")


def check_tied(offsets: _I64, tied: _Bool | None) -> None:
    """Check that the sets whose items are tied have two items."""
    if tied is None:
        return
    sizes = np.diff(offsets)
    if len(tied) != len(sizes):
        raise ValueError(f"tied has {len(tied)} values for {len(sizes)} choice sets")
    at = _first(tied & (sizes != 2))
    if at is not None:
        of = f"tied[{at}] is of a choice set of {sizes[at]}"
        raise ValueError(f"a tie takes two items: {of}")


def check_rows(name: str, rows: _I32, n_rows: int, least: int) -> None:
    """Check that values are rows of a table, or as low as `least`."""
    at = _first((rows < least) | (rows >= n_rows))
    if at is not None:
        raise ValueError(f"{name} must be rows of a table of {n_rows}: {name}[{at}]={rows[at]}")


def _first(wrong: NDArray[Any]) -> int | None:
    return int(wrong.argmax()) if wrong.any() else None
