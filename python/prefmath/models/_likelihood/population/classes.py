"""Latent classes: every annotator has the utilities of one column of the table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from prefmath._kernels import kernels
from prefmath.models._likelihood.population.chained import chained
from prefmath.models._likelihood.population.class_matching import best_assignment
from prefmath.models._likelihood.population.classes_information import information_of_classes
from prefmath.models._likelihood.probabilities import chances
from prefmath.models._likelihood.state import Expectation, Tabulated

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.models._likelihood.data import Data
    from prefmath.models._likelihood.information import Information
    from prefmath.models._likelihood.observation import Observation
    from prefmath.models._likelihood.penalty import Penalty
    from prefmath.models._likelihood.state import State
    from prefmath.models._likelihood.utility import Utility

    _F64 = NDArray[np.float64]
    _I64 = NDArray[np.int64]

__all__ = ["Classes", "log_of"]

# How far sums of probabilities may be from 1.
_OFF = 1e-6
# No mixing proportion is multiplied by more than e to this in a step.
_LONGEST = 3.0
# Fits that are further apart than this by the sizes of their classes alone are not matched.
_FAR = 0.05
# The logarithm of a proportion of nothing.
_NOTHING = -690.0


@dataclass(frozen=True)
class Classes:
    """Column z with probability π_z, the mixing proportions: its parameters.

    What an annotator is are the responsibilities r_z ∝ π_z Π_s P(s | z), and their sums over
    annotators are what the proportions depend on. Where classes are `hard`, every annotator is in
    the class that explains the judgements best, whatever its proportion, and the likelihood is the
    product of the best.
    """

    n_columns: int
    hard: bool = False

    by_column = True
    learned = ("weights_", "responsibilities_")

    @property
    def in_common(self) -> Classes:
        """One class."""
        return Classes(1)

    @property
    def smooth(self) -> bool:
        """Whether no annotator changes class from one moment to the next."""
        return not self.hard or self.n_columns == 1

    def check(self, params: _F64, latent: _F64) -> None:
        """Refuse proportions and responsibilities that are none."""
        shapes = (self.n_columns,), (max(len(latent), 1), self.n_columns)
        for name, values, shape in zip(self.learned, (params, latent), shapes, strict=True):
            if values.shape != shape:
                raise ValueError(f"{name} must have shape {shape}, not {values.shape}")
            rows = np.atleast_2d(values)
            if (rows < 0).any() or (np.abs(rows.sum(axis=1) - 1) > _OFF).any():
                raise ValueError(f"{name} must be at least 0 and sum to 1")

    @property
    def n_free(self) -> int:
        """All proportions but one."""
        return self.n_columns - 1

    def expect(self, utility: Utility, data: Data, coef: _F64, params: _F64) -> Expectation:
        """E-step; by Fisher's identity the gradient is that of the complete data under it."""
        if self.n_columns == 1 and data.counts is None and data.outcome is None:
            return _of_one_class(utility, data, coef)
        if data.outcome is None and not self.hard:
            fused = utility.posterior(
                coef,
                data.observation,
                data.weight,
                data.annotator_offsets,
                data.counts,
                log_of(params),
                data.block_ends,
            )
            if fused is not None:
                latent, evidence, gradient = fused
                total = float(data.sum(evidence))
                return Expectation(latent, data.sum(latent), total, gradient, None)
        table = utility.table(coef)
        latent, evidence = self.latent(table, data, self.prior(params))
        outcome_weights = data.outcome_weights(latent)
        on_table, diagonal = data.gradient(table, outcome_weights)
        return Expectation(
            latent,
            self.masses(data, latent),
            float(data.sum(evidence)),
            utility.pull_back(on_table),
            Tabulated(table, outcome_weights, diagonal, on_table),
        )

    def prior(self, params: _F64, covariates: _F64 | None = None) -> _F64:  # noqa: ARG002
        """Return what is known of an annotator who judged nothing, a row for all."""
        return params[None]

    def shares(self, params: _F64, data: Data) -> _F64:  # noqa: ARG002
        """Return the proportions."""
        return params

    def latent(self, table: _F64, data: Data, prior: _F64) -> tuple[_F64, _F64]:
        """Responsibilities and the log-likelihood of each annotator, given a table of utilities."""
        return self.assigned(data.observation.log_likelihood(table), data, prior)

    def assigned(self, log_likelihood: _F64, data: Data, prior: _F64) -> tuple[_F64, _F64]:
        """Responsibilities by Bayes' rule, given the log-likelihood of each outcome."""
        latent, evidence = kernels.posterior_by_annotator(
            log_likelihood,
            data.outcome,
            data.weight,
            data.annotator_offsets,
            log_of((prior > 0).astype(np.float64) if self.hard else prior),
            data.n_threads,
        )
        if not self.hard:
            return latent, evidence
        # Of all classes together the evidence is the sum; the largest term is a share of it.
        best = latent.argmax(axis=1)
        return np.eye(self.n_columns)[best], evidence + np.log(latent.max(axis=1))

    def chained(self, each: _F64, data: Data, prior: _F64) -> _F64:
        """Log-likelihood of each judgement, given those before it of its annotator."""
        if self.hard:
            open_ = log_of((prior > 0).astype(np.float64))
            return chained(each, data, open_, lambda joint: joint.max(axis=1))
        return chained(each, data, log_of(prior), lambda joint: np.logaddexp.reduce(joint, axis=1))

    def entropy(self, latent: _F64, counts: _F64 | None = None) -> float:
        """Return the entropy of the responsibilities."""
        known = np.where(latent > 0, latent, 1)
        of_each = -(known * np.log(known)).sum(axis=1)
        return float(of_each.sum() if counts is None else (of_each * counts).sum())

    def probabilities(
        self, observation: Observation, table: _F64, latent: _F64, annotator: _I64
    ) -> _F64:
        """Probability that each entry is chosen: those of the classes by the responsibilities."""
        of_classes = chances(observation, table)
        of_classes *= latent[annotator]
        mixed: _F64 = of_classes.sum(axis=1)
        return mixed

    def drawn(self, latent: _F64, rng: np.random.Generator) -> _F64:
        """Draw every annotator into a class, (n_annotators, n_columns) of 0 and 1."""
        edges = np.cumsum(latent, axis=1)
        point = rng.random(len(latent)) * edges[:, -1]
        classes = (point[:, None] >= edges[:, :-1]).sum(axis=1)
        vertices: _F64 = np.eye(self.n_columns)[classes]
        return vertices

    def masses(self, data: Data, latent: _F64) -> _F64:
        """Return the annotators in each class."""
        return data.sum(latent)

    def begun(self, data: Data, latent: _F64) -> _F64:
        """Return the shares of the classes, as if each had one annotator more."""
        masses = data.sum(latent) + 1
        return self.em_step(masses, masses)

    def empty(self, data: Data, latent: _F64) -> NDArray[np.bool_]:
        """Say in which classes there is less than one annotator."""
        empty: NDArray[np.bool_] = data.sum(latent) < 1
        return empty

    def matched(self, latent: _F64, other: _F64) -> _I64:
        """Match classes so that as many annotators as can be are in the same ones."""
        return best_assignment(latent.T @ other)

    def apart(self, latent: _F64, other: _F64) -> float:
        """Return the mean total variation of responsibilities, or only that it is large."""
        n = max(len(latent), 1)
        sizes = np.sort(latent.sum(axis=0)), np.sort(other.sum(axis=0))
        least = float(np.abs(sizes[0] - sizes[1]).sum()) / 2 / n
        if least > _FAR:
            return least
        away = np.abs(latent - other[:, self.matched(latent, other)])
        return float(away.sum()) / 2 / n

    def largest_first(self, params: _F64, masses: _F64) -> _I64:  # noqa: ARG002
        """Return the classes in the order of their proportions."""
        # Rounded, so that classes of equal proportions stay in the order in which they started.
        order: _I64 = np.argsort(-params.round(9), kind="stable")
        return order

    def reordered(self, params: _F64, order: _I64) -> _F64:
        """Return the proportions in another order."""
        reordered: _F64 = params[order]
        return reordered

    def em_step(self, params: _F64, masses: _F64) -> _F64:  # noqa: ARG002
        """Return the mean responsibilities."""
        mean: _F64 = masses / masses.sum()
        return mean

    def position(self, params: _F64) -> _F64:
        """Return the logarithms of the proportions, of which only differences count."""
        position: _F64 = np.maximum(log_of(params), _NOTHING)
        return position

    def moved(self, params: _F64, step: _F64) -> _F64:
        """Return the proportions a step of their logarithms away."""
        log_params = self.position(params) + step
        proportions = np.exp(log_params - log_params.max())
        moved: _F64 = proportions / proportions.sum()
        return moved

    def longest(self, step: _F64) -> float:
        """Return the share of a step within which no proportion changes out of all measure."""
        largest = np.abs(step).max()
        return min(1.0, _LONGEST / largest) if largest > 0 else 1.0

    def score(self, params: _F64, masses: _F64) -> _F64:
        """Return the derivative of the log-likelihood in the logarithms."""
        score: _F64 = masses - masses.sum() * params
        return score

    def information(
        self, utility: Utility, penalty: Penalty, data: Data, state: State, *, outer: bool
    ) -> Information:
        """Return the observed information by the missing information principle."""
        score = self.score(state.mixing, state.masses)
        return information_of_classes(utility, penalty, data, state, score, outer=outer)

    def undetermined(self, params: _F64, masses: _F64) -> _F64:
        """Fix the sum of the logarithms, which cancels, and those of classes that nobody is in."""
        n_annotators = float(masses.sum())
        fixed = np.full((self.n_columns,) * 2, n_annotators / self.n_columns)
        empty = np.flatnonzero(params == 0)
        fixed[empty, empty] += n_annotators
        return fixed

    def jacobian(self, params: _F64, data: Data) -> _F64:  # noqa: ARG002
        """Return how the proportions change with their logarithms."""
        jacobian: _F64 = np.diag(params) - np.outer(params, params)
        return jacobian

    def newton(self, params: _F64, masses: _F64, score: _F64) -> _F64:
        """Divide by the expected number of annotators in each class."""
        step: _F64 = score / np.maximum(masses.sum() * params, 1e-300)
        return step


def log_of(proportions: _F64) -> _F64:
    """Logarithm of proportions; an empty class is ruled out."""
    with np.errstate(divide="ignore"):
        return np.log(proportions)


def _of_one_class(utility: Utility, data: Data, coef: _F64) -> Expectation:
    """Pass over the data where a single class has all of everyone: nothing is latent."""
    everyone, masses = np.ones((data.n_rows, 1)), np.array([float(data.n_rows)])
    stretches, ends = data.stretches
    fused = utility.posterior(
        coef, data.observation, data.weight, stretches, None, np.zeros(1), ends
    )
    if fused is not None:
        of_stretches = fused[1][:, None]
        total = kernels.cross_product(None, of_stretches, ends, data.n_threads)
        return Expectation(everyone, masses, float(total[0, 0]), fused[2], None)
    table = utility.table(coef)
    each = data.observation.log_likelihood(table)
    outcome_weights = np.ones_like(each) if data.weight is None else data.weight[:, None]
    ends = data.annotator_offsets[data.block_ends]
    on_table, diagonal = data.gradient(table, outcome_weights)
    total = kernels.cross_product(outcome_weights, each, ends, data.n_threads)
    return Expectation(
        everyone,
        masses,
        float(total[0, 0]),
        utility.pull_back(on_table),
        Tabulated(table, outcome_weights, diagonal, on_table),
    )
