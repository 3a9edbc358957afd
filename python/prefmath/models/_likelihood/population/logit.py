"""The multinomial logit of class membership: shares, sums that its parameters depend on, steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from prefmath._kernels import kernels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.models._likelihood.data import Data

    _F64 = NDArray[np.float64]

__all__ = [
    "LogitSums",
    "damped",
    "effects_jacobian",
    "effects_of",
    "log_shares",
    "reach",
    "solved",
    "summed",
]

# Directions that have less than this part of the information of others are given no step.
_FLAT = 1e-13


def log_shares(covariates: _F64, params: _F64, n_threads: int) -> _F64:
    """Return log softmax_z(c_a · gamma_z), (n_annotators, n_classes)."""
    logits = kernels.linear_utility(covariates, np.ascontiguousarray(params), n_threads)
    logits -= logits.max(axis=1, keepdims=True)
    logits -= np.log(np.exp(logits).sum(axis=1, keepdims=True))
    return logits


@dataclass(frozen=True, eq=False)
class LogitSums:
    """What is summed over annotators, as one vector that adds up: `flat`.

    `score` is Σ_a (r_a - π_a) ⊗ c_a, `shares` Σ_a π_a; from the others follows `hessian`,
    the information of the coefficients of all classes but the first, were it known who is in which
    class.
    """

    flat: _F64
    n_classes: int
    n_covariates: int

    @property
    def score(self) -> _F64:
        """Derivative of the log-likelihood in the coefficients, (n_classes, n_covariates)."""
        k, c = self.n_classes, self.n_covariates
        return self.flat[: k * c].reshape(k, c)

    @property
    def shares(self) -> _F64:
        """Expected number of annotators in each class."""
        k, c = self.n_classes, self.n_covariates
        return self.flat[k * c : k * c + k]

    @property
    def hessian(self) -> _F64:
        """Information of the complete data in the coefficients of classes 1 to K - 1."""
        k, c = self.n_classes, self.n_covariates
        n = (k - 1) * c
        own, products = np.split(self.flat[k * c + k :], [n * c])
        # Of class z and s: Σ_a π_az (1[z = s] - π_as) c_a c_aᵀ.
        hessian: _F64 = -products.reshape(n, n)
        for z, of_class in enumerate(own.reshape(k - 1, c, c)):
            block = slice(z * c, (z + 1) * c)
            hessian[block, block] += of_class
        return hessian


def summed(data: Data, covariates: _F64, latent: _F64, shares: _F64) -> LogitSums:
    """Sum over annotators, each as often as it counts; `latent` says which class each is in.

    A row of `latent` need not sum to 1: it counts as often as its sum.
    """
    ends, n_threads = data.block_ends, data.n_threads
    k, c = shares.shape[1], covariates.shape[1]
    counted = covariates if data.counts is None else covariates * data.counts[:, None]
    score = kernels.cross_product(latent - shares, counted, ends, n_threads)
    each = (shares[:, 1:, None] * covariates[:, None, :]).reshape(len(covariates), -1)
    every = each if data.counts is None else each * data.counts[:, None]
    own = kernels.cross_product(each, counted, ends, n_threads)
    products = kernels.cross_product(each, every, ends, n_threads)
    # Sums alone, and no differences of them, add up to the last bit.
    parts = score.ravel(), data.sum(shares), own.ravel(), products.ravel()
    return LogitSums(np.concatenate(parts), k, c)


def solved(hessian: _F64, score: _F64) -> _F64:
    """Return the Newton step, none along directions of which there is no information at all."""
    diagonal = hessian.diagonal()
    scale = 1 / np.sqrt(np.where(diagonal > 0, diagonal, np.inf))
    values, vectors = np.linalg.eigh(hessian * scale * scale[:, None])
    known = values > _FLAT * max(float(values[-1]), 0.0)
    along = vectors[:, known]
    step: _F64 = scale * (along @ ((along.T @ (score * scale)) / values[known]))
    return step


def reach(step: _F64, largest: _F64) -> float:
    """Return the most by which a step can change a logit of two classes, of any annotator.

    `step` has a row a class, `largest` the largest size of each covariate.
    """
    apart = np.abs(step[:, None] - step[None])
    return float((apart @ largest).max(initial=0.0))


def damped(step: _F64, largest: _F64) -> _F64:
    """Return the share of a Newton step, up to all of it, that raises the log-likelihood for sure.

    Along a step that changes logits by h at most, the third derivative is at most h times the
    second (a third central moment of what lies within h). So the likelihood along a share t of the
    step is at least t - (e^{ht} - ht - 1) / h² times the decrement above where it was (Bach 2010,
    Self-concordant analysis for logistic regression, Electronic Journal of Statistics 4,
    proposition 1), which t = log(1 + h) / h makes largest.
    """
    h = reach(step, largest)
    return step * (np.log1p(h) / h) if h > 0 else step


def effects_of(shares: _F64, params: _F64, counts: _F64 | None) -> _F64:
    """Return marginal effects on the mean shares, (n_classes, n_covariates - 1).

    Those of a covariate are the mean over annotators of π_az (gamma_z - Σ_s π_as gamma_s): by how
    much the share of class z rises per unit of it, everyone having so much more.
    """
    slopes = params[:, 1:]
    weights = np.ones(len(shares)) if counts is None else counts
    each = shares[:, :, None] * (slopes - (shares @ slopes)[:, None, :])
    mean: _F64 = np.tensordot(weights, each, 1) / weights.sum()
    return mean


def effects_jacobian(data: Data, covariates: _F64, shares: _F64, params: _F64) -> _F64:
    """Return the derivative of `effects_of` in the coefficients of all classes but the first."""
    k, c = params.shape
    slopes = params[:, 1:]
    away = slopes - (shares @ slopes)[:, None, :]
    counted = covariates if data.counts is None else covariates * data.counts[:, None]
    jacobian = np.empty((k, c - 1, k, c))
    for z in range(k):
        own = shares[:, [z]] * (np.eye(k)[z] - shares)
        total = data.sum(own)
        for j in range(c - 1):
            weights = own * away[:, z, [j]] - shares[:, [z]] * shares * away[:, :, j]
            jacobian[z, j] = kernels.cross_product(
                weights, counted, data.block_ends, data.n_threads
            )
            jacobian[z, j, :, j + 1] += total
    found: _F64 = jacobian[:, :, 1:].reshape(k * (c - 1), (k - 1) * c) / data.n_annotators
    return found
