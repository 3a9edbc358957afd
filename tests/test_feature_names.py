"""Names of features: kept by a fit, asked for in what follows, printed, saved, in errors."""

from __future__ import annotations

import copy
import inspect
import json
import re
import warnings
from functools import partial

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.base import clone

from prefmath import Choices
from prefmath.models import (
    BradleyTerry,
    ChoiceMixture,
    ConditionalLogit,
    bootstrap,
    disagreement,
    select_components,
)

NAMES = ["price", "time", "seats"]
rng = np.random.default_rng(0)
X = rng.standard_normal((60, 3)).round(2)
CHOICES = Choices.from_choice_sets(
    np.arange(0, 181, 3),
    np.concatenate([rng.choice(60, 3, replace=False) for _ in range(60)]),
    rng.integers(3, size=60),
    annotator=np.repeat(np.arange(20), 3),
)
FRAME = pd.DataFrame(X, columns=NAMES)
OTHERS = {
    "order": FRAME[["time", "price", "seats"]],
    "names": FRAME.rename(columns={"time": "tme"}),
    "fewer": FRAME[["price", "time"]],
}
SAID = {
    "order": "features must have their columns in the order that they had in fit: column 0 is "
    "'time', where 'price' was",
    "names": "features must have the columns that they had in fit: 'tme' was not there and 'time' "
    "is missing",
    "fewer": "features must have the columns that they had in fit: 'seats' is missing",
}


def fitted():
    return ConditionalLogit().fit(CHOICES, FRAME)


def mixture():
    return ChoiceMixture(2, n_init=1, max_iter=30, tol=1e-2, random_state=0).fit(CHOICES, FRAME)


@pytest.mark.parametrize(
    "make",
    [
        lambda: FRAME,
        lambda: pl.DataFrame(X, schema=NAMES),
        lambda: pa.table(dict(zip(NAMES, X.T, strict=True))),
    ],
)
def test_frames_of_any_library(make):
    frame = make()
    model = ConditionalLogit().fit(CHOICES, frame)
    assert model.feature_names_in_.tolist() == NAMES
    assert model.feature_names_in_.dtype == object  # as scikit-learn has it
    np.testing.assert_array_equal(model.coef_, ConditionalLogit().fit(CHOICES, X).coef_)
    assert model.score(CHOICES, frame) == model.score(CHOICES, X)


@pytest.mark.parametrize(
    "features", [X, X.tolist(), pd.DataFrame(X), pd.DataFrame(X, columns=[*"ab", 3])]
)
def test_what_has_no_names_is_taken_as_ever(features):
    plain = np.asarray(features)
    model = ConditionalLogit().fit(CHOICES, features)
    assert not hasattr(model, "feature_names_in_")
    assert repr(model) == "ConditionalLogit()"
    assert model.score(CHOICES, FRAME) == model.score(CHOICES, plain)
    assert fitted().score(CHOICES, features) == model.score(CHOICES, plain)


@pytest.mark.parametrize(
    "change",
    [
        lambda frame: frame.assign(seats=frame["seats"] > 0),
        lambda frame: frame.assign(price=pd.array(frame["price"], dtype="Float64"), time=True),
        lambda frame: frame.assign(time=frame["time"].astype(object)),
        lambda frame: frame > 0,
    ],
)
def test_columns_of_mixed_types(change):
    frame = change(FRAME)
    model = ConditionalLogit(l2=1).fit(CHOICES, frame)
    by_hand = np.stack([frame[name].to_numpy(dtype=float) for name in NAMES], axis=1)
    np.testing.assert_array_equal(model.coef_, ConditionalLogit(l2=1).fit(CHOICES, by_hand).coef_)


@pytest.mark.parametrize(
    ("column", "said"),
    [
        (["3.5"] * 60, "features must hold numbers: column 'time' has text, '3.5' in row 0; make"),
        ([1.0, "x"] * 30, "features must hold numbers: column 'time' has text, 'x' in row 1; make"),
        ([True, None] * 30, "features must be finite: features[1, 1] is nan, in column 'time'"),
        ([True, 1j] * 30, "features must hold numbers: column 'time' has complex, 1j in row 1;"),
    ],
)
def test_columns_that_are_no_numbers(column, said):
    with pytest.raises((TypeError, ValueError), match=f"^{re.escape(said)}"):
        ConditionalLogit(l2=1).fit(CHOICES, FRAME.assign(time=column))


def test_a_new_fit_forgets_the_names_of_the_last():
    model = fitted()
    assert not hasattr(model.fit(CHOICES, X), "feature_names_in_")
    assert model.fit(CHOICES, FRAME).feature_names_in_.tolist() == NAMES
    assert not hasattr(clone(model), "feature_names_in_")
    assert copy.deepcopy(model).feature_names_in_.tolist() == NAMES


def methods():
    """Return the public methods of a model that take features of some choices, `fit` aside."""
    return [
        name
        for name, method in inspect.getmembers(ConditionalLogit, inspect.isfunction)
        if not name.startswith("_")
        and name != "fit"
        and {"choices", "features"} <= inspect.signature(method).parameters.keys()
    ]


# What else some methods cannot do without.
BESIDE = {"contrast": {"a": "price", "b": "time"}, "test": {"hypotheses": "price = 0"}}


@pytest.mark.parametrize("kind", OTHERS)
@pytest.mark.parametrize("method", methods())
def test_other_columns_are_refused(method, kind):
    call = getattr(fitted(), method)
    with pytest.raises(ValueError) as error:  # noqa: PT011
        call(choices=CHOICES, features=OTHERS[kind], **BESIDE.get(method, {}))
    assert str(error.value) == SAID[kind]
    call(choices=CHOICES, features=FRAME, **BESIDE.get(method, {}))
    call(choices=CHOICES, features=X, **BESIDE.get(method, {}))


@pytest.mark.parametrize("kind", OTHERS)
def test_functions_of_models_refuse_other_columns(kind):
    with pytest.raises(ValueError, match=r"^features must have the"):
        bootstrap(fitted(), CHOICES, OTHERS[kind], n_resamples=2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = mixture()
    with pytest.raises(ValueError, match=r"^features must have the"):
        disagreement(model, OTHERS[kind])
    model.warm_start = True
    with pytest.raises(ValueError, match=r"^features must have the.* in the fit to go on from"):
        model.fit(CHOICES, OTHERS[kind])


@pytest.mark.filterwarnings("ignore")
def test_names_in_what_is_printed():
    model = fitted()
    lines = repr(model).splitlines()
    assert lines[0] == "ConditionalLogit()"
    assert [line.split()[0] for line in lines[1:]] == NAMES
    assert [float(line.split()[1]) for line in lines[1:]] == pytest.approx(model.coef_[0], rel=1e-3)
    both = repr(mixture())
    assert "class 1" in both
    assert "share" in both
    assert "seats" in both
    for told in (
        model.uncertainty(CHOICES, FRAME),
        model.uncertainty(CHOICES, X),
        model.uncertainty(CHOICES, FRAME).interval(),
        bootstrap(model, CHOICES, FRAME, n_resamples=5, random_state=0),
        select_components(CHOICES, FRAME, [1, 2], random_state=0).model,
    ):
        assert all(name in repr(told) for name in NAMES)


def test_many_names_are_cut():
    frame = pd.DataFrame(rng.standard_normal((60, 15)), columns=[f"x{j}" for j in range(15)])
    text = repr(ConditionalLogit(l2=1).fit(CHOICES, frame))
    assert text.splitlines()[0] == "ConditionalLogit(l2=1)"
    assert text.endswith("… 3 more")


def test_names_in_errors():
    twice = FRAME.assign(cents=100 * FRAME["price"])
    with pytest.raises(ValueError, match="the coefficients of 'price' and 'cents' are not deter"):
        ConditionalLogit().fit(CHOICES, twice)
    hole = FRAME.copy()
    hole.loc[7, "time"] = np.nan
    with pytest.raises(ValueError, match=r"features\[7, 1\] is nan, in column 'time'$"):
        ConditionalLogit().fit(CHOICES, hole)
    with pytest.raises(ValueError, match="divide column 'time' by a constant"):
        ConditionalLogit().fit(CHOICES, FRAME * [1.0, 1e200, 1.0])
    for tiny in (1e-150, 1e-200):  # the squares of the latter are 0
        with pytest.raises(ValueError, match="deviation of column 'seats' is"):
            ConditionalLogit().fit(CHOICES, FRAME * [1.0, 1.0, tiny])
    chosen = FRAME.assign(sure=0.0)
    items = CHOICES.items.reshape(-1, 3)[np.arange(60), CHOICES.chosen]
    never = np.setdiff1d(CHOICES.items, items)
    chosen.loc[never, "sure"] = -1.0
    with pytest.raises(ValueError, match="the coefficient of 'sure' has no finite estimate"):
        ConditionalLogit().fit(CHOICES, chosen)


@pytest.mark.parametrize("method", methods())
def test_choices_are_asked_for_by_all(method):
    with pytest.raises(TypeError, match=r"choices must be prefmath\.Choices, .* not DataFrame"):
        getattr(fitted(), method)(choices=FRAME, features=FRAME, **BESIDE.get(method, {}))


@pytest.mark.parametrize("function", [partial(bootstrap, fitted()), select_components])
def test_choices_are_asked_for_by_functions(function):
    with pytest.raises(TypeError, match=r"choices must be prefmath\.Choices, .* not DataFrame"):
        function(FRAME, FRAME)


@pytest.mark.filterwarnings("ignore")
def test_names_are_saved(tmp_path):
    for model in (fitted(), mixture()):
        model.save(tmp_path / "m.npz")
        again = type(model).load(tmp_path / "m.npz")
        assert again.feature_names_in_.tolist() == NAMES
        assert repr(again) == repr(model)
        with pytest.raises(ValueError, match="where 'price' was"):
            again.score(CHOICES, OTHERS["order"])


def test_names_given_on_saving(tmp_path):
    model = ConditionalLogit().fit(CHOICES, X)
    model.save(tmp_path / "m.npz")
    assert not hasattr(ConditionalLogit.load(tmp_path / "m.npz"), "feature_names_in_")
    model.save(tmp_path / "m.npz", feature_names=NAMES)
    assert ConditionalLogit.load(tmp_path / "m.npz").feature_names_in_.tolist() == NAMES
    with pytest.raises(ValueError, match="feature_names has 2 names for 3 columns of features"):
        model.save(tmp_path / "m.npz", feature_names=["a", "b"])
    for bad in ("abc", [1, 2, 3]):
        with pytest.raises(TypeError, match="feature_names must be a list of str"):
            model.save(tmp_path / "m.npz", feature_names=bad)


def with_header(path, names):
    with np.load(path) as file:
        arrays = dict(file)
    header = json.loads(str(arrays["header"]))
    header["feature_names"] = names
    np.savez(path, **(arrays | {"header": np.array(json.dumps(header))}))


def test_files_with_names_of_something_else(tmp_path):
    path = tmp_path / "m.npz"
    fitted().save(path)
    with_header(path, ["a", "b"])  # what version 1.1 wrote unseen
    assert not hasattr(ConditionalLogit.load(path), "feature_names_in_")
    with_header(path, [1, 2, 3])
    with pytest.raises(ValueError, match="feature_names must be a list of str"):
        ConditionalLogit.load(path)
    BradleyTerry(l2=1).fit(Choices.from_pairs(["a"], ["b"])).save(path, feature_names=["x", "y"])
    assert not hasattr(BradleyTerry.load(path), "feature_names_in_")
