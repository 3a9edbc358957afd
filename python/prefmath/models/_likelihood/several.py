"""One pass over the data for several fits of a problem at once, their columns side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from prefmath.models._likelihood.state import State, Tabulated

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from prefmath.models._likelihood.problem import Problem

    _F64 = NDArray[np.float64]

__all__ = ["States", "expect_each"]


@dataclass(frozen=True, eq=False)
class States:
    """States of several fits, each with as many columns; fields as those of `State`."""

    coef: _F64
    latent: _F64
    gradient: _F64
    tabulated: Tabulated | None
    mixing: tuple[_F64, ...]
    masses: tuple[_F64, ...]
    log_likelihood: _F64
    objective: _F64

    def __len__(self) -> int:
        """Count the fits."""
        return len(self.mixing)

    def columns(self, i: int) -> slice:
        """Columns of one fit."""
        n = len(self.coef) // len(self)
        return slice(i * n, (i + 1) * n)

    def one(self, i: int) -> State:
        """Return the state of one fit."""
        own, seen = self.columns(i), self.tabulated
        if seen is not None:
            kept = (seen.table, seen.outcome_weights, seen.diagonal, seen.gradient)
            seen = Tabulated(*(np.ascontiguousarray(values[:, own]) for values in kept))
        return State(
            coef=self.coef[own],
            mixing=self.mixing[i],
            latent=np.ascontiguousarray(self.latent[:, own]),
            masses=self.masses[i],
            log_likelihood=float(self.log_likelihood[i]),
            objective=float(self.objective[i]),
            gradient=self.gradient[own],
            tabulated=seen,
        )

    def joined(self) -> State:
        """Return the columns of all as if they were those of one fit, for their curvature."""
        return State(
            coef=self.coef,
            mixing=self.mixing[0],
            latent=self.latent,
            masses=self.masses[0],
            log_likelihood=float(self.log_likelihood.sum()),
            objective=float(self.objective.sum()),
            gradient=self.gradient,
            tabulated=self.tabulated,
        )

    def taken(self, chosen: Sequence[int]) -> States:
        """Return some of the fits."""
        return States.of([self.one(i) for i in chosen])

    @classmethod
    def of(cls, states: Sequence[State]) -> States:
        """Put states side by side."""
        tables = [state.tabulated for state in states if state.tabulated is not None]
        tabulated = None
        if len(tables) == len(states):
            tabulated = Tabulated(
                np.concatenate([seen.table for seen in tables], axis=1),
                np.concatenate([seen.outcome_weights for seen in tables], axis=1),
                np.concatenate([seen.diagonal for seen in tables], axis=1),
                np.concatenate([seen.gradient for seen in tables], axis=1),
            )
        return cls(
            coef=np.concatenate([state.coef for state in states]),
            latent=np.concatenate([state.latent for state in states], axis=1),
            gradient=np.concatenate([state.gradient for state in states]),
            tabulated=tabulated,
            mixing=tuple(state.mixing for state in states),
            masses=tuple(state.masses for state in states),
            log_likelihood=np.array([state.log_likelihood for state in states]),
            objective=np.array([state.objective for state in states]),
        )


def expect_each(problem: Problem, coef: _F64, mixing: Sequence[_F64]) -> States:
    """Pass over the data for several fits: coefficients of one after the other, and their mixing.

    Each is what `Problem.expect` finds. Kernels take all columns at once, so that of small data
    several fits cost little more than one.
    """
    population, data, utility = problem.population, problem.data, problem.utility
    n = population.n_columns
    parts = [slice(i * n, (i + 1) * n) for i in range(len(mixing))]
    if not population.by_column:
        return States.of(
            [problem.expect(coef[own], of) for own, of in zip(parts, mixing, strict=True)]
        )
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        table = utility.table(coef)
        found = [
            population.latent(np.ascontiguousarray(table[:, own]), data, population.prior(of))
            for own, of in zip(parts, mixing, strict=True)
        ]
        latent = np.concatenate([of_fit for of_fit, _ in found], axis=1)
        total = data.sum(np.stack([evidence for _, evidence in found], axis=1))
        weights = data.outcome_weights(latent)
        on_table, diagonal = data.gradient(table, weights)
        of_penalty = np.array([problem.penalty.value(utility, coef[own]) for own in parts])
        return States(
            coef=coef,
            latent=latent,
            gradient=utility.pull_back(on_table) - problem.penalty.gradient(utility, coef),
            tabulated=Tabulated(table, weights, diagonal, on_table),
            mixing=tuple(mixing),
            masses=tuple(population.masses(data, of_fit) for of_fit, _ in found),
            log_likelihood=total,
            objective=total - of_penalty,
        )
