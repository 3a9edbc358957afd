"""What ChoiceMixture refuses, at fit and at predict, and in which words."""

from __future__ import annotations

import re

import numpy as np
import pytest

from choice_samples import LAYOUTS, draw
from prefmath import Choices
from prefmath.models import ChoiceMixture
from prefmath.models._fit.estimator import NotFittedError

SAMPLE = draw(0, n_annotators=5, n_each=4)
ASKED = ["predict", "predict_proba", "responsibilities", "adapt", "score", "bic"]


def raises(error, message):
    return pytest.raises(error, match=f"^{re.escape(message)}$")


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"n_components": 0}, ValueError, "n_components must be at least 1, not 0"),
        ({"n_components": 2.0}, TypeError, "n_components must be a whole number, not 2.0"),
        ({"n_components": 6}, ValueError, "n_components=6 exceeds the 5 annotators"),
        ({"l2": -1e-9}, ValueError, "l2 must be finite and at least 0, not -1e-09"),
        ({"l2": np.inf}, ValueError, "l2 must be finite and at least 0, not inf"),
        ({"l2": np.nan}, ValueError, "l2 must be finite and at least 0, not nan"),
        ({"tol": -1}, ValueError, "tol must be finite and at least 0, not -1"),
        ({"tol": np.nan}, ValueError, "tol must be finite and at least 0, not nan"),
        ({"n_init": 0}, ValueError, "n_init must be at least 1, not 0"),
        ({"n_init": 1.5}, TypeError, "n_init must be a whole number, not 1.5"),
        ({"max_iter": 0}, ValueError, "max_iter must be at least 1, not 0"),
        ({"max_iter": None}, TypeError, "max_iter must be a whole number, not None"),
        ({"n_threads": 0}, ValueError, "n_threads must be at least 1, not 0"),
        ({"n_threads": 0.5}, TypeError, "n_threads must be a whole number, not 0.5"),
    ],
)
def test_parameters_out_of_range(parameters, error, message):
    model = ChoiceMixture(**parameters)  # stores them, and looks at them when it fits
    with raises(error, message):
        model.fit(SAMPLE.choices, SAMPLE.features)
    assert not hasattr(model, "coef_")


@pytest.mark.parametrize("name", ["l2", "tol"])
@pytest.mark.parametrize("value", ["1", None])
def test_parameters_that_are_no_numbers(name, value):
    with pytest.raises(TypeError, match=f"^{name} must be a number, not {value!r}$"):
        ChoiceMixture(**{name: value}).fit(SAMPLE.choices)


def test_more_classes_than_named_annotators():
    anonymous = Choices.from_pairs([0, 1], [1, 2])
    with raises(
        ValueError,
        "n_components=2 needs to know whose judgements belong together, and nobody is named: give "
        'Choices annotator= with a label for each judgement, or annotator="each" if every '
        "judgement is that of another person",
    ):
        ChoiceMixture(2).fit(anonymous)


def changed(row, column, value):
    features = SAMPLE.features.copy()
    features[row, column] = value
    return features


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    ("features", "error", "message"),
    [
        (changed(7, 2, np.nan), ValueError, "features must be finite: features[7, 2] is nan"),
        (changed(29, 0, -np.inf), ValueError, "features must be finite: features[29, 0] is -inf"),
        (
            SAMPLE.features[:29],
            ValueError,
            "features must have a row for each of 30 items, not 29",
        ),
        (
            SAMPLE.features[0],
            ValueError,
            "features must have two axes, (rows, columns), not shape (3,)",
        ),
        (
            SAMPLE.features[:, :0],
            ValueError,
            "features must have a column, but has shape (30, 0)",
        ),
        (
            SAMPLE.features.astype(str),
            TypeError,
            "features must hold real numbers, not <U32",
        ),
    ],
)
def test_features_that_do_not_fit(layout, features, error, message):
    choices = draw(0, layout=layout, n_annotators=5, n_each=4).choices
    with raises(error, message):
        ChoiceMixture().fit(choices, features)
    model = ChoiceMixture().fit(choices, SAMPLE.features)
    for name in ASKED:
        with raises(error, message):
            getattr(model, name)(choices, features)


@pytest.mark.parametrize("name", ASKED)
def test_features_as_in_fit(name):
    linear = ChoiceMixture().fit(SAMPLE.choices, SAMPLE.features)
    free = ChoiceMixture().fit(SAMPLE.choices)
    with raises(ValueError, "features are missing: the model was fitted to features"):
        getattr(linear, name)(SAMPLE.choices)
    with raises(ValueError, "features must be left out: the model was fitted without"):
        getattr(free, name)(SAMPLE.choices, SAMPLE.features)
    with raises(ValueError, "features must have 3 columns as in fit, not 2"):
        getattr(linear, name)(SAMPLE.choices, SAMPLE.features[:, :2])


@pytest.mark.parametrize("name", ASKED)
def test_items_as_in_fit(name):
    labels = ChoiceMixture().fit(Choices.from_pairs(["a", "b"], ["b", "c"]))
    rows = ChoiceMixture().fit(Choices.from_pairs([0, 1], [1, 2]))
    with raises(ValueError, "items must be among the items of fit, not 'd'"):
        getattr(labels, name)(Choices.from_pairs(["a", "d"], ["b", "a"]))
    with raises(ValueError, "items must be among the 3 items of fit, not row 4"):
        getattr(rows, name)(Choices.from_pairs([0, 4], [1, 0]))
    with raises(TypeError, "items must be labels as in fit, not row numbers"):
        getattr(labels, name)(Choices.from_pairs([0, 1], [1, 2]))
    with raises(TypeError, "items must be row numbers as in fit, not labels"):
        getattr(rows, name)(Choices.from_pairs(["a"], ["b"]))


@pytest.mark.parametrize("name", ASKED)
def test_models_that_are_not_fitted(name):
    with raises(NotFittedError, "this ChoiceMixture is not fitted yet: call fit first"):
        getattr(ChoiceMixture(), name)(SAMPLE.choices, SAMPLE.features)
    assert issubclass(NotFittedError, ValueError)
    assert issubclass(NotFittedError, AttributeError)


@pytest.mark.parametrize("shape", [(5,), (5, 1), (4, 2), (2, 5)])
@pytest.mark.parametrize("name", ["predict", "predict_proba"])
def test_responsibilities_of_another_shape(name, shape):
    model = ChoiceMixture(2, n_init=1, random_state=0).fit(SAMPLE.choices, SAMPLE.features)
    with raises(ValueError, f"responsibilities must have shape (5, 2), not {shape}"):
        getattr(model, name)(SAMPLE.choices, SAMPLE.features, responsibilities=np.ones(shape))


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ([np.nan, 1], "responsibilities must lie in [0, 1]: responsibilities[2, 0] is nan"),
        ([-1, 2], "responsibilities must lie in [0, 1]: responsibilities[2, 0] is -1.0"),
        ([0.4, 0.4], "responsibilities must sum to 1 in each row, but row 2 sums to 0.8"),
    ],
)
def test_responsibilities_that_are_no_probabilities(row, said):
    model = ChoiceMixture(2, n_init=1, random_state=0).fit(SAMPLE.choices, SAMPLE.features)
    given = np.full((5, 2), 0.5)
    given[2] = row
    with raises(ValueError, said):
        model.predict_proba(SAMPLE.choices, SAMPLE.features, responsibilities=given)


def test_a_warm_start_of_another_shape():
    model = ChoiceMixture(warm_start=True).fit(SAMPLE.choices, SAMPLE.features)
    with raises(ValueError, "warm_start needs parameters of shape (1, 30), not (1, 3)"):
        model.fit(SAMPLE.choices)
    with raises(ValueError, "warm_start needs parameters of shape (2, 3), not (1, 3)"):
        model.set_params(n_components=2).fit(SAMPLE.choices, SAMPLE.features)
