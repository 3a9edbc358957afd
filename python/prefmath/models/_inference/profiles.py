"""Who is in which class: what annotators are like, class by class, beside all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._label_values import family, is_missing, label_array, positions_of, shown
from prefmath._labels import code_labels
from prefmath._validate import as_responsibilities
from prefmath.choices import checks as check
from prefmath.choices.counts import count_text
from prefmath.models._inference.digits import percent_text
from prefmath.models._inference.intervals import as_level
from prefmath.models._inference.text_table import text_table

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from prefmath.models._fit.choice_model import ChoiceModel

    _F64 = NDArray[np.float64]

__all__ = ["ClassProfiles", "class_profiles"]


# The least square of a normal quantile that is told from 0.
_LEAST = 1e-100


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
        Their share of a class.
    interval : ndarray, shape (n_levels, n_components, 2)
        Confidence interval of it.
    lift : ndarray, shape (n_levels, n_components)
        Their share of a class over their share of all: above 1 where they are over-represented.
    class_share : ndarray, shape (n_levels, n_components)
        Share of each class among the annotators of this level.
    weights : ndarray, shape (n_components,)
        Share of each class among all annotators.
    confidence : float
        Level of confidence of the intervals.
    """

    attribute: NDArray[Any]
    level: NDArray[Any]
    count: _F64
    population: _F64
    share: _F64
    interval: _F64
    lift: _F64
    class_share: _F64
    weights: _F64
    confidence: float

    def __len__(self) -> int:
        return len(self.level)

    def __repr__(self) -> str:
        if len(self.weights) == 1:
            return self._of_one_class()
        rows = []
        for i in range(len(self)):
            figures = [
                f"{_percents(share, low, high)} x{lift:.2f}"
                for share, (low, high), lift in zip(
                    self.share[i], self.interval[i], self.lift[i], strict=True
                )
            ]
            name = f"{self.attribute[i]}: {self.level[i]}"
            rows.append(
                [name, count_text(self.count[i]), percent_text(self.population[i]), *figures]
            )
        classes = [f"class {z}, {percent_text(weight)}" for z, weight in enumerate(self.weights)]
        table = text_table(["", "people", "all", *classes], rows)
        return f"ClassProfiles({self.confidence:.0%} intervals, lift after x)\n{table}"

    def _of_one_class(self) -> str:
        """Return a table of the annotators, whose class has no number and differs from nobody."""
        rows = []
        for i, (low, high) in enumerate(self.interval[:, 0]):
            name = f"{self.attribute[i]}: {self.level[i]}"
            share = _percents(self.share[i, 0], low, high)
            rows.append([name, count_text(self.count[i]), share])
        table = text_table(["", "people", "share"], rows)
        return f"ClassProfiles({self.confidence:.0%} intervals)\n{table}"


def _percents(share: float, low: float, high: float) -> str:
    return f"{percent_text(share)} [{percent_text(low)}, {percent_text(high)}]"


def class_profiles(
    model: ChoiceModel | ArrayLike,
    attributes: Any,
    *,
    annotator: ArrayLike | None = None,
    count: ArrayLike | None = None,
    level: float = 0.95,
) -> ClassProfiles:
    r"""Describe each class by what its annotators are like.

    An annotator counts in every class as much as probable, so that nobody is forced into one.

    Parameters
    ----------
    model : ChoiceMixture, or array_like of shape (n_annotators, n_components)
        A fitted mixture, or responsibilities as `adapt` returns them.
    attributes : mapping or data frame, also a lazy one
        Names of attributes, and a value an annotator: labels of any kind. NaN and None are not
        known, and left out where they stand.
    annotator : array_like, optional
        Whom the values are of, by id: in any order; others than those of the model are left out,
        and of those that lack nothing is known. By default the annotators of the model, in order.
    count : array_like, shape (n_annotators,), optional
        How many people each annotator stands for, where responsibilities are given. Those of a
        model count as the choices of its fit said.
    level : float
        Confidence of the intervals, above 0 and below 1.

    Returns
    -------
    ClassProfiles
        With a table where it is printed.

    Raises
    ------
    ValueError
        If the lengths differ, there is no attribute, all values of one lack, an id stands twice, or
        ids are given where the model has none.

    Notes
    -----
    Intervals are Wilson's [1]_ with :math:`(\sum_h \gamma_{hz})^2 / \sum_h \gamma_{hz}^2`
    annotators in class z, sums over people, as many as annotators count. They take responsibilities
    as they are. Where these are unsure, shares of all classes move towards each other [2]_.

    References
    ----------
    .. [1] Wilson (1927), Probable inference, the law of succession, and statistical inference,
       Journal of the American Statistical Association 22.
    .. [2] Bolck, Croon and Hagenaars (2004), Estimating latent structure models with categorical
       variables: one-step versus three-step estimators, Political Analysis 12.

    Examples
    --------
    >>> from prefmath.models import class_profiles
    >>> found = class_profiles([[1, 0], [0.9, 0.1], [0, 1]], {"age": ["young", "old", "old"]})
    >>> found.level.tolist(), found.share.round(2).tolist()
    (['old', 'young'], [[0.47, 1.0], [0.53, 0.0]])
    """
    known_ids = getattr(model, "annotator_ids_", None)
    known: Any = model
    gamma = as_responsibilities(getattr(known, "responsibilities_", known))
    if hasattr(attributes, "collect"):  # a lazy frame of Polars
        attributes = attributes.collect()
    if not isinstance(attributes, Mapping) and not hasattr(attributes, "columns"):
        kind = type(attributes).__name__
        raise TypeError(f"attributes must be a data frame or a dict of columns, not {kind}")
    has_names = next((a for a in ("column_names", "columns") if hasattr(attributes, a)), None)
    names = list(attributes if has_names is None else getattr(attributes, has_names))
    if not names:
        raise ValueError("attributes must name one at least")
    rows = None if annotator is None else _rows_of(annotator, known_ids)
    counts = _counts_of(known, count, len(gamma))
    parts = [
        _of_attribute(
            str(name),
            label_array(attributes[name], str(name)),
            rows,
            gamma,
            counts,
            as_level(level),
        )
        for name in names
    ]
    return ClassProfiles(
        attribute=np.concatenate([part.attribute for part in parts]),
        level=np.concatenate([part.level for part in parts]),
        count=np.concatenate([part.count for part in parts]),
        population=np.concatenate([part.population for part in parts]),
        share=np.concatenate([part.share for part in parts]),
        interval=np.concatenate([part.interval for part in parts]),
        lift=np.concatenate([part.lift for part in parts]),
        class_share=np.concatenate([part.class_share for part in parts]),
        weights=counts @ gamma / counts.sum(),
        confidence=level,
    )


@dataclass(frozen=True, eq=False)
class _Levels:
    """The columns of `ClassProfiles` that have a row a level."""

    attribute: NDArray[Any]
    level: NDArray[Any]
    count: _F64
    population: _F64
    share: _F64
    interval: _F64
    lift: _F64
    class_share: _F64


def _rows_of(annotator: ArrayLike, known_ids: NDArray[Any] | None) -> NDArray[np.int64]:
    """Where each of the model's annotators stands among those given; -1 where nowhere."""
    if known_ids is None:
        raise ValueError("annotator must be left out: the model has no annotator ids")
    ids, codes = code_labels(annotator, "annotator")
    if len(ids) < len(codes):
        _, first = np.unique(codes, return_index=True)
        row = int(np.setdiff1d(np.arange(len(codes)), first)[0])
        who = shown(ids[codes[row]])
        raise ValueError(f"annotator must name each once: {who} stands in row {row} too")
    if len(ids) and family(ids) != family(known_ids):
        raise TypeError(f"annotator holds {family(ids)}, but the model knows {family(known_ids)}")
    row_of = np.empty(len(ids), np.int64)
    row_of[codes] = np.arange(len(codes))
    at = positions_of(known_ids, ids, "annotator")
    return np.where(at < 0, -1, row_of[at]) if len(ids) else at


def _counts_of(model: Any, count: ArrayLike | None, n: int) -> _F64:
    """Return how many people each annotator stands for."""
    of_model: _F64 | None = getattr(model, "annotator_counts_", None)
    if count is not None and hasattr(model, "responsibilities_"):
        raise ValueError("count must be left out: a model knows how often its annotators count")
    given = of_model if count is None else check.weights(count, n, "count")
    return np.ones(n) if given is None else given


def _of_attribute(
    name: str,
    values: NDArray[Any],
    rows: NDArray[np.int64] | None,
    gamma: _F64,
    counts: _F64,
    confidence: float,
) -> _Levels:
    """Return the rows of one attribute."""
    there = np.ones(len(gamma), np.bool_)
    if rows is not None:
        there = rows >= 0
        values = values[rows]
    if len(values) != len(gamma):
        raise ValueError(
            f"{name} must have a value for each of {len(gamma)} annotators, not {len(values)}"
        )
    there &= ~np.fromiter(map(is_missing, values.tolist()), np.bool_, len(values))
    there &= counts > 0
    if not there.any():
        raise ValueError(f"{name} is known of no annotator")
    levels, code = code_labels(values[there], name)
    known, counts = gamma[there], counts[there]
    mass = np.zeros((len(levels), gamma.shape[1]))
    np.add.at(mass, code, known * counts[:, None])
    total = counts @ known
    # A class that nobody is in is described by nobody: as all are, and not surely.
    count = np.bincount(code, counts, len(levels)).astype(np.float64)
    population = count / counts.sum()
    share = np.where(total > 0, mass / np.where(total > 0, total, 1), population[:, None])
    squares = counts @ np.square(known)
    people = np.where(squares > 0, total**2 / np.where(squares > 0, squares, 1), 0)
    return _Levels(
        attribute=np.full(len(levels), name),
        level=np.array([str(level) for level in levels.tolist()]),
        count=count,
        population=population,
        share=share,
        interval=_wilson(share, people, confidence),
        lift=share / population[:, None],
        class_share=mass / count[:, None],
    )


def _wilson(share: _F64, n: _F64, level: float) -> _F64:
    """Interval of a share among n (Wilson 1927, equation 4)."""
    # Of nobody all shares are within it, however low the level.
    z2 = max(NormalDist().inv_cdf(0.5 + level / 2) ** 2, _LEAST)
    middle = (n * share + z2 / 2) / (n + z2)
    reach = np.sqrt(z2 * (n * share * (1 - share) + z2 / 4)) / (n + z2)
    return np.stack([np.maximum(middle - reach, 0), np.minimum(middle + reach, 1)], axis=-1)
