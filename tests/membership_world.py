"""Worlds of annotators whose class depends on what they are like, and their likelihood."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import log_softmax, logsumexp

from prefmath import Choices


@dataclass
class World:
    """Who is like what, and the judgements; `logs` are of each annotator by utilities."""

    choices: Choices
    features: np.ndarray | None
    covariates: np.ndarray
    logs: object
    n_columns: int


def world(layout, seed=0, *, n_classes=2, items=False, n_annotators=60, n_each=10, n_items=6):
    """Draw annotators of two covariates and their pairs, sets of three or rankings of four."""
    rng = np.random.default_rng(seed)
    size = {"pairs": 2, "choice_sets": 3, "rankings": 4}[layout]
    covariates = np.column_stack(
        [rng.standard_normal(n_annotators), rng.random(n_annotators) < 0.4]
    ).astype(np.float64)
    gamma = np.array([[0, 0, 0], [0.2, 1.2, -0.8], [-0.3, -1.0, 1.0]])[:n_classes]
    logits = np.column_stack([np.ones(n_annotators), covariates]) @ gamma.T
    group = (logits + rng.gumbel(size=logits.shape)).argmax(axis=1)
    features = rng.standard_normal((n_items, 2))
    coef = np.array([[2.0, -1.0], [-1.5, 1.0], [1.0, 2.0]])[:n_classes]
    table = features @ coef.T
    shown = np.array([rng.permutation(n_items)[:size] for _ in range(n_annotators * n_each)])
    who = np.repeat(np.arange(n_annotators), n_each)
    utility = table[shown, group[who, None]] + rng.gumbel(size=shown.shape)
    order = np.take_along_axis(shown, np.argsort(-utility, axis=1), 1)
    offsets = np.arange(0, shown.size + 1, size)
    if layout == "pairs":
        choices = Choices.from_pairs(
            order[:, 0], order[:, 1], annotator=who, item_ids=np.arange(n_items)
        )
    elif layout == "rankings":
        choices = Choices.from_rankings(offsets, order.ravel(), annotator=who)
    else:
        choices = Choices.from_choice_sets(
            offsets, order.ravel(), np.zeros(len(order), np.int64), annotator=who
        )

    def logs(table):
        """Log-likelihood of each annotator in each column of a table."""
        each = np.zeros((len(order), table.shape[1]))
        for stage in range(size - 1 if layout == "rankings" else 1):
            each += log_softmax(table[order[:, stage:]], axis=1)[:, 0]
        return each.reshape(n_annotators, n_each, -1).sum(axis=1)

    return World(choices, None if items else features, covariates, logs, n_items if items else 2)


def negative_objective(params, drawn, covariates, n_classes, l2, spreads=1.0):
    """Return minus the penalised log-likelihood, all parameters in one vector."""
    n = n_classes * drawn.n_columns
    coef = params[:n].reshape(n_classes, -1)
    gamma = np.zeros((n_classes, 1 + covariates.shape[1]))
    gamma[1:] = params[n:].reshape(n_classes - 1, -1)
    features = np.eye(drawn.n_columns) if drawn.features is None else drawn.features
    table = features @ coef.T
    design = np.column_stack([np.ones(len(covariates)), covariates])
    joint = drawn.logs(table) + log_softmax(design @ gamma.T, axis=1)
    return -logsumexp(joint, axis=1).sum() + l2 / 2 * (np.square(coef) * spreads**2).sum()
