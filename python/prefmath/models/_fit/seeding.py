"""Coefficients to start from: groups of annotators who would pull a common model one way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from prefmath._kernels import kernels
from prefmath.models._likelihood.unit_scores import unit_scores

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.models._fit.curvature import Curvature
    from prefmath.models._likelihood.problem import Problem
    from prefmath.models._likelihood.state import State

    _F64 = NDArray[np.float64]

__all__ = ["Seeding"]

# A class begun from a few annotators has so many judgements for each of its parameters, if it can.
_JUDGEMENTS_A_PARAMETER = 3.0
_LLOYD_STEPS = 20
# One start of so many in a subspace is from a few annotators a class.
_A_FEW_OF_MANY = 5
# A class is split so that this part of it, of its judgements, and no larger part than that leaves.
_LEAST_PART = 0.05
_LARGEST_PART = 0.5
# A class that is put where annotators are explained worst begins from so many times a few of them.
_ALIKE = (1, 1, 2, 4)
# A class begins at least as strongly penalised as this.
_LEAST_PENALTY = 1.0
# Where weights are so large that this penalty is nothing beside them, this share is not.
_RIDGE = 1e-10


class Seeding:
    """Scores of annotators at what all have in common: the slope of what each judged.

    An annotator of n judgements whose coefficients are off by δ has the score n I δ, and noise of
    covariance n I, where I is the curvature of a judgement: with I as the metric, annotators of one
    class are a cloud around the δ of that class.
    """

    def __init__(
        self, problem: Problem, pooled: State, curvature: Curvature, *, in_subspace: bool = False
    ) -> None:
        self._n_threads = problem.n_threads
        of_units = unit_scores(problem.utility, problem.data, pooled.coef)
        self._scores = np.concatenate([scores[:, 0] for _, scores in of_units])
        self._sizes = np.diff(problem.data.annotator_offsets).astype(np.float64)
        self._counts: _F64 = problem.data.of_each
        self._mass = self._counts * self._sizes
        self._pooled: _F64 = pooled.coef[0]
        # Of one judgement: a matrix, or where there are too many parameters its diagonal.
        self._curvature: _F64 = curvature.of_one_class() / float(self._counts @ self._sizes)
        self._points = self._whitened()
        self._in_subspace = in_subspace

    def start(self, number: int, n_classes: int, rng: np.random.Generator) -> tuple[_F64, _F64]:
        """Coefficients and members of classes for one of several starts, in turn of either kind.

        In a subspace clusters are nearly the classes, so that most starts are from these.
        """
        few = number % _A_FEW_OF_MANY == 1 if self._in_subspace else number % 2 == 1
        return self.few(n_classes, rng) if few else self.clusters(n_classes, rng)

    def clusters(self, n_classes: int, rng: np.random.Generator) -> tuple[_F64, _F64]:
        """Coefficients of classes and their members from k-means++ and Lloyd's steps on scores."""
        points, sizes = self._points, self._mass
        centers = points[_spread_out(points, sizes, n_classes, self._n_candidates(n_classes), rng)]
        nearest = _nearest(points, centers)
        for _ in range(_LLOYD_STEPS):
            members = (nearest[:, None] == np.arange(n_classes)) * sizes[:, None]
            mass = members.sum(axis=0)
            found = mass > 0
            centers[found] = self._summed(members, points)[found] / mass[found, None]
            before, nearest = nearest, _nearest(points, centers)
            if np.array_equal(before, nearest):
                break
        membership = (nearest[:, None] == np.arange(n_classes)).astype(np.float64)
        return self._coef(membership), membership

    def _n_candidates(self, n_classes: int) -> int:
        """Return as many as the authors of k-means++ take, where a start is worth the time."""
        return 2 + int(np.log(n_classes)) if self._in_subspace else 1

    def few(self, n_classes: int, rng: np.random.Generator) -> tuple[_F64, _F64]:
        """Coefficients of classes from a few members each, drawn at random."""
        n, size = len(self._sizes), self._few(n_classes)
        seeds = rng.permutation(n)[: size * n_classes]
        membership = np.zeros((n, n_classes))
        membership[seeds, np.arange(len(seeds)) % n_classes] = 1
        return self._coef(membership), membership

    def _few(self, n_classes: int) -> int:
        """Return how many annotators a class may be begun from."""
        n = len(self._sizes)
        a_row = float(self._counts @ self._sizes) / n
        wanted = _JUDGEMENTS_A_PARAMETER * len(self._pooled) / max(a_row, 1e-300)
        return int(np.clip(np.ceil(wanted), 1, max(n // n_classes, 1)))

    def some(self, n_classes: int, rng: np.random.Generator) -> _F64:
        """Draw the members of one class, a few annotators, 1 for each of them and 0 for others."""
        members = np.zeros(len(self._sizes))
        members[rng.permutation(len(members))[: self._few(n_classes)]] = 1
        return members

    def differences(self, latent: _F64) -> _F64:
        """Sum of squared distances of the members of each class from their mean."""
        members = latent * self._mass[:, None]
        mass = np.maximum(members.sum(axis=0), 1e-300)
        means = self._summed(members, self._points) / mass[:, None]
        squares = members.T @ (self._points**2).sum(axis=1)
        differences: _F64 = np.maximum(squares - mass * (means**2).sum(axis=1), 0.0)
        return differences

    def part(self, members: _F64, rng: np.random.Generator) -> _F64:
        """Draw a part of a class: those who differ from its mean as one of them does."""
        mass = members * self._mass
        total = mass.sum()
        if not total > 0:
            return self.some(1, rng)
        away = self._points - (mass @ self._points) / total
        one = int(rng.choice(len(mass), p=mass / total))
        along = away @ away[one]
        order = np.argsort(-along, kind="stable")
        share = rng.uniform(_LEAST_PART, _LARGEST_PART)
        n_taken = int(np.searchsorted(np.cumsum(mass[order]), share * total)) + 1
        part = np.zeros(len(mass))
        part[order[:n_taken]] = members[order[:n_taken]]
        return part

    def worst_explained(self, latent: _F64, rng: np.random.Generator) -> _F64:
        """Draw an annotator who is far from the classes, and at times a few who are much alike."""
        members = latent * self._mass[:, None]
        means = self._summed(members, self._points)
        means /= np.maximum(members.sum(axis=0), 1e-300)[:, None]
        away = self._mass * ((self._points - latent @ means) ** 2).sum(axis=1)
        odds = np.square(away)
        if not odds.sum() > 0:
            return self.some(1, rng)
        one = int(rng.choice(len(odds), p=odds / odds.sum()))
        near = ((self._points - self._points[one]) ** 2).sum(axis=1)
        near[one] = -1.0
        n_alike = int(rng.choice(_ALIKE)) * self._few(latent.shape[1])
        worst = np.zeros(len(odds))
        worst[np.argsort(near, kind="stable")[:n_alike]] = 1
        return worst

    def fitted_to(self, members: _F64) -> _F64:
        """Return the coefficients of one class of these members."""
        coef: _F64 = self._coef(np.ascontiguousarray(members[:, None]))[0]
        return coef

    def _coef(self, membership: _F64) -> _F64:
        """Newton's step of each class from what all have in common."""
        counted = membership * self._counts[:, None]
        scores = self._summed(counted, self._scores)
        sizes = self._summed(counted, self._sizes[:, None])[:, 0]
        if self._curvature.ndim == 1:
            by_diagonal: _F64 = scores / (sizes[:, None] * self._curvature + _LEAST_PENALTY)
            return by_diagonal + self._pooled
        systems: _F64 = sizes[:, None, None] * self._curvature
        every = np.arange(len(self._pooled))
        systems[:, every, every] *= 1 + _RIDGE
        systems[:, every, every] += _LEAST_PENALTY
        steps = np.linalg.solve(systems, scores[:, :, None])[:, :, 0]
        moved: _F64 = steps + self._pooled
        return moved

    def _summed(self, members: _F64, values: _F64) -> _F64:
        """Sum over the annotators of each class, each as much as it is a member."""
        return kernels.cross_product(members, values, None, self._n_threads)

    def _whitened(self) -> _F64:
        """Scores a judgement, in the metric of the curvature."""
        means: _F64 = self._scores / np.maximum(self._sizes, 1)[:, None]
        if self._curvature.ndim == 1:
            means /= np.sqrt(np.where(self._curvature > 0, self._curvature, np.inf))
            return means
        # Each parameter in units in which its own curvature is 1, so that none hides another.
        diagonal = self._curvature.diagonal()
        units = np.sqrt(np.where(diagonal > 0, diagonal, np.inf))
        values, vectors = np.linalg.eigh(self._curvature / units / units[:, None])
        known = values > 1e-9 * values.max(initial=0)
        points: _F64 = (means / units) @ (vectors[:, known] / np.sqrt(values[known]))
        return points


def _spread_out(
    points: _F64, sizes: _F64, n: int, n_candidates: int, rng: np.random.Generator
) -> list[int]:
    """Choose far apart points at random: k-means++ (Arthur and Vassilvitskii 2007).

    Of several candidates the one that leaves the others nearest is taken.
    """
    chosen: list[int] = []
    distances = np.ones(len(points))
    for _ in range(n):
        odds = np.cumsum(distances * sizes)
        if not odds[-1] > 0:
            odds = np.cumsum(np.ones(len(points)))
        least = np.inf
        for candidate in np.searchsorted(odds, rng.random(n_candidates) * odds[-1], side="right"):
            away = ((points - points[candidate]) ** 2).sum(axis=1)
            left = np.minimum(distances, away) if chosen else away
            if (total := float(left @ sizes)) < least:
                best, least, nearest = int(candidate), total, left
        chosen.append(best)
        distances = nearest
    return chosen


def _nearest(points: _F64, centers: _F64) -> NDArray[np.int64]:
    nearest: NDArray[np.int64] = (points @ centers.T - (centers**2).sum(axis=1) / 2).argmax(axis=1)
    return nearest
