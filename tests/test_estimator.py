"""ChoiceMixture as scikit-learn expects an estimator to be."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
from sklearn.base import clone

from choice_samples import draw
from prefmath.models import ChoiceMixture

DEFAULTS = {
    "n_components": 1,
    "ties": "half",
    "position_effect": False,
    "hard": False,
    "l2": 1e-3,
    "n_init": 10,
    "tol": 1e-6,
    "max_iter": 500,
    "warm_start": False,
    "random_state": None,
    "n_threads": None,
    "progress": None,
}


def test_parameters():
    assert ChoiceMixture().get_params() == DEFAULTS
    assert ChoiceMixture().get_params(deep=False) == DEFAULTS
    others = {name: object() for name in DEFAULTS}
    model = ChoiceMixture(**others)
    assert model.get_params() == others
    assert vars(model) == others
    assert model.set_params(l2=3, n_components=4) is model
    assert model.get_params() == others | {"l2": 3, "n_components": 4}
    assert model.set_params() is model


def test_parameters_that_there_are_not():
    model = ChoiceMixture()
    with pytest.raises(ValueError, match=r"^ChoiceMixture has no parameter 'gamma'$"):
        model.set_params(l2=1, gamma=2)
    with pytest.raises(TypeError, match="gamma"):
        ChoiceMixture(gamma=2)
    with pytest.raises(TypeError, match="positional"):
        ChoiceMixture(2, 0.1)


def test_clones_are_not_fitted():
    sample = draw(0, n_annotators=5)
    model = ChoiceMixture(2, l2=0.1, n_init=1, random_state=3).fit(sample.choices, sample.features)
    again = clone(model)
    assert type(again) is ChoiceMixture
    assert again.get_params() == model.get_params()
    assert not hasattr(again, "coef_")
    again.fit(sample.choices, sample.features)
    np.testing.assert_array_equal(again.coef_, model.coef_)


def test_reprs_show_what_was_set():
    assert repr(ChoiceMixture()) == "ChoiceMixture()"
    assert repr(ChoiceMixture(3, l2=0.5)) == "ChoiceMixture(n_components=3, l2=0.5)"
    model = ChoiceMixture(1, l2=1e-3, random_state=0, warm_start=True)
    assert repr(model) == "ChoiceMixture(warm_start=True, random_state=0)"


def test_fit_returns_the_estimator_and_leaves_its_parameters():
    sample = draw(0, n_annotators=5)
    model = ChoiceMixture(2, n_init=1, random_state=0)
    before = model.get_params()
    assert model.fit(sample.choices, sample.features) is model
    assert model.get_params() == before


def pickled(model):
    return pickle.loads(pickle.dumps(model))  # noqa: S301


@pytest.mark.parametrize("copied", [copy.deepcopy, pickled])
def test_copies_predict_the_same(copied):
    sample = draw(0, n_annotators=5)
    model = ChoiceMixture(2, n_init=1, random_state=0).fit(sample.choices, sample.features)
    np.testing.assert_array_equal(
        copied(model).predict_proba(sample.choices, sample.features),
        model.predict_proba(sample.choices, sample.features),
    )
