"""Random input of the kernels: embeddings with copies and ties, ragged choice sets, pairs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st


@dataclass(frozen=True)
class Judged:
    """Choice sets over a utility table, as the kernels take them."""

    features: np.ndarray
    coef: np.ndarray
    utility: np.ndarray
    offsets: np.ndarray
    items: np.ndarray
    chosen: np.ndarray
    tied: np.ndarray | None
    weights: np.ndarray
    direction: np.ndarray

    @property
    def sets(self):
        """Choices of one, as the kernels take an observation."""
        return "choose_one", self.offsets, self.items, self.chosen, *[None] * 3, "half", -1, None

    @property
    def pairs(self):
        """Pairs, as the kernels take an observation."""
        return "pair", None, self.items, None, self.tied, None, None, "half", -1, None


def gram(kernels, x, n_threads):
    """Dot products of all rows."""
    return _similarities(kernels, x, "dot", n_threads)


def cosine(kernels, x, n_threads):
    """Cosines of all rows."""
    return _similarities(kernels, x, "cosine", n_threads)


def _similarities(kernels, x, metric, n_threads):
    out = np.empty((len(x), len(x)), np.float32)
    kernels.similarity_matrix(x, None, metric, 1.0, out, None, n_threads)
    return out


def offsets_of(sizes):
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)


def random_embeddings(rng, n, d, *, grid=False):
    """Draw rows, many of them copies or multiples of others; on a grid many products are equal."""
    x = rng.integers(-2, 3, size=(n, d)) if grid else rng.standard_normal((n, d))
    x = x.astype(np.float32)
    x[~x.any(axis=1), 0] = 1
    copies = rng.random(n) < 0.3
    scale = rng.choice([1, 0.25, 2, 3, -0.7, 1e-12, 1e12], size=n).astype(np.float32)
    x[copies] = (x[rng.integers(n, size=n)] * scale[:, None])[copies]
    return x


def without_overflow(x):
    """Bring rows that are scaled by 1e12 back to where float32 holds their products."""
    return np.clip(x, -1e15, 1e15)


def random_judged(
    rng, n_items, sizes, n_classes, d, *, spread=1.0, dtype=np.float64, ties=False, grid=False
):
    """Draw sets of distinct items, what was chosen of each, and weights of which some are nothing.

    Utilities are the product of features and coefficients, as in a model; `spread` is about their
    standard deviation.
    """
    n_sets = len(sizes)
    members = np.argsort(rng.random((n_sets, n_items)), axis=1)
    items = [row[:size] for row, size in zip(members, sizes, strict=True)]
    weights = rng.exponential(size=(n_sets, n_classes))
    weights *= rng.choice([0.0, 1e-20, 1e-9, 1.0, 40.0], size=weights.shape)
    features = rng.standard_normal((n_items, d)).astype(dtype)
    coef = rng.standard_normal((n_classes, d)) * (spread / np.sqrt(d))
    if grid:
        features, coef = np.round(features), np.round(coef)
    return Judged(
        features=features,
        coef=coef,
        utility=features.astype(np.float64) @ coef.T,
        offsets=offsets_of(sizes),
        items=np.concatenate([np.empty(0), *items]).astype(np.int32),
        chosen=rng.integers(np.maximum(sizes, 1), size=n_sets).astype(np.int32),
        tied=rng.random(n_sets) < 0.4 if ties else None,
        weights=weights,
        direction=rng.standard_normal((n_items, n_classes)),
    )


@st.composite
def embeddings(draw, max_n=40, max_d=70):
    n, d = draw(st.integers(1, max_n)), draw(st.integers(1, max_d))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return random_embeddings(rng, n, d, grid=draw(st.booleans()))


@st.composite
def qualities(draw, n):
    """Draw none, or one a row: of few values, so that there are ties, some of them zero."""
    values = st.sampled_from([0.0, 1e-3, 0.5, 1.0, 1.0, 3.0])
    given = st.lists(values, min_size=n, max_size=n).map(np.array)
    return draw(st.none() | given)


@st.composite
def many_pools(draw):
    """Draw embeddings cut into pools, some of them empty."""
    x = draw(embeddings(max_n=60))
    cuts = draw(st.lists(st.integers(0, len(x)), max_size=8))
    offsets = np.array([0, *sorted(cuts), len(x)], np.int64)
    return x, offsets, draw(qualities(len(x))), draw(st.integers(0, 7))


@st.composite
def judged_sets(draw, max_items=25, max_sets=40):
    """Draw ragged sets, of one to seven items."""
    n_items = draw(st.integers(1, max_items))
    sizes = draw(st.lists(st.integers(1, min(n_items, 7)), max_size=max_sets))
    return _judged(draw, n_items, np.array(sizes, np.int64), ties=False)


@st.composite
def judged_pairs(draw, max_items=25, max_pairs=60):
    """Draw pairs, the first item of each preferred unless they are tied."""
    n_items = draw(st.integers(2, max_items))
    sizes = np.full(draw(st.integers(0, max_pairs)), 2, np.int64)
    judged = _judged(draw, n_items, sizes, ties=draw(st.booleans()))
    judged.chosen[:] = 0
    return judged


def _judged(draw, n_items, sizes, *, ties):
    return random_judged(
        np.random.default_rng(draw(st.integers(0, 2**32 - 1))),
        n_items,
        sizes,
        n_classes=draw(st.integers(1, 6)),
        d=draw(st.integers(1, 70)),
        spread=draw(st.sampled_from([0.1, 1.0, 30.0, 700.0])),
        dtype=draw(st.sampled_from([np.float32, np.float64])),
        ties=ties,
        grid=draw(st.booleans()),
    )


def dpp_bonus(quality):
    """Return what the kernels add for quality under dpp: its doubled logarithm."""
    with np.errstate(divide="ignore"):
        return None if quality is None else 2 * np.log(quality)


def greedy_dpp(kernels, x, quality, k, n_threads):
    """Choose up to `k` rows of one pool by dpp."""
    return kernels.greedy(x, "dpp", dpp_bonus(quality), 1.0, k, None, n_threads)


def greedy_dpp_batch(kernels, x, offsets, quality, k, n_threads):
    """Choose up to `k` positions of each pool by dpp."""
    ks = np.full(len(offsets) - 1, k)
    return kernels.greedy_batch(x, offsets, "dpp", dpp_bonus(quality), 1.0, ks, None, n_threads)
