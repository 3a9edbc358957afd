"""What must not matter to ChoiceMixture: weights or copies, order, names, types of arrays."""

from __future__ import annotations

import copy
from dataclasses import replace

import numpy as np
import pytest

from choice_samples import LAYOUTS, draw, relabelled
from prefmath import Choices
from prefmath.models import ChoiceMixture


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("linear", [True, False])
def test_weight_two_is_the_judgement_twice(layout, linear):
    sample = draw(3, layout=layout, n_annotators=12, n_each=10, n_items=9)
    original = sample.choices
    weight = np.where(np.random.default_rng(0).random(len(original)) < 0.4, 2.0, 1.0)
    fields = original.as_fields()
    weighted = Choices(**fields | {"weight": weight})
    repeated = original.take(np.repeat(original.order, weight.astype(int)))
    features = sample.features if linear else None
    settings = {"l2": 0.1, "tol": 1e-9, "max_iter": 2000}
    one, two = (ChoiceMixture(**settings).fit(c, features) for c in (weighted, repeated))
    np.testing.assert_allclose(one.coef_, two.coef_, atol=1e-6)
    assert one.log_likelihood_ == pytest.approx(two.log_likelihood_, abs=1e-7)
    # Of more classes: what is settled for the one is settled for the other.
    one = ChoiceMixture(2, n_init=1, random_state=0, **settings).fit(weighted, features)
    two = copy.copy(one).set_params(warm_start=True).fit(repeated, features)
    assert two.n_iter_ <= 2
    assert one.log_likelihood_ == pytest.approx(two.log_likelihood_, abs=1e-6)
    np.testing.assert_allclose(one.responsibilities_, two.responsibilities_, atol=1e-4)


@pytest.mark.parametrize("linear", [True, False])
def test_judgements_of_no_weight_say_nothing(linear):
    sample = draw(3, n_annotators=12, n_each=10, n_items=9)
    weight = (np.arange(len(sample.choices)) % 3 > 0).astype(float)
    weighted = Choices(**sample.choices.as_fields() | {"weight": weight})
    kept = sample.choices.take(np.sort(sample.choices.order[weight > 0]))
    features = sample.features if linear else None
    one, two = (ChoiceMixture(tol=1e-9).fit(choices, features) for choices in (weighted, kept))
    np.testing.assert_allclose(one.coef_, two.coef_, atol=1e-7)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("linear", [True, False])
def test_order_and_names_do_not_matter(layout, linear):
    sample = draw(4, layout=layout, weights=True)
    rng = np.random.default_rng(0)
    names = np.array([f"who {at:02}" for at in rng.permutation(40)])
    renamed = relabelled(sample.choices, names[sample.choices.annotator_index])
    shuffled = renamed.take(rng.permutation(len(renamed)))
    features = sample.features if linear else None
    for n_components in (1, 2):
        model = ChoiceMixture(n_components, n_init=1, random_state=0, tol=1e-8, max_iter=2000)
        one = model.fit(sample.choices, features).log_likelihood_
        coef, shares = model.coef_, model.responsibilities_
        for other in (renamed, shuffled):
            # From where it was, as random starts draw annotators in the order of their names.
            two = model.set_params(warm_start=True).fit(other, features)
            assert two.log_likelihood_ == pytest.approx(one, abs=1e-5)
            np.testing.assert_allclose(two.coef_, coef, atol=1e-3)
            np.testing.assert_allclose(two.responsibilities_, shares[np.argsort(names)], atol=1e-3)
            assert two.n_iter_ <= 2


def test_labels_of_items_do_not_matter():
    rng = np.random.default_rng(5)
    first, second = np.array([rng.choice(6, 2, replace=False) for _ in range(200)]).T
    names = np.array(list("fbdace"))
    by_row = ChoiceMixture().fit(Choices.from_pairs(first, second))
    by_name = ChoiceMixture().fit(Choices.from_pairs(names[first], names[second]))
    np.testing.assert_allclose(by_row.coef_[0], by_name.coef_[0][np.argsort(names).argsort()])


@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.int64, ">f8"])
def test_features_of_any_numbers(dtype):
    sample = draw(10)
    features = np.round(sample.features * 3).astype(dtype)
    expected = ChoiceMixture(l2=0.1).fit(sample.choices, features.astype(np.float64)).coef_
    before = features.copy()
    for same in (features, np.asfortranarray(features), features.tolist()):
        found = ChoiceMixture(l2=0.1).fit(sample.choices, same).coef_
        np.testing.assert_allclose(found, expected, rtol=1e-10)
    np.testing.assert_array_equal(features, before)


def test_nothing_that_is_given_is_changed():
    sample = draw(11, layout="tied pairs", weights=True)
    features = sample.features.copy()
    features.flags.writeable = False
    before = {
        name: value.copy()
        for name, value in sample.choices.as_fields().items()
        if isinstance(value, np.ndarray)
    }
    ChoiceMixture(2, n_init=1, random_state=0).fit(sample.choices, features)
    for name, value in before.items():
        np.testing.assert_array_equal(getattr(sample.choices, name), value)


def test_features_may_have_more_rows_than_items():
    sample = draw(12)
    longer = np.vstack([sample.features, np.full((5, 3), 7.0)])
    rows = replace(sample.choices, item_ids=None)
    one, two = (ChoiceMixture().fit(rows, x) for x in (sample.features, longer))
    np.testing.assert_allclose(one.coef_, two.coef_, rtol=1e-12)
