"""Items on which the classes of a mixture disagree most, and who prefers them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._validate import as_features
from prefmath.models._ranks import ranks_of
from prefmath.models._text_table import text_table
from prefmath.models.uncertainty import SHOWN

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from prefmath.models._fitting import ChoiceModel
    from prefmath.models.uncertainty import Uncertainty

    _F64 = NDArray[np.float64]

__all__ = ["Disagreement", "disagreement"]


@dataclass(frozen=True, eq=False, repr=False)
class Disagreement:
    """What classes think of items; the items on which they disagree most stand first.

    Attributes
    ----------
    items : ndarray of int, shape (n_items,)
        Rows of the item table, in the order of all that follows.
    names : ndarray of str, shape (n_items,)
        Their labels.
    utilities : ndarray, shape (n_items, n_components)
        What each class thinks of an item, less what it thinks of the average item.
    ranks : ndarray of int, shape (n_items, n_components)
        The item's rank within each class, 1 the best.
    variance : ndarray, shape (n_items,)
        Of the utilities across classes, weighted by the shares of the classes.
    gap : ndarray, shape (n_items,)
        Between the class that thinks the most of an item and the one that thinks the least.
    gap_se : ndarray, shape (n_items,), or None
        Its standard error, for two classes named beforehand: that they were the most distant ones
        of several it does not know.
    highest, lowest : ndarray of int, shape (n_items,)
        These classes.
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
    highest: NDArray[np.int64]
    lowest: NDArray[np.int64]
    weights: _F64

    def __len__(self) -> int:
        return len(self.items)

    def __repr__(self) -> str:
        rows = []
        for i in range(min(len(self), SHOWN)):
            pairs = zip(self.utilities[i], self.ranks[i], strict=True)
            figures = [f"{utility:.2f} ({rank})" for utility, rank in pairs]
            error = "" if self.gap_se is None else f" ± {self.gap_se[i]:.2f}"
            who = f"{self.highest[i]} over {self.lowest[i]}"
            rows.append([str(self.names[i]), *figures, f"{self.gap[i]:.2f}{error}", who])
        header = [f"class {z}, {weight:.0%}" for z, weight in enumerate(self.weights)]
        table = text_table(["utility (rank)", *header, "gap", "who"], rows)
        rest = f"\n… {len(self) - SHOWN} more" if len(self) > SHOWN else ""
        return f"Disagreement({len(self.weights)} classes over {len(self)} items)\n{table}{rest}"


def disagreement(
    model: ChoiceModel,
    features: ArrayLike | None = None,
    *,
    uncertainty: Uncertainty | None = None,
) -> Disagreement:
    """Sort items by how much the classes of a mixture disagree on them.

    Parameters
    ----------
    model : ChoiceMixture
        Fitted, with two classes at least.
    features : array_like, shape (n_items, d), optional
        Of the items to look at, for a model fitted to features.
    uncertainty : Uncertainty, optional
        That of the model: gaps then come with standard errors.

    Returns
    -------
    Disagreement
        With a table where it is printed.

    Raises
    ------
    ValueError
        If the model has one class only or is not fitted, features are missing or of another width,
        or the uncertainty is that of another model.

    Examples
    --------
    >>> from prefmath import Choices
    >>> from prefmath.models import ChoiceMixture, disagreement
    >>> winner = (["tea"] * 9 + ["milk"]) * 10 + (["milk"] * 9 + ["tea"]) * 6
    >>> loser = ["milk" if item == "tea" else "tea" for item in winner]
    >>> choices = Choices.from_pairs(winner, loser, annotator=[i // 10 for i in range(160)])
    >>> model = ChoiceMixture(2, random_state=0).fit(choices)
    >>> disagreement(model, uncertainty=model.uncertainty(choices, robust=False))
    Disagreement(2 classes over 2 items)
    utility (rank)  class 0, 63%  class 1, 37%          gap       who
    milk               -1.10 (2)      1.10 (1)  2.20 ± 0.27  1 over 0
    tea                 1.10 (1)     -1.10 (2)  2.20 ± 0.27  0 over 1
    """
    parameters = model._parameters()  # noqa: SLF001
    coef, names, of_items = model.coef_, parameters.names, parameters.of_items
    if of_items:
        coef = coef - coef.mean(axis=1, keepdims=True)
    if len(coef) < 2:
        raise ValueError("a model of one class has nobody to disagree")
    if uncertainty is not None and not np.array_equal(uncertainty.coef, coef):
        raise ValueError("uncertainty must be that of the model")
    utilities, jacobian = coef.T, np.eye(coef.shape[1])
    if not of_items:
        if features is None:
            raise ValueError("features are missing: the model was fitted to features")
        jacobian = as_features(features).astype(np.float64)
        if jacobian.shape[1] != coef.shape[1]:
            width = jacobian.shape[1]
            msg = f"features must have {coef.shape[1]} columns as in fit, not {width}"
            raise ValueError(msg)
        jacobian -= jacobian.mean(axis=0)
        utilities = jacobian @ coef.T
        names = np.array([f"item {row}" for row in range(len(jacobian))])
    elif features is not None:
        raise ValueError("features must be left out: the model was fitted without")
    mean = utilities @ model.weights_
    variance = np.square(utilities - mean[:, None]) @ model.weights_
    items = np.argsort(-variance, kind="stable")
    highest, lowest = utilities.argmax(axis=1), utilities.argmin(axis=1)
    errors = None
    if uncertainty is not None:
        errors = _gap_errors(uncertainty, jacobian, highest, lowest)[items]
    return Disagreement(
        items=items,
        names=names[items],
        utilities=utilities[items],
        ranks=ranks_of(np.ascontiguousarray(utilities.T)).T[items],
        variance=variance[items],
        gap=np.ptp(utilities, axis=1)[items],
        gap_se=errors,
        highest=highest[items],
        lowest=lowest[items],
        weights=model.weights_.copy(),
    )


def _gap_errors(
    uncertainty: Uncertainty,
    jacobian: _F64,
    highest: NDArray[np.int64],
    lowest: NDArray[np.int64],
) -> _F64:
    """Return the standard error of the difference of two classes' utilities of each item."""
    (k, p), d = uncertainty.params.shape, uncertainty.coef.shape[1]
    blocks = uncertainty.covariance[: k * p, : k * p].reshape(k, p, k, p)[:, :d, :, :d]
    errors = np.empty(len(jacobian))
    for item, (row, high, low) in enumerate(zip(jacobian, highest, lowest, strict=True)):
        of_gap = blocks[high, :, high] + blocks[low, :, low]
        of_gap = of_gap - blocks[high, :, low] - blocks[low, :, high]
        errors[item] = np.sqrt(max(row @ of_gap @ row, 0.0))
    return errors
