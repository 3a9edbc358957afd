"""Choices drawn into parts: to fit and to test on, each part left out of a fit once."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar

import numpy as np

from prefmath._labels import code_labels
from prefmath._validate import as_number, as_whole_number
from prefmath.choices.counts import count_text
from prefmath.choices.sorted_judgements import SortedJudgements

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    _F64 = NDArray[np.float64]
    _I64 = NDArray[np.int64]

__all__ = ["By", "folds_of", "split_of"]

By: TypeAlias = Literal["annotator", "context", "judgement"]
"""What stays together."""

_C = TypeVar("_C", bound=SortedJudgements)

# NumPy draws without replacement from fewer than this; of more it hardly matters.
_MOST_DRAWN = 10**9
# Beyond, counts are drawn in multiples.
_MOST_UNITS = 1e15


def folds_of(
    choices: _C, n_folds: int, by: By | None, rng: np.random.Generator
) -> list[Callable[[], tuple[_C, _C]]]:
    """Draw parts of equal size; return what makes the choices without each part, and those of it.

    By default of annotators, or of judgements where nobody is known. Those who stand for several
    are as many, drawn each for itself.

    Raises
    ------
    ValueError
        If there are more parts than units.
    """
    units = _units(choices, by)
    n_folds = as_whole_number(n_folds, "n_folds", 2)
    if n_folds > units.n:
        raise ValueError(f"n_folds={n_folds} exceeds the {count_text(units.n)} {units.name}s")
    n = int(units.n)
    sizes = [n // n_folds + (part < n % n_folds) for part in range(n_folds)]
    return _parts(choices, units, np.array(sizes, np.float64), lambda: np.arange(n) % n_folds, rng)


def split_of(
    choices: _C, test_size: float, by: By | None, rng: np.random.Generator
) -> tuple[_C, _C]:
    """Draw a share of the units to test on; return the choices without them, and theirs.

    Raises
    ------
    ValueError
        If the share is none, or there are not two units.
    """
    share = as_number(test_size, "test_size")
    if not 0 < share < 1:
        raise ValueError(f"test_size must be a share between 0 and 1, got {test_size!r}")
    units = _units(choices, by)
    n = int(units.n)
    if n < 2:
        raise ValueError(f"there is one {units.name} alone, and nothing to split")
    n_test = min(max(round(share * n), 1), n - 1)
    sizes = [n_test, n - n_test]
    return _parts(
        choices, units, np.array(sizes, np.float64), lambda: np.repeat([0, 1], sizes), rng
    )[0]()


class _Units:
    """The unit of each judgement in the original order, and how often each unit counts."""

    def __init__(self, name: str, of: _I64, n_rows: int, counts: _F64 | None) -> None:
        self.name, self.of, self.n_rows, self.counts = name, of, n_rows, counts

    @property
    def n(self) -> float:
        """Units, each as often as it counts."""
        return float(self.n_rows if self.counts is None else self.counts.sum())


def _units(choices: SortedJudgements, by: Any) -> _Units:
    known = choices.has_annotators
    if by is None:
        by = "annotator" if known else "judgement"
    if by == "annotator":
        if not known:
            raise ValueError("by='annotator' needs annotators, and nobody is named: set another")
        of = choices.restore(choices.annotator_index)
        return _Units(by, of, choices.n_annotators, choices.annotator_counts)
    if by == "judgement":
        counts = None if known or choices.count is None else choices.restore(choices.count)
        return _Units(by, np.arange(len(choices)), len(choices), counts)
    if by != "context":
        raise ValueError(f"by must be 'annotator', 'context' or 'judgement', got {by!r}")
    if choices.context is None:
        raise ValueError("by='context' needs choices with a context")
    context = choices.restore(choices.context)
    if context.ndim > 1:
        ids, rows = np.unique(context.reshape(len(context), -1), axis=0, return_inverse=True)
        return _Units(by, rows.reshape(-1), len(ids), None)
    ids, codes = code_labels(context, "context")
    return _Units(by, codes.astype(np.int64), len(ids), None)


def _parts(
    choices: _C, units: _Units, sizes: _F64, labels: Callable[[], _I64], rng: np.random.Generator
) -> list[Callable[[], tuple[_C, _C]]]:
    """Deal units, shuffled, into parts of these sizes; `labels` are the parts of uncounted rows."""
    if units.counts is None:
        part = np.empty(units.n_rows, np.int64)
        part[rng.permutation(units.n_rows)] = labels()
        fold_of = part[units.of]
        return [partial(_of_rows, choices, fold_of == fold) for fold in range(len(sizes))]
    drawn = _drawn_counts(units.counts, sizes, rng)
    return [partial(_of_counts, choices, units.of, units.counts, left_out) for left_out in drawn]


def _of_rows(choices: _C, left_out: NDArray[np.bool_]) -> tuple[_C, _C]:
    return choices.take(~left_out), choices.take(left_out)


def _of_counts(choices: _C, unit: _I64, counts: _F64, left_out: _F64) -> tuple[_C, _C]:
    return _counted(choices, unit, counts - left_out), _counted(choices, unit, left_out)


def _drawn_counts(counts: _F64, sizes: _F64, rng: np.random.Generator) -> _F64:
    """Draw how many of each row are in each part, (n_parts, n_rows), parts of the sizes given.

    What is left of counts that are not whole is drawn into a part, each as one.
    """
    scale = max(1.0, float(counts.sum()) / _MOST_UNITS)
    counts = counts / scale
    whole = np.floor(counts).astype(np.int64)
    n_units, n_parts, shares = int(whole.sum()), len(sizes), sizes / sizes.sum()
    drawn = np.zeros((n_parts, len(counts)))
    if n_units < _MOST_DRAWN:
        left = whole
        if n_units != sizes.sum():  # fractions were counted, too
            sizes = np.diff(np.round(np.cumsum(shares) * n_units), prepend=0)
        for part in range(n_parts - 1):
            taken = rng.multivariate_hypergeometric(left, int(sizes[part]), method="marginals")
            drawn[part], left = taken, left - taken
        drawn[-1] = left
    else:
        drawn[:] = rng.multinomial(whole, shares).T
    rest = np.flatnonzero(counts > whole)
    ends = np.cumsum(shares * len(rest))
    part_of = np.searchsorted(ends, rng.permutation(len(rest)) + 0.5)
    drawn[np.minimum(part_of, n_parts - 1), rest] += (counts - whole)[rest]
    return drawn * scale


def _counted(choices: _C, unit: _I64, counts: _F64) -> _C:
    """Return the choices of those who are there, as often as they are."""
    of_rows = counts[unit]
    kept = np.flatnonzero(of_rows > 0)
    some = choices.take(kept)
    rows = of_rows[kept]
    return replace(some, count=rows if some.order is None else rows[some.order])
