"""Log-likelihoods of single judgements and annotators: by definition, and they sum to all."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from choice_samples import LAYOUTS, draw, judgement_log_likelihood, mixture_log_likelihood
from prefmath import Choices
from prefmath.models import BradleyTerry, ChoiceMixture, ConditionalLogit

FEW = {"n_init": 1, "random_state": 0, "tol": 1e-3}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("weights", [False, True])
@pytest.mark.parametrize("linear", [False, True])
def test_judgements_and_annotators_sum_to_all(layout, weights, linear):
    sample = draw(3, layout=layout, n_items=8, n_annotators=30, n_each=7, weights=weights)
    features = sample.features if linear else None
    for k in (1, 3):
        model = ChoiceMixture(k, l2=0.1, **FEW).fit(sample.choices, features)
        by_judgement = model.pointwise(sample.choices, features)
        by_annotator = model.pointwise(sample.choices, features, by="annotator")
        assert by_judgement.sum() == pytest.approx(model.log_likelihood_, rel=1e-10)
        assert by_annotator.sum() == pytest.approx(model.log_likelihood_, rel=1e-10)
        who = sample.choices.restore(sample.choices.annotator_index)
        sums = np.bincount(who, by_judgement, sample.choices.n_annotators)
        np.testing.assert_allclose(sums, by_annotator, rtol=1e-10, atol=1e-12)


def test_annotators_by_definition():
    sample = draw(3, n_items=8)
    model = ChoiceMixture(2, l2=0.1, **FEW).fit(sample.choices)
    evidence, _ = mixture_log_likelihood(sample.choices, model.coef_.T, model.weights_)
    found = model.pointwise(sample.choices, by="annotator")
    np.testing.assert_allclose(found, evidence, rtol=1e-10)


def test_judgements_by_definition_in_the_order_passed_in():
    sample = draw(3, n_items=8, n_annotators=12, n_each=5)
    choices = sample.choices
    one = ConditionalLogit().fit(choices, sample.features)
    table = sample.features @ one.coef_.T
    expected = choices.restore(judgement_log_likelihood(choices, table)[:, 0])
    np.testing.assert_allclose(one.pointwise(choices, sample.features), expected, rtol=1e-10)

    model = ChoiceMixture(2, l2=0.1, **FEW).fit(choices, sample.features)
    each = judgement_log_likelihood(choices, sample.features @ model.coef_.T)
    found = choices.restore(np.arange(len(choices)))
    pointwise = model.pointwise(choices, sample.features)
    for begin, end in pairwise(choices.annotator_offsets):
        known = model.weights_.copy()
        for row in range(begin, end):
            chance = np.exp(each[row])
            assert pointwise[np.flatnonzero(found == row)[0]] == pytest.approx(
                np.log(known @ chance), rel=1e-9
            )
            known = known * chance / (known @ chance)


@pytest.mark.parametrize("hard", [False, True])
def test_few_people_of_many_judgements_and_many_of_few(hard):
    rng = np.random.default_rng(0)
    for who in (np.arange(4000) % 4, np.arange(4000) % 2000, rng.integers(0, 60, 4000) ** 2 // 60):
        winner = rng.integers(0, 5, 4000)
        loser = (winner + rng.integers(1, 5, 4000)) % 5
        choices = Choices.from_pairs(winner, loser, annotator=who)
        model = ChoiceMixture(2, hard=hard, l2=0.1, **FEW).fit(choices)
        assert model.pointwise(choices).sum() == pytest.approx(model.log_likelihood_, rel=1e-10)


def test_other_choices_than_those_of_the_fit():
    sample = draw(3, n_items=8)
    model = ChoiceMixture(2, l2=0.1, **FEW).fit(sample.choices)
    some = sample.choices.take(np.arange(0, 600, 7))
    assert model.pointwise(some).sum() / len(some) == pytest.approx(model.score(some), rel=1e-12)


def test_a_weight_of_0_says_nothing():
    choices = Choices.from_pairs(["a", "b", "a"], ["b", "a", "b"], weight=[1, 1, 0])
    found = BradleyTerry().fit(choices).pointwise(choices)
    assert found.tolist() == pytest.approx([np.log(0.5), np.log(0.5), 0.0])


def test_refusals():
    choices = Choices.from_pairs(["a", "b", "a"], ["b", "a", "b"])
    model = BradleyTerry().fit(choices)
    with pytest.raises(ValueError, match=r"^by must be 'judgement' or 'annotator', not 'person'$"):
        model.pointwise(choices, by="person")
    with pytest.raises(ValueError, match=r"^by='annotator' needs to know who judged, and nobody"):
        model.pointwise(choices, by="annotator")
    with pytest.raises(TypeError, match=r"^choices must be prefmath.Choices"):
        model.pointwise([[0, 1]])
