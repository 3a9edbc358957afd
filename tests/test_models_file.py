"""A model comes back from its file as it was."""

import json

import numpy as np
import pytest

from prefmath import Choices
from prefmath.io.models import load_model, save_model
from prefmath.models import ChoiceMixture


@pytest.fixture(scope="module")
def choices():
    rng = np.random.default_rng(0)
    pairs = np.array([rng.choice(6, 2, replace=False) for _ in range(80)])
    people = np.array(["ann", "bob", "cy", "di"])[np.arange(80) % 4]
    names = np.array(["a", "b", "c", "d", "e", "f"])
    return Choices.from_pairs(
        names[pairs[:, 0]], names[pairs[:, 1]], annotator=people, item_ids=names
    )


@pytest.fixture(scope="module")
def features():
    return np.random.default_rng(1).standard_normal((6, 3))


@pytest.mark.parametrize("linear", [False, True])
def test_predicts_as_before(tmp_path, choices, features, linear):
    x = features if linear else None
    model = ChoiceMixture(2, n_init=2, random_state=0, n_threads=1).fit(choices, x)
    save_model(tmp_path / "m.npz", model)
    back = load_model(tmp_path / "m.npz")
    assert repr(back) == repr(model)
    for method in (model.predict_proba, model.predict, model.responsibilities, model.adapt):
        again = getattr(back, method.__name__)(choices, x)
        np.testing.assert_array_equal(again, method(choices, x))
    assert (back.score(choices, x), back.bic(choices, x)) == (
        *(model.score(choices, x), model.bic(choices, x)),
    )
    assert vars(back).keys() == vars(model).keys()
    assert back.annotator_ids_.tolist() == ["ann", "bob", "cy", "di"]


def test_plain_arrays_and_json(tmp_path, choices, features):
    model = ChoiceMixture(2, n_init=1, random_state=0, progress=lambda *_: None)
    save_model(tmp_path / "m.npz", model.fit(choices, features), feature_names=["x", "y", "z"])
    with np.load(tmp_path / "m.npz", allow_pickle=False) as archive:
        header = json.loads(str(archive["header"]))
        np.testing.assert_array_equal(archive["coef_"], model.coef_)
    assert header["model"] == "ChoiceMixture"
    assert header["feature_names"] == ["x", "y", "z"]
    assert header["parameters"]["n_components"] == 2
    assert header["parameters"]["progress"] is None
    assert header["values"]["log_likelihood_"] == model.log_likelihood_


def test_equal_models_are_equal_files(tmp_path, choices):
    model = ChoiceMixture(1).fit(choices)
    for name in ("a.npz", "b.npz"):
        save_model(tmp_path / name, model)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_a_generator_is_left_out(tmp_path, choices):
    model = ChoiceMixture(2, n_init=1, random_state=np.random.default_rng(0)).fit(choices)
    save_model(tmp_path / "m.npz", model)
    assert load_model(tmp_path / "m.npz").random_state is None


def test_refuses_to_save(tmp_path, choices):
    fitted = ChoiceMixture(1).fit(choices)
    with pytest.raises(ValueError, match=r"'.*m\.pkl' must end in \.npz"):
        save_model(tmp_path / "m.pkl", fitted)
    with pytest.raises(ValueError, match="model must be fitted before it is saved"):
        save_model(tmp_path / "m.npz", ChoiceMixture(1))
    with pytest.raises(TypeError, match=r"model must be BradleyTerry, .*, not dict"):
        save_model(tmp_path / "m.npz", {})
    fitted.annotator_ids_ = np.array([{"a": 1}], dtype=object)
    with pytest.raises(TypeError, match="annotator_ids_ is ndarray of object, which no file"):
        save_model(tmp_path / "m.npz", fitted)
    assert list(tmp_path.iterdir()) == []


def test_refuses_to_load(tmp_path):
    header = {"format": "prefmath model", "version": 3, "model": "ChoiceMixture"}
    np.savez(tmp_path / "later.npz", header=np.array(json.dumps(header)))
    np.savez(tmp_path / "other.npz", x=np.ones(3))
    unknown = {**header, "version": "1.7", "model": "os"}
    np.savez(tmp_path / "unknown.npz", header=np.array(json.dumps(unknown)))
    np.save(tmp_path / "array.npy", np.ones(3))
    (tmp_path / "array.npy").rename(tmp_path / "array.npz")
    (tmp_path / "text.npz").write_text("hello")
    with pytest.raises(ValueError, match="was written by a later version of prefmath"):
        load_model(tmp_path / "later.npz")
    for name in ("other", "unknown", "array", "text"):
        with pytest.raises(ValueError, match=rf"{name}\.npz' holds no model of prefmath"):
            load_model(tmp_path / f"{name}.npz")
    with pytest.raises(FileNotFoundError, match=r"no such file: 'none\.npz'"):
        load_model("none.npz")
