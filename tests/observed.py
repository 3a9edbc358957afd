"""Random observations of every kind, and their log-likelihoods in NumPy and SciPy."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from hypothesis import strategies as st
from scipy.special import log_expit, logsumexp

from kernel_data import offsets_of

KINDS = (
    "choices",
    "choices with positions",
    "pairs",
    "pairs with ties",
    "pairs with an order",
    "davidson",
    "davidson with an order",
    "rao_kupper",
    "rao_kupper with an order",
    "rankings",
    "first ranks",
)


@dataclass(frozen=True)
class Observed:
    """An observation as the kernels take it, a table, and what weighs the outcomes."""

    name: str
    observation: tuple
    utility: np.ndarray
    weights: np.ndarray
    direction: np.ndarray


def random_observed(name, rng, *, n_items=8, n=40, n_classes=2, spread=1.0):
    """Draw `n` outcomes of the kind over sets of distinct items."""
    pairs = "set" not in name and not name.startswith(("choices", "rank", "first"))
    sizes = np.full(n, 2) if pairs else rng.integers(1, min(n_items, 6) + 1, size=n)
    members = np.argsort(rng.random((n, n_items)), axis=1)
    items = np.concatenate([[], *(row[:k] for row, k in zip(members, sizes, strict=True))])
    offsets, items = offsets_of(sizes), items.astype(np.int32)
    chosen = tied = extra = n_ranked = None
    n_rows = n_items
    if name == "choices with positions":
        position = np.arange(len(items)) - np.repeat(offsets[:-1], sizes)
        extra = np.where(position > 0, n_items + position - 1, -1).astype(np.int32)
        n_rows += 5
    elif name.endswith("an order"):
        first = np.arange(n) * 2 + rng.integers(2, size=n)
        extra = np.full(len(items), -1, np.int32)
        extra[first] = n_items
        n_rows += 1
    ties = name.split(" ")[0]
    ties = ties if ties in {"davidson", "rao_kupper"} else "half"
    tie_row = n_rows if ties != "half" else -1
    n_rows += tie_row >= 0
    if name.startswith("choices"):
        chosen = rng.integers(sizes).astype(np.int32)
    elif ties != "half" or "ties" in name or "order" in name:
        tied = rng.random(n) < 0.4
    elif not pairs:
        n_ranked = (sizes if name == "rankings" else rng.integers(1, sizes + 1)).astype(np.int32)
    kind = "pair" if pairs else "choose_one" if name.startswith("choices") else "ranking"
    offsets = None if pairs else offsets
    return Observed(
        name,
        (kind, offsets, items, chosen, tied, extra, n_ranked, ties, tie_row, None),
        spread * rng.standard_normal((n_rows, n_classes)),
        rng.exponential(size=(n, n_classes)) * rng.choice([0.0, 1.0, 1.0], size=(n, n_classes)),
        rng.standard_normal((n_rows, n_classes)),
    )


@st.composite
def observed(draw):
    """Draw an observation of any kind, of moderate or of extreme utilities."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return random_observed(
        draw(st.sampled_from(KINDS)),
        rng,
        n_items=draw(st.integers(2, 12)),
        n=draw(st.integers(0, 60)),
        n_classes=draw(st.integers(1, 11)),
        spread=draw(st.sampled_from([0.1, 1.0, 5.0, 100.0])),
    )


def log_likelihood(observed, utility):
    """Log-likelihood of each outcome under each class, outcome by outcome."""
    kind, offsets, items, chosen, tied, extra, n_ranked, ties, tie_row, _ = observed.observation
    u = utility[items]
    if extra is not None:
        u = u + np.where(extra[:, None] >= 0, utility[extra], 0)
    if offsets is None:
        offsets = np.arange(0, len(items) + 1, 2)
    rows = []
    for s, (first, last) in enumerate(pairwise(offsets)):
        v = u[first:last]
        if kind == "choose_one":
            row = v[chosen[s]] - logsumexp(v, axis=0)
        elif kind == "ranking":
            row = sum(v[t] - logsumexp(v[t:], axis=0) for t in range(n_ranked[s]))
        else:
            row = _pair(v, tied is not None and tied[s], ties, utility[tie_row])
        rows.append(row)
    return np.array(rows).reshape(len(offsets) - 1, utility.shape[1])


def _pair(v, tied, ties, parameter):
    margin = v[0] - v[1]
    if ties == "half":
        return (log_expit(margin) + log_expit(-margin)) / 2 if tied else log_expit(margin)
    if ties == "davidson":
        parts = np.stack([v[0], v[1], parameter + v.mean(axis=0)])
        return parts[2 if tied else 0] - logsumexp(parts, axis=0)
    threshold = np.exp(np.minimum(parameter, 300))  # the kernels take no larger one
    if not tied:
        return log_expit(margin - threshold)
    # P(tie) = sinh(l) / (cosh(l) + cosh(m)), all divided by exp(l + |m|) / 2
    top = np.log(-np.expm1(-2 * threshold)) + threshold
    parts = [threshold, -threshold, margin, -margin]
    return top - logsumexp(np.stack(parts), axis=0)
