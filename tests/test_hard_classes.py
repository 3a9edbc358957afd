"""Hard classes: every annotator in one of them (the hard EM of MaxMin-RLHF)."""

from __future__ import annotations

import numpy as np
import pytest

from choice_samples import draw
from prefmath.metrics import adjusted_rand_index
from prefmath.models import ChoiceMixture, ConditionalLogit, bootstrap, select_components
from prefmath.models._likelihood.utility import linear

COEF = [[2.0, 0, 0], [0, 2.0, 0], [-1, -1, 1.5]]


@pytest.fixture(scope="module")
def sample():
    return draw(6, n_annotators=90, n_each=25, coef=COEF)


@pytest.fixture(scope="module")
def model(sample):
    mixture = ChoiceMixture(3, hard=True, l2=0.1, random_state=0, tol=1e-9)
    return mixture.fit(sample.choices, sample.features)


def of_class(choices, annotators):
    labels = choices.restore(choices.annotator_ids[choices.annotator_index])
    return choices.take(np.isin(labels, choices.annotator_ids[annotators]))


def test_each_class_is_fitted_to_its_own_annotators_alone(sample, model, monkeypatch):
    # The penalty is in the units of all.
    assert set(np.unique(model.responsibilities_)) == {0.0, 1.0}
    total = 0.0
    for z in range(3):
        members = np.flatnonzero(model.responsibilities_[:, z])
        own = of_class(sample.choices, members)
        monkeypatch.setattr(linear, "spread_within_sets", lambda *_: model._spreads)
        alone = ConditionalLogit(l2=0.1).fit(own, sample.features)
        np.testing.assert_allclose(model.coef_[z], alone.coef_[0], atol=1e-5)
        total += alone.log_likelihood_
    assert model.log_likelihood_ == pytest.approx(total, abs=1e-6)
    np.testing.assert_allclose(model.weights_, model.responsibilities_.mean(axis=0))


def test_nobody_would_be_better_off_in_another_class(sample, model):
    each = []
    for z in range(3):
        one = ConditionalLogit()
        one.fit(sample.choices, sample.features)
        one.coef_ = model.coef_[[z]]
        each.append(one._fitted().expect(sample.choices, sample.features)[1])
    each = np.stack(each, axis=1)
    np.testing.assert_array_equal(each.argmax(axis=1), model.responsibilities_.argmax(axis=1))
    assert model.log_likelihood_ == pytest.approx(each.max(axis=1).sum(), abs=1e-9)


def test_the_classes_are_found_and_the_objective_never_falls(sample, model):
    assert model.converged_
    assert (np.diff(model.lower_bounds_) >= 0).all()
    assert adjusted_rand_index(sample.group, model.responsibilities_.argmax(axis=1)) > 0.9
    assert model.score(sample.choices, sample.features) == pytest.approx(
        model.log_likelihood_ / len(sample.choices), abs=1e-12
    )


def test_what_follows_knows_hard_classes(sample, model, tmp_path):
    found = bootstrap(model, sample.choices, sample.features, n_resamples=20, random_state=0)
    assert np.isfinite(found.interval().coef).all()
    model.save(tmp_path / "hard.npz")
    again = ChoiceMixture.load(tmp_path / "hard.npz")
    assert again.get_params()["hard"] is True
    np.testing.assert_array_equal(
        again.adapt(sample.choices, sample.features), model.responsibilities_
    )
    chosen = select_components(
        sample.choices,
        sample.features,
        [1, 2, 3],
        estimator=ChoiceMixture(hard=True, n_init=4),
        random_state=0,
    )
    assert chosen.n_components == 3
    with pytest.raises(ValueError, match=r"hard=True jumps .*: take models\.bootstrap"):
        model.uncertainty(sample.choices, sample.features)


def test_an_empty_class_is_re_initialised(sample):
    for seed in range(4):
        mixture = ChoiceMixture(8, hard=True, l2=1.0, n_init=1, random_state=seed)
        mixture.fit(sample.choices, sample.features)
        assert (mixture.weights_ > 0).all()


def test_one_hard_class_is_no_class(sample):
    hard = ChoiceMixture(1, hard=True).fit(sample.choices, sample.features)
    soft = ChoiceMixture(1).fit(sample.choices, sample.features)
    np.testing.assert_array_equal(hard.coef_, soft.coef_)


def test_only_true_and_false_are_taken(sample):
    with pytest.raises(TypeError, match="hard must be True or False, not 'yes'"):
        ChoiceMixture(2, hard="yes").fit(sample.choices, sample.features)
