"""Studies drawn from known worlds, and which intervals of a fit hold the truth."""

from __future__ import annotations

import warnings

import numpy as np

from prefmath import Choices
from prefmath.models import (
    BradleyTerry,
    ChoiceMixture,
    ConditionalLogit,
    bootstrap,
    class_profiles,
)

__all__ = ["SCENARIOS", "study"]

# People, judgements each, the share of the smaller class, and what else is so.
SCENARIOS = {
    "balanced": {"people": 400, "each": 12, "share": 0.5},
    "15% class": {"people": 400, "each": 12, "share": 0.15},
    "5% class": {"people": 400, "each": 12, "share": 0.05},
    "15% class, clear": {"people": 400, "each": 12, "share": 0.15, "apart": 2.0},
    "5% class, clear": {"people": 400, "each": 24, "share": 0.05, "apart": 2.0},
    "few judgements": {"people": 400, "each": 4, "share": 0.5},
    "weighted": {"people": 400, "each": 12, "weighted": True},
    "clustered": {"people": 400, "each": 12, "clustered": True},
}
UTILITIES = 0.6 * np.array([[1.0, 0.6, 0.2, -0.2, -0.6, -1.0], [-1.0, 0.2, 0.6, -0.6, 1.0, -0.2]])
# The third and the fourth are all but equal.
NEARLY_EQUAL = np.array([0.8, 0.4, 0.01, -0.01, -0.4, -0.8])
COEF = np.array([0.5, -0.8, 0.3])
NU, FIRST = 0.6, 0.3
RESAMPLES = 200


def study(scenario, seed, *, resample):
    """Draw a study, fit models to it, and return whether intervals hold the truth.

    Returned are by name arrays of shape (2, n): whether each interval holds its truth, and whether
    it is marked as not to be relied on. The bootstrap takes long, and part only where `resample`.
    """
    rng = np.random.default_rng(seed)
    found = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if "share" in scenario:
            found |= _mixture(rng, scenario, resample=resample)
        if scenario.get("share", 0.5) == 0.5:
            found |= _one_class(rng, scenario, resample=resample)
    return found


def _pairs(rng, scenario, n_items):
    """Draw who judges which pairs, of whom copies follow each other where they are clustered."""
    people, each = scenario["people"], scenario["each"]
    annotator = np.repeat(np.arange(people), each)
    one = rng.integers(n_items, size=len(annotator))
    two = (one + rng.integers(1, n_items, size=len(annotator))) % n_items
    return annotator, one, two


def _repeated(rng, scenario, annotator):
    """Return rows and their weights: every judgement twice of some, and people who count more."""
    n = len(annotator)
    rows = np.arange(n)
    if scenario.get("clustered"):
        # Half of the people say everything three times over.
        times = np.where(rng.random(scenario["people"]) < 0.5, 3, 1)[annotator]
        rows = np.repeat(rows, times)
    weight = None
    if scenario.get("weighted"):
        weight = rng.choice([0.2, 0.5, 1.0, 3.0], scenario["people"])[annotator]
    return rows, weight


def _within(ends, truth, marked=None):
    ends, truth = np.broadcast_arrays(ends, np.asarray(truth)[..., None])
    holds = (ends[..., 0] <= truth[..., 0]) & (truth[..., 0] <= ends[..., 1])
    marked = np.zeros(holds.shape, np.bool_) if marked is None else np.asarray(marked) != ""
    return np.stack([holds.ravel(), np.broadcast_to(marked, holds.shape).ravel()])


def _one_class(rng, scenario, *, resample):
    found = {}
    annotator, one, two = _pairs(rng, scenario, 6)
    first = rng.random(len(one)) < 0.5
    margin = NEARLY_EQUAL[one] - NEARLY_EQUAL[two] + FIRST * np.where(first, 1, -1)
    worth = np.stack([np.exp(margin / 2), np.exp(-margin / 2), np.full(len(one), NU)], axis=1)
    point = rng.random(len(one)) * worth.sum(axis=1)
    outcome = (point[:, None] >= worth.cumsum(axis=1)).sum(axis=1)
    lost = outcome == 1
    rows, weight = _repeated(rng, scenario, annotator)
    choices = Choices.from_pairs(
        np.where(lost, two, one)[rows],
        np.where(lost, one, two)[rows],
        tie=(outcome == 2)[rows],
        first=(first ^ lost)[rows],
        annotator=annotator[rows],
        weight=None if weight is None else weight[rows],
    )
    model = BradleyTerry(ties="davidson", position_effect=True, n_threads=1).fit(choices)
    for kind, robust in (("robust", True), ("of the model", False)):
        errors = model.uncertainty(choices, robust=robust)
        ends = errors.interval()
        marks = errors.marks[0]
        found[f"utility of an item, {kind}"] = _within(ends.coef[0], NEARLY_EQUAL, marks[:6])
        found[f"effect of position, {kind}"] = _within(ends.position_effects[0], FIRST, marks[6:7])
        found[f"parameter of ties, {kind}"] = _within(ends.tie, NU, marks[7:8])
    errors = model.uncertainty(choices)
    found["difference of two items"] = np.concatenate(
        [
            _of(errors.contrast(f"item {i}", f"item {j}"), NEARLY_EQUAL[i] - NEARLY_EQUAL[j])
            for i, j in ((0, 1), (2, 3), (0, 5))
        ],
        axis=1,
    )
    found |= _ranks(errors, NEARLY_EQUAL)
    if resample:
        found |= _resampled(model, choices, rng)
    x, sets, model = _sets(rng, scenario)
    for kind, robust in (("robust", True), ("of the model", False)):
        errors = model.uncertainty(sets, x, robust=robust)
        ends, marks = errors.interval(), errors.marks[0]
        found[f"coefficient, {kind}"] = _within(ends.coef[0], COEF, marks)
    ratio = model.uncertainty(sets, x).ratio("feature 0", "feature 1")
    truth = COEF[0] / COEF[1]
    for kind, ends in {
        "delta method": ratio.delta,
        "Krinsky-Robb": ratio.draws,
        "Fieller": ratio.fieller,
    }.items():
        found[f"ratio of coefficients, {kind}"] = _within(ends, truth, ratio.marks)
    return found


def _of(contrast, truth):
    return _within(contrast.interval, truth, contrast.marks)


def _sets(rng, scenario):
    """Draw choices among three alternatives with features of their own, and fit."""
    annotator = np.repeat(np.arange(scenario["people"]), scenario["each"])
    x = rng.standard_normal((len(annotator), 3, 3))
    chosen = (x @ COEF + rng.gumbel(size=(len(annotator), 3))).argmax(axis=1)
    rows, weight = _repeated(rng, scenario, annotator)
    choices = Choices.from_choice_sets(
        np.arange(len(rows) + 1) * 3,
        (rows[:, None] * 3 + np.arange(3)).ravel(),
        chosen[rows],
        annotator=annotator[rows],
        weight=None if weight is None else weight[rows],
    )
    x = x.reshape(-1, 3)
    return x, choices, ConditionalLogit(n_threads=1).fit(choices, x)


def _ranks(errors, utilities):
    """Ranks each by itself, and all at once."""
    truth = 1 + (-utilities).argsort().argsort()
    each = _within(errors.ranks(n_draws=1000)[0], truth)
    joint = _within(errors.ranks(joint=True, n_draws=1000)[0], truth)
    return {
        "rank of an item": each,
        "ranks of all items at once": joint.all(axis=1, keepdims=True) & [[True], [False]],
    }


def _resampled(model, choices, rng):
    found = bootstrap(model, choices, n_resamples=RESAMPLES, random_state=rng, n_threads=1)
    ranks = 1 + (-NEARLY_EQUAL).argsort().argsort()
    return {
        "bootstrap: utility of an item": _within(
            found.interval().coef[0], NEARLY_EQUAL, found.marks[0, :6]
        ),
        "bootstrap: rank of an item": _within(found.ranks()[0], ranks),
    }


def _mixture(rng, scenario, *, resample):
    """Two classes of people, the second the smaller one, and what they are like."""
    found = {}
    people, share = scenario["people"], scenario["share"]
    group = (rng.random(people) < share).astype(int)
    annotator, one, two = _pairs(rng, scenario, 6)
    utilities = scenario.get("apart", 1.0) * UTILITIES
    margin = utilities[group[annotator], one] - utilities[group[annotator], two]
    won = rng.logistic(size=len(one)) < margin
    pairs = np.where(won, one, two), np.where(won, two, one)
    choices = Choices.from_pairs(*pairs, annotator=annotator)
    model = ChoiceMixture(2, n_init=4, random_state=0, n_threads=1).fit(choices)
    order = _order(model, utilities)
    truth = utilities[order]
    shares = np.array([1 - share, share])[order]
    small = np.argsort(order)[1]
    for kind, robust in (("robust", True), ("of the model", False)):
        try:
            errors = model.uncertainty(choices, robust=robust)
        except ValueError:
            continue
        ends = errors.interval()
        for z, name in ((1 - small, "larger"), (small, "smaller")):
            found[f"utility in the {name} class, {kind}"] = _within(
                ends.coef[z], truth[z], errors.marks[z]
            )
        found[f"share of a class, {kind}"] = _within(
            ends.weights[small], shares[small], errors.weights_marks[small]
        )
    has = rng.random(people) < np.array([0.3, 0.6])[group]
    age = rng.normal(np.array([40.0, 50.0])[group], 10)
    found |= _profiles(model, choices, has, age, order, small)
    if resample:
        found |= _bootstrap_of_classes(model, choices, rng, truth, shares, small)
    return found


def _order(model, utilities):
    """Say which class of the truth each class of the model is."""
    coef = model.coef_ - model.coef_.mean(axis=1, keepdims=True)
    straight = np.square(coef - utilities).sum()
    return (
        np.array([0, 1])
        if straight <= np.square(coef - utilities[::-1]).sum()
        else np.array([1, 0])
    )


def _profiles(model, choices, has, age, order, small):
    """Profiles, with the errors of the fit in them and without."""
    found = {}
    sizes = ((1 - small, "larger"), (small, "smaller"))
    shares, means = np.array([0.3, 0.6])[order], np.array([40.0, 50.0])[order]
    attributes = {"has": has.tolist(), "age": age}
    for known, kind in ((choices, ""), (None, ", its choices left out")):
        try:
            profiles = class_profiles(model, attributes, choices=known)
        except ValueError:
            continue
        row = profiles.level.tolist().index("True")
        numbers = profiles.numbers
        for z, name in sizes:
            found[f"profile: share in the {name} class{kind}"] = _within(
                profiles.interval[row, z], shares[z], profiles.marks[row, z]
            )
            for at, statistic in ((0, "mean"), (2, "median")):
                found[f"profile: {statistic} in the {name} class{kind}"] = _within(
                    numbers.interval[at, z], means[z], numbers.marks[at, z]
                )
    return found


def _bootstrap_of_classes(model, choices, rng, truth, shares, small):
    found = bootstrap(model, choices, n_resamples=RESAMPLES, random_state=rng, n_threads=1)
    ends = found.interval()
    out = {
        f"bootstrap: utility in the {name} class": _within(ends.coef[z], truth[z], found.marks[z])
        for z, name in ((1 - small, "larger"), (small, "smaller"))
    }
    mark = found.weights_marks[small]
    out["bootstrap: share of a class"] = _within(ends.weights[small], shares[small], mark)
    return out
