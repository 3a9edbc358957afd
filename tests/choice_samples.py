"""Choices drawn from known classes of annotators, in every layout."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kernel_data import offsets_of
from prefmath import Choices

LAYOUTS = ["choice_sets", "pairs", "tied pairs", "rankings"]


@dataclass(frozen=True)
class Sample:
    """Choices, the features of their items, and who is in which class."""

    choices: Choices
    features: np.ndarray
    coef: np.ndarray
    group: np.ndarray


def draw(
    seed=0,
    *,
    layout="choice_sets",
    n_annotators=40,
    n_each=15,
    n_items=30,
    coef=None,
    weights=False,
):
    """Let annotators of as many classes as `coef` has rows judge random sets."""
    rng = np.random.default_rng(seed)
    coef = np.array([[1.0, -1.0, 0.5], [-1.0, 0.5, 1.0]]) if coef is None else np.asarray(coef)
    features = rng.standard_normal((n_items, coef.shape[1]))
    group = rng.integers(len(coef), size=n_annotators)
    annotator = rng.permutation(np.repeat(np.arange(n_annotators), n_each))
    n = len(annotator)
    sizes = np.full(n, 2) if layout.endswith("pairs") else rng.integers(2, 6, size=n)
    members = np.argsort(rng.random((n, n_items)), axis=1)
    utility = features @ coef.T
    sets, chosen = [], []
    for row, size, who in zip(members, sizes, annotator, strict=True):
        noisy = utility[row[:size], group[who]] + rng.gumbel(size=size)
        best_first = np.argsort(-noisy)
        sets.append(row[:size][best_first] if layout != "choice_sets" else row[:size])
        chosen.append(best_first[0])
    items = np.concatenate(sets)
    common = {"annotator": annotator, "item_ids": [f"item {i:03}" for i in range(n_items)]}
    labels = np.array(common["item_ids"])[items]
    if weights:
        common["weight"] = rng.choice([0.0, 0.5, 1.0, 3.0], size=n)
    if layout == "choice_sets":
        choices = Choices.from_choice_sets(offsets_of(sizes), labels, chosen, **common)
    elif layout == "rankings":
        n_ranked = rng.integers(1, sizes + 1)
        choices = Choices.from_rankings(offsets_of(sizes), labels, n_ranked=n_ranked, **common)
    else:
        tie = rng.random(n) < 0.3 if layout == "tied pairs" else None
        choices = Choices.from_pairs(labels[::2], labels[1::2], tie=tie, **common)
    return Sample(choices, features, coef, group)


def relabelled(choices, annotator):
    """Make the same judgements, in the order they are stored, of annotators of other names."""
    common = {"annotator": annotator, "item_ids": choices.item_ids, "weight": choices.weight}
    labels = choices.item_ids[choices.items]
    if choices.layout == "pairs":
        return Choices.from_pairs(labels[::2], labels[1::2], tie=choices.tied, **common)
    if choices.layout == "rankings":
        return Choices.from_rankings(choices.offsets, labels, n_ranked=choices.n_ranked, **common)
    return Choices.from_choice_sets(choices.offsets, labels, choices.chosen, **common)


def judgement_log_likelihood(choices, table):
    """Sum log-likelihoods of each stored judgement, (n_judgements, n_classes), by definition."""
    out = np.zeros((len(choices), table.shape[1]))
    for i in range(len(choices)):
        u = table[choices.items[choices.offsets[i] : choices.offsets[i + 1]]]
        if choices.layout == "rankings":
            for stage in range(min(choices.n_ranked[i], len(u) - 1)):
                out[i] += u[stage] - np.logaddexp.reduce(u[stage:], axis=0)
        elif choices.tied is not None and choices.tied[i]:
            out[i] = u.mean(axis=0) - np.logaddexp.reduce(u, axis=0)
        else:
            out[i] = u[choices.chosen[i]] - np.logaddexp.reduce(u, axis=0)
    return out


def mixture_log_likelihood(choices, table, shares):
    """Return log-likelihood and class probabilities of each annotator, by definition.

    `shares` holds the class probabilities before: one row for all or one for each annotator.
    """
    ll = judgement_log_likelihood(choices, table)
    if choices.weight is not None:
        ll = ll * choices.weight[:, None]
    joint = np.zeros((choices.n_annotators, table.shape[1]))
    np.add.at(joint, choices.annotator_index, ll)
    with np.errstate(divide="ignore"):
        joint += np.log(shares)
    evidence = np.logaddexp.reduce(joint, axis=1)
    return evidence, np.exp(joint - evidence[:, None])
