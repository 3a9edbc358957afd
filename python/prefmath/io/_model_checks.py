"""What a fitted model must look like, be it about to be saved or out of a file."""

from __future__ import annotations

import numbers
from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._validate import as_generator, as_number, as_whole_number
from prefmath.io._membership_checks import check_membership
from prefmath.models._fit.gate import GATE_ARRAYS, GATE_VALUES
from prefmath.models._likelihood.ties import TIES

if TYPE_CHECKING:
    from collections.abc import Callable

ARRAYS = (
    *("coef_", "_extra"),
    *("annotator_ids_", "item_ids_", "lower_bounds_"),
)
"""What a model has learned that is an array, or may be one, beside what its population has."""
VALUES = (
    *("log_likelihood_", "converged_"),
    *("_layout", "_ties", "_linear"),
)
"""What else it has learned."""
OPTIONAL = ("_undetermined", "annotator_counts_", "_spreads", *GATE_ARRAYS, *GATE_VALUES)
"""What not every model has: those of version 1.0 were penalised in units of the features."""
DERIVED = ("lower_bound_", "n_iter_", "n_features_in_", "_n_free", "_n_positions")
"""What files of version 1.0 tell too, though it follows from the rest."""
LEARNED = (*ARRAYS, *VALUES, *OPTIONAL)


_LAYOUTS = ("pairs", "choice_sets", "rankings")
_LABELS = "biufUSmM"
_LARGEST_TIE = 1e300


def check_model(model: Any) -> None:
    """Refuse a model whose parameters or learned values no fit can have left.

    Raises
    ------
    TypeError, ValueError
        The message names the attribute and what it holds.
    """
    _check_parameters(model)
    for name in (*ARRAYS, *model.learned_by_population, *VALUES):
        if not hasattr(model, name):
            raise ValueError(f"{name} is missing")
    n_columns, d = _check_coefficients(model)
    _check_people(model)
    check_membership(model)
    _finite_number(model.log_likelihood_, "log_likelihood_")
    bounds = model.lower_bounds_
    if not isinstance(bounds, list) or not bounds:
        raise ValueError("lower_bounds_ must list a number for the start and each iteration")
    for i, bound in enumerate(bounds):
        _finite_number(bound, f"lower_bounds_[{i}]")
    _check_extra(model, n_columns)
    _check_labels(model, "item_ids_", None if model._linear else d)  # noqa: SLF001 -- one package
    _check_spreads(model, d)
    told = getattr(model, "_undetermined", [])
    if not (isinstance(told, list) and all(isinstance(line, str) for line in told)):
        raise TypeError("_undetermined must be a list of str")


def _check_parameters(model: Any) -> None:
    defaults = type(model)().get_params()
    for name, value in model.get_params().items():
        switch = isinstance(defaults[name], bool)
        try:
            (_boolean if switch else _PARAMETERS[name])(value, name)
        except OverflowError as error:
            raise ValueError(f"{name} is too large") from error


def _check_coefficients(model: Any) -> tuple[int, int]:
    """Check what has a row for each column of the utility table."""
    coef = _numbers(model.coef_, "coef_", 2)
    # Positions alone may be all that a model has.
    extra = _numbers(model._extra, "_extra", 2)  # noqa: SLF001 -- one package
    if not len(coef) or not coef.shape[1] + extra.shape[1]:
        raise ValueError(f"coef_ has shape {coef.shape}: a model has a class and a coefficient")
    return len(coef), coef.shape[1]


def _check_people(model: Any) -> None:
    """Check what the population learned, of all and of each annotator."""
    of_all, of_each = model.learned_by_population
    params = _numbers(getattr(model, of_all), of_all, 1)
    latent = _numbers(getattr(model, of_each), of_each, 2)
    model._population(len(model.coef_)).check(params, latent)  # noqa: SLF001 -- one package
    _check_labels(model, "annotator_ids_", len(latent))
    if model.annotator_counts_ is not None:
        counts = _numbers(model.annotator_counts_, "annotator_counts_", 1)
        _refuse_shape(counts, "annotator_counts_", (len(latent),))
        if (counts < 0).any() or not counts.any():
            raise ValueError("annotator_counts_ must be at least 0, and above in one")


def _check_extra(model: Any, n_columns: int) -> None:
    """Check the parameters of positions and ties."""
    for name, allowed in {"_layout": _LAYOUTS, "_ties": TIES}.items():
        _one_of(allowed)(getattr(model, name), name)
    for name in ("_linear", "converged_"):
        _boolean(getattr(model, name), name)
    tied = model._ties != "half"  # noqa: SLF001
    extra = _numbers(model._extra, "_extra", 2)  # noqa: SLF001 -- one package
    _refuse_shape(extra, "_extra", (n_columns, max(extra.shape[1], int(tied))))
    with np.errstate(over="ignore"):
        tie = model.tie_
    if tied and not np.max(tie) <= _LARGEST_TIE:
        raise ValueError(f"tie_ is {np.max(tie)}, too large for a parameter of ties")


def _check_spreads(model: Any, d: int) -> None:
    """Check the units of the penalty, where there are any."""
    spreads = getattr(model, "_spreads", None)
    if spreads is None:
        return
    _refuse_shape(_numbers(spreads, "_spreads", 1), "_spreads", (d,))
    if not np.min(spreads, initial=np.inf) > 0:
        raise ValueError(f"_spreads must be above 0, not {spreads.min()}")


def _check_labels(model: Any, name: str, n: int | None) -> None:
    labels = getattr(model, name)
    if labels is None:
        return
    if isinstance(labels, np.ndarray) and labels.dtype.hasobject:
        raise TypeError(f"{name} is ndarray of object, which no file holds")
    if not isinstance(labels, np.ndarray) or labels.ndim != 1 or labels.dtype.kind not in _LABELS:
        raise TypeError(f"{name} must be one array of labels or None")
    if n is not None and len(labels) != n:
        raise ValueError(f"{name} has {len(labels)} labels, but the model tells of {n}")
    # damage can make characters that are none
    if len(set(labels.tolist())) < len(labels):
        raise ValueError(f"{name} has a label twice")


def _numbers(values: Any, name: str, n_axes: int) -> Any:
    if not isinstance(values, np.ndarray) or values.dtype != np.float64 or values.ndim != n_axes:
        raise TypeError(f"{name} must be an array of float64 with {n_axes} axes")
    if not np.isfinite(values).all():
        place = [int(i) for i in np.argwhere(~np.isfinite(values))[0]]
        raise ValueError(f"{name} must be finite: {name}{place} is {values[tuple(place)]}")
    return values


def _refuse_shape(values: Any, name: str, shape: tuple[int, ...]) -> None:
    if values.shape != shape:
        raise ValueError(f"{name} must have shape {shape}, not {values.shape}")


def _finite_number(value: Any, name: str) -> None:
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise TypeError(f"{name} must be a number, not {value!r}")
    if not np.isfinite(as_number(value, name)):
        raise ValueError(f"{name} must be finite, not {value}")


def _not_negative(value: Any, name: str) -> None:
    _finite_number(value, name)
    if as_number(value, name) < 0:
        raise ValueError(f"{name} must be at least 0, not {value}")


def _boolean(value: Any, name: str) -> None:
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name} must be true or false, not {value!r}")


def _one_of(allowed: tuple[str, ...]) -> Callable[[Any, str], None]:
    def check(value: Any, name: str) -> None:
        if not isinstance(value, str) or value not in allowed:
            raise ValueError(f"{name} must be one of {', '.join(allowed)}, not {value!r}")

    return check


def _at_least_one(value: Any, name: str) -> None:
    as_whole_number(value, name, 1)


def _nothing_or_one(value: Any, name: str) -> None:
    if value is not None:
        as_whole_number(value, name, 1)


def _seed(value: Any, name: str) -> None:
    del name
    as_generator(value)


def _anything(value: Any, name: str) -> None:
    """Pass over a function that is told of progress, which no file holds."""


_PARAMETERS: dict[str, Callable[[Any, str], None]] = {
    "n_components": _at_least_one,
    "ties": _one_of(TIES),
    "l2": _not_negative,
    "prior": _not_negative,
    "tol": _not_negative,
    "n_init": _at_least_one,
    "max_iter": _at_least_one,
    "random_state": _seed,
    "n_threads": _nothing_or_one,
    "progress": _anything,
}
