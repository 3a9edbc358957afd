"""Membership by covariates in a fit: its population, where it begins, and what was found of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from prefmath.models._fit.gate import Gate
from prefmath.models._likelihood.population.gated import Gated

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.models._fit.fitted import Fitted
    from prefmath.models._likelihood.design import Design
    from prefmath.models._likelihood.posing import Specification
    from prefmath.models._likelihood.problem import Problem

    _F64 = NDArray[np.float64]

__all__ = ["gate_found", "gated", "last_mixing", "membership_warnings", "refitted_coef"]

# The share of a class from which a fit without covariates is gone on with, if it was empty.
_LEAST_SHARE = 1e-6


def gated(specification: Specification, covariates: _F64) -> Specification:
    """Let covariates tell how probable each class is; one class is certain."""
    n_columns = specification.population.n_columns
    if n_columns == 1:
        return specification
    largest = np.abs(covariates).max(axis=0)
    return replace(specification, population=Gated(n_columns, largest=largest))


def last_mixing(problem: Problem, begin: Fitted, design: Design | None) -> _F64:
    """Return the parameters of the population of the last fit, for this one.

    Coefficients of covariates that have the same name stay, and those of others begin at 0.
    """
    n_columns = problem.population.n_columns
    if design is None or n_columns == 1:
        return begin.told_shares
    coef = np.zeros((n_columns, len(design.called)))
    if begin.gate is None or len(begin.gate.params) != n_columns:
        shares = begin.told_shares
        logs = np.log(np.maximum(shares, _LEAST_SHARE))
        coef[:, 0] = (logs - logs[0]) / design.level
        return design.from_units(coef)
    known = begin.gate.design
    told = begin.gate.params @ known.to_units().T
    same = (known.names, known.constant) == (design.names, design.constant)
    if same and told.shape == coef.shape:
        return design.from_units(told)
    coef[:, 0] = told[:, 0] * known.level / design.level
    for j, name in enumerate(design.called):
        if j and name in known.called[1:]:
            coef[:, j] = told[:, known.called.index(name)]
    return design.from_units(coef)


def gate_found(problem: Problem, design: Design, params: _F64, n_annotators: int) -> Gate:
    """Return what a fit found of the membership logit, classes in the order that is told."""
    population, data = problem.population, problem.data
    if not isinstance(population, Gated):
        nothing = np.zeros((1, len(design.called)))
        everyone = np.ones((n_annotators, 1))
        return Gate(design, nothing, nothing.copy(), everyone, np.ones(len(design.called)))
    sides = population.sides(params, data, design.to_units())
    prior = population.prior(params, data.covariates)
    return Gate(design, params, sides, prior, population.largest_covariates)


def refitted_coef(problem: Problem, gate: Gate, params: _F64) -> _F64:
    """Return the coefficients of the caller's covariates in a fit to other people of one design."""
    if not isinstance(problem.population, Gated):
        return np.zeros_like(gate.params)
    sides = problem.population.sides(params, problem.data, gate.design.to_units())
    return replace(gate, params=params, sides=sides).coef


def membership_warnings(gate: Gate) -> list[str]:
    """Say which coefficients run to infinity."""
    told = []
    for z, sides in enumerate(gate.sides):
        away = [
            f"{name!r} to {'plus' if side > 0 else 'minus'} infinity"
            for name, side in zip(gate.design.called, sides, strict=True)
            if side != 0
        ]
        if away:
            verb = "runs" if len(away) == 1 else "run"
            noun = "coefficient" if len(away) == 1 else "coefficients"
            told.append(
                f"the {noun} of membership in class {z} {verb} away, {', '.join(away)}: for some "
                "annotators these covariates tell for certain that they are not in it, or not in "
                "class 0, with which it is compared: join levels, leave the column out, or fit "
                "fewer classes"
            )
    return told
