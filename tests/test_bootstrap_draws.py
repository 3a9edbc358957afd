"""Draws of a bootstrap, and resamples of outcomes that are weighed together."""

from __future__ import annotations

import numpy as np
import pytest

from prefmath import Choices
from prefmath.models import BradleyTerry, bootstrap
from prefmath.models._inference import drawing
from prefmath.models._inference.drawing import drawn_counts, weights_of_outcomes
from prefmath.models._inference.refitting import posed


def judged(n_annotators=40, n_each=30, n_items=5, *, weighted=False, seed=0):
    rng = np.random.default_rng(seed)
    n = n_annotators * n_each
    first = rng.integers(n_items, size=n)
    second = (first + rng.integers(1, n_items, size=n)) % n_items
    return Choices.from_pairs(
        first,
        second,
        tie=rng.random(n) < 0.1,
        annotator=rng.integers(n_annotators, size=n),
        weight=rng.random(n) + 0.5 if weighted else None,
    )


@pytest.mark.parametrize("n", [5, 10_000])
def test_as_many_units_are_drawn_as_there_are_each_as_probable(n):
    base = np.ones(n)
    drawn = np.array([drawn_counts(base, np.random.default_rng(seed)) for seed in range(200)])
    assert (drawn.sum(axis=1) == n).all()
    assert (drawn == np.round(drawn)).all()
    assert (drawn >= 0).all()
    # Of n units with replacement each is drawn a binomial number of times.
    np.testing.assert_allclose(drawn.mean(), 1)
    np.testing.assert_allclose(drawn.var(), 1 - 1 / n, rtol=0.1)
    spread = drawn.mean(axis=0).std() * 200**0.5
    np.testing.assert_allclose(spread, (1 - 1 / n) ** 0.5, rtol=0.7 if n < 10 else 0.05)


def test_units_that_count_more_are_drawn_more_often():
    base = np.tile([1.0, 3.0], 5_000)
    drawn = drawn_counts(base, np.random.default_rng(0))
    assert drawn.sum() == 20_000
    np.testing.assert_allclose(drawn[1::2].sum() / drawn[::2].sum(), 3, rtol=0.05)


@pytest.mark.parametrize("weighted", [False, True])
def test_outcomes_weigh_what_their_judgements_do(weighted):
    choices = judged(weighted=weighted)
    pose = posed(BradleyTerry().fit(choices), choices, None, None)
    assert pose.weighs_outcomes
    counts = [drawn_counts(pose.base, np.random.default_rng(seed)) for seed in range(3)]
    data = pose.problem.data
    found = weights_of_outcomes(counts, data, pose.units, 2)
    for one, of_units in zip(found, counts, strict=True):
        weight = np.repeat(of_units, np.diff(pose.units))
        if weighted:
            weight = weight * data.weight
        expected = np.bincount(data.outcome, weight, data.observation.n_outcomes)
        np.testing.assert_allclose(one, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("at_once", [1, 3])
def test_how_many_are_weighed_together_changes_nothing(at_once, monkeypatch):
    choices = judged()
    model, told = BradleyTerry().fit(choices), []

    def found(n_threads):
        return bootstrap(
            model,
            choices,
            n_resamples=7,
            random_state=1,
            n_threads=n_threads,
            progress=lambda *report: told.append(report),
        )

    together = found(1)
    monkeypatch.setattr(drawing, "_AT_ONCE", at_once)
    np.testing.assert_array_equal(found(3).coef, together.coef)
    assert told == [(done, 7) for done in range(1, 8)] * 2
