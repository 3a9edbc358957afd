"""E-step and gradient of latent classes of linear utilities, as fast as we could in NumPy."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np


@dataclass
class State:
    """Parameters, responsibilities, and the choice probabilities that the next M-step needs."""

    coef: np.ndarray
    weights: np.ndarray
    responsibilities: np.ndarray
    probability: object
    log_likelihood: float


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

    def gradient(self, state):
        """Sum minus the weighted mean differences."""
        judgements = np.diff(self.data.annotator_offsets)
        by_judgement = np.repeat(state.responsibilities, judgements, axis=0).T.astype(self.dtype)
        total = np.zeros((len(state.coef), self.data.d))

        def block(differences, cut, odds):
            one = np.zeros(total.shape)
            weights = (odds * by_judgement[:, cut]).transpose(1, 0, 2)
            for k, of_class in enumerate(weights):
                one[k] = -(differences @ of_class[:, :, None])[:, :, 0].sum(axis=0)
            return one

        for one in self.map(block, self.blocks, self.cuts, state.probability):
            total += one
        return total - self.data.l2 * state.coef


def posterior(log_likelihood, weights, probability):
    """Bayes' rule for every annotator, in float64; hands the probabilities through."""
    joint = log_likelihood + np.log(weights)
    peak = joint.max(axis=1, keepdims=True)
    joint = np.exp(joint - peak)
    total = joint.sum(axis=1, keepdims=True)
    return joint / total, probability, float((peak + np.log(total)).sum())
