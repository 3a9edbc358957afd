"""A free utility for every item: Bradley-Terry, and latent classes of it."""

from __future__ import annotations

import numpy as np
from baselines import bradley_terry
from data import pairs_of_classes
from em import iterate, start
from work import Call, Floor, Work, scaled

from prefmath import Choices
from prefmath.models import ChoiceMixture

ITEMS, PAIRS = 100, scaled(1_000_000)
MIXTURE = scaled(2_000), 50, 30, 3


def one_class():
    return pairs_of_classes(1, PAIRS, ITEMS, 1)


def some_classes():
    return pairs_of_classes(*MIXTURE)


def as_choices(data):
    annotator = data.annotator if len(data.annotator_offsets) > 2 else None
    return Choices.from_pairs(data.winner, data.loser, annotator=annotator)


def fit_one(choices):
    model = ChoiceMixture().fit(choices)
    return model.coef_[0], model.log_likelihood_


def fit_choix(data):
    import choix

    wins = bradley_terry.wins_of(data.winner, data.loser, ITEMS)
    utility = choix.ilsr_pairwise_dense(wins)
    return utility, float((wins * bradley_terry.log_win(utility)).sum())


def same_utilities(result, reference):
    """The penalty, which choix lacks, moves utilities by less than a thousandth."""
    np.testing.assert_allclose(result[0] - result[0].mean(), reference[0], atol=1e-3)
    np.testing.assert_allclose(result[1], reference[1], rtol=1e-7)


def same_step(result, reference):
    """NumPy solves exactly; conjugate gradients leave a constant, which no choice depends on."""
    (coef, responsibilities, log_likelihood), expected = result, reference
    means = [values.mean(axis=1, keepdims=True) for values in (coef, expected[0])]
    np.testing.assert_allclose(coef - means[0], expected[0] - means[1], rtol=0, atol=1e-4)
    np.testing.assert_allclose(responsibilities, expected[1], rtol=0, atol=1e-4)
    np.testing.assert_allclose(log_likelihood, expected[2], rtol=1e-7)


def mixture(data):
    em = bradley_terry.Mixture(data)
    return em, em.expect(data.coef, data.weights)


WORKS = (
    Work(
        name="bradley-terry",
        title=f"Bradley-Terry, {ITEMS} items, {PAIRS:,} pairs",
        data=one_class,
        calls={
            "prefmath": Call(fit_one, as_choices),
            "NumPy, table of wins": Call(
                lambda data: bradley_terry.fit(data.winner, data.loser, ITEMS, data.l2)
            ),
            "choix, table of wins": Call(fit_choix, needs="choix"),
        },
        agree=same_utilities,
        baseline="NumPy, table of wins",
        floor=Floor(bytes=PAIRS * 8),
    ),
    Work(
        name="item-mixture",
        title=(
            "EM iteration, {:,} annotators × {} pairs, {} items, {} classes, a utility an item"
        ).format(*MIXTURE),
        data=some_classes,
        calls={
            "prefmath": Call(iterate, lambda data: start(data, as_choices(data))),
            "NumPy, a table of wins an annotator": Call(
                lambda prepared: prepared[0].iterate(prepared[1]), mixture
            ),
        },
        agree=same_step,
        baseline="NumPy, a table of wins an annotator",
    ),
    Work(
        name="item-mixture-fit",
        title=f"ChoiceMixture({MIXTURE[3]}).fit with ten starts to the same pairs",
        data=some_classes,
        calls={
            "prefmath": Call(
                lambda choices: ChoiceMixture(MIXTURE[3], random_state=0).fit(choices), as_choices
            )
        },
        remark=lambda model: f"log-likelihood {model.log_likelihood_:,.2f}",
    ),
)


def bench_items(work, who, timed):
    timed(work, who)
