"""Simulated populations: what is found is true, as often and as closely as theory says."""

from __future__ import annotations

import numpy as np
import pytest

from prefmath import Choices
from prefmath.metrics import adjusted_rand_index
from prefmath.models import ChoiceMixture, select_components

ONE = np.array([[1.0, -0.5, 0.3]])
TWO = np.array([[1.5, -1.0, 0.3], [-0.5, 1.0, 0.8]])
CLEAR = {
    1: ONE,
    2: np.array([[2.0, 0.0, 0.0], [-1.0, 1.0, 1.0]]),
    3: np.array([[2.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, -1.5, 2.0]]),
}


def people(seed, coef, shares, n_annotators, n_each):
    """Let people of classes with these coefficients choose among three of forty items."""
    rng = np.random.default_rng(seed)
    features = rng.standard_normal((40, coef.shape[1]))
    group = rng.choice(len(coef), size=n_annotators, p=shares)
    who = np.repeat(np.arange(n_annotators), n_each)
    sets = np.argsort(rng.random((len(who), 40)), axis=1)[:, :3]
    utility = np.einsum("skd,sd->sk", features[sets], coef[group[who]])
    chosen = (utility + rng.gumbel(size=sets.shape)).argmax(axis=1)
    offsets = np.arange(0, 3 * len(who) + 1, 3)
    choices = Choices.from_choice_sets(offsets, sets.ravel(), chosen, annotator=who)
    return choices, features, group


def matched(model, coef):
    """Return the found class of each true one, of two at most."""
    straight = np.abs(model.coef_ - coef).sum()
    return np.arange(len(coef))[:: 1 if straight <= np.abs(model.coef_[::-1] - coef).sum() else -1]


@pytest.mark.parametrize(
    ("coef", "shares", "n_annotators"), [(ONE, [1.0], 100), (TWO, [0.6, 0.4], 150)]
)
def test_intervals_cover_as_often_as_they_say(coef, shares, n_annotators):
    inside = {False: [], True: []}
    for seed in range(500):
        choices, features, _ = people(seed, coef, shares, n_annotators, 8)
        model = ChoiceMixture(len(coef), l2=0, n_init=1, tol=1e-5, random_state=0, n_threads=1)
        model.fit(choices, features)
        order = matched(model, coef)
        for robust, list_of in inside.items():
            found = model.uncertainty(choices, features, robust=robust).interval()
            low, high = np.moveaxis(found.coef[order], -1, 0)
            of_coef = (low <= coef) & (coef <= high)
            low, high = found.weights[order].T
            list_of.append(np.append(of_coef, (low <= shares) & (shares <= high)))
    for list_of in inside.values():
        cover = np.mean(list_of, axis=0)
        assert 0.93 <= cover[: coef.size].mean() <= 0.97
        assert (cover > 0.92).all()
        if len(shares) > 1:
            assert 0.93 <= cover[coef.size :].mean() <= 0.97


def test_errors_fall_with_the_root_of_the_number_of_people():
    sizes, errors, expected = [50, 200, 800], [], []
    for n in sizes:
        squares, variances = [], []
        for seed in range(30):
            choices, features, _ = people(seed, TWO, [0.6, 0.4], n, 8)
            model = ChoiceMixture(2, l2=0, n_init=2, random_state=0).fit(choices, features)
            squares.append((model.coef_[matched(model, TWO)] - TWO) ** 2)
            variances.append(model.uncertainty(choices, features, robust=False).coef_se ** 2)
        errors.append(np.sqrt(np.mean(squares)))
        expected.append(np.sqrt(np.mean(variances)))
    rate = np.polyfit(np.log(sizes), np.log(errors), 1)[0]
    assert rate == pytest.approx(-0.5, abs=0.06)
    np.testing.assert_allclose(errors, expected, rtol=0.15)


@pytest.mark.parametrize("n_components", [2, 3])
def test_well_separated_classes_are_told_apart(n_components):
    scores = []
    for seed in range(10):
        shares = np.full(n_components, 1 / n_components)
        choices, features, group = people(seed, CLEAR[n_components], shares, 150, 30)
        model = ChoiceMixture(n_components, n_init=5, tol=1e-4, random_state=0)
        model.fit(choices, features)
        scores.append(adjusted_rand_index(group, model.responsibilities_.argmax(axis=1)))
    assert min(scores) >= 0.98


@pytest.mark.filterwarnings("ignore:EM has not settled")
@pytest.mark.parametrize("n_components", [1, 2, 3])
def test_the_true_number_of_classes_is_found(n_components):
    shares = np.full(n_components, 1 / n_components)
    estimator = ChoiceMixture(n_init=3, tol=1e-3, max_iter=100)
    right = 0
    for seed in range(8):
        choices, features, _ = people(seed, CLEAR[n_components], shares, 120, 12)
        found = select_components(
            choices, features, range(1, 5), estimator=estimator, random_state=seed
        )
        right += found.n_components == n_components
    assert right >= 7
