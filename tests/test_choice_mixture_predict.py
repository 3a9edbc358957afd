"""What a fitted ChoiceMixture says of new choices, in the order in which they were passed in."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from choice_samples import LAYOUTS, draw, relabelled
from prefmath import Choices
from prefmath.models import ChoiceMixture


def fitted(sample, *, linear=True, n_components=2):
    model = ChoiceMixture(n_components, n_init=1, random_state=0, tol=1e-3)
    return model.fit(sample.choices, sample.features if linear else None)


def offsets_as_passed_in(choices):
    return np.append(0, np.cumsum(choices.restore(np.diff(choices.offsets))))


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("linear", [True, False])
def test_probabilities_sum_to_one_over_sets(layout, linear):
    sample = draw(0, layout=layout)
    features = sample.features if linear else None
    model = fitted(sample, linear=linear)
    shares = model.predict_proba(sample.choices, features)
    assert shares.dtype == np.float64
    assert shares.shape == sample.choices.items.shape
    assert (shares >= 0).all()
    starts = offsets_as_passed_in(sample.choices)[:-1]
    np.testing.assert_allclose(np.add.reduceat(shares, starts), 1, atol=1e-12)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("linear", [True, False])
def test_predictions_come_in_the_order_of_the_input(layout, linear):
    sample = draw(1, layout=layout)
    features = sample.features if linear else None
    model = fitted(sample, linear=linear)
    choices = sample.choices
    assert choices.order is not None
    in_order = relabelled(choices, choices.annotator_ids[choices.annotator_index])
    assert in_order.order is None
    stored = model.predict_proba(in_order, features)
    np.testing.assert_array_equal(
        model.predict_proba(choices, features), choices.restore_items(stored)
    )
    np.testing.assert_array_equal(
        model.predict(choices, features), choices.restore(model.predict(in_order, features))
    )


@pytest.mark.parametrize("layout", LAYOUTS)
def test_what_is_predicted_has_the_largest_probability(layout):
    sample = draw(2, layout=layout)
    model = fitted(sample)
    shares = model.predict_proba(sample.choices, sample.features)
    offsets = offsets_as_passed_in(sample.choices)
    expected = [shares[first:last].argmax() for first, last in pairwise(offsets)]
    found = model.predict(sample.choices, sample.features)
    assert found.dtype.kind == "i"
    assert found.tolist() == expected


def test_the_first_of_equals_is_predicted():
    model = fitted(draw(0))
    choices = Choices.from_choice_sets([0, 3, 5], [2, 0, 1, 1, 2], [1, 1])
    features = [[1, 0, 0], [1, 0, 0], [1, 0, 0]]
    assert model.predict(choices, features).tolist() == [0, 0]
    np.testing.assert_allclose(
        model.predict_proba(choices, features), [1 / 3] * 3 + [1 / 2] * 2, atol=1e-12
    )


def test_sets_of_a_long_frame_whose_rows_are_mixed():
    sample = draw(3)
    model = fitted(sample)
    rows = pd.DataFrame(
        {
            "set": ["a", "b", "a", "b", "c", "a", "c"],
            "item": [0, 1, 2, 3, 4, 5, 6],
            "chosen": [1, 0, 0, 1, 1, 0, 0],
            "who": ["y", "x", "y", "x", "x", "y", "x"],
        }
    )
    long = {"choice_set": "set", "item": "item", "chosen": "chosen", "annotator": "who"}
    mixed = Choices.from_frame(rows, layout="choice_sets", **long)
    apart = Choices.from_frame(rows.sort_values("set", kind="stable"), layout="choice_sets", **long)
    features = sample.features
    by_row = model.predict_proba(mixed, features)
    together = model.predict_proba(apart, features)
    order = rows["set"].argsort(kind="stable")
    np.testing.assert_allclose(by_row[order], together, atol=1e-15)
    predicted = model.predict(mixed, features)
    assert predicted.tolist() == model.predict(apart, features).tolist()
    for name, position in zip("abc", predicted, strict=True):
        of_set = by_row[(rows["set"] == name).to_numpy()]
        assert of_set[position] == of_set.max()


def test_annotators_who_are_known_have_shares_of_their_own():
    sample = draw(4)
    model = fitted(sample)
    n = 6
    ids = [5, 17, "new"]

    def shares(annotator):
        choices = Choices.from_choice_sets([0, n], np.arange(n), [0], annotator=annotator)
        return model.predict_proba(choices, sample.features)

    u = np.exp(sample.features[:n] @ model.coef_.T)
    of_class = u / u.sum(axis=0)
    for who, expected in zip(ids, [*model.responsibilities_[[5, 17]], model.weights_], strict=True):
        np.testing.assert_allclose(shares([who]), of_class @ expected, atol=1e-12)
    np.testing.assert_allclose(shares(None), of_class @ model.weights_, atol=1e-12)


def test_responsibilities_that_are_given_count():
    sample = draw(5)
    model = fitted(sample)
    sure = np.zeros((40, 2))
    sure[:, 1] = 1
    found = model.predict_proba(sample.choices, sample.features, responsibilities=sure)
    one = ChoiceMixture().fit(sample.choices, sample.features)
    one.coef_ = model.coef_[1:]
    expected = one.predict_proba(sample.choices, sample.features)
    np.testing.assert_allclose(found, expected, atol=1e-12)
    again = model.predict(sample.choices, sample.features, responsibilities=sure.tolist())
    np.testing.assert_array_equal(again, one.predict(sample.choices, sample.features))


def test_adapting_to_nothing_new_changes_nothing():
    sample = draw(6)
    model = fitted(sample)
    silent = Choices.from_choice_sets([0, 1, 2], [0, 1], [0, 0], annotator=[3, 1000])
    found = model.adapt(silent, sample.features)
    np.testing.assert_allclose(found[0], model.responsibilities_[3], atol=1e-12)
    np.testing.assert_allclose(found[1], model.weights_, atol=1e-12)


def test_adapting_in_two_steps_is_adapting_at_once():
    everything = draw(7, n_annotators=30, n_each=20)
    first_half = everything.choices.take(np.arange(300))
    second_half = everything.choices.take(np.arange(300, 600))
    model = ChoiceMixture(2, n_init=1, random_state=0, tol=1e-10, max_iter=5000)
    model.fit(first_half, everything.features)
    ids = np.intersect1d(first_half.annotator_ids, second_half.annotator_ids)
    assert len(ids) > 20
    at_once = model.responsibilities(everything.choices, everything.features)
    in_two_steps = model.adapt(second_half, everything.features)
    np.testing.assert_allclose(
        in_two_steps[np.isin(second_half.annotator_ids, ids)],
        at_once[np.isin(everything.choices.annotator_ids, ids)],
        atol=1e-6,
    )


def test_adapting_leaves_the_model_as_it_is():
    sample = draw(8)
    model = fitted(sample)
    before = {name: np.copy(value) for name, value in vars(model).items() if name.endswith("_")}
    other = draw(9)
    model.adapt(other.choices, other.features)
    model.predict(other.choices, other.features)
    model.score(other.choices, other.features)
    for name, value in before.items():
        np.testing.assert_array_equal(getattr(model, name), value)


def test_adapted_annotators_are_predicted_better():
    coef = [[3.0, 0.0], [-3.0, 0.0]]
    sample = draw(10, n_annotators=60, n_each=30, coef=coef)
    model = fitted(sample)
    new = draw(11, n_annotators=60, n_each=30, coef=coef)
    anonymous = relabelled(new.choices, new.choices.annotator_index + 1000)
    shares = model.adapt(anonymous, new.features)
    right = [
        (model.predict(anonymous, new.features, responsibilities=given) == anonymous.chosen).mean()
        for given in (None, shares)
    ]
    assert right[1] > right[0] + 0.2


@pytest.mark.parametrize("layout", LAYOUTS)
def test_items_are_known_by_their_labels(layout):
    choices = draw(12, layout=layout).choices
    column = np.random.default_rng(0).permutation(choices.n_items)
    row_of = np.argsort(column).astype(np.int32)
    fields = {"items": row_of[choices.items], "item_ids": choices.item_ids[column]}
    reordered = Choices(**choices.as_fields() | fields)
    models = [
        ChoiceMixture(2, n_init=1, random_state=0, tol=1e-3).fit(same)
        for same in (choices, reordered)
    ]
    np.testing.assert_allclose(models[1].coef_, models[0].coef_[:, column], atol=1e-6)
    for model in models:
        np.testing.assert_array_equal(model.predict_proba(reordered), model.predict_proba(choices))
        assert model.score(reordered) == model.score(choices)
    np.testing.assert_allclose(*(model.predict_proba(choices) for model in models), atol=1e-6)


def test_choices_among_few_of_the_items():
    model = fitted(draw(12), linear=False)
    choices = Choices.from_pairs(["item 007"], ["item 002"])
    ahead = model.coef_[:, 7] - model.coef_[:, 2]
    share = 1 / (1 + np.exp(-ahead)) @ model.weights_
    np.testing.assert_allclose(model.predict_proba(choices), [share, 1 - share], atol=1e-12)


def test_a_model_of_one_set_of_features_takes_other_items():
    sample = draw(13)
    model = fitted(sample)
    other = draw(14, n_items=7)
    assert model.predict(other.choices, other.features).shape == (len(other.choices),)


def test_score_counts_judgements():
    sample = draw(15, layout="rankings")
    model = fitted(sample)
    score = model.score(sample.choices, sample.features)
    assert score * len(sample.choices) == pytest.approx(model.log_likelihood_, rel=1e-6)
