"""The inputs, drawn at random with a fixed seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


def pools(n_pools, n, d):
    """Embeddings of the answers to many prompts: those of one prompt have something in common."""
    rng = np.random.default_rng(1)
    x = rng.standard_normal((n_pools, n, d), dtype=np.float32)
    x += rng.standard_normal((n_pools, 1, d), dtype=np.float32)
    return x


def flat(x):
    """Return the rows of pools one after the other, and where each pool begins."""
    n_pools, n, d = x.shape
    return np.ascontiguousarray(x.reshape(-1, d)), np.arange(0, n_pools * n + 1, n)


def corpus(n, d):
    """Embeddings of one pool: clusters of unequal size, which have something in common."""
    rng = np.random.default_rng(2)
    centers = rng.standard_normal((64, d), dtype=np.float32) + rng.standard_normal(d, np.float32)
    cluster = np.minimum(rng.geometric(0.05, n), 64) - 1
    return centers[cluster] + rng.standard_normal((n, d), dtype=np.float32)


def corpus_with_copies(n, d):
    """Draw a corpus in which two rows of a hundred are nearly others: cosines of 0.84 to 1."""
    rng = np.random.default_rng(6)
    x = corpus(n, d)
    copies = rng.choice(n, n // 50, replace=False)
    noise = rng.standard_normal((len(copies), d), dtype=np.float32)
    noise *= rng.uniform(0, 1.1, (len(copies), 1)).astype(np.float32)
    x[copies] = x[rng.integers(n, size=len(copies))] + noise
    return x


@dataclass(frozen=True)
class ChoicesOfClasses:
    """What annotators of several classes chose, and a state of EM."""

    features: np.ndarray
    items: np.ndarray
    chosen: np.ndarray
    annotator_offsets: np.ndarray
    size: int
    coef: np.ndarray
    l2: float = 1e-3

    @property
    def d(self):
        return self.features.shape[1]

    @property
    def weights(self):
        return np.full(len(self.coef), 1 / len(self.coef))


def choices_of_classes(n_annotators, n_choices, size, d, n_classes, *, spread, n_items=None):
    """Choices of one among `size` by annotators of `n_classes` classes.

    `spread` is the standard deviation of a coefficient: 0.1 leaves many annotators in doubt, 0.35
    none. Without `n_items` every alternative is an item of its own. EM starts near the truth.
    """
    rng = np.random.default_rng(3)
    n = n_annotators * n_choices
    if n_items is None:
        items = np.arange(n * size, dtype=np.int32)
    else:
        first, steps = rng.integers(n_items, size=n), rng.integers(1, n_items // size, (n, size))
        items = ((first[:, None] + steps.cumsum(axis=1)) % n_items).astype(np.int32).ravel()
    features = rng.standard_normal((items.max() + 1 if n_items is None else n_items, d), np.float32)
    truth = rng.normal(0, spread, (n_classes, d))
    annotator = np.repeat(rng.integers(n_classes, size=n_annotators), n_choices)
    utility = (features.astype(np.float64) @ truth.T)[items.reshape(n, size), annotator[:, None]]
    return ChoicesOfClasses(
        features,
        items,
        (utility + rng.gumbel(size=(n, size))).argmax(axis=1).astype(np.int32),
        np.arange(0, n + 1, n_choices),
        size,
        truth + rng.normal(0, spread / 4, truth.shape),
    )


@dataclass(frozen=True)
class PairsOfClasses:
    """Which of two items annotators of several classes preferred, and a state of EM."""

    winner: np.ndarray
    loser: np.ndarray
    annotator_offsets: np.ndarray
    coef: np.ndarray
    l2: float = 1e-3

    @property
    def weights(self):
        return np.full(len(self.coef), 1 / len(self.coef))

    @property
    def annotator(self):
        judgements = np.diff(self.annotator_offsets)
        return np.repeat(np.arange(len(judgements)), judgements)


def pairs_of_classes(n_annotators, n_choices, n_items, n_classes):
    """Pairs judged by annotators of `n_classes` classes, each with a utility of its own an item."""
    rng = np.random.default_rng(4)
    n = n_annotators * n_choices
    first = rng.integers(n_items, size=n, dtype=np.int32)
    second = (first + rng.integers(1, n_items, size=n, dtype=np.int32)) % n_items
    truth = rng.normal(size=(n_classes, n_items))
    annotator = np.repeat(rng.integers(n_classes, size=n_annotators), n_choices)
    begin = truth + rng.normal(0, 0.3, truth.shape)
    ahead = truth[annotator, first] - truth[annotator, second] + rng.logistic(size=n) > 0
    return PairsOfClasses(
        np.where(ahead, first, second).astype(np.int32),
        np.where(ahead, second, first).astype(np.int32),
        np.arange(0, n + 1, n_choices),
        begin - begin.mean(axis=1, keepdims=True),
    )


def rankings(n, size, n_items):
    """Rankings of `size` of the items, drawn from Plackett and Luce's model."""
    rng = np.random.default_rng(7)
    utility = rng.normal(size=n_items)
    members = np.argsort(rng.random((n, n_items)), axis=1)[:, :size]
    noisy = utility[members] + rng.gumbel(size=members.shape)
    return np.take_along_axis(members, np.argsort(-noisy, axis=1), axis=1).astype(np.int32)
