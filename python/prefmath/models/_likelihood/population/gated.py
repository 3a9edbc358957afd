"""Latent classes whose shares depend on what annotators are like: the membership logit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from prefmath._kernels import kernels
from prefmath.models._likelihood.population.classes import Classes
from prefmath.models._likelihood.population.gated_information import information_of_gated
from prefmath.models._likelihood.population.logit import (
    LogitSums,
    damped,
    effects_jacobian,
    log_shares,
    reach,
    solved,
    summed,
)
from prefmath.models._likelihood.population.membership_runaway import runaway, sides_of
from prefmath.models._likelihood.state import Expectation, Tabulated

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.models._likelihood.data import Data
    from prefmath.models._likelihood.information import Information
    from prefmath.models._likelihood.penalty import Penalty
    from prefmath.models._likelihood.state import State
    from prefmath.models._likelihood.utility import Utility
    from prefmath.models._likelihood.utility.linear import LinearUtility

    _F64 = NDArray[np.float64]
    _I64 = NDArray[np.int64]

__all__ = ["Gated"]

# No logit of two classes changes by more in a step of the climb.
_LONGEST = 3.0
# Steps from guessed members to coefficients, and the prior under which they are taken.
_FIRST_STEPS = 3
_FIRST_PENALTY = 1.0


@dataclass(frozen=True, eq=False)
class Gated(Classes):
    r"""Column z with probability :math:`\pi_{az} = e^{\gamma_z c_a} / \sum_s e^{\gamma_s c_a}`.

    c_a are the covariates of annotator a, a row of ``data.covariates``, of which the first is 1 and
    the others are standardised. Parameters are the gammas, (n_columns, n_covariates), those of
    column 0 are 0, since only differences count; coordinates are those of the other columns.
    `largest` is the largest size of each covariate.

    Dayton and Macready (1988), Concomitant-variable latent-class models, Journal of the American
    Statistical Association 83; Bhat (1997), An endogenous segmentation mode choice model with an
    application to intercity travel, Transportation Science 31.
    """

    largest: _F64 | None = None

    # What its parameters depend on takes more than responsibilities.
    by_column = False

    @property
    def n_covariates(self) -> int:
        """Covariates, the constant one included."""
        return len(self.largest_covariates)

    @property
    def largest_covariates(self) -> _F64:
        """Largest size of each covariate."""
        if self.largest is None:
            raise ValueError("a membership logit has covariates")
        return self.largest

    def _sums(self, masses: _F64) -> LogitSums:
        return LogitSums(masses, self.n_columns, self.n_covariates)

    @property
    def n_free(self) -> int:
        """Coefficients of all columns but the first."""
        return (self.n_columns - 1) * self.n_covariates

    def expect(self, utility: Utility, data: Data, coef: _F64, params: _F64) -> Expectation:
        """E-step; by Fisher's identity the gradient is that of the complete data under it."""
        covariates = covariates_of(data)
        log_prior = log_shares(covariates, params, data.n_threads)
        table = utility.table(coef)
        latent, evidence = kernels.posterior_by_annotator(
            data.observation.log_likelihood(table),
            data.outcome,
            data.weight,
            data.annotator_offsets,
            log_prior,
            data.n_threads,
        )
        masses = summed(data, covariates, latent, np.exp(log_prior)).flat
        outcome_weights, total = data.outcome_weights(latent), float(data.sum(evidence))
        linear = utility.linear
        if linear is not None and data.outcome is None and linear.items_are_own(data.observation):
            gradient = _by_entries(linear, data, table, outcome_weights)
            return Expectation(latent, masses, total, gradient, None)
        on_table, diagonal = data.gradient(table, outcome_weights)
        tabulated = Tabulated(table, outcome_weights, diagonal, on_table)
        return Expectation(latent, masses, total, utility.pull_back(on_table), tabulated)

    def prior(self, params: _F64, covariates: _F64 | None = None) -> _F64:
        """Return the shares of classes among annotators of these covariates, a row for each."""
        if covariates is None:
            raise ValueError("a membership logit knows nothing of people without covariates")
        return np.exp(log_shares(covariates, params, 1))

    def shares(self, params: _F64, data: Data) -> _F64:
        """Return the mean over annotators of their shares."""
        log_prior = log_shares(covariates_of(data), params, data.n_threads)
        mean: _F64 = data.sum(np.exp(log_prior)) / data.n_annotators
        return mean

    def begun(self, data: Data, latent: _F64) -> _F64:
        """Take a few steps towards the logit of the guess, penalised since it is a guess."""
        covariates, guessed = covariates_of(data), latent.sum(axis=1, keepdims=True)
        params = np.zeros((self.n_columns, self.n_covariates))
        log_masses = np.log(data.sum(latent) + 1)
        params[:, 0] = log_masses - log_masses[0]
        penalty = np.full(self.n_covariates, _FIRST_PENALTY)
        penalty[0] = 0.0
        for _ in range(_FIRST_STEPS):
            shares = np.exp(log_shares(covariates, params, data.n_threads))
            # As if each class had one annotator more, so that none is empty.
            more = np.zeros_like(params)
            more[:, 0] = 1 - self.n_columns * np.exp(params[:, 0]) / np.exp(params[:, 0]).sum()
            sums = summed(data, covariates, latent, guessed * shares)
            score = sums.score + more - penalty * params
            hessian = sums.hessian + np.diag(np.tile(penalty, self.n_columns - 1))
            hessian += np.eye(len(hessian)) / self.n_columns
            params = self.moved(
                params, damped_step(hessian, score[1:].ravel(), self.largest_covariates)
            )
        return params

    def reordered(self, params: _F64, order: _I64) -> _F64:
        """Return the coefficients in another order, relative to the column that is now first."""
        reordered: _F64 = params[order] - params[order[0]]
        return reordered

    def largest_first(self, params: _F64, masses: _F64) -> _I64:  # noqa: ARG002
        """Return the classes in the order of their shares."""
        shares = self._sums(masses).shares
        return super().largest_first(shares / shares.sum(), masses)

    def em_step(self, params: _F64, masses: _F64) -> _F64:
        """Return the parameters after a Newton step, damped so that it raises the likelihood."""
        sums = self._sums(masses)
        score = sums.score[1:].ravel()
        return self.moved(params, damped_step(sums.hessian, score, self.largest_covariates))

    def position(self, params: _F64) -> _F64:
        """Return the coefficients of all columns but the first."""
        return params[1:].ravel()

    def moved(self, params: _F64, step: _F64) -> _F64:
        """Return the coefficients a step away."""
        moved = params.copy()
        moved[1:] += step.reshape(self.n_columns - 1, -1)
        return moved

    def longest(self, step: _F64) -> float:
        """Return the share of a step within which no logit changes out of all measure."""
        longest = reach(of_columns(step, self.n_columns), self.largest_covariates)
        return min(1.0, _LONGEST / longest) if longest > 0 else 1.0

    def score(self, params: _F64, masses: _F64) -> _F64:  # noqa: ARG002
        """Return the derivative of the log-likelihood in the coefficients."""
        return self._sums(masses).score[1:].ravel()

    def newton(self, params: _F64, masses: _F64, score: _F64) -> _F64:  # noqa: ARG002
        """Solve by the information of the coefficients, were it known who is in which class."""
        return solved(self._sums(masses).hessian, score)

    def information(
        self, utility: Utility, penalty: Penalty, data: Data, state: State, *, outer: bool
    ) -> Information:
        """Return the observed information by the missing information principle."""
        score = self.score(state.mixing, state.masses)
        shares = np.exp(log_shares(covariates_of(data), state.mixing, data.n_threads))
        return information_of_gated(utility, penalty, data, state, score, shares, outer=outer)

    def undetermined(self, params: _F64, masses: _F64) -> _F64:  # noqa: ARG002
        """Fix the coefficients along directions in which they run away."""
        sums = self._sums(masses)
        away = runaway(sums.hessian, self.largest_covariates)
        away *= np.tile(self.largest_covariates, self.n_columns - 1)[:, None]
        fixed: _F64 = float(sums.shares.sum()) * (away @ away.T)
        return fixed

    def sides(self, params: _F64, data: Data, to_units: _F64) -> _F64:
        """Say which coefficients, in the units of `to_units`, run to infinity, and to which."""
        covariates = covariates_of(data)
        shares = np.exp(log_shares(covariates, params, data.n_threads))
        sums = summed(data, covariates, shares, shares)
        return sides_of(params, sums.hessian, self.largest_covariates, to_units)

    def jacobian(self, params: _F64, data: Data) -> _F64:
        """Return the derivative of what is told in the coefficients of all columns but the first.

        That is of the mean shares, then of these coefficients themselves, then of their marginal
        effects on the mean shares, (n_columns, n_covariates - 1).
        """
        covariates = covariates_of(data)
        shares = np.exp(log_shares(covariates, params, data.n_threads))
        sums = summed(data, covariates, np.zeros_like(shares), shares)
        k, c = params.shape
        # The derivative of Σ_a π_az in gamma_s is Σ_a π_az (1[z = s] - π_as) c_a, of which
        # the first covariate, which is 1, has the rows in the information.
        of_others = sums.hessian.reshape(k - 1, c, -1)[:, 0]
        of_all = np.concatenate([-of_others.sum(axis=0, keepdims=True), of_others])
        of_effects = effects_jacobian(data, covariates, shares, params)
        parts = of_all / data.n_annotators, np.eye((k - 1) * c), of_effects
        return np.concatenate(parts)


def _by_entries(linear: LinearUtility, data: Data, table: _F64, outcome_weights: _F64) -> _F64:
    """Return the gradient in the coefficients where hardly any item is in two choice sets.

    Residuals meet the features once, without a gradient on a table of so many rows between.
    """
    seen, ends = data.observation, data.block_ends
    residuals, _ = kernels.residuals(table, seen.described, data.n_threads)
    residuals *= np.repeat(outcome_weights, np.diff(seen.offsets), axis=0)
    of_blocks = np.append(0, seen.offsets[data.annotator_offsets[ends]])
    # Units come after the sums, as they do where these are those of shards.
    scores = linear.without_units.scores(seen.items, residuals, of_blocks)
    flat = np.ascontiguousarray(scores.reshape(len(ends), -1))
    each = np.arange(1, len(ends) + 1)
    summed_up = kernels.cross_product(None, flat, each, data.n_threads)
    return linear.gradient(summed_up.reshape(scores.shape[1:]))


def covariates_of(data: Data) -> _F64:
    """Return the covariates of the annotators of some data."""
    if data.covariates is None:
        raise ValueError("a membership logit needs the covariates of annotators")
    return data.covariates


def of_columns(step: _F64, n_columns: int) -> _F64:
    """Return a step of the coordinates as one of all columns, of which the first stays."""
    step = step.reshape(n_columns - 1, -1)
    return np.concatenate([np.zeros((1, step.shape[1])), step])


def damped_step(hessian: _F64, score: _F64, largest: _F64) -> _F64:
    """Return the damped Newton step of the coordinates."""
    step = solved(hessian, score)
    n_columns = 1 + len(step) // len(largest)
    return damped(of_columns(step, n_columns), largest)[1:].ravel()
