"""What a fit found of the membership logit, and the attributes of a model that hold it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._label_values import positions_of, shown
from prefmath.models._likelihood.covariates import covariates_of
from prefmath.models._likelihood.design import Design
from prefmath.models._likelihood.population.gated import Gated

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.choices import Choices
    from prefmath.models._likelihood.population import Population

    _F64 = NDArray[np.float64]

__all__ = ["GATE_ARRAYS", "GATE_VALUES", "Gate", "gate_of", "keep_gate"]

GATE_ARRAYS = (
    "_membership_params",
    "_membership_prior",
    "_membership_sides",
    "_membership_units",
)
"""Arrays of a model that was fitted with membership."""
GATE_VALUES = ("_membership_constant", "_membership_names")
"""What else it has."""


@dataclass(frozen=True, eq=False)
class Gate:
    """Coefficients of standardised covariates, and how these are made of the caller's.

    `params` has a row a class, that of the first 0; `sides` says which coefficients of the caller's
    covariates run to infinity, and to which; `prior` has the class probabilities of the annotators
    of the fit by their covariates alone, whose largest sizes, standardised, are `largest`.
    """

    design: Design
    params: _F64
    sides: _F64
    prior: _F64
    largest: _F64

    @property
    def mixing(self) -> _F64:
        """Parameters of the population: the share of all where there is one class."""
        return np.ones(1) if len(self.params) == 1 else self.params

    def population(self, classes: Population) -> Population:
        """Return the population of the fit, where `classes` is that without covariates."""
        if len(self.params) == 1:
            return classes
        return Gated(len(self.params), largest=self.largest)

    @property
    def coef(self) -> _F64:
        """Coefficients of the constant and of the caller's covariates, (n_classes, 1 + n)."""
        coef: _F64 = self.params @ self.design.to_units().T
        away = self.sides != 0
        coef[away] = np.inf * self.sides[away]
        return coef

    def covariates(self, membership: Any, choices: Choices) -> _F64:
        """Return the standardised covariates of the annotators of some choices."""
        return self.design.rows(covariates_of(membership, choices))

    def known(self, choices: Choices, annotator_ids: NDArray[Any] | None) -> _F64:
        """Return the class probabilities of annotators who were in the fit, by id.

        Raises
        ------
        ValueError
            If someone was not.
        """
        if choices.annotator_ids is None or annotator_ids is None:
            raise ValueError(
                "membership is missing: the model was fitted with it, and choices name no "
                "annotators of the fit"
            )
        at = positions_of(choices.annotator_ids, annotator_ids, "annotator")
        if (at < 0).any():
            who = shown(choices.annotator_ids[int((at < 0).argmax())])
            raise ValueError(
                f"membership is missing: annotator {who} was not in the fit, and the model needs "
                "the covariates of people whom it does not know"
            )
        rows: _F64 = self.prior[at]
        return rows


def keep_gate(model: Any, gate: Gate | None) -> None:
    """Store what was found of the membership logit, or forget what an earlier fit found."""
    if gate is None:
        for name in (*GATE_ARRAYS, *GATE_VALUES):
            vars(model).pop(name, None)
        return
    design = gate.design
    model._membership_params = gate.params  # noqa: SLF001
    model._membership_prior = gate.prior  # noqa: SLF001
    model._membership_sides = gate.sides  # noqa: SLF001
    units = design.center, design.scale, gate.largest[1:]
    model._membership_units = np.stack(units)  # noqa: SLF001
    model._membership_constant = [design.constant, design.level]  # noqa: SLF001
    model._membership_names = None if design.names is None else list(design.names)  # noqa: SLF001


def gate_of(model: Any) -> Gate | None:
    """Return what a model was told of the membership logit, if it was."""
    if getattr(model, "_membership_params", None) is None:
        return None
    center, scale, largest = model._membership_units  # noqa: SLF001
    constant, level = model._membership_constant  # noqa: SLF001
    names = model._membership_names  # noqa: SLF001
    design = Design(
        None if names is None else tuple(names), center, scale, int(constant), float(level)
    )
    return Gate(
        design,
        model._membership_params,  # noqa: SLF001
        model._membership_sides,  # noqa: SLF001
        model._membership_prior,  # noqa: SLF001
        np.append(1.0, largest),
    )
