"""Items on which the classes of a mixture disagree most, and who prefers them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._validate import as_features
from prefmath.choices import Choices
from prefmath.models._inference.digits import decimals, percent_text
from prefmath.models._inference.intervals import SHOWN
from prefmath.models._inference.marks import (
    CLOSE,
    FEW_UNITS,
    FEWEST_UNITS,
    GRAVITY,
    NEARLY_SINGULAR,
    NOT_DETERMINED,
    sign_of,
)
from prefmath.models._inference.ranks import ranks_of
from prefmath.models._inference.tails import normal_quantile
from prefmath.models._inference.text_table import text_table
from prefmath.models._likelihood.feature_names import named_columns, refuse_other_names

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    from prefmath.models._fit.choice_model import ChoiceModel
    from prefmath.models._inference.uncertainty import Uncertainty

    _F64 = NDArray[np.float64]

__all__ = ["Disagreement", "disagreement"]

_REACH = normal_quantile(0.95)

# Numbers that are widened at a time.
_BLOCK = 1 << 20


@dataclass(frozen=True, eq=False, repr=False)
class Disagreement:
    """What classes think of items; the items on which they disagree most stand first.

    With an `Uncertainty`, those on which they surely disagree most: sorted by `sure_gap`. An item
    with a few votes, whose utilities may be far apart by chance, then does not stand before one
    with many. Without, sorted by `variance`, however little stands behind it.

    Attributes
    ----------
    items : ndarray of int, shape (n_items,)
        Rows of the item table, in the order of all that follows.
    names : ndarray of str, shape (n_items,)
        Their labels.
    utilities : ndarray, shape (n_items, n_components)
        What each class thinks of an item, less what it thinks of the average item (of those in
        the ``reference`` of the `Uncertainty`, where it is given).
    ranks : ndarray of int, shape (n_items, n_components)
        The item's rank within each class, 1 the best.
    variance : ndarray, shape (n_items,)
        Of the utilities across classes, weighted by the shares of the classes.
    gap : ndarray, shape (n_items,)
        Between the class that thinks the most of an item and the one that thinks the least; with
        an `Uncertainty`, between the two classes that surely differ most.
    gap_se : ndarray, shape (n_items,), or None
        Its standard error, for two classes named beforehand: that they were the most distant ones
        of several it does not know. Infinite where one of the utilities is not determined.
    sure_gap : ndarray, shape (n_items,), or None
        The lower end of the 95% interval of the gap: ``gap - 1.96 * gap_se``, below 0 where classes
        may as well agree.
    highest, lowest : ndarray of int, shape (n_items,)
        These classes.
    marks : ndarray of str, shape (n_items, n_components), or None
        Why an error is not to be relied on, as in `Uncertainty`; of features the gravest mark of a
        coefficient that the utility depends on.
    weights : ndarray, shape (n_components,)
        Shares of the classes.
    """

    items: NDArray[np.int64]
    names: NDArray[Any]
    utilities: _F64
    ranks: NDArray[np.int64]
    variance: _F64
    gap: _F64
    gap_se: _F64 | None
    sure_gap: _F64 | None
    highest: NDArray[np.int64]
    lowest: NDArray[np.int64]
    marks: NDArray[Any] | None
    weights: _F64

    def __len__(self) -> int:
        return len(self.items)

    def __repr__(self) -> str:
        marks = np.full(self.utilities.shape, "") if self.marks is None else self.marks
        any_marked = bool((marks != "").any())
        # Of the utilities printed, the largest shows two digits at least, and more only by chance.
        shown = decimals(float(np.abs(self.utilities[:SHOWN]).max(initial=0.0)), 2)
        rows = []
        for i in range(min(len(self), SHOWN)):
            of_class = zip(self.utilities[i], self.ranks[i], marks[i].tolist(), strict=True)
            figures = [_figure(*one, shown, any_marked=any_marked) for one in of_class]
            error = "" if self.gap_se is None else f" ± {self.gap_se[i]:.{shown}f}"
            who = f"{self.highest[i]} over {self.lowest[i]}"
            rows.append([str(self.names[i]), *figures, f"{self.gap[i]:.{shown}f}{error}", who])
        header = [f"class {z}, {percent_text(weight)}" for z, weight in enumerate(self.weights)]
        lines = [text_table(["utility (rank)", *header, "gap", "who"], rows)]
        lines += [f"… {len(self) - SHOWN} more"] if len(self) > SHOWN else []
        lines += [
            note
            for mark, note in (
                (FEW_UNITS, f"* fewer than {FEWEST_UNITS} units stand behind it"),
                (NEARLY_SINGULAR, "! the information is nearly singular"),
                (CLOSE, "~ the classes are not clear of each other: errors are too small"),
                (NOT_DETERMINED, "not determined: the judgements say nothing of it"),
            )
            if (marks == mark).any()
        ]
        order = "by variance, sure or not" if self.sure_gap is None else "the surest gaps first"
        of = f"{len(self.weights)} classes over {len(self)} items"
        return "\n".join([f"Disagreement({of}, {order})", *lines])


def disagreement(
    model: ChoiceModel,
    features: ArrayLike | None = None,
    *,
    uncertainty: Uncertainty | None = None,
) -> Disagreement:
    """Sort items by how much the classes of a mixture disagree on them.

    By the lower ends of the 95% intervals of the gaps between classes where `uncertainty` is given,
    else by variance across classes, in which items with few votes stand first by chance.

    Parameters
    ----------
    model : ChoiceMixture
        Fitted, with two classes at least.
    features : array_like, shape (n_items, d), optional
        Of the items to look at, for a model fitted to features.
    uncertainty : Uncertainty, optional
        That of the model, ``model.uncertainty(choices)``: gaps then have standard errors, and items
        stand in the order of what is sure.

    Returns
    -------
    Disagreement
        With a table where it is printed.

    Raises
    ------
    ValueError
        If the model has one class only or is not fitted, features are missing or of another width,
        or the uncertainty is that of another model.
    TypeError
        If choices are given in place of features.

    Examples
    --------
    >>> from prefmath import Choices
    >>> from prefmath.models import ChoiceMixture, disagreement
    >>> winner = (["tea"] * 9 + ["milk"]) * 10 + (["milk"] * 9 + ["tea"]) * 6
    >>> loser = ["milk" if item == "tea" else "tea" for item in winner]
    >>> choices = Choices.from_pairs(winner, loser, annotator=[i // 10 for i in range(160)])
    >>> model = ChoiceMixture(2, random_state=0).fit(choices)
    >>> disagreement(model, uncertainty=model.uncertainty(choices, robust=False))
    Disagreement(2 classes over 2 items, the surest gaps first)
    utility (rank)  class 0, 63%  class 1, 37%          gap       who
    milk               -1.10 (2)      1.10 (1)  2.20 ± 0.27  1 over 0
    tea                 1.10 (1)     -1.10 (2)  2.20 ± 0.27  0 over 1
    """
    fitted = model._fitted()  # noqa: SLF001
    parameters = fitted.parameters
    if isinstance(features, Choices):
        raise TypeError(
            "disagreement takes features of items, not choices: leave them out, or give "
            "uncertainty=model.uncertainty(choices)"
        )
    coef, names = _centred(model, uncertainty), parameters.names
    if len(coef) < 2:
        raise ValueError("a model of one class has nobody to disagree")
    utilities, jacobian = coef.T, None
    if not parameters.of_items:
        jacobian = _jacobian(coef, features, fitted.feature_names)
        utilities = jacobian.each(lambda rows: rows @ coef.T)
        names = np.array([f"item {row}" for row in range(len(jacobian))])
    elif features is not None:
        raise ValueError("features must be left out: the model was fitted without")
    mean = utilities @ model.weights_
    variance = np.square(utilities - mean[:, None]) @ model.weights_
    highest, lowest = utilities.argmax(axis=1), utilities.argmin(axis=1)
    gap, errors, sure, marks = np.ptp(utilities, axis=1), None, None, None
    items = np.argsort(-variance, kind="stable")
    if uncertainty is not None:
        marks = _marks(uncertainty, jacobian)
        highest, lowest, errors, sure = _surest(uncertainty, utilities, jacobian, marks)
        at = np.arange(len(utilities))
        gap = utilities[at, highest] - utilities[at, lowest]
        # Of those of which nothing is sure, the order is that of the variance.
        items = items[np.argsort(-sure[items], kind="stable")]
    return Disagreement(
        items=items,
        names=names[items],
        utilities=utilities[items],
        ranks=ranks_of(np.ascontiguousarray(utilities.T)).T[items],
        variance=variance[items],
        gap=gap[items],
        gap_se=None if errors is None else errors[items],
        sure_gap=None if sure is None else sure[items],
        highest=highest[items],
        lowest=lowest[items],
        marks=None if marks is None else marks[items],
        weights=model.weights_.copy(),
    )


def _centred(model: ChoiceModel, uncertainty: Uncertainty | None) -> _F64:
    """Return coefficients, or utilities less the mean of the items that the errors are about."""
    coef: _F64 = model.coef_
    if uncertainty is not None and uncertainty.coef.shape != coef.shape:
        raise ValueError("uncertainty must be that of the model")
    if model._fitted().parameters.of_items:  # noqa: SLF001
        reference = slice(None) if uncertainty is None else uncertainty.reference
        coef = coef - coef[:, reference].mean(axis=1, keepdims=True)
    if uncertainty is not None and not np.array_equal(uncertainty.coef, coef):
        raise ValueError("uncertainty must be that of the model")
    return coef


@dataclass(frozen=True)
class _Jacobian:
    """Features less those of the average item, of some items at a time: never a whole copy."""

    features: NDArray[Any]
    mean: _F64

    def __len__(self) -> int:
        return len(self.features)

    def each(self, work: Callable[[_F64], NDArray[Any]]) -> NDArray[Any]:
        """Return what `work` makes of the rows, joined."""
        blocks = _blocks(self.features)
        return np.concatenate(
            [work(self.features[block].astype(np.float64) - self.mean) for block in blocks]
        )


def _jacobian(coef: _F64, features: ArrayLike | None, names: tuple[str, ...] | None) -> _Jacobian:
    """Return features less those of the average item."""
    if features is None:
        raise ValueError("features are missing: the model was fitted to features")
    x = as_features(features)
    refuse_other_names(named_columns(features, x.shape[1]), names)
    if x.shape[1] != coef.shape[1]:
        msg = f"features must have {coef.shape[1]} columns as in fit, not {x.shape[1]}"
        raise ValueError(msg)
    total = np.zeros(x.shape[1])
    for block in _blocks(x):
        total += x[block].sum(axis=0, dtype=np.float64)
    return _Jacobian(x, total / max(len(x), 1))


def _blocks(features: NDArray[Any]) -> list[slice]:
    step = max(1, _BLOCK // features.shape[1])
    return [slice(first, first + step) for first in range(0, max(len(features), 1), step)]


def _marks(uncertainty: Uncertainty, jacobian: _Jacobian | None) -> NDArray[Any]:
    """Return the marks of the utilities, (n_items, n_components)."""
    marks = uncertainty.marks[:, uncertainty.parameters.coef]
    if jacobian is None:
        return marks.T
    found = np.full((len(jacobian), len(marks)), "", marks.dtype)
    for mark in GRAVITY[1:]:
        marked = (marks == mark).T
        found[jacobian.each(partial(_touches, marked))] = mark
    return found


def _touches(marked: NDArray[np.bool_], rows: _F64) -> NDArray[np.bool_]:
    """Say of each row and class whether it takes a marked coefficient."""
    touched: NDArray[np.bool_] = (rows != 0) @ marked
    return touched


def _variances(covariance: _F64, rows: _F64) -> _F64:
    """Return the variance of what each row sums."""
    variances: _F64 = np.einsum("ij,ij->i", rows @ covariance, rows)
    return variances


def _surest(
    uncertainty: Uncertainty, utilities: _F64, jacobian: _Jacobian | None, marks: NDArray[Any]
) -> tuple[NDArray[np.int64], NDArray[np.int64], _F64, _F64]:
    """Return the two classes that surely differ most, the error of their gap, and its lower end."""
    (k, p), d = uncertainty.params.shape, uncertainty.coef.shape[1]
    blocks = uncertainty.covariance[: k * p, : k * p].reshape(k, p, k, p)[:, :d, :, :d]
    n = len(utilities)
    high, low = np.zeros(n, np.int64), np.zeros(n, np.int64)
    errors, sure, widest = np.full(n, np.inf), np.full(n, -np.inf), np.full(n, -1.0)
    for one, other in combinations(range(k), 2):
        of_gap = blocks[one, :, one] + blocks[other, :, other]
        of_gap = of_gap - blocks[one, :, other] - blocks[other, :, one]
        if jacobian is None:
            variance = of_gap.diagonal()
        else:
            variance = jacobian.each(partial(_variances, of_gap))
        error = np.sqrt(np.maximum(variance, 0))
        error[(marks[:, [one, other]] == NOT_DETERMINED).any(axis=1)] = np.inf
        gap = utilities[:, one] - utilities[:, other]
        lower = np.abs(gap) - _REACH * error
        # Of pairs of classes of which nothing is known, the most distant ones.
        better = (lower > sure) | ((lower == sure) & (np.abs(gap) > widest))
        high[better] = np.where(gap >= 0, one, other)[better]
        low[better] = np.where(gap >= 0, other, one)[better]
        errors[better], sure[better], widest[better] = (
            values[better] for values in (error, lower, np.abs(gap))
        )
    return high, low, errors, sure


def _figure(utility: float, rank: int, mark: str, shown: int, *, any_marked: bool) -> str:
    figure = NOT_DETERMINED if mark == NOT_DETERMINED else f"{utility:.{shown}f} ({rank})"
    return figure + sign_of(mark, any_marked=any_marked)
