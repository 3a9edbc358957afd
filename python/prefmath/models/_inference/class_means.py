r"""Means of what annotators are like, in classes that nobody is surely in.

Whoever is in class z with probability :math:`\gamma_{az}`, what annotator a is like has the
expectation :math:`\sum_z \gamma_{az} \mu_z`, as what people are like and what they choose are
independent within classes. So the means are those of a regression on responsibilities,
:math:`\mu = (\Gamma^\top \Gamma)^{-1} \Gamma^\top y`. That is the correction for errors of
assignment by Bolck, Croon and Hagenaars (2004) with proportional assignment (Vermunt 2010, Latent
class modeling with covariates: two improved three-step approaches, Political Analysis 18): with
:math:`D_{zs} = \sum_a \gamma_{az} \gamma_{as} / \sum_a \gamma_{az}`, the chance to be assigned to s
when in z, weights :math:`\gamma_a D^{-1}` sum to the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from prefmath.models._likelihood.products import cross_sum

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.models._inference.first_step import FirstStep

    _F64 = NDArray[np.float64]

__all__ = ["ClassMeans", "class_means"]

# Classes whose responsibilities depend on each other up to this share are not told apart.
_SINGULAR = 1e-8


@dataclass(frozen=True, eq=False)
class ClassMeans:
    """Means of some numbers of each annotator, by class.

    `mean` and `variance`, the square of its standard error, are (n_numbers, n_classes); `people`
    says of how many people whose class is sure a mean would be as well known, 0 where nothing tells
    the class from others: the mean is then that of all. `weights`, (n_annotators, n_classes), are
    those whose sums over annotators the means are.
    """

    mean: _F64
    variance: _F64
    people: _F64
    weights: _F64


def class_means(
    numbers: _F64, gamma: _F64, counts: _F64, known: NDArray[np.bool_], first: FirstStep | None
) -> ClassMeans:
    """Return means by class of the columns of `numbers`, and how far they may be off.

    `counts` says how many people an annotator stands for, and `known` of whom the numbers are.
    Errors are robust, a sandwich over annotators; they hold the errors of the responsibilities
    where the `first` step, the fit of the model, is given.
    """
    here = counts * known
    normal = cross_sum(gamma * here[:, None], gamma, 1)
    inverse, told = _inverse(normal)
    weights = here[:, None] * (gamma @ inverse)
    values = np.where(known[:, None], numbers, 0.0)
    mean = cross_sum(values, weights, 1)
    overall = here @ values / here.sum()
    mean[:, ~told] = overall[:, None]
    residuals = np.where(known[:, None], values - gamma @ mean.T, 0.0)
    one = gamma @ inverse
    if first is None:
        variance = cross_sum(np.square(residuals) * here[:, None], np.square(one), 1)
    else:
        variance = first.variance(residuals, one, inverse, mean, gamma, counts)
    diagonal = inverse.diagonal()
    people = np.where(told, 1 / np.where(diagonal > 0, diagonal, 1), 0.0)
    return ClassMeans(mean, variance, people, weights)


def _inverse(normal: _F64) -> tuple[_F64, NDArray[np.bool_]]:
    """Return the inverse, and which classes it tells from the others."""
    diagonal = normal.diagonal()
    scale = 1 / np.sqrt(np.where(diagonal > 0, diagonal, 1))
    values, vectors = np.linalg.eigh(normal * scale * scale[:, None])
    null = values <= _SINGULAR
    told = (np.square(vectors[:, null]).sum(axis=1) <= _SINGULAR) & (diagonal > 0)
    root = vectors[:, ~null] / np.sqrt(values[~null]) * scale[:, None]
    inverse: _F64 = root @ root.T
    return inverse, told
