"""What a model learned of membership, checked: what no fit can have left is refused."""

from __future__ import annotations

from typing import Any

import numpy as np

from prefmath.models._fit.gate import GATE_ARRAYS, GATE_VALUES

__all__ = ["check_membership"]

# How far sums of probabilities may be from 1.
_OFF = 1e-6


def check_membership(model: Any) -> None:
    """Refuse what no fit with membership can have left; a model without any has none of it.

    Raises
    ------
    TypeError, ValueError
        The message names the attribute and what it holds.
    """
    names = (*GATE_ARRAYS, *GATE_VALUES)
    there = [name for name in names if name in vars(model)]
    if not there:
        return
    if not hasattr(type(model), "membership_"):
        raise ValueError(f"it tells of {there[0]!r}, which no {type(model).__name__} has")
    for name in names:
        if name not in there:
            raise ValueError(f"{name} is missing")
    for name in GATE_ARRAYS:
        values = getattr(model, name)
        if not isinstance(values, np.ndarray) or values.dtype != np.float64 or values.ndim != 2:
            raise TypeError(f"{name} must be an array of float64 with 2 axes")
        if not np.isfinite(values).all():
            raise ValueError(f"{name} must be finite")
    k, n = model.responsibilities_.shape[1], len(model.responsibilities_)
    units = model._membership_units  # noqa: SLF001 -- one package
    c = 1 + units.shape[1]
    shapes = {"_membership_params": (k, c), "_membership_sides": (k, c)}
    shapes |= {"_membership_prior": (n, k), "_membership_units": (3, c - 1)}
    for name, shape in shapes.items():
        if getattr(model, name).shape != shape:
            raise ValueError(f"{name} must have shape {shape}, not {getattr(model, name).shape}")
    prior, sides = model._membership_prior, model._membership_sides  # noqa: SLF001
    if (prior < 0).any() or (np.abs(prior.sum(axis=1) - 1) > _OFF).any():
        raise ValueError("_membership_prior must be at least 0 and sum to 1")
    if not np.isin(sides, [-1, 0, 1]).all():
        raise ValueError("_membership_sides must be -1, 0 or 1")
    if model._membership_params[0].any():  # noqa: SLF001
        raise ValueError("_membership_params must be 0 in the first class")
    if not (units[1:] > 0).all():
        raise ValueError("_membership_units must have scales above 0")
    _check_constant(model, c)


def _check_constant(model: Any, c: int) -> None:
    constant, names = model._membership_constant, model._membership_names  # noqa: SLF001
    if not isinstance(constant, list) or len(constant) != 2:
        raise TypeError("_membership_constant must be a place and a value")
    place, level = constant
    whole = isinstance(place, int) and not isinstance(place, bool)
    if not whole or not -1 <= place < c:
        raise ValueError(f"_membership_constant must be a column or -1, not {place!r}")
    if not isinstance(level, (int, float)) or not np.isfinite(level) or level == 0:
        raise ValueError(f"_membership_constant must be a number other than 0, not {level!r}")
    if names is None:
        return
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise TypeError("_membership_names must be a list of str")
    wanted = c - 1 + (place >= 0)
    if len(names) != wanted or len(set(names)) != wanted:
        raise ValueError(f"_membership_names must be {wanted} different names")
