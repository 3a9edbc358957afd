"""Who is in which class: what annotators are like, class by class, beside all of them."""

from __future__ import annotations

import numbers as kinds_of_number
from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._label_values import family, is_missing, label_array, positions_of, shown
from prefmath._labels import code_labels
from prefmath._validate import as_responsibilities
from prefmath.choices import checks as check
from prefmath.models._inference.attributes import Annotators, Levels, levels_of, numbers_of
from prefmath.models._inference.first_step import FirstStep
from prefmath.models._inference.intervals import as_level
from prefmath.models._inference.profile_tables import ClassProfiles, NumberProfiles
from prefmath.models._inference.uncertain import point_of
from prefmath.models._likelihood.population.classes import Classes

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from prefmath.choices import Choices
    from prefmath.models._fit.choice_model import ChoiceModel

    _F64 = NDArray[np.float64]

__all__ = ["ClassProfiles", "NumberProfiles", "class_profiles"]

# Numbers of more values than this are summarised, fewer are levels.
_MOST_LEVELS = 12


def class_profiles(
    model: ChoiceModel | ArrayLike,
    attributes: Any,
    *,
    annotator: ArrayLike | None = None,
    count: ArrayLike | None = None,
    choices: Choices | None = None,
    features: ArrayLike | None = None,
    level: float = 0.95,
) -> ClassProfiles:
    r"""Describe each class by what its annotators are like.

    Nobody is forced into a class, and shares are corrected for errors of assignment: weighted by
    responsibilities alone, those of all classes would move towards each other. Numbers of more than
    12 values are told by their mean and quartiles, all else by the shares of its levels.

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
    choices, features : optional
        Those of the fit of `model`: intervals then hold the errors of the fit too, without which
        they are too narrow wherever classes overlap.
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
    With responsibilities Γ and what people are like y, 1 or 0 for a level, what is reported is
    :math:`(\Gamma^\top \Gamma)^{-1} \Gamma^\top y`: the correction of [1]_ with proportional
    assignment [2]_. Errors are a sandwich over annotators, with that of the fit as in [3]_.
    Intervals of shares are Wilson's [4]_ with this error, those of quartiles the quantiles at the
    ends of the interval of the share below; where all classes are sure, they are those of a sample.

    That attributes and choices are independent within classes is taken for granted.

    References
    ----------
    .. [1] Bolck, Croon and Hagenaars (2004), Estimating latent structure models with categorical
       variables: one-step versus three-step estimators, Political Analysis 12.
    .. [2] Vermunt (2010), Latent class modeling with covariates: two improved three-step
       approaches, Political Analysis 18.
    .. [3] Bakk, Oberski and Vermunt (2014), Relating latent class assignments to external
       variables: standard errors for correct inference, Political Analysis 22.
    .. [4] Wilson (1927), Probable inference, the law of succession, and statistical inference,
       Journal of the American Statistical Association 22, equation 4.

    Examples
    --------
    >>> from prefmath.models import class_profiles
    >>> found = class_profiles([[1, 0], [0.9, 0.1], [0, 1]], {"age": ["young", "old", "old"]})
    >>> found.level.tolist(), found.share.round(2).tolist()
    (['old', 'young'], [[0.45, 1.0], [0.55, 0.0]])
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
    first = None if choices is None else _first_step(known, choices, features)
    if choices is None and features is not None:
        raise ValueError("features must be left out, or come with the choices of fit")
    annotators = Annotators(gamma, counts, first)
    confidence = as_level(level)
    of_levels: list[Levels] = []
    of_numbers: list[NumberProfiles] = []
    for name in names:
        given = label_array(attributes[name], str(name))
        values, there = _values_of(str(name), given, rows, counts)
        told = str(name), values, there, annotators, confidence
        if _is_number(values[there]):
            of_numbers.append(numbers_of(*told))
        else:
            of_levels.append(levels_of(*told))
    return ClassProfiles(
        **_joined(Levels, of_levels, gamma.shape[1]),
        numbers=NumberProfiles(**_joined(NumberProfiles, of_numbers, gamma.shape[1])),
        weights=counts @ gamma / counts.sum(),
        confidence=confidence,
        of_fit=first is not None,
    )


def _joined(kind: Any, parts: list[Any], n_columns: int) -> dict[str, Any]:
    """Return the rows of all parts, column by column."""
    names = [field.name for field in fields(kind)]
    if parts:
        return {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
    shapes = {"interval": (0, n_columns, 2)} | dict.fromkeys(
        ("share", "lift", "class_share", "value", "marks"), (0, n_columns)
    )
    texts = {"attribute", "level", "statistic", "marks"}
    return {
        name: np.zeros(shapes.get(name, 0), str if name in texts else np.float64) for name in names
    }


def _first_step(model: Any, choices: Choices, features: ArrayLike | None) -> FirstStep | None:
    """Return the fit that responsibilities come from; one class has none to be wrong about."""
    if getattr(model, "learned_by_population", None) != Classes.learned:
        raise ValueError("choices must be left out where model is no fitted mixture of classes")
    fitted = model._fitted_for(choices)  # noqa: SLF001 -- one package
    if fitted.population.n_columns == 1:
        return None
    if fitted.gate is not None:
        raise ValueError(
            "choices must be left out: covariates of membership are in the classes by the fit"
        )
    if not fitted.population.smooth:
        raise ValueError("choices must be left out: a model with hard=True has no errors")
    return FirstStep(point_of(fitted, choices, features), fitted.parameters)


def _is_number(values: NDArray[Any]) -> bool:
    """Whether values are numbers, and too many to be levels."""
    if values.dtype.kind not in "iufO":
        return False
    if values.dtype.kind == "O":
        real = kinds_of_number.Real
        if not all(isinstance(v, real) and not isinstance(v, bool | np.bool_) for v in values):
            return False
        values = values.astype(np.float64)
    return len(np.unique(values)) > _MOST_LEVELS


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


def _values_of(
    name: str, values: NDArray[Any], rows: NDArray[np.int64] | None, counts: _F64
) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Return what each annotator has of an attribute, and of whom it is known."""
    there = counts > 0
    if rows is not None:
        there &= rows >= 0
        values = values[rows]
    if len(values) != len(counts):
        raise ValueError(
            f"{name} must have a value for each of {len(counts)} annotators, not {len(values)}"
        )
    there &= ~np.fromiter(map(is_missing, values.tolist()), np.bool_, len(values))
    if not there.any():
        raise ValueError(f"{name} is known of no annotator")
    return values, there
