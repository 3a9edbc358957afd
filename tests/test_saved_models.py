"""Files of models that earlier versions wrote, kept beside this test."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from prefmath import Choices
from prefmath.models import BradleyTerry, ChoiceMixture

SAVED = Path(__file__).parent / "saved"


def test_pairs_of_version_0_1_0():
    model = BradleyTerry.load(SAVED / "pairs-0.1.0.npz")
    assert model.get_params()["prior"] == 0.5
    assert model.item_ids_.tolist() == list("abcdef")
    assert model.utilities_.sum() == pytest.approx(0, abs=1e-12)
    choices = Choices.from_pairs(["a", "b"], ["c", "d"], first=[True, False], tie=[False, True])
    probability = model.predict_proba(choices).reshape(2, 2)
    # Davidson's model, written out.
    rows = {item: model.utilities_[place] for place, item in enumerate("abcdef")}
    for (one, two), shown, found in zip(["ac", "bd"], [0, 1], probability, strict=True):
        utilities = np.array([rows[one], rows[two]])
        utilities[shown] += model.order_effect_
        worth = np.exp(utilities)
        total = worth.sum() + model.tie_ * np.sqrt(worth.prod())
        np.testing.assert_allclose(found, worth / total, rtol=1e-12)


def test_a_mixture_of_version_0_1_0():
    model = ChoiceMixture.load(SAVED / "mixture-0.1.0.npz")
    assert model.weights_.sum() == pytest.approx(1)
    assert model.responsibilities_.shape == (15, 2)
    assert model.lower_bounds_[-1] == model.lower_bound_
    rng = np.random.default_rng(0)
    features = rng.standard_normal((60, 3)).astype(np.float32)
    choices = Choices.from_choice_sets([0, 3], [0, 1, 2], [0], annotator=[7])
    worth = np.exp(features[:3].astype(np.float64) @ model.coef_.T)
    expected = worth / worth.sum(axis=0) @ model.responsibilities_[7]
    np.testing.assert_allclose(model.predict_proba(choices, features), expected, rtol=1e-12)
    # It knows no names, and takes any.
    assert not hasattr(model, "feature_names_in_")
    named = pd.DataFrame(features, columns=list("abc"))
    np.testing.assert_allclose(model.predict_proba(choices, named), expected, rtol=1e-12)
