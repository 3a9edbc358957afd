"""One utility for every item: Bradley and Terry's model from pairs, Plackett and Luce's."""

from __future__ import annotations

import numpy as np
from baselines import bradley_terry, plackett_luce
from data import pairs_of_classes, rankings
from work import Call, Floor, Work, scaled

from prefmath import Choices
from prefmath.models import BradleyTerry, PlackettLuce

ITEMS, PAIRS = 100, scaled(1_000_000)
MANY_ITEMS, MANY_PAIRS = scaled(5_000), scaled(5_000_000)
# Of fewer rankings some items would not be part.
RANKINGS, SIZE, RANKED_ITEMS = scaled(5_000, 500), 10, 100


def pairs():
    return pairs_of_classes(1, PAIRS, ITEMS, 1)


def many_pairs():
    return pairs_of_classes(1, MANY_PAIRS, MANY_ITEMS, 1)


def ranked():
    return rankings(RANKINGS, SIZE, RANKED_ITEMS)


def fit_pairs(data):
    model = BradleyTerry().fit_pairs(data.winner, data.loser)
    return model.utilities_, model.log_likelihood_


def fit_choix(data):
    import choix

    wins = bradley_terry.wins_of(data.winner, data.loser, ITEMS)
    utility = choix.ilsr_pairwise_dense(wins)
    return utility, float((wins * bradley_terry.log_win(utility)).sum())


def as_lists(data):
    from evalica import Winner

    return data, data.winner.tolist(), data.loser.tolist(), [Winner.X] * len(data.winner)


def fit_evalica(prepared):
    import evalica

    data, winners, losers, outcomes = prepared
    scores = evalica.bradley_terry(winners, losers, outcomes).scores
    utility = np.log(scores.sort_index().to_numpy())
    return utility - utility.mean(), bradley_terry.log_likelihood(data.winner, data.loser, utility)


def same_likelihood(result, reference):
    """Peers stop at a step of 1e-6 or so; utilities are those of mean 0."""
    np.testing.assert_allclose(result[1], reference[1], rtol=1e-6)
    np.testing.assert_allclose(result[0], reference[0], atol=2e-2)


def fit_rankings(choices):
    model = PlackettLuce().fit(choices)
    return model.utilities_, model.log_likelihood_


def as_choices(table):
    return Choices.from_rankings(np.arange(0, table.size + 1, table.shape[1]), table.ravel())


def fit_choix_rankings(lists):
    import choix

    utility = choix.ilsr_rankings(RANKED_ITEMS, lists)
    return utility, plackett_luce.log_likelihood(np.array(lists), utility)


WORKS = (
    Work(
        name="bradley-terry-pairs",
        title=f"BradleyTerry.fit_pairs, {ITEMS} items, {PAIRS:,} pairs",
        data=pairs,
        calls={
            "prefmath": Call(fit_pairs),
            "NumPy's table of wins and choix": Call(fit_choix, needs="choix"),
            "evalica, its lists made": Call(fit_evalica, as_lists, needs="evalica"),
            "NumPy, Newton on the table": Call(
                lambda data: bradley_terry.fit(data.winner, data.loser, ITEMS, 1e-9)
            ),
        },
        agree=same_likelihood,
        baseline="NumPy, Newton on the table",
        bars={"NumPy's table of wins and choix": 0.5, "evalica, its lists made": 0.05},
        floor=Floor(bytes=PAIRS * 8),
    ),
    Work(
        name="bradley-terry-many",
        title=f"the same, {MANY_ITEMS:,} items, {MANY_PAIRS:,} pairs",
        data=many_pairs,
        calls={
            "prefmath": Call(fit_pairs),
            "SciPy, L-BFGS over the pairs": Call(
                lambda data: bradley_terry.fit_by_pairs(data.winner, data.loser, MANY_ITEMS),
                once=True,
            ),
            "evalica, its lists made": Call(fit_evalica, as_lists, needs="evalica", once=True),
        },
        agree=same_likelihood,
        baseline="SciPy, L-BFGS over the pairs",
        bars={"evalica, its lists made": 0.08},
        floor=Floor(bytes=MANY_PAIRS * 8),
    ),
    Work(
        name="plackett-luce",
        title=f"PlackettLuce, {RANKINGS:,} rankings of {SIZE} of {RANKED_ITEMS} items",
        data=ranked,
        calls={
            "prefmath": Call(fit_rankings, as_choices),
            "choix": Call(fit_choix_rankings, np.ndarray.tolist, needs="choix"),
            "SciPy, L-BFGS": Call(lambda table: plackett_luce.fit(table, RANKED_ITEMS)),
        },
        agree=same_likelihood,
        baseline="SciPy, L-BFGS",
        bars={"choix": 0.05},
    ),
)


def bench_utilities(work, who, timed):
    timed(work, who)
