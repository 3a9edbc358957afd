"""The bootstrap over annotators: resamples, matched classes, percentile intervals."""

from __future__ import annotations

import copy
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from choice_samples import LAYOUTS, draw
from prefmath import Choices
from prefmath.models import (
    BradleyTerry,
    ChoiceMixture,
    ConditionalLogit,
    PlackettLuce,
    bootstrap,
)
from prefmath.models._inference.ranks import ranks_of
from prefmath.models._likelihood.population.class_matching import best_assignment
from prefmath.models._likelihood.utility import linear as linear_module

SETTLED = {"tol": 1e-9, "max_iter": 5000, "random_state": 0, "n_init": 3}


@given(st.integers(1, 7), st.integers(0, 2**32 - 1))
def test_the_best_assignment_is_scipys(n, seed):
    rng = np.random.default_rng(seed)
    value = np.round(rng.standard_normal((n, n)), rng.integers(0, 3))
    found = best_assignment(value)
    assert sorted(found) == list(range(n))
    rows, columns = linear_sum_assignment(value, maximize=True)
    assert value[np.arange(n), found].sum() == pytest.approx(value[rows, columns].sum())


def test_ranks_of_equals():
    assert ranks_of(np.array([[0.0, 2.0, 2.0, 1.0]])).tolist() == [[4, 1, 1, 3]]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("linear", [True, False])
def test_a_resample_is_a_fit_to_as_many_copies(layout, linear, monkeypatch):
    sample = draw(1, layout=layout, n_items=8, n_annotators=25, weights=True)
    features = sample.features if linear else None
    model = ChoiceMixture(2, l2=0.5, **SETTLED).fit(sample.choices, features)
    found = bootstrap(model, sample.choices, features, n_resamples=3, random_state=4)
    assert found.coef.shape == (3, *model.coef_.shape)
    assert found.converged.all()
    seed = np.random.default_rng(4).integers(1 << 63, size=3)[2]
    counts = np.random.default_rng(seed).multinomial(25, np.full(25, 1 / 25))
    rows, names = [], []
    owner = sample.choices.restore(sample.choices.annotator_index)
    for who, count in enumerate(counts):
        for number in range(count):
            rows += np.flatnonzero(owner == who).tolist()
            names += [f"{who}.{number}"] * int((owner == who).sum())
    copies = sample.choices.take(rows)
    original = copies.restore(copies.annotator_index)
    assert len(set(original)) == np.count_nonzero(counts)
    keep_units(monkeypatch, model)
    again = copy.copy(model).set_params(warm_start=True)
    again.fit(relabelled_input(copies, names), features)
    order = best_assignment(
        -np.square(found.coef[2][:, None] - again.coef_).sum(axis=2)
    )  # fit sorts the classes by size
    np.testing.assert_allclose(found.coef[2], again.coef_[order], atol=2e-4)
    np.testing.assert_allclose(found.weights[2], again.weights_[order], atol=1e-5)


def keep_units(monkeypatch, model):
    """Penalise all fits in the units of one: those of the data do not change from draw to draw."""
    monkeypatch.setattr(linear_module, "spread_within_sets", lambda *_: model._spreads)


def relabelled_input(choices, names):
    """Name the annotators of judgements anew, in the order in which they came in."""
    stored = np.array(names) if choices.order is None else np.array(names)[choices.order]
    ids, codes = np.unique(stored, return_inverse=True)
    order = np.argsort(codes, kind="stable")
    sorted_already = replace(
        choices,
        order=None,
        annotator_ids=None,
        annotator_offsets=np.array([0, len(choices)]),
    )
    taken = sorted_already.take(order)
    return replace(
        taken,
        annotator_ids=ids,
        annotator_offsets=np.concatenate([[0], np.cumsum(np.bincount(codes))]),
    )


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("linear", [True, False])
@pytest.mark.parametrize("penalty", [{"l2": 0.3}, {"prior": 0.3}])
def test_a_resample_of_one_class_is_a_fit_with_weights(layout, linear, penalty, monkeypatch):
    if "prior" in penalty and (linear or layout == "choice_sets"):
        pytest.skip("a prior is of the utilities of items, in pairs or rankings")
    sample = draw(2, layout=layout, n_items=8, n_annotators=25, weights=True)
    features = sample.features if linear else None
    if "prior" in penalty:
        one_class = PlackettLuce if layout == "rankings" else BradleyTerry
        model = one_class(tol=1e-10, **penalty).fit(sample.choices)
    else:
        model = ChoiceMixture(**SETTLED, **penalty).fit(sample.choices, features)
    found = bootstrap(model, sample.choices, features, n_resamples=2, random_state=3)
    seed = np.random.default_rng(3).integers(1 << 63, size=2)[1]
    counts = np.random.default_rng(seed).multinomial(25, np.full(25, 1 / 25))
    weight = sample.choices.weight * counts[sample.choices.annotator_index]
    keep_units(monkeypatch, model)
    again = copy.copy(model)
    weighted = replace(sample.choices, weight=weight)
    again = again.fit(weighted, features) if linear else again.fit(weighted)
    np.testing.assert_allclose(found.coef[1], again.coef_, atol=1e-4)


def test_standard_errors_agree_with_the_sandwich():
    sample = draw(5, n_annotators=200, n_each=10, coef=[[1.5, -1.0], [-1.0, 1.5]])
    model = ChoiceMixture(2, **SETTLED).fit(sample.choices, sample.features)
    robust = model.uncertainty(sample.choices, sample.features)
    found = bootstrap(model, sample.choices, sample.features, n_resamples=400, random_state=0)
    np.testing.assert_allclose(found.coef_se, robust.coef_se, rtol=0.2)
    np.testing.assert_allclose(found.weights_se, robust.weights_se, rtol=0.2)
    ends, normal = found.interval(0.9), robust.interval(0.9)
    np.testing.assert_allclose(ends.coef, normal.coef, atol=0.12)
    np.testing.assert_allclose(ends.weights, normal.weights, atol=0.02)
    assert (ends.coef[..., 0] < model.coef_).all()
    assert (model.coef_ < ends.coef[..., 1]).all()
    text = repr(found)
    assert text.startswith("Bootstrap(400 resamples; 95% intervals)\n")
    assert "feature 1" in text


@pytest.mark.parametrize("weighted", [False, True])
def test_where_nobody_is_named_judgements_are_drawn(weighted):
    rng = np.random.default_rng(2)
    sizes = rng.integers(2, 5, 300)
    items = np.concatenate([rng.permutation(6)[:size] for size in sizes])
    choices = Choices.from_rankings(
        np.append(0, np.cumsum(sizes)), items, weight=rng.random(300) if weighted else None
    )
    model = ChoiceMixture(tol=1e-8).fit(choices)
    found = bootstrap(model, choices, n_resamples=200, random_state=0)
    np.testing.assert_allclose(found.coef_se, model.uncertainty(choices).coef_se, rtol=0.25)
    assert (found.weights == 1).all()
    ranks = found.ranks()
    best = ranks_of(model.coef_)
    assert (ranks[..., 0] <= best).all()
    assert (best <= ranks[..., 1]).all()


@pytest.mark.parametrize(
    ("estimator", "layout"),
    [(BradleyTerry, "pairs"), (PlackettLuce, "rankings"), (ConditionalLogit, "choice_sets")],
)
def test_estimators_of_one_class_are_resampled_too(estimator, layout):
    sample = draw(3, layout=layout, n_items=6)
    features = (sample.features,) if estimator is ConditionalLogit else ()
    one = estimator(l2=0.1).fit(sample.choices, *features)
    mixture = ChoiceMixture(l2=0.1, tol=1e-8).fit(sample.choices, *features)
    found, same = (
        bootstrap(model, sample.choices, *features, n_resamples=3, random_state=0)
        for model in (one, mixture)
    )
    np.testing.assert_allclose(found.coef, same.coef, atol=1e-5)
    errors, others = (m.uncertainty(sample.choices, *features).coef_se for m in (one, mixture))
    np.testing.assert_allclose(errors, others, rtol=1e-4)


def test_threads_change_nothing_and_progress_is_told():
    sample = draw(6, n_annotators=30)
    model = ChoiceMixture(2, random_state=0, n_init=2).fit(sample.choices, sample.features)
    told = []
    one, two = (
        bootstrap(
            model,
            sample.choices,
            sample.features,
            n_resamples=7,
            random_state=1,
            n_threads=n,
            progress=lambda *report: told.append(report),
        )
        for n in (1, 3)
    )
    np.testing.assert_array_equal(one.coef, two.coef)
    np.testing.assert_array_equal(one.weights, two.weights)
    assert told == [(done, 7) for done in range(1, 8)] * 2


def test_refusals():
    sample = draw(7)
    model = ChoiceMixture(2, random_state=0, n_init=1)
    with pytest.raises(ValueError, match="not fitted"):
        bootstrap(model, sample.choices, sample.features)
    model.fit(sample.choices, sample.features)
    with pytest.raises(ValueError, match=r"^n_resamples must be at least 2, not 1$"):
        bootstrap(model, sample.choices, sample.features, n_resamples=1)
    with pytest.raises(ValueError, match=r"^choices must be those of fit$"):
        bootstrap(model, sample.choices.take([0, 1]), sample.features)
    found = bootstrap(model, sample.choices, sample.features, n_resamples=2, random_state=0)
    with pytest.raises(ValueError, match=r"^ranks are of items"):
        found.ranks()
    with pytest.raises(ValueError, match=r"^level must be above 0 and below 1, not 0$"):
        found.interval(0)
