"""What a container of judgements refuses: one function a rule, no loop over rows."""

from __future__ import annotations

from collections.abc import Callable, Sized
from numbers import Number
from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._label_values import (
    first_missing,
    kind_of,
    objects,
    plain_array,
    refuse_missing,
    shown,
)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_LARGE_SET = 16
"""Above this size sorting finds a repeated item sooner than comparing every two members."""


_COMPLEX = (complex, np.complexfloating)

_LEAST_WEIGHT, _MOST_WEIGHT = 1e-100, 1e100
"""Sums of weights between these leave their squares, and cubes, within float64."""


def length_of(values: ArrayLike, name: str) -> int:
    """Return how many entries there are, at least one."""
    length = _length(values)
    if length is None:
        raise TypeError(f"{name} must be an array or a sequence, got {type(values).__name__}")
    if not length:
        raise ValueError(f"there are no judgements: {name} is empty")
    return length


def one_a_judgement(values: ArrayLike, name: str, n: int) -> NDArray[Any]:
    """Return values as an array of one dimension with `n` entries."""
    array = plain_array(values, name)
    if array.ndim != 1:
        raise ValueError(f"{name} must have one dimension, got shape {array.shape}")
    same_length(array, name, n)
    if np.ma.is_masked(values):
        row = int(np.ma.getmaskarray(np.ma.asarray(values)).argmax())
        raise ValueError(f"{name} must not be missing: {name}[{row}] is masked")
    return array


def same_length(values: ArrayLike, name: str, n: int) -> None:
    """Refuse a first axis that does not match the judgements."""
    length = _length(values)
    if length != n:
        has = "a single value" if length is None else f"{length:,}"
        raise ValueError(f"{name} must have one entry a judgement: {has} for {n:,} judgements")


def integers(values: ArrayLike, name: str, n: int) -> NDArray[Any]:
    """Return values as integers of one dimension with `n` entries; floats are refused."""
    array = _without_missing(one_a_judgement(values, name, n), name)
    if array.dtype.kind not in "iu":
        raise TypeError(f"{name} must hold integers, got dtype {array.dtype}")
    return array


def booleans(values: ArrayLike, name: str, n: int) -> NDArray[np.bool_]:
    """Return values as booleans; 0 and 1 pass for them."""
    array = _without_missing(one_a_judgement(values, name, n), name)
    if array.dtype.kind == "b":
        return array
    if array.dtype.kind not in "iuf":
        raise TypeError(f"{name} must hold booleans or 0 and 1, got dtype {array.dtype}")
    yes: NDArray[np.bool_] = array == 1
    bad = ~(yes | (array == 0))
    if bad.any():
        row = int(bad.argmax())
        raise ValueError(f"{name} must hold booleans or 0 and 1: {name}[{row}]={shown(array[row])}")
    return yes


def tied_pairs(tie: ArrayLike | None, n: int) -> NDArray[np.bool_] | None:
    """Return which pairs are ties, or None where none is."""
    if tie is None:
        return None
    tied = booleans(tie, "tie", n)
    return tied if tied.any() else None


def offsets(values: ArrayLike, n_items: int, set_name: str) -> NDArray[np.int64]:
    """Return offsets as int64 that start at 0, increase and end at the number of items."""
    given = plain_array(values, "offsets")
    if given.ndim != 1:
        raise ValueError(f"offsets must have one dimension, got shape {given.shape}")
    if given.dtype.kind not in "iu" and len(given):
        raise TypeError(f"offsets must hold integers, got dtype {given.dtype}")
    if len(given) < 2:
        raise ValueError(f"there are no judgements: offsets has length {len(given)}, not 2 or more")
    array = given.astype(np.int64, copy=False)
    if array[0] != 0:
        raise ValueError(f"offsets must start at 0: offsets[0]={array[0]}")
    sizes = np.diff(array)
    if (sizes < 0).any():
        row = int((sizes < 0).argmax())
        after = f"offsets[{row + 1}]={array[row + 1]} after offsets[{row}]={array[row]}"
        raise ValueError(f"offsets must not decrease: {after}")
    if (sizes == 0).any():
        row = int((sizes == 0).argmax())
        raise ValueError(
            f"{set_name} {row} is empty: offsets[{row}]=offsets[{row + 1}]={array[row]}"
        )
    if array[-1] != n_items:
        last = len(array) - 1
        raise ValueError(
            f"offsets must end at the number of items, {n_items}: offsets[{last}]={array[-1]}"
        )
    return array


def positions(chosen: ArrayLike, sizes: NDArray[np.int64]) -> NDArray[np.int32]:
    """Return the chosen positions, each inside its choice set."""
    array = integers(chosen, "chosen", len(sizes))
    outside = (array < 0) | (array >= sizes)
    if outside.any():
        row = int(outside.argmax())
        of = f"chosen[{row}]={array[row]} in a set of {sizes[row]}"
        raise ValueError(f"chosen must be a position inside its choice set: {of}")
    return array.astype(np.int32, copy=False)


def ranked_counts(n_ranked: ArrayLike | None, sizes: NDArray[np.int64]) -> NDArray[np.int32]:
    """Return how many of each set are ranked: all of them where nothing is said."""
    if n_ranked is None:
        return sizes.astype(np.int32)
    array = integers(n_ranked, "n_ranked", len(sizes))
    outside = (array < 1) | (array > sizes)
    if outside.any():
        row = int(outside.argmax())
        of = f"n_ranked[{row}]={array[row]} in a set of {sizes[row]}"
        raise ValueError(f"n_ranked must lie between 1 and the size of its set: {of}")
    return array.astype(np.int32, copy=False)


def weights(weight: ArrayLike | None, n: int, name: str = "weight") -> NDArray[np.float64] | None:
    """Return weights, or counts, as float64: finite and not negative."""
    if weight is None:
        return None
    array = one_a_judgement(weight, name, n)
    if array.dtype.kind == "O":
        array = _without_missing(array, name)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name} must hold numbers, got dtype {array.dtype}")
    with np.errstate(over="ignore", under="ignore"):
        array = array.astype(np.float64, copy=False)
    for bad, rule in ((~np.isfinite(array), "be finite"), (array < 0, "not be negative")):
        if bad.any():
            row = int(bad.argmax())
            raise ValueError(f"{name} must {rule}: {name}[{row}]={array[row]}")
    with np.errstate(over="ignore", under="ignore"):
        total = array.sum()
    if total == 0:
        raise ValueError(f"{name} must be above 0 in a row at least: all {n:,} are 0")
    refuse_sum(float(total), name)
    return array


def refuse_sum(total: float, name: str) -> None:
    """Refuse a sum of weights whose powers float64 does not hold."""
    if not _LEAST_WEIGHT <= total <= _MOST_WEIGHT:
        raise ValueError(
            f"{name} must have a sum between {_LEAST_WEIGHT:g} and {_MOST_WEIGHT:g}, not "
            f"{total:.2g}: multiply all by one number"
        )


def contexts(context: ArrayLike | None, n: int) -> NDArray[Any] | None:
    """Return what is carried along with the judgements, its first axis theirs."""
    if context is None:
        return None
    try:
        array = plain_array(context, "context")
    except ValueError:  # lists of unequal length are carried along as they are
        array = objects(context)  # type: ignore[arg-type]
    same_length(array, "context", n)
    return array


def different_pairs(
    winner: NDArray[np.int32], loser: NDArray[np.int32], ids: NDArray[Any] | None
) -> None:
    """Refuse a pair of an item with itself."""
    same = winner == loser
    if same.any():
        row = int(same.argmax())
        item = shown(winner[row] if ids is None else ids[winner[row]])
        raise ValueError(
            f"the same item twice in a pair: winner[{row}] and loser[{row}] are {item}"
        )


def different_items(
    starts: NDArray[np.int64],
    items: NDArray[np.int32],
    ids: NDArray[Any] | None,
    set_name: Callable[[int], str],
) -> None:
    """Refuse a choice set that holds an item twice."""
    found = _first_repeat(starts, items)
    if found is not None:
        row, item = found
        raise ValueError(
            f"the same item twice in {set_name(row)}: {shown(item if ids is None else ids[item])}"
        )


def _without_missing(array: NDArray[Any], name: str) -> NDArray[Any]:
    """Return numbers or booleans among objects as such, or refuse what is missing."""
    row = first_missing(array) if array.dtype.kind in "fO" else None
    if row is not None:
        refuse_missing(array, row, name)
    if array.dtype.kind != "O":
        return array
    values = array.tolist()
    kinds = {kind_of(type(value)) for value in values}
    if kinds <= {bool} or kinds <= {int}:
        try:
            return np.array(values, bool if kinds <= {bool} else np.int64)
        except OverflowError:
            return array
    if not all(issubclass(kind, Number) and not issubclass(kind, _COMPLEX) for kind in kinds):
        return array
    try:
        return np.fromiter(map(float, values), np.float64, len(values))
    except (TypeError, OverflowError):
        return array


def _length(values: ArrayLike) -> int | None:
    # Not through np.asarray, which would convert a list that is converted again later.
    if isinstance(values, np.ndarray) and not values.ndim:
        return None
    return len(values) if isinstance(values, Sized) else None


def _first_repeat(starts: NDArray[np.int64], items: NDArray[np.int32]) -> tuple[int, int] | None:
    """Return the first set that holds an item twice, and the item."""
    sizes = np.diff(starts)
    largest = int(sizes.max())
    if largest > _LARGE_SET:
        return _first_repeat_by_sorting(sizes, items)
    if (sizes == largest).all():
        table = items.reshape(-1, largest)
        repeats = np.zeros(len(table), dtype=np.bool_)
        for shift in range(1, largest):
            repeats |= (table[:, shift:] == table[:, :-shift]).any(axis=1)
        if not repeats.any():
            return None
        row = int(repeats.argmax())
        return _first_repeat_by_sorting(sizes[row : row + 1], table[row], row)
    ends = np.repeat(starts[1:], sizes)
    rows: list[int] = []
    for shift in range(1, largest):
        same = np.flatnonzero(items[shift:] == items[:-shift])
        inside = same[same + shift < ends[same]]
        if len(inside):
            rows.append(int(np.searchsorted(starts, inside[0], side="right")) - 1)
    if not rows:
        return None
    row = min(rows)
    return _first_repeat_by_sorting(sizes[row : row + 1], items[starts[row] : starts[row + 1]], row)


def _first_repeat_by_sorting(
    sizes: NDArray[np.int64], items: NDArray[np.int32], first_row: int = 0
) -> tuple[int, int] | None:
    n_items = int(items.max()) + 1
    keys = np.repeat(np.arange(len(sizes), dtype=np.int64) * n_items, sizes)
    keys += items
    keys.sort()
    repeats = keys[1:] == keys[:-1]
    if not repeats.any():
        return None
    row, item = divmod(int(keys[repeats.argmax()]), n_items)
    return first_row + row, item
