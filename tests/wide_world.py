"""Drawn choices of people in classes, among items of many features."""

from __future__ import annotations

import numpy as np

from prefmath import Choices
from prefmath._threads import resolve_threads
from prefmath.models import ChoiceMixture
from prefmath.models._likelihood.posing import pose


def world(kind="sets", *, d=80, classes=3, people=120, each=30, shared=0, small=None, seed=0):
    """Choices of people in classes, features, coefficients and the classes people are in."""
    rng = np.random.default_rng(seed)
    size = 2 if kind in ("pairs", "davidson") else 4
    n = people * each
    features = rng.standard_normal((shared or n * size, d), dtype=np.float32)
    items = np.arange(n * size).reshape(n, size)
    if shared:
        items = rng.random((n, shared)).argpartition(size, axis=1)[:, :size]
    coef = rng.standard_normal((classes, d)) * 1.2 / np.sqrt(d)
    of_person = rng.choice(classes, size=people, p=small)
    annotator = np.repeat(np.arange(people), each)
    utility = np.einsum("nsd,nd->ns", features[items], coef[of_person[annotator]])
    noisy = utility + rng.gumbel(size=utility.shape)
    offsets = np.arange(0, n * size + 1, size)
    if kind == "sets":
        choices = Choices.from_choice_sets(
            offsets, items.ravel(), noisy.argmax(axis=1), annotator=annotator
        )
    elif kind == "rankings":
        ranked = np.take_along_axis(items, np.argsort(-noisy, axis=1), axis=1)
        choices = Choices.from_rankings(offsets, ranked.ravel(), annotator=annotator)
    else:
        best = np.argsort(-noisy, axis=1)
        winner, loser = np.take_along_axis(items, best, axis=1).T
        tie = None
        if kind == "davidson":
            tie = np.abs(np.diff(utility, axis=1)[:, 0]) < 0.3 * rng.gumbel(size=n)
        choices = Choices.from_pairs(winner, loser, tie=tie, annotator=annotator)
    return choices, features, coef, of_person


def posed(choices, features, classes, **options):
    """Return the problem that a mixture solves."""
    model = ChoiceMixture(classes, **options)
    return pose(model._specification(choices), choices, features, resolve_threads(None))
