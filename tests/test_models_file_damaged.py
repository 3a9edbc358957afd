"""Loading a model believes nothing: what comes back is a model, or one sentence is raised."""

import json

import numpy as np
import pytest

from prefmath import Choices
from prefmath.io.models import load_model, save_model
from prefmath.models import BradleyTerry, ChoiceMixture, ConditionalLogit, PlackettLuce

N = 60


def fitted():
    """Return a model of every kind."""
    rng = np.random.default_rng(0)
    winner = rng.integers(0, 5, N)
    loser = (winner + 1 + rng.integers(0, 4, N)) % 5
    people = np.array(list("xyz"))[rng.integers(0, 3, N)]
    said = {"tie": rng.random(N) < 0.2, "first": rng.random(N) < 0.5, "annotator": people}
    pairs = Choices.from_pairs(np.array(list("abcde"))[winner], np.array(list("abcde"))[loser])
    told = Choices.from_pairs(winner, loser, **said)
    sets = np.array([rng.permutation(5) for _ in range(20)]).ravel()
    offsets, x = np.arange(21) * 5, rng.standard_normal((5, 2))
    chosen = Choices.from_choice_sets(offsets, sets, rng.integers(0, 5, 20))
    options = {"ties": "davidson", "position_effect": True, "tol": 1e-3}
    return {
        "mixture": ChoiceMixture(2, n_init=2, random_state=0, **options).fit(told),
        "features": ChoiceMixture(2, n_init=2, random_state=0, l2=1.0).fit(told, x),
        "ties": BradleyTerry(ties="rao_kupper").fit(told),
        "pairs": BradleyTerry(prior=1.0).fit(pairs),
        "rankings": PlackettLuce().fit(Choices.from_rankings(offsets, sets)),
        "sets": ConditionalLogit(l2=np.float32(0.5)).fit(chosen, x),
    }


MODELS = fitted()


def load(path):
    """Load a model, or return the sentence; nothing else may happen."""
    try:
        return load_model(path)
    except (ValueError, OSError) as error:
        message = str(error)
    assert message.startswith(f"{str(path)!r} ")
    assert "\n" not in message
    return message


def assert_sane(model):
    k = len(model.coef_)
    assert np.isfinite(model.coef_).all()
    assert model.weights_.shape == (k,)
    np.testing.assert_allclose(model.weights_.sum(), 1, atol=1e-6)
    np.testing.assert_allclose(model.responsibilities_.sum(axis=1), 1, atol=1e-6)
    assert model.responsibilities_.shape[1] == k
    assert np.isfinite([model.log_likelihood_, model.lower_bound_]).all()
    assert callable(model.fit)
    repr(model)


@pytest.mark.parametrize("name", MODELS)
def test_every_kind_comes_back(tmp_path, name):
    save_model(tmp_path / "m.npz", MODELS[name])
    back = load_model(tmp_path / "m.npz")
    assert vars(back).keys() == vars(MODELS[name]).keys()
    assert back.get_params() == MODELS[name].get_params()
    np.testing.assert_array_equal(back.coef_, MODELS[name].coef_)


@pytest.mark.parametrize("name", MODELS)
def test_changed_and_missing_bytes(tmp_path, name):
    path = tmp_path / "m.npz"
    save_model(path, MODELS[name])
    whole = path.read_bytes()
    rng, refused = np.random.default_rng(0), 0
    for _ in range(300):
        data = bytearray(whole)
        for at in rng.integers(len(data), size=rng.integers(1, 4)):
            data[at] = rng.integers(256)
        if rng.random() < 0.2:
            del data[rng.integers(len(data)) :]
        path.write_bytes(bytes(data))
        found = load(path)
        refused += isinstance(found, str)
        if not isinstance(found, str):
            assert_sane(found)
    assert refused > 200


@pytest.fixture
def rewrite(tmp_path):
    """Return what saves a model, changes header and arrays, and loads it."""

    def change(alter, name="mixture"):
        path = tmp_path / "m.npz"
        save_model(path, MODELS[name])
        with np.load(path) as archive:
            arrays = dict(archive)
        header = json.loads(str(arrays.pop("header")))
        text = alter(header, arrays)
        text = json.dumps(header) if text is None else text
        np.savez(path, header=np.array(text), **arrays)
        return load(path)

    return change


def put(place, name, value):
    """Return a change of the header or the arrays."""

    def alter(header, arrays):
        (arrays if place == "arrays" else header[place] if place else header)[name] = value

    return alter


HALF = np.full((3, 2), 0.5)
CHANGES = {
    "coef_ must be finite: coef_[1, 2] is nan": put(
        "arrays", "coef_", np.where(np.arange(10).reshape(2, 5) == 7, np.nan, 1.0)
    ),
    "weights_ must have shape (3,), not (2,)": put("arrays", "coef_", np.ones((3, 5))),
    "coef_ must be an array of float64 with 2 axes": put("arrays", "coef_", np.ones(5)),
    "weights_ must be an array of float64 with 1 axes": put("arrays", "weights_", np.ones(2, int)),
    "weights_ must be at least 0 and sum to 1": put("arrays", "weights_", np.array([0.5, 0.6])),
    "_extra must have shape (2, 1), not (2, 0)": put("arrays", "_extra", np.ones((2, 0))),
    "tie_ is inf, too large": put("arrays", "_extra", np.full((2, 2), 1e6)),
    "responsibilities_ must be at least 0 and sum": put("arrays", "responsibilities_", 2 * HALF),
    "responsibilities_ must have shape (2, 2), not (2, 3)": put(
        "arrays", "responsibilities_", HALF.T
    ),
    "annotator_ids_ has 2 labels, but the model tells of 3": put(
        "arrays", "annotator_ids_", np.array(["a", "b"])
    ),
    "annotator_ids_ has a label twice": put("arrays", "annotator_ids_", np.array(list("aab"))),
    "item_ids_ must be one array of labels or None": put("values", "item_ids_", [1, 2, 3, 4, 5]),
    "it tells of 'item_ids_' twice": put("arrays", "item_ids_", np.arange(5)),
    "it has an array 'predict', which no model has": put("arrays", "predict", np.ones(1)),
    "it tells of 'fit', which no ChoiceMixture has": put("values", "fit", 1),
    "it tells of '__class__', which no ChoiceMixture": put("values", "__class__", 1),
    "it tells of '_check_fitted', which no": put("values", "_check_fitted", None),
    "it tells of 'prior', which no ChoiceMixture has": put("parameters", "prior", 1.0),
    "n_components must be a whole number, not [": put("parameters", "n_components", [2]),
    "n_init must be at least 1, not 0": put("parameters", "n_init", 0),
    "ties must be one of half, davidson, rao_kupper, not 'x'": put("parameters", "ties", "x"),
    "l2 must be at least 0, not -1": put("parameters", "l2", -1),
    "l2 must be finite, not inf": put("parameters", "l2", float("inf")),
    "position_effect must be true or false, not 'yes'": put("parameters", "position_effect", "yes"),
    "n_threads must be at least 1, not -4": put("parameters", "n_threads", -4),
    "random_state must be a whole number": put("parameters", "random_state", -1),
    "_layout must be one of pairs": put("values", "_layout", "triples"),
    "_ties must be one of half": put("values", "_ties", ["half"]),
    "_linear must be true or false, not 1": put("values", "_linear", 1),
    "_n_positions is '1', where all else makes it 1": put("values", "_n_positions", "1"),
    "_n_free is -1, where all else makes it ": put("values", "_n_free", -1),
    "n_iter_ is None, where all else makes it ": put("values", "n_iter_", None),
    "log_likelihood_ must be finite, not nan": put("values", "log_likelihood_", float("nan")),
    "lower_bounds_[0] must fit into a float": put("values", "lower_bounds_", [10**400]),
    "lower_bounds_ must list a number for the start": put("values", "lower_bounds_", []),
    "converged_ is missing": lambda header, _: header["values"].pop("converged_") and None,
    "n_features_in_ is 3, where all else makes it None": put("values", "n_features_in_", 3),
    "its model must be BradleyTerry, ChoiceMixture, ": put("", "model", "Choices"),
    "its model must be BradleyTerry, ChoiceMixture,": put("", "model", ["BradleyTerry"]),
    "its header lacks parameters or values": put("", "parameters", []),
    "its version is no number": put("", "version", "one"),
    "it has no header": put("", "format", "another"),
    "it has no header ": lambda *_: "[1, 2]",
    "it is damaged": lambda *_: "[" * 100_000,
    "Expecting value": lambda *_: "",
}


@pytest.mark.parametrize("reason", CHANGES)
def test_what_no_fit_can_have_left(rewrite, tmp_path, reason):
    found = rewrite(CHANGES[reason])
    start = f"{str(tmp_path / 'm.npz')!r} holds no model of prefmath: "
    assert isinstance(found, str)
    assert found.startswith(start + reason.rstrip())


def test_a_later_minor_version_adds_what_can_be_left_out(rewrite):
    def later(header, _):
        header["version"] = "1.7"
        header["values"]["fit"] = header["parameters"]["new"] = 3

    assert_sane(rewrite(later))


def test_the_other_order_of_bytes(rewrite):
    def swap(_, arrays):
        arrays["coef_"] = np.asfortranarray(arrays["coef_"].astype(">f8"))

    model = rewrite(swap)
    assert model.coef_.dtype == np.float64
    assert model.coef_.flags.c_contiguous
    np.testing.assert_array_equal(model.coef_, MODELS["mixture"].coef_)
