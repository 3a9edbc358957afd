"""Ties, order and priors: SciPy's optimum of the likelihood written out, and what is recovered."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from choice_samples import draw
from prefmath import Choices
from prefmath.models import BradleyTerry, ChoiceMixture, ConditionalLogit, PlackettLuce

N_ITEMS = 6


def ordered_pairs(seed=0, n=600, n_annotators=20):
    """Draw pairs with ties and an effect of order, from Davidson's model."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((N_ITEMS, 2))
    shown = np.argsort(rng.random((n, N_ITEMS)), axis=1)[:, :2]
    u = (x @ [1.0, -0.7])[shown] + [0.4, 0.0]
    p = np.exp(np.column_stack([u, u.mean(axis=1) - 0.3]))
    outcome = (rng.random((n, 1)) > np.cumsum(p / p.sum(axis=1, keepdims=True), axis=1)).sum(axis=1)
    second_won = outcome == 1
    return Choices.from_pairs(
        np.where(second_won, shown[:, 1], shown[:, 0]),
        np.where(second_won, shown[:, 0], shown[:, 1]),
        tie=outcome == 2,
        first=~second_won,
        annotator=rng.integers(n_annotators, size=n),
        weight=rng.choice([0.5, 1.0, 2.0], size=n),
    ), x


def log_likelihood(choices, utility, tie, order, ties):
    """Log-likelihood of pairs as the papers write it, utilities of winner and loser first."""
    worth = np.exp(utility[choices.items.reshape(-1, 2)])
    if choices.first is not None:
        worth[:, 0] *= np.where(choices.first, np.exp(order), 1)
        worth[:, 1] *= np.where(choices.first, 1, np.exp(order))
    a, b = worth.T
    if ties == "davidson":
        p_tie, p_win = np.exp(tie) * np.sqrt(a * b), a
        total = a + b + p_tie
        p_win, p_tie = p_win / total, p_tie / total
    elif ties == "rao_kupper":
        theta = np.exp(np.exp(tie))
        p_win = a / (a + theta * b)
        p_tie = 1 - p_win - b / (b + theta * a)
    else:
        p_win = a / (a + b)
        p_tie = np.sqrt(p_win * (1 - p_win))
    tied = np.zeros(len(choices), bool) if choices.tied is None else choices.tied
    weight = np.ones(len(choices)) if choices.weight is None else choices.weight
    return weight @ np.log(np.where(tied, p_tie, p_win))


def optimum(objective, n):
    best = minimize(lambda p: -objective(p), np.zeros(n), method="BFGS", options={"gtol": 1e-6})
    return best.x, -best.fun


@pytest.mark.parametrize("ties", ["half", "davidson", "rao_kupper"])
@pytest.mark.parametrize("order", [False, True])
@pytest.mark.parametrize("l2", [0.0, 0.8])
def test_bradley_terry_with_ties_and_order(ties, order, l2):
    choices, _ = ordered_pairs()
    m = order + (ties != "half")

    def objective(params):
        extra = params[N_ITEMS:]
        ll = log_likelihood(
            choices,
            params[:N_ITEMS] - (params[:N_ITEMS].mean() if l2 == 0 else 0),
            extra[-1] if ties != "half" else None,
            extra[0] if order else 0.0,
            ties,
        )
        return ll - l2 / 2 * params @ params

    best, value = optimum(objective, N_ITEMS + m)
    model = BradleyTerry(ties=ties, position_effect=order, l2=l2).fit(choices)
    assert model.lower_bound_ == pytest.approx(value, abs=1e-6)
    best[:N_ITEMS] -= best[:N_ITEMS].mean()
    np.testing.assert_allclose(model.utilities_, best[:N_ITEMS], atol=2e-4)
    if order:
        assert model.order_effect_ == pytest.approx(best[N_ITEMS], abs=2e-4)
    if ties == "davidson":
        assert model.tie_ == pytest.approx(np.exp(best[-1]), abs=2e-4)
    elif ties == "rao_kupper":
        assert model.tie_ == pytest.approx(np.exp(np.exp(best[-1])), abs=2e-4)
    else:
        assert np.isnan(model.tie_)


@pytest.mark.parametrize("ties", ["davidson", "rao_kupper"])
def test_features_with_ties_and_order(ties):
    choices, x = ordered_pairs(1)

    def objective(params):
        return log_likelihood(choices, x @ params[:2], params[3], params[2], ties)

    best, value = optimum(objective, 4)
    model = ConditionalLogit(ties=ties, position_effect=True).fit(choices, x)
    assert model.log_likelihood_ == pytest.approx(value, abs=1e-6)
    np.testing.assert_allclose(model.coef_[0], best[:2], atol=2e-4)
    np.testing.assert_allclose(model.position_effects_[0], best[2:3], atol=2e-4)
    parameter = np.exp(best[3]) if ties == "davidson" else np.exp(np.exp(best[3]))
    np.testing.assert_allclose(model.tie_, [parameter], atol=5e-4)


@pytest.mark.parametrize("ties", ["davidson", "rao_kupper"])
def test_chances_of_pairs_are_those_of_the_papers(ties):
    choices, _ = ordered_pairs(2, n=50)
    model = BradleyTerry(ties=ties, position_effect=True, l2=0.1).fit(choices)
    found = model.predict_proba(choices)
    turned = Choices.from_pairs(
        choices.items[1::2], choices.items[0::2], first=~choices.first, item_ids=None
    )
    tie = np.log(model.tie_) if ties == "davidson" else np.log(np.log(model.tie_))
    rows = [choices.order, np.arange(len(choices))]
    for side, these in enumerate((choices, turned)):
        for i in range(len(choices)):
            one = Choices.from_pairs(
                [these.items[2 * i]], [these.items[2 * i + 1]], first=[these.first[i]]
            )
            p = np.exp(log_likelihood(one, model.utilities_, tie, model.order_effect_, ties))
            assert found[2 * rows[0][i] + side] == pytest.approx(p, rel=1e-9)
    assert (found[::2] + found[1::2] < 1).all()


@pytest.mark.parametrize("ties", ["davidson", "rao_kupper"])
def test_draws_are_fitted_again(ties):
    choices, _ = ordered_pairs(3, n=60_000)
    model = BradleyTerry(ties=ties, position_effect=True, l2=0.1).fit(choices.take(range(900)))
    again = BradleyTerry(ties=ties, position_effect=True).fit(model.sample(choices, random_state=0))
    np.testing.assert_allclose(again.utilities_, model.utilities_, atol=0.05)
    assert again.order_effect_ == pytest.approx(model.order_effect_, abs=0.04)
    assert again.tie_ == pytest.approx(model.tie_, rel=0.05)


@pytest.mark.parametrize("ties", ["davidson", "rao_kupper"])
def test_mixtures_with_ties_and_order(ties):
    choices, _ = ordered_pairs(4)
    model = ChoiceMixture(2, ties=ties, position_effect=True, n_init=2, random_state=0, tol=1e-7)
    model.fit(choices)
    assert (np.diff(model.lower_bounds_) >= 0).all()
    assert model.position_effects_.shape == (2, 1)
    assert model.tie_.shape == (2,)
    of_class = np.zeros((2, choices.n_annotators))
    for k in range(2):
        tie = np.log(model.tie_[k]) if ties == "davidson" else np.log(np.log(model.tie_[k]))
        for who in range(choices.n_annotators):
            these = choices.take(choices.restore(choices.annotator_index) == who)
            order = model.position_effects_[k, 0]
            of_class[k, who] = log_likelihood(these, model.coef_[k], tie, order, ties)
    joint = of_class + np.log(model.weights_)[:, None]
    evidence = np.logaddexp.reduce(joint)
    assert model.log_likelihood_ == pytest.approx(evidence.sum(), abs=1e-8)
    np.testing.assert_allclose(model.responsibilities_, np.exp(joint - evidence).T, atol=1e-9)
    score = model.score(choices)
    assert score == pytest.approx(evidence.sum() / choices.weight.sum())


@pytest.mark.filterwarnings("ignore:position_effect is of positions")
def test_positions_in_choice_sets():
    sample = draw(1, n_items=8)
    c = sample.choices
    place = np.arange(len(c.items)) - np.repeat(c.offsets[:-1], np.diff(c.offsets))

    def objective(params):
        u = (sample.features @ params[:3])[c.items] + np.append(0, params[3:])[place]
        log_sums = np.log(np.add.reduceat(np.exp(u), c.offsets[:-1]))
        return (u[c.offsets[:-1] + c.chosen] - log_sums).sum()

    best, value = optimum(objective, 7)
    model = ConditionalLogit(position_effect=True).fit(c, sample.features)
    assert model.log_likelihood_ == pytest.approx(value, abs=1e-6)
    np.testing.assert_allclose(model.coef_[0], best[:3], atol=1e-4)
    np.testing.assert_allclose(model.position_effects_[0], best[3:], atol=1e-4)
    assert model.score(c, sample.features) * len(c) == pytest.approx(model.log_likelihood_)
    wider = Choices.from_choice_sets([0, 6], np.arange(6), [0])
    with pytest.raises(ValueError, match=r"^choice sets must have at most 5 positions as in fit"):
        model.predict(wider, sample.features)


@pytest.mark.parametrize("kind", [BradleyTerry, PlackettLuce])
def test_a_prior_is_virtual_wins_and_losses(kind):
    choices = Choices.from_pairs(["a", "a", "b", "d"], ["b", "c", "c", "e"], weight=[1, 2, 1, 3])
    names = choices.item_ids
    model = kind(prior=0.5).fit(choices)

    def objective(utility):
        virtual = -0.5 * (np.logaddexp(0, utility) + np.logaddexp(0, -utility)).sum()
        return log_likelihood(choices, utility, None, 0.0, "half") + virtual

    best, value = optimum(objective, len(names))
    np.testing.assert_allclose(model.utilities_, best - best.mean(), atol=1e-4)
    assert model.lower_bound_ == pytest.approx(value, abs=1e-6)
    ll = log_likelihood(choices, best, None, 0.0, "half")
    assert model.log_likelihood_ == pytest.approx(ll, abs=1e-4)
    assert model.score(choices) * 7 == pytest.approx(ll, abs=1e-4)
    assert model.bic(choices) == pytest.approx(4 * np.log(7) - 2 * ll, abs=1e-3)


def test_a_prior_for_rankings_of_several():
    choices = Choices.from_rankings([0, 3, 6], list("abcabd"))
    model = PlackettLuce(prior=1.0).fit(choices)
    assert model.item_ids_[model.utilities_.argsort()[::-1]].tolist()[:2] == ["a", "b"]
    assert np.isfinite(model.utilities_).all()
    assert model.utilities_.sum() == pytest.approx(0, abs=1e-9)
    again = PlackettLuce(prior=1.0, warm_start=True).fit(choices)
    np.testing.assert_allclose(again.fit(choices).utilities_, model.utilities_, atol=1e-6)


@pytest.mark.parametrize("few", [True, False])
@pytest.mark.parametrize("names", [False, True])
@pytest.mark.parametrize("ordered", [False, True])
def test_pairs_in_arrays_are_fitted_alike(few, names, ordered):
    choices, _ = ordered_pairs(5, n=600 if few else 60)
    n_items = N_ITEMS if few else 9
    ids = [f"item {i}" for i in range(n_items)] if names else None
    options = {"l2": 0.1, "position_effect": ordered}
    model = BradleyTerry(**options).fit_pairs(
        choices.items[0::2],
        choices.items[1::2].astype(np.int64),
        tie=choices.tied,
        first=choices.first,
        weight=choices.weight,
        item_ids=ids,
    )
    expected = BradleyTerry(**options).fit(choices)
    np.testing.assert_allclose(model.utilities_[:N_ITEMS], expected.utilities_, atol=1e-8)
    assert model.order_effect_ == pytest.approx(expected.order_effect_, abs=1e-8)
    assert model.log_likelihood_ == pytest.approx(expected.log_likelihood_, abs=1e-8)
    assert (model.item_ids_ is None) == (not names)
    assert len(model.utilities_) == (n_items if names else N_ITEMS)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"winner": ["a"] * 99}, TypeError, "winner must hold integers, got dtype <U1"),
        ({"loser": [0]}, ValueError, "loser must have one entry a judgement: 1 for 99 judgements"),
        ({"winner": []}, ValueError, "there are no judgements: winner is empty"),
        ({"winner": [-1] * 99}, ValueError, r"winner.*-1"),
        ({"loser": [0] * 99}, ValueError, "the same item twice in a pair: .* are 0"),
        ({"item_ids": ["x"]}, ValueError, r"loser.*1"),
        ({"tie": [2] * 99}, ValueError, r"tie must hold booleans or 0 and 1: tie\[0\]=2"),
        ({"weight": [-1] * 99}, ValueError, r"weight must not be negative: weight\[0\]=-1"),
    ],
)
def test_pairs_in_arrays_that_are_refused(arguments, error, message):
    good = {"winner": [0] * 99, "loser": [1] * 99}
    with pytest.raises(error, match=message):
        BradleyTerry(l2=1).fit_pairs(**good | arguments)


@pytest.mark.parametrize(
    ("model", "choices", "message"),
    [
        (
            BradleyTerry(ties="draw"),
            Choices.from_pairs([0], [1]),
            r"^ties must be one of 'half', 'davidson', 'rao_kupper', not 'draw'$",
        ),
        (
            BradleyTerry(ties="davidson"),
            Choices.from_pairs([0, 1], [1, 0]),
            r"^ties='davidson' needs pairs that are tied and pairs that are not, and none is",
        ),
        (
            BradleyTerry(ties="rao_kupper"),
            Choices.from_pairs([0, 1], [1, 0], tie=[1, 1]),
            r"^ties='rao_kupper' needs pairs that are tied and pairs that are not, and all are",
        ),
        (
            ChoiceMixture(ties="davidson"),
            Choices.from_rankings([0, 2], [0, 1]),
            r"^ties='davidson' needs pairs, not rankings$",
        ),
        (
            BradleyTerry(position_effect=True),
            Choices.from_pairs([0, 1], [1, 0]),
            r"^position_effect needs pairs that say what was shown first",
        ),
        (
            ChoiceMixture(position_effect=True),
            Choices.from_rankings([0, 2], [0, 1]),
            r"^position_effect needs pairs or choice sets, not rankings$",
        ),
        (
            BradleyTerry(l2=1.0, prior=1.0),
            Choices.from_pairs([0, 1], [1, 0]),
            r"^l2=1\.0 and prior=1\.0 exclude each other: set one of them$",
        ),
        (
            PlackettLuce(prior=-1),
            Choices.from_pairs([0, 1], [1, 0]),
            r"^prior must be finite and at least 0, not -1$",
        ),
    ],
)
def test_refusals(model, choices, message):
    with pytest.raises(ValueError, match=message):
        model.fit(choices)


def test_choices_of_another_form_than_those_of_the_fit():
    choices, _ = ordered_pairs(6, n=100)
    model = BradleyTerry(position_effect=True, l2=0.1).fit(choices)
    with pytest.raises(ValueError, match=r"^choices must say what was shown first, as in fit$"):
        model.predict_proba(Choices.from_pairs([0], [1]))
    with pytest.raises(ValueError, match=r"^choices must be pairs as in fit, not choice_sets$"):
        model.predict_proba(Choices.from_choice_sets([0, 2], [0, 1], [0]))
