"""Rules on what may be chosen: as the kernels take them, and refused where they are impossible."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._labels import code_labels, shown
from prefmath._validate import as_number, as_whole_number

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from prefmath.selection._names import Names

__all__ = ["Given", "Rules", "as_row_numbers", "rules_of"]

_MANY = np.iinfo(np.int64).max

# Half the distance between float32 numbers from 1 on.
_HALF_STEP = 2.0**-24

# Groups that an error names where none is like the one that was asked for.
_FEW = 5


@dataclass(frozen=True)
class Given:
    """The rules as the caller gave them."""

    include: ArrayLike | None = None
    exclude: ArrayLike | None = None
    groups: ArrayLike | None = None
    quota: int | Mapping[Any, Any] | None = None
    max_similarity: float | None = None
    # Labels that are known though no row may have them: the categories of a column.
    categories: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Rules:
    """The rules of all pools, and how many each pool can give at most."""

    eligible: NDArray[np.bool_] | None
    include: NDArray[np.int64]
    include_offsets: NDArray[np.int64]
    group: NDArray[np.int32] | None
    least: NDArray[np.int64]
    most: NDArray[np.int64]
    max_similarity: float
    available: NDArray[np.int64]

    def for_kernels(self) -> tuple[Any, ...] | None:
        """Return what the kernels take; None where there is no rule."""
        free = self.eligible is None and self.group is None and not len(self.include)
        if free and self.max_similarity == np.inf:
            return None
        return (
            self.eligible,
            self.include,
            self.include_offsets,
            self.group,
            self.least,
            self.most,
            self.max_similarity,
        )


def rules_of(
    given: Given, cuts: NDArray[np.int64], ks: NDArray[np.int64], n_columns: int, names: Names
) -> Rules:
    """Return the rules of the pools ``cuts[p]:cuts[p + 1]``, `ks` to be chosen of each.

    Raises
    ------
    ValueError
        If a rule is impossible to keep, whatever is chosen.
    TypeError
        If a rule is of the wrong type.
    """
    n = int(cuts[-1])
    excluded = None if given.exclude is None else as_row_numbers(given.exclude, "exclude", n)
    eligible = None
    if excluded is not None:
        eligible = np.ones(n, np.bool_)
        eligible[excluded] = False
    include = (
        np.empty(0, np.int64)
        if given.include is None
        else as_row_numbers(given.include, "include", n)
    )
    for row in include[~eligible[include]][:1] if eligible is not None else ():
        raise ValueError(f"{names.row(row)} is both in include and in exclude")
    pool_of = np.searchsorted(cuts, include, side="right") - 1
    order = np.argsort(pool_of, kind="stable")
    include, counts = include[order], np.bincount(pool_of, minlength=len(ks))
    for pool in np.flatnonzero(counts > ks)[:1]:
        raise ValueError(f"include has {counts[pool]} rows{names.of(pool)}, more than k={ks[pool]}")
    group, least, most, labels = _quotas(given, n)
    available = np.diff(cuts)
    if eligible is not None:
        available = available - np.bincount(
            np.searchsorted(cuts, np.flatnonzero(~eligible), side="right") - 1, minlength=len(ks)
        )
    if group is not None:
        available = _check_quotas(
            group, least, most, labels, eligible, include, pool_of[order], cuts, ks, names
        )
    return Rules(
        eligible,
        include,
        np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        group,
        least,
        most,
        _max_similarity(given.max_similarity, n_columns),
        available,
    )


def as_row_numbers(values: ArrayLike, name: str, n: int, whole: str = "X") -> NDArray[np.int64]:
    """Return rows of X, or of another `whole`, from their numbers or from a mask."""
    if np.ma.is_masked(values):
        raise ValueError(f"{name} must not be masked: give row numbers, or a mask of booleans")
    array = np.asarray(values)
    if array.dtype == np.bool_:
        if array.shape != (n,):
            raise ValueError(f"{name} as a mask must have shape ({n},), not {array.shape}")
        return np.flatnonzero(array)
    if array.size == 0:
        return np.empty(0, np.int64)
    if array.ndim != 1 or array.dtype.kind not in "iu":
        raise TypeError(
            f"{name} must hold row numbers or a mask, not {array.dtype} of shape {array.shape}"
        )
    for at in np.flatnonzero((array < 0) | (array >= n))[:1]:
        raise ValueError(
            f"{name} must name rows of {whole}, 0 to {n - 1}: {name}[{at}]={array[at]}"
        )
    rows = array.astype(np.int64)
    found, first, counts = np.unique(rows, return_index=True, return_counts=True)
    if name == "include":
        for at in np.flatnonzero(counts > 1)[:1]:
            raise ValueError(f"include names row {found[at]} {counts[at]} times")
    return rows[np.sort(first)]


def _quotas(
    given: Given, n: int
) -> tuple[NDArray[np.int32] | None, NDArray[np.int64], NDArray[np.int64], list[Any]]:
    """Return the group of each row, the least and most of each group, and their labels."""
    nothing = np.empty(0, np.int64)
    if given.groups is None or given.quota is None:
        if given.quota is not None:
            raise ValueError("quota needs groups, one label for each row of X")
        if given.groups is not None:
            raise ValueError("groups need a quota: how many of each may be chosen")
        return None, nothing, nothing, []
    # Labels of no rows have no kind.
    labels, codes = code_labels(given.groups if n else [""][:0], "groups")
    if len(codes) != n:
        raise ValueError(f"groups has {len(codes)} labels for {n} rows of X")
    names = labels.tolist()
    least, most = np.zeros(len(names), np.int64), np.full(len(names), _MANY)
    if not isinstance(given.quota, Mapping):
        most[:] = as_whole_number(given.quota, "quota", 0)
        return codes.astype(np.int32), least, most, names
    place = {label: at for at, label in enumerate(names)}
    known = {*given.categories, *_categories(given.groups)}
    for label, ends in given.quota.items():
        low, high = _ends(label, ends)
        at = place.get(_as_one_of(labels, label))
        if at is not None:
            least[at], most[at] = low, high
        elif low > 0 and label in known:
            raise ValueError(f"quota asks for {low} of group {shown(label)}, which no row is in")
        elif n and label not in known:
            raise ValueError(
                f"quota names group {shown(label)}, which no row is in: {_like(label, names)}"
            )
    return codes.astype(np.int32), least, most, names


def _categories(groups: Any) -> list[Any]:
    """Return the categories of a categorical of pandas."""
    owner = groups if hasattr(groups, "categories") else getattr(groups, "cat", None)
    return list(getattr(owner, "categories", ()))


def _as_one_of(labels: NDArray[Any], label: Any) -> Any:
    """Return a label as the labels of an array are in Python: dates have several forms."""
    if labels.dtype.kind in "Mm":
        try:
            return np.array([label], labels.dtype).tolist()[0]
        except (TypeError, ValueError):
            return label
    return label


def _like(label: Any, names: list[Any]) -> str:
    """Say which groups there are: those whose names are like this one, or else the first few."""
    texts = [str(name).casefold() for name in names]
    near = get_close_matches(str(label).casefold(), texts, n=3)
    found = [name for name, text in zip(names, texts, strict=True) if text in near][:3]
    listed = ", ".join(map(repr, found or names[:_FEW]))
    n_more = len(names) - len(found or names[:_FEW])
    return f"groups holds {listed}" + (f" and {n_more} more" if n_more else "")


def _ends(label: Any, ends: Any) -> tuple[int, int]:
    """Return least and most of one group: ``most``, or ``(least, most)`` with None for no bound."""
    name = f"quota[{label!r}]"
    if not isinstance(ends, tuple):
        return 0, as_whole_number(ends, name, 0)
    if len(ends) != 2:
        raise ValueError(f"{name} must be the most, or (least, most), not {ends!r}")
    low = 0 if ends[0] is None else as_whole_number(ends[0], name, 0)
    high = _MANY if ends[1] is None else as_whole_number(ends[1], name, 0)
    if low > high:
        raise ValueError(f"{name} asks for at least {low} and at most {high}")
    return low, high


def _check_quotas(
    group: NDArray[np.int32],
    least: NDArray[np.int64],
    most: NDArray[np.int64],
    labels: list[Any],
    eligible: NDArray[np.bool_] | None,
    include: NDArray[np.int64],
    include_pool: NDArray[np.int64],
    cuts: NDArray[np.int64],
    ks: NDArray[np.int64],
    names: Names,
) -> NDArray[np.int64]:
    """Refuse quotas that no choice can keep; return how many each pool can give."""
    n_groups, n_pools = len(least), len(ks)
    pool_of = np.repeat(np.arange(n_pools), np.diff(cuts))
    keys = pool_of * n_groups + group
    found, sizes = np.unique(keys if eligible is None else keys[eligible], return_counts=True)
    pools, codes = np.divmod(found, max(n_groups, 1))
    forced, n_forced = np.unique(include_pool * n_groups + group[include], return_counts=True)
    for at in np.flatnonzero(n_forced > most[forced % max(n_groups, 1)])[:1]:
        pool, code = (int(part) for part in divmod(forced[at], n_groups))
        raise ValueError(
            f"include has {n_forced[at]} rows of group {labels[code]!r}{names.of(pool)}, and quota "
            f"allows {most[code]}"
        )
    must = np.zeros(n_pools, np.int64)
    for code in np.flatnonzero(least).tolist():
        there = np.zeros(n_pools, np.int64)
        there[pools[codes == code]] = sizes[codes == code]
        for pool in np.flatnonzero(there < least[code])[:1]:
            raise ValueError(
                f"quota asks for {least[code]} of group {labels[code]!r}, and {there[pool]} can be "
                f"chosen{names.of(pool)}"
            )
        taken = np.zeros(n_pools, np.int64)
        mine = forced % n_groups == code
        taken[forced[mine] // n_groups] = n_forced[mine]
        must += np.maximum(taken, least[code])
    in_others = least[group[include]] == 0
    must += np.bincount(include_pool[in_others], minlength=n_pools)
    for pool in np.flatnonzero(must > ks)[:1]:
        raise ValueError(
            f"quota and include ask for {must[pool]} rows{names.of(pool)}, more than k={ks[pool]}"
        )
    return np.bincount(pools, np.minimum(sizes, most[codes]), n_pools).astype(np.int64)


def _max_similarity(value: float | None, n_columns: int) -> float:
    """Return what no similarity, computed in float64 of float32 rows, may exceed.

    A limit may be the similarity of a pair as `similarity_matrix` gives it, and lets that pair in.
    Of float32 rows it is a float32 number, and wrong by no more than d + 3 half steps; of float64
    rows, which are rounded to float32 here, by less than 3. What is 1 or more limits nothing.
    """
    if value is None:
        return np.inf
    number = as_number(value, "max_similarity")
    if not -1 <= number <= 1:
        raise ValueError(f"max_similarity must lie between -1 and 1, not {value}")
    n_half_steps = n_columns + 3 if float(np.float32(number)) == number else 3
    limit = number + n_half_steps * _HALF_STEP
    return limit if limit < 1 else np.inf
