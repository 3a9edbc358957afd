"""How many classes: the table by definition, what must not matter, refusals."""

from __future__ import annotations

import numpy as np
import pytest

from choice_samples import LAYOUTS, draw
from prefmath import Choices
from prefmath.models import ChoiceMixture, ConvergenceWarning, select_components

QUICK = ChoiceMixture(n_init=2, tol=1e-3, random_state=0)
CLEAR = [[3.0, 0.0, 0.0], [0.0, 3.0, -2.0]]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("linear", [True, False])
def test_the_table_by_definition(layout, linear):
    sample = draw(0, layout=layout, coef=CLEAR, n_items=10)
    features = sample.features if linear else None
    found = select_components(sample.choices, features, [3, 1, 2, 2], estimator=QUICK, n_folds=4)
    assert found.components.tolist() == [1, 2, 3]
    assert found.n_components == 2
    assert found.model is found.models[1]
    free = 3 if linear else 9
    assert found.n_parameters.tolist() == [k * free + k - 1 for k in (1, 2, 3)]
    for i, model in enumerate(found.models):
        assert model.n_components == len(model.weights_) == i + 1
        assert model.log_likelihood_ == found.log_likelihood[i]
        assert found.bic[i] == pytest.approx(model.bic(sample.choices, features), rel=1e-9)
        aic = 2 * found.n_parameters[i] - 2 * model.log_likelihood_
        assert found.aic[i] == pytest.approx(aic)
        gamma = np.maximum(model.responsibilities_, 1e-300)
        icl = found.bic[i] - 2 * (gamma * np.log(gamma)).sum()
        assert found.icl[i] == pytest.approx(icl)
        assert (model.progress, model.n_threads) == (None, None)
    lines = repr(found).splitlines()
    assert lines[0] == "ComponentSelection(2 by bic)"
    assert lines[1].split()[-2:] == ["ICL", "held-out"]
    assert [line.split()[1] == "*" for line in lines[2:]] == [False, True, False]
    assert not found.is_largest_tried


def test_a_choice_of_the_largest_number_tried_says_so():
    sample = draw(0, coef=CLEAR, n_items=10)
    found = select_components(sample.choices, sample.features, [1, 2], estimator=QUICK)
    assert found.n_components == 2
    assert found.is_largest_tried
    last = repr(found).splitlines()[-1]
    assert last == "* 2 is the largest number tried: more may be better"


def test_held_out_is_of_people_not_fitted():
    sample = draw(1, coef=CLEAR, n_annotators=12)
    found = select_components(
        sample.choices, sample.features, [1, 2], estimator=QUICK, criterion="held_out", n_folds=12
    )
    assert found.n_components == 2
    who = sample.choices.restore(sample.choices.annotator_index)
    expected = 0.0
    for person in range(12):
        model = ChoiceMixture(1, l2=QUICK.l2).fit(
            sample.choices.take(who != person), sample.features
        )
        rest = sample.choices.take(who == person)
        expected += model.score(rest, sample.features) * len(rest)
    assert found.held_out[0] == pytest.approx(expected, abs=1e-3)
    assert (found.held_out < found.log_likelihood).all()


@pytest.mark.parametrize("random_state", [0, "generator"])
def test_threads_change_nothing_and_progress_is_told(random_state):
    sample = draw(2, n_annotators=20)
    told, found = [], []
    for n_threads in (1, 3):
        seed = np.random.default_rng(5) if random_state == "generator" else random_state
        found.append(
            select_components(
                sample.choices,
                sample.features,
                [1, 2, 3],
                estimator=QUICK,
                n_folds=2,
                random_state=seed,
                n_threads=n_threads,
                progress=lambda *report: told.append(report),
            )
        )
    one, two = found
    np.testing.assert_array_equal(one.log_likelihood, two.log_likelihood)
    np.testing.assert_array_equal(one.held_out, two.held_out)
    np.testing.assert_array_equal(one.model.coef_, two.model.coef_)
    assert told == [(done, 9) for done in range(1, 10)] * 2


def test_fits_that_have_not_settled_are_told_of_once():
    sample = draw(3, n_each=3)
    unsettled = ChoiceMixture(max_iter=1, tol=0.0, n_init=2, random_state=0)
    with pytest.warns(ConvergenceWarning, match=r"^EM has not settled with 2, 3 classes: ") as told:
        select_components(sample.choices, sample.features, [2, 3], estimator=unsettled)
    assert len(told) == 1
    assert told[0].filename == __file__


def test_where_nobody_is_named_judgements_are_left_out():
    rng = np.random.default_rng(0)
    winner = rng.integers(0, 4, 90)
    choices = Choices.from_pairs(winner, (winner + rng.integers(1, 4, 90)) % 4)
    found = select_components(choices, components=[1], criterion="held_out", random_state=0)
    assert found.held_out[0] < found.log_likelihood[0]
    assert found.bic[0] == pytest.approx(found.model.bic(choices))


def test_refusals():
    sample = draw(4, n_annotators=5)
    given = sample.choices, sample.features
    with pytest.raises(ValueError, match=r"^criterion must be one of bic, aic, icl, held_out, not"):
        select_components(*given, criterion="BIC")
    with pytest.raises(ValueError, match=r"^components must name a number of classes to try$"):
        select_components(*given, [])
    with pytest.raises(ValueError, match=r"^components must be at least 1, not 0$"):
        select_components(*given, [0, 1])
    with pytest.raises(ValueError, match=r"^n_components=6 exceeds the 5 annotators$"):
        select_components(*given, [1, 6])
    with pytest.raises(ValueError, match=r"^n_folds=6 exceeds the 5 annotators$"):
        select_components(*given, [1], n_folds=6)
    with pytest.raises(ValueError, match=r"^n_folds must be at least 2, not 1$"):
        select_components(*given, [1], n_folds=1)
