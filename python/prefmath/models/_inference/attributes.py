"""The rows that one attribute of annotators has in profiles of classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._labels import code_labels
from prefmath.models._inference.class_means import class_means
from prefmath.models._inference.marks import (
    CLOSE,
    COINCIDING,
    FEW_PEOPLE,
    FEWEST_UNITS,
    FIT_LEFT_OUT,
)
from prefmath.models._inference.profile_tables import NumberProfiles
from prefmath.models._inference.tails import normal_quantile

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.models._inference.class_means import ClassMeans
    from prefmath.models._inference.first_step import FirstStep

    _F64 = NDArray[np.float64]
    _Bool = NDArray[np.bool_]

__all__ = ["Annotators", "Levels", "levels_of", "numbers_of"]

# Where classes overlap so little, that part of the people is lost to it, the fit is sure enough.
_SURE = 0.9
_QUARTILES = {"lower quartile": 0.25, "median": 0.5, "upper quartile": 0.75}


@dataclass(frozen=True, eq=False)
class Annotators:
    """Responsibilities, how many people each annotator stands for, and the fit, if it is there."""

    gamma: _F64
    counts: _F64
    first: FirstStep | None


@dataclass(frozen=True, eq=False)
class Levels:
    """The columns of `ClassProfiles` that have a row a level."""

    attribute: NDArray[Any]
    level: NDArray[Any]
    count: _F64
    population: _F64
    share: _F64
    interval: _F64
    lift: _F64
    class_share: _F64
    marks: NDArray[Any]


def levels_of(
    name: str, values: NDArray[Any], there: _Bool, annotators: Annotators, confidence: float
) -> Levels:
    """Return a row for each label among the `values` of those who are `there`."""
    levels, code = code_labels(values[there], name)
    indicators = np.zeros((len(there), len(levels)))
    indicators[np.flatnonzero(there), code] = 1
    found = _means(indicators, there, annotators)
    count = annotators.counts @ indicators
    population = count / count.sum()
    # Of few people a mean may fall out of [0, 1]; shares of all levels sum to 1.
    share = np.clip(found.mean, 0, 1)
    share /= share.sum(axis=0)
    weights = (annotators.counts * there) @ annotators.gamma
    class_share = share * weights
    class_share /= class_share.sum(axis=1, keepdims=True)
    return Levels(
        attribute=np.full(len(levels), name),
        level=np.array([str(level) for level in levels.tolist()]),
        count=count,
        population=population,
        share=share,
        interval=_wilson(share, found, confidence),
        lift=share / population[:, None],
        class_share=class_share,
        marks=np.broadcast_to(_marks(found, annotators, of_shares=True), share.shape),
    )


def numbers_of(
    name: str, values: NDArray[Any], there: _Bool, annotators: Annotators, confidence: float
) -> NumberProfiles:
    """Return a row for the mean and for each quartile of those who are `there`."""
    numbers = np.zeros(len(there))
    numbers[there] = values[there].astype(np.float64)
    reach = normal_quantile(confidence)
    counts = annotators.counts * there
    order = np.argsort(numbers[there], kind="stable")
    ascending, of_each = numbers[there][order], counts[there][order]
    # Deviations from the mean of all lose no digits to it.
    middle = float(of_each @ ascending / of_each.sum())
    found = _means((numbers - middle)[:, None], there, annotators)
    mean, told = middle + found.mean[0], found.people > 0
    error = np.where(told, np.sqrt(found.variance[0]), np.inf)
    rows = [(middle, mean, np.stack([mean - reach * error, mean + reach * error], axis=-1))]
    # The distribution function of each class, which errors of assignment may make fall.
    below = np.cumsum(np.append(of_each[:, None], found.weights[there][order], axis=1), axis=0)
    below = np.maximum.accumulate(below, axis=0) / below[-1]
    below[:, 1:][:, ~told] = below[:, :1]
    for share in _QUARTILES.values():
        value = np.array([_quantile(ascending, column, share) for column in below.T])
        under = (numbers[:, None] <= value[1:]).astype(np.float64)
        off = _means(under, there, annotators)
        spread = reach * np.sqrt(off.variance.diagonal())
        ends = [
            [
                _quantile(ascending, column, max(share - some, 0.0)),
                _quantile(ascending, column, min(share + some, 1.0)),
            ]
            for column, some in zip(below.T[1:], np.where(told, spread, 1.0), strict=True)
        ]
        known = np.where(told[:, None], ends, [-np.inf, np.inf])
        rows.append((value[0], value[1:], known))
    marks = np.broadcast_to(_marks(found, annotators, of_shares=False), (len(rows), len(mean)))
    return NumberProfiles(
        attribute=np.full(len(rows), name),
        statistic=np.array(["mean", *_QUARTILES]),
        count=np.full(len(rows), counts.sum()),
        population=np.array([of_all for of_all, _, _ in rows]),
        value=np.stack([value for _, value, _ in rows]),
        interval=np.stack([ends for _, _, ends in rows]),
        marks=marks,
    )


def _means(numbers: _F64, there: _Bool, annotators: Annotators) -> ClassMeans:
    return class_means(numbers, annotators.gamma, annotators.counts, there, annotators.first)


def _marks(found: ClassMeans, annotators: Annotators, *, of_shares: bool) -> NDArray[Any]:
    """Say of which classes too little is known; shares of few people in sure classes are."""
    gamma, counts = annotators.gamma, annotators.counts
    n_classes = len(found.people)
    none = np.zeros(n_classes, np.bool_)
    told, several = found.people > 0, n_classes > 1
    sure = found.people * (counts @ np.square(gamma)) >= _SURE * np.square(counts @ gamma)
    few = (found.people < FEWEST_UNITS) & ~(sure & of_shares)
    close = none if annotators.first is None else annotators.first.close
    left_out = none if annotators.first is not None or (sure | ~told).all() else told & several
    reasons = [~told, few, close, left_out]
    marks: NDArray[Any] = np.select(reasons, [COINCIDING, FEW_PEOPLE, CLOSE, FIT_LEFT_OUT], "")
    return marks


def _quantile(ascending: _F64, below: _F64, share: float) -> float:
    """Return the least number that so large a share is not above."""
    at = int(np.searchsorted(below, share - 1e-12, side="left"))
    return float(ascending[min(at, len(ascending) - 1)])


def _wilson(share: _F64, found: ClassMeans, level: float) -> _F64:
    """Interval of a share (Wilson 1927, equation 4), its variance that of the sandwich.

    Where all classes are sure, that is the share times the rest over their number.
    """
    # Of nobody all shares are within it, however low the level.
    z2 = normal_quantile(level) ** 2
    n = found.people
    scale = n + z2
    middle = (n * share + z2 / 2) / scale
    reach = np.sqrt(z2 * (n * n * found.variance + z2 / 4)) / scale
    return np.stack([np.maximum(middle - reach, 0), np.minimum(middle + reach, 1)], axis=-1)
