"""Counted judgements of items that are in few sets each, with few features and with many."""

from __future__ import annotations

import copy

import numpy as np
import pytest

from prefmath.choices import Choices
from prefmath.models import ChoiceMixture, ConditionalLogit, bootstrap

PEOPLE, EACH = 40, 6
CLOSE = {"rtol": 1e-9, "atol": 1e-9}


def sample(d, *, ranked, dtype=np.float64):
    """Return counted choices, the same written out, their features, and the row of each copy."""
    rng = np.random.default_rng(d)
    n, size = PEOPLE * EACH, 3
    features = rng.standard_normal((n * size, d)).astype(dtype)
    taste = np.where(np.arange(PEOPLE)[:, None] % 3 > 0, 1.0, -1.0) * rng.standard_normal(d)
    taste /= np.sqrt(d) / 2
    who = rng.permutation(np.repeat(np.arange(PEOPLE), EACH))
    utility = np.einsum("isd,id->is", features.reshape(n, size, d), taste[who])
    order = np.argsort(-(utility + rng.gumbel(size=(n, size))), axis=1)
    items = np.arange(n * size).reshape(n, size)
    count = rng.integers(1, 5, PEOPLE)

    def made(rows, **about):
        cuts = np.arange(0, size * len(rows) + 1, size)
        if ranked:
            flat = np.take_along_axis(items, order, axis=1)[rows].ravel()
            return Choices.from_rankings(cuts, flat, n_ranked=np.full(len(rows), 2), **about)
        return Choices.from_choice_sets(cuts, items[rows].ravel(), order[rows, 0], **about)

    counted = made(np.arange(n), annotator=who, count=count[who])
    rows = np.repeat(np.arange(n), count[who])
    copies = np.concatenate([np.arange(count[w]) for w in who])
    written = made(rows, annotator=who[rows] * 10 + copies)
    return counted, written, features, np.repeat(np.arange(PEOPLE), count)


def as_written(model, written, row):
    same = copy.copy(model)
    same.responsibilities_ = model.responsibilities_[row]
    same.annotator_ids_, same.annotator_counts_ = written.annotator_ids, None
    return same


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("n_components", [1, 2])
@pytest.mark.parametrize("ranked", [False, True])
def test_features_of_every_set(ranked, n_components, dtype):
    counted, written, features, row = sample(3, ranked=ranked, dtype=dtype)
    model = ChoiceMixture(n_components, l2=0.1, tol=1e-10, random_state=0, n_init=4)
    model.fit(counted, features)
    same = as_written(model, written, row)
    for name in ("score", "bic", "icl"):
        found = getattr(model, name)(counted, features)
        assert found == pytest.approx(getattr(same, name)(written, features), rel=1e-9)
    close = CLOSE if dtype == np.float64 else {"rtol": 1e-5, "atol": 1e-7}
    for robust in (True, False):
        found = model.uncertainty(counted, features, robust=robust)
        expected = same.uncertainty(written, features, robust=robust)
        np.testing.assert_allclose(found.covariance, expected.covariance, **close)
        np.testing.assert_allclose(found.n_behind, expected.n_behind, **close)
    again = copy.copy(same).set_params(warm_start=True).fit(written, features)
    assert again.lower_bound_ == pytest.approx(model.lower_bound_, rel=1e-9)


@pytest.mark.parametrize("n_components", [1, 2])
def test_many_features(n_components):
    counted, written, features, row = sample(80, ranked=False)
    model = ChoiceMixture(n_components, l2=1.0, tol=1e-9, random_state=0, n_init=4)
    model.fit(counted, features)
    again = as_written(model, written, row).set_params(warm_start=True).fit(written, features)
    assert again.lower_bounds_[0] == pytest.approx(model.lower_bound_, rel=1e-12)
    assert again.lower_bound_ == pytest.approx(model.lower_bound_, rel=1e-9)


def test_a_count_of_nothing_says_nothing_of_a_feature():
    x = np.array([[1.0, 0.0], [0.0, 0.0], [0.5, 1.0]])
    about = {"annotator": ["x", "y", "x", "z", "w"], "count": [2, 3, 2, 0, 1]}
    choices = Choices.from_pairs([0, 1, 1, 2, 0], [1, 0, 0, 0, 1], **about)
    for model in (ConditionalLogit(), ChoiceMixture(2, l2=0)):
        with pytest.raises(ValueError, match="feature 1 is the same for all alternatives"):
            model.fit(choices, x)


def test_a_bootstrap_of_the_counted_is_near_their_errors():
    counted, _, features, _ = sample(3, ranked=False)
    model = ConditionalLogit().fit(counted, features)
    errors = model.uncertainty(counted, features).coef_se
    found = bootstrap(model, counted, features, n_resamples=300, random_state=0).coef_se
    np.testing.assert_allclose(found, errors, rtol=0.2)
