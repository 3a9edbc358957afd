"""Estimators of one class: SciPy's optimum, the peers' answers, scikit-learn's checks, refusals."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.base import clone
from sklearn.exceptions import NotFittedError as SklearnNotFittedError
from sklearn.utils import estimator_checks
from sklearn.utils.validation import check_is_fitted

from choice_samples import draw
from prefmath import Choices
from prefmath.models import BradleyTerry, ChoiceMixture, ConditionalLogit, PlackettLuce
from prefmath.models._fit.estimator import NotFittedError
from test_choice_mixture_oracle import penalty_of, scipy_optimum

ESTIMATORS = [BradleyTerry, PlackettLuce, ConditionalLogit, ChoiceMixture]

# Those that do not fit to arrays: estimators here fit to Choices.
CHECKS = [
    "check_do_not_raise_errors_in_init_or_set_params",
    "check_estimator_cloneable",
    "check_estimator_repr",
    "check_estimator_tags_renamed",
    "check_mixin_order",
    "check_no_attributes_set_in_init",
    "check_parameters_default_constructible",
    "check_set_params",
    "check_valid_tag_types",
]


def fitted(kind, seed=0, layout=None):
    layout = layout or {BradleyTerry: "pairs", PlackettLuce: "rankings"}.get(kind, "choice_sets")
    sample = draw(seed, layout=layout, n_items=8)
    features = (sample.features,) if kind is ConditionalLogit else ()
    return kind().fit(sample.choices, *features), sample.choices, features


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("kind", ESTIMATORS)
def test_scikit_learns_checks(kind, check):
    if not hasattr(estimator_checks, check):
        pytest.skip(f"this scikit-learn has no {check}")
    getattr(estimator_checks, check)(kind.__name__, kind())


@pytest.mark.parametrize("kind", ESTIMATORS)
def test_scikit_learn_knows_whether_it_is_fitted(kind):
    with pytest.raises(SklearnNotFittedError):
        check_is_fitted(kind())
    model, _, _ = fitted(kind)
    check_is_fitted(model)
    assert not hasattr(clone(model), "coef_")


@pytest.mark.parametrize("kind", ESTIMATORS)
@pytest.mark.parametrize(
    "method", ["predict_proba", "predict", "score", "bic", "aic", "icl", "sample"]
)
def test_nothing_is_known_before_fit(kind, method):
    model = kind()
    with pytest.raises(NotFittedError, match=f"this {kind.__name__} is not fitted yet"):
        getattr(model, method)(Choices.from_pairs([0], [1]))


@pytest.mark.parametrize("kind", ESTIMATORS)
@pytest.mark.parametrize("choices", [[[0, 1]], np.zeros((3, 2)), None])
def test_anything_but_choices_is_refused(kind, choices):
    features = (np.zeros((2, 1)),) if kind is ConditionalLogit else ()
    name = type(choices).__name__
    with pytest.raises(TypeError, match=f"^choices must be prefmath.Choices, .*, not {name}$"):
        kind().fit(choices, *features)


@pytest.mark.parametrize("kind", ESTIMATORS)
@pytest.mark.parametrize("how", ["deepcopy", "pickle", "file"])
def test_copies_and_files_predict_the_same(kind, how, tmp_path):
    model, choices, features = fitted(kind)
    if how == "deepcopy":
        again = copy.deepcopy(model)
    elif how == "pickle":
        again = pickle.loads(pickle.dumps(model))  # noqa: S301
    else:
        model.save(tmp_path / "model.npz")
        again = kind.load(tmp_path / "model.npz")
    assert repr(again) == repr(model)
    assert vars(again).keys() == vars(model).keys()
    expected = model.predict_proba(choices, *features)
    np.testing.assert_array_equal(again.predict_proba(choices, *features), expected)
    assert again.icl(choices, *features) == model.icl(choices, *features)


def test_a_file_of_another_estimator_is_refused(tmp_path):
    model, _, _ = fitted(PlackettLuce)
    model.save(tmp_path / "model.npz")
    with pytest.raises(ValueError, match=r"model\.npz' holds a PlackettLuce, not a BradleyTerry$"):
        BradleyTerry.load(tmp_path / "model.npz")


@pytest.mark.parametrize(
    ("kind", "layout"),
    [
        (BradleyTerry, "pairs"),
        (BradleyTerry, "tied pairs"),
        (PlackettLuce, "pairs"),
        (PlackettLuce, "choice_sets"),
        (PlackettLuce, "rankings"),
    ],
)
@pytest.mark.parametrize("l2", [0.0, 0.7])
@pytest.mark.parametrize("weights", [False, True])
def test_utilities_are_what_scipy_finds(kind, layout, l2, weights):
    choices = draw(2, layout=layout, weights=weights, n_items=12).choices
    model = kind(l2=l2).fit(choices)
    best = scipy_optimum(choices, np.eye(12), l2)
    np.testing.assert_allclose(model.utilities_, best.x, rtol=0, atol=1e-6)
    assert model.utilities_.mean() == pytest.approx(0, abs=1e-9)
    assert model.lower_bound_ == pytest.approx(-best.fun, abs=1e-6)
    assert model.converged_


@pytest.mark.parametrize("layout", ["choice_sets", "pairs", "tied pairs", "rankings"])
@pytest.mark.parametrize("l2", [0.0, 0.7])
def test_coefficients_are_what_scipy_finds(layout, l2):
    sample = draw(1, layout=layout, weights=True)
    model = ConditionalLogit(l2=l2).fit(sample.choices, sample.features)
    l2 = penalty_of(sample.choices, sample.features, l2)
    best = scipy_optimum(sample.choices, sample.features, l2)
    np.testing.assert_allclose(model.coef_, [best.x], rtol=0, atol=1e-6)
    assert model.n_features_in_ == 3


def test_bradley_terry_agrees_with_choix():
    choices = draw(3, layout="pairs", n_items=10, n_each=40).choices
    model = BradleyTerry().fit(choices)
    winner, loser = choices.items[0::2], choices.items[1::2]
    wins = np.zeros((10, 10))
    np.add.at(wins, (winner, loser), 1)
    choix = pytest.importorskip("choix")
    found = choix.ilsr_pairwise_dense(wins)
    np.testing.assert_allclose(model.utilities_, found, atol=1e-6)


def test_plackett_luce_agrees_with_choix():
    choix = pytest.importorskip("choix")
    choices = draw(3, layout="rankings", n_items=10, n_each=40).choices
    full = [
        choices.items[a:b].tolist()
        for a, b, n in zip(choices.offsets, choices.offsets[1:], choices.n_ranked, strict=False)
        if n == b - a
    ]
    offsets = np.cumsum([0, *map(len, full)])
    model = PlackettLuce().fit(Choices.from_rankings(offsets, np.concatenate(full)))
    np.testing.assert_allclose(model.utilities_, choix.ilsr_rankings(10, full), atol=1e-6)


@pytest.mark.parametrize("layout", ["pairs", "tied pairs"])
def test_bradley_terry_agrees_with_evalica(layout):
    evalica = pytest.importorskip("evalica")
    choices = draw(3, layout=layout, n_items=10, n_each=40).choices
    names = choices.item_ids[choices.items].tolist()
    tied = np.zeros(len(choices), bool) if choices.tied is None else choices.tied
    winners = [evalica.Winner.Draw if tie else evalica.Winner.X for tie in tied]
    found = evalica.bradley_terry(names[0::2], names[1::2], winners, tolerance=1e-12, limit=10_000)
    scores = np.log(found.scores[choices.item_ids.tolist()].to_numpy())
    model = BradleyTerry().fit(choices)
    np.testing.assert_allclose(model.utilities_, scores - scores.mean(), atol=1e-6)


def test_layouts_that_do_not_belong():
    with pytest.raises(ValueError, match=r"^choices must be pairs, not rankings$"):
        BradleyTerry().fit(Choices.from_rankings([0, 2], [0, 1]))
    tied = Choices.from_pairs([0, 1], [1, 0], tie=[True, False])
    with pytest.raises(ValueError, match=r"^choices must have no ties, .* row 0 is one$"):
        PlackettLuce().fit(tied)


def test_undetermined_utilities_are_refused_by_name():
    choices = Choices.from_pairs(["tea", "tea", "milk"], ["milk", "water", "water"])
    for kind in (BradleyTerry, PlackettLuce):
        with pytest.raises(ValueError, match="item 'tea' never lost to the other items: set l2"):
            kind().fit(choices)
        assert np.isfinite(kind(l2=1e-3).fit(choices).utilities_).all()


def test_going_on_from_the_last_fit():
    choices = draw(2, layout="pairs", n_items=12).choices
    model = BradleyTerry(warm_start=True).fit(choices)
    steps = model.n_iter_
    again = model.fit(choices)
    assert again.n_iter_ < steps
    np.testing.assert_allclose(model.utilities_, BradleyTerry().fit(choices).utilities_, atol=1e-9)


@pytest.mark.parametrize("kind", ESTIMATORS)
def test_criteria_by_definition(kind):
    model, choices, features = fitted(kind)
    ll = model.log_likelihood_
    assert model.score(choices, *features) * len(choices) == pytest.approx(ll)
    p = 3 if features else 7
    assert model.aic(choices, *features) == pytest.approx(2 * p - 2 * ll)
    assert model.bic(choices, *features) == pytest.approx(np.log(40) * p - 2 * ll)
    assert model.icl(choices, *features) == pytest.approx(model.bic(choices, *features))


@pytest.mark.parametrize("layout", ["choice_sets", "pairs", "rankings"])
def test_draws_come_as_often_as_their_probabilities_say(layout):
    n, utility = 40_000, np.array([1.0, 0.0, -0.5])
    who = np.arange(n) % 7
    if layout == "pairs":
        winner = np.arange(n) % 3
        choices = Choices.from_pairs(winner, (winner + 1) % 3, first=winner == 0, annotator=who)
    elif layout == "choice_sets":
        offsets = np.arange(0, 3 * n + 1, 3)
        choices = Choices.from_choice_sets(offsets, np.tile([2, 0, 1], n), [0] * n, annotator=who)
    else:
        offsets = np.arange(0, 3 * n + 1, 3)
        choices = Choices.from_rankings(offsets, np.tile([2, 0, 1], n), annotator=who)
    model = PlackettLuce(l2=1e-3).fit(choices.take(np.arange(50)))
    model.coef_ = utility[None]
    drawn = model.sample(choices, random_state=0)
    assert repr(drawn) == repr(choices)
    before, after = (c.items.reshape(n, -1) for c in (choices, drawn))
    np.testing.assert_array_equal(np.sort(before, axis=1), np.sort(after, axis=1))
    np.testing.assert_array_equal(drawn.annotator_index, choices.annotator_index)
    if layout == "pairs":
        shown_first = [np.where(c.first, c.items[0::2], c.items[1::2]) for c in (choices, drawn)]
        np.testing.assert_array_equal(*shown_first)
        share = [
            (after[(np.sort(after) == pair).all(axis=1), 0] == pair[0]).mean()
            for pair in ([0, 1], [0, 2], [1, 2])
        ]
        expected = 1 / (1 + np.exp([-1, -1.5, -0.5]))
    else:
        best = after[:, 0] if layout == "rankings" else after[np.arange(n), drawn.chosen]
        share, expected = np.bincount(best) / n, softmax(utility)
    np.testing.assert_allclose(share, expected, atol=0.015)
    again = PlackettLuce().fit(drawn)
    np.testing.assert_allclose(again.utilities_, utility - utility.mean(), atol=0.05)
    same = model.sample(choices, random_state=0)
    np.testing.assert_array_equal(same.items, drawn.items)


def test_one_class_is_drawn_for_each_annotator():
    who = np.repeat(np.arange(2000), 5)
    choices = Choices.from_pairs(np.zeros(10_000, int), np.ones(10_000, int), annotator=who)
    model = ChoiceMixture(2, n_init=1, random_state=0).fit(choices)
    model.coef_, model.weights_ = np.array([[5.0, -5.0], [-5.0, 5.0]]), np.array([0.7, 0.3])
    shares = np.tile(model.weights_, (2000, 1))
    drawn = model.sample(choices, responsibilities=shares, random_state=1)
    wins = np.add.reduceat(drawn.items[0::2] == 0, drawn.annotator_offsets[:-1], dtype=int)
    assert np.isin(wins, [0, 5]).mean() > 0.99
    assert (wins == 5).mean() == pytest.approx(0.7, abs=0.03)
