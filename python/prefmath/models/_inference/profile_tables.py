"""What annotators are like, class by class: tables of shares, means and quartiles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from prefmath.choices.counts import count_text
from prefmath.models._inference.digits import interval_text, percent_text, spread_of, value_text
from prefmath.models._inference.marks import (
    CLOSE,
    COINCIDING,
    FEW_PEOPLE,
    FEWEST_UNITS,
    FIT_LEFT_OUT,
    sign_of,
)
from prefmath.models._inference.text_table import text_table

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    _F64 = NDArray[np.float64]

__all__ = ["ClassProfiles", "NumberProfiles"]


@dataclass(frozen=True, eq=False)
class NumberProfiles:
    """Means and quartiles of attributes that are numbers; four rows an attribute.

    Attributes
    ----------
    attribute, statistic : ndarray, shape (n_rows,)
        What each row is about: "mean", "lower quartile", "median" or "upper quartile".
    count : ndarray, shape (n_rows,)
        Annotators of whom the attribute is known, each as often as it counts.
    population : ndarray, shape (n_rows,)
        The same among all of these.
    value : ndarray, shape (n_rows, n_components)
        In each class.
    interval : ndarray, shape (n_rows, n_components, 2)
        Confidence interval of it.
    marks : ndarray of str, shape (n_rows, n_components)
        As in `ClassProfiles`.
    """

    attribute: NDArray[Any]
    statistic: NDArray[Any]
    count: _F64
    population: _F64
    value: _F64
    interval: _F64
    marks: NDArray[Any]

    def __len__(self) -> int:
        return len(self.attribute)


@dataclass(frozen=True, eq=False, repr=False)
class ClassProfiles:
    """Shares of the levels of attributes, in each class and among all; a row a level.

    Attributes
    ----------
    attribute, level : ndarray, shape (n_levels,)
        What each row is about.
    count : ndarray, shape (n_levels,)
        Annotators of this level, each as often as it counts.
    population : ndarray, shape (n_levels,)
        Their share of all annotators of whom the attribute is known.
    share : ndarray, shape (n_levels, n_components)
        Their share of a class, corrected for errors of assignment.
    interval : ndarray, shape (n_levels, n_components, 2)
        Confidence interval of it.
    lift : ndarray, shape (n_levels, n_components)
        Their share of a class over their share of all: above 1 where they are over-represented.
    class_share : ndarray, shape (n_levels, n_components)
        Share of each class among the annotators of this level.
    marks : ndarray of str, shape (n_levels, n_components)
        Why an interval is not to be relied on, or nothing. "few people": classes overlap, or it is
        of a number, and it is as wide as that of fewer than 20 people whose class is sure. "close
        classes": classes are not clear of each other, as in `Uncertainty`. "fit left out": classes
        overlap, so that the errors of the fit matter, and its choices were not handed over.
        "coinciding": nothing tells the class from others, and what is said of it is what all are
        like.
    numbers : NumberProfiles
        Means and quartiles of attributes that are numbers, which have no rows here.
    weights : ndarray, shape (n_components,)
        Share of each class among all annotators.
    confidence : float
        Level of confidence of the intervals.
    of_fit : bool
        Whether intervals hold the errors of the fit that the responsibilities come from.
    """

    attribute: NDArray[Any]
    level: NDArray[Any]
    count: _F64
    population: _F64
    share: _F64
    interval: _F64
    lift: _F64
    class_share: _F64
    marks: NDArray[Any]
    numbers: NumberProfiles
    weights: _F64
    confidence: float
    of_fit: bool

    def __len__(self) -> int:
        return len(self.level)

    def __repr__(self) -> str:
        several = len(self.weights) > 1
        any_marked = bool((self.marks != "").any() or (self.numbers.marks != "").any())
        rows = []
        for i in range(len(self)):
            cells = zip(self.share[i], self.interval[i], self.lift[i], self.marks[i], strict=True)
            figures = [
                f"{_percents(share, low, high)}{f' x{lift:.2f}' if several else ''}"
                f"{sign_of(mark, any_marked=any_marked)}"
                for share, (low, high), lift, mark in cells
            ]
            name = f"{self.attribute[i]}: {self.level[i]}"
            of_all = [percent_text(self.population[i])] if several else []
            rows.append([name, count_text(self.count[i]), *of_all, *figures])
        rows += [
            self._of_number(i, several=several, any_marked=any_marked)
            for i in range(len(self.numbers))
        ]
        classes = ["share"]
        if several:
            told = enumerate(self.weights)
            classes = ["all", *(f"class {z}, {percent_text(weight)}" for z, weight in told)]
        table = text_table(["", "people", *classes], rows)
        lift = ", lift after x" if several else ""
        head = f"ClassProfiles({100 * self.confidence:.10g}% intervals{lift})"
        return "\n".join([head, table, *self._footnotes()])

    def _of_number(self, i: int, *, several: bool, any_marked: bool) -> list[str]:
        numbers = self.numbers
        ends = numbers.interval[i]
        figures = [
            f"{value_text(value, spread_of(low, high))} {interval_text(low, high)}"
            f"{sign_of(mark, any_marked=any_marked)}"
            for value, (low, high), mark in zip(
                numbers.value[i], ends, numbers.marks[i], strict=True
            )
        ]
        name = f"{numbers.attribute[i]}: {numbers.statistic[i]}"
        error = spread_of(*ends[0].tolist())
        of_all = [value_text(numbers.population[i], error)] if several else []
        return [name, count_text(numbers.count[i]), *of_all, *figures]

    def _footnotes(self) -> list[str]:
        there = {*self.marks.ravel().tolist(), *self.numbers.marks.ravel().tolist()}
        notes = {
            FEW_PEOPLE: f"* known no better than from {FEWEST_UNITS} people whose class is sure",
            CLOSE: "~ the classes are not clear of each other: intervals are too narrow",
            FIT_LEFT_OUT: (
                "? intervals leave out the errors of the fit: pass choices= of the fit, "
                "if it had no membership="
            ),
            COINCIDING: "= nothing tells the class from others: what all are like",
        }
        return [note for mark, note in notes.items() if mark in there]


def _percents(share: float, low: float, high: float) -> str:
    return f"{percent_text(share)} [{percent_text(low)}, {percent_text(high)}]"
