"""An iteration of EM for latent classes of linear utilities, in NumPy, written twice.

Both take the iteration that prefmath takes: one Newton step in the coefficients of every class, the
mean responsibilities as class weights, then the E-step. `Dense` is what one writes first, whole
arrays at a time; `Blocked` is the fastest that we found in NumPy.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

# A judgement whose weight under a class is this small is left out, as prefmath does.
NEGLIGIBLE = 1e-18


@dataclass
class State:
    """Parameters, responsibilities, and the choice probabilities that the next M-step needs."""

    coef: np.ndarray
    weights: np.ndarray
    responsibilities: np.ndarray
    probability: object
    log_likelihood: float


class Dense:
    """Whole arrays in float64, alternatives as rows.

    The Hessian is a sum of products of features centred on the mean of their choice set and scaled
    by the root of their weight: NumPy hands a product of a matrix with itself to the faster syrk.
    """

    def __init__(self, data, dtype=np.float64):
        self.data, self.dtype = data, dtype
        self.sets = data.features[data.items].astype(dtype).reshape(-1, data.size, data.d)
        self.rows = np.arange(len(self.sets))

    def expect(self, coef, weights):
        """E-step."""
        n, size, d = self.sets.shape
        utility = (self.sets.reshape(-1, d) @ coef.T.astype(self.dtype)).reshape(n, size, -1)
        utility -= utility.max(axis=1, keepdims=True)
        log_likelihood = utility[self.rows, self.data.chosen]
        np.exp(utility, out=utility)
        total = utility.sum(axis=1)
        log_likelihood -= np.log(total)
        utility /= total[:, None]
        of_annotator = np.add.reduceat(log_likelihood, self.data.annotator_offsets[:-1], axis=0)
        return State(coef, weights, *posterior(of_annotator, weights, utility))

    def iterate(self, state):
        """M-step and E-step."""
        d = self.data.d
        judgements = np.diff(self.data.annotator_offsets)
        by_judgement = np.repeat(state.responsibilities.astype(self.dtype), judgements, axis=0)
        coef = state.coef.copy()
        for k, of_class in enumerate(state.coef):
            p, w = state.probability[:, :, k], by_judgement[:, k]
            mean = (p[:, None] @ self.sets)[:, 0]
            gradient = w @ (self.sets[self.rows, self.data.chosen] - mean)
            centered = self.sets - mean[:, None]
            centered *= np.sqrt(w[:, None] * p)[:, :, None]
            centered = centered.reshape(-1, d)
            coef[k] += newton(gradient, centered.T @ centered, of_class, self.data.l2)
        return self.expect(coef, state.responsibilities.mean(axis=0))


class Blocked:
    """Blocks that stay in the cache, float32, alternatives as differences from the chosen one.

    The chosen alternative drops out: three differences a set instead of four alternatives, and the
    gradient is minus their weighted mean. The long axis lies last, so that NumPy's loops are long.
    Within a block everything is float32; sums over blocks and the solution are float64.
    """

    def __init__(self, data, dtype=np.float32, sets_a_block=960, n_threads=1):
        self.data, self.dtype = data, dtype
        size, rows = data.size, np.arange(len(data.chosen))
        others = np.array([[j for j in range(size) if j != c] for c in range(size)])[data.chosen]
        items = data.items.reshape(-1, size)
        self.blocks, self.cuts = [], []
        for first in range(0, len(rows), sets_a_block):
            cut = slice(first, first + sets_a_block)
            x = data.features[items[rows[cut, None], others[cut]]]
            x = x - data.features[items[rows[cut], data.chosen[cut]]][:, None]
            self.blocks.append(np.ascontiguousarray(x.transpose(1, 2, 0), dtype))
            self.cuts.append(cut)
        self.map = map if n_threads == 1 else ThreadPoolExecutor(n_threads).map

    def expect(self, coef, weights):
        """E-step."""
        log_likelihood = np.empty((len(coef), len(self.data.chosen)))
        small = coef.astype(self.dtype)

        def block(differences, cut):
            odds = small @ differences
            peak = np.maximum(odds.max(axis=0), 0)
            odds -= peak
            np.exp(odds, out=odds)
            total = odds.sum(axis=0)
            total += np.exp(-peak)
            odds /= total
            np.log(total, out=total)
            total += peak
            np.negative(total, out=log_likelihood[:, cut])
            return odds

        odds = list(self.map(block, self.blocks, self.cuts))
        starts = self.data.annotator_offsets[:-1]
        of_annotator = np.add.reduceat(log_likelihood, starts, axis=1).T
        return State(coef, weights, *posterior(of_annotator, weights, odds))

    def iterate(self, state):
        """M-step and E-step."""
        judgements = np.diff(self.data.annotator_offsets)
        by_judgement = np.repeat(state.responsibilities, judgements, axis=0).T.astype(self.dtype)
        by_judgement = np.ascontiguousarray(by_judgement)
        shape = len(state.coef), self.data.d
        gradient, hessian = np.zeros(shape), np.zeros((*shape, shape[1]))

        def block(differences, cut, odds):
            one, two = np.zeros(shape), np.zeros((*shape, shape[1]))
            for k in range(shape[0]):
                x, p, w = differences, odds[:, k], by_judgement[k, cut]
                if w.min() <= NEGLIGIBLE:
                    runs = runs_of(w > NEGLIGIBLE)
                    x, p, w = (joined(values, runs) for values in (x, p, w))
                scaled = x * (w * p)[:, None]
                total = scaled[0] + scaled[1]
                for more in scaled[2:]:
                    total += more
                one[k] = -total.sum(axis=1)
                two[k] = (scaled @ x.transpose(0, 2, 1)).sum(axis=0)
                two[k] -= (total / w) @ total.T
            return one, two

        for one, two in self.map(block, self.blocks, self.cuts, state.probability):
            gradient += one
            hessian += two
        of_classes = zip(gradient, hessian, state.coef, strict=True)
        step = [newton(*of_class, self.data.l2) for of_class in of_classes]
        return self.expect(state.coef + step, state.responsibilities.mean(axis=0))


def posterior(log_likelihood, weights, probability):
    """Bayes' rule for every annotator, in float64; hands the probabilities through."""
    joint = log_likelihood + np.log(weights)
    peak = joint.max(axis=1, keepdims=True)
    joint = np.exp(joint - peak)
    total = joint.sum(axis=1, keepdims=True)
    return joint / total, probability, float((peak + np.log(total)).sum())


def runs_of(keep):
    """Where the values to be kept begin and end: whole annotators, so that there are few runs."""
    edges = np.flatnonzero(keep[1:] != keep[:-1]) + 1
    edges = [0, *edges.tolist(), len(keep)]
    return [slice(*run) for run in pairwise(edges) if keep[run[0]]]


def joined(values, runs):
    """The runs of values along the last axis, one after the other."""
    return np.concatenate([values[..., :0], *(values[..., run] for run in runs)], axis=-1)


def newton(gradient, hessian, coef, l2):
    """Newton step of one class."""
    hessian = hessian.astype(np.float64) + l2 * np.eye(len(coef))
    return np.linalg.solve(hessian, gradient - l2 * coef)
